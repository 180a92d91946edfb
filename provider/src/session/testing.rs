//! A provider that serves only what its test needs, so that a test below the provider does not depend on it.

use super::{CrossCheck, ProviderBlock, ProviderBlockDraft, Session};
use std::marker::PhantomData;
use tfplugin::{Diagnostics, ObservedPlan, Provider, Registry};

/// The types of a test, and the rules over several of them.
pub(crate) trait Served: Send + Sync + 'static {
    fn registry() -> Registry<Session>;

    fn cross_checks() -> Box<dyn CrossCheck> {
        Box::new(())
    }
}

/// A provider of these types, with the real provider block.
pub(crate) struct TestProvider<T>(PhantomData<T>);

impl<T: Served> Provider for TestProvider<T> {
    type Config = ProviderBlock;
    type Configured = Session;

    const NAME: &'static str = "microk8s";

    fn registry() -> Registry<Session> {
        T::registry()
    }

    fn validate_config(config: &ProviderBlockDraft, diagnostics: &mut Diagnostics) {
        ProviderBlock::validate_config(config, diagnostics);
    }

    fn observe_plan(configured: &Session, planned: &ObservedPlan<'_>) -> Diagnostics {
        configured.planned(planned)
    }

    async fn configure(config: ProviderBlockDraft) -> Result<Session, Diagnostics> {
        ProviderBlock::open(config, T::cross_checks())
    }
}
