//! A provider that serves only what its test needs, so that a test below the provider does not depend on it.

use super::{
    CrossCheck, Environment, KeptSecrets, MachineRegister, ProviderBlock, ProviderBlockDraft, Session,
};
use crate::connection::cluster::{ClusterLocks, Clusters};
use crate::connection::router::Routers;
use crate::connection::ssh::{Settings, Ssh};
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;
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

    fn validate_string(text: &str) -> Result<(), String> {
        crate::values::one_line(text)
    }

    fn validate_config(config: &ProviderBlockDraft, diagnostics: &mut Diagnostics) {
        ProviderBlock::validate_config(config, diagnostics);
    }

    fn observe_plan(configured: &Session, planned: &ObservedPlan<'_>) -> Diagnostics {
        configured.planned(planned)
    }

    async fn configure(config: ProviderBlockDraft) -> Result<Session, Diagnostics> {
        ProviderBlock::open(config, T::cross_checks(), &Environment(&|_| None))
    }
}

/// A run that reaches machines so, with no routers and no rules between objects.
pub(crate) fn session(settings: Settings) -> Session {
    let (ssh, locks) = (Arc::new(Ssh::new(settings)), Arc::<ClusterLocks>::default());
    Session {
        clusters: Clusters::new(Arc::clone(&ssh), None, Arc::clone(&locks)),
        locks,
        ssh,
        routers: Routers::new(BTreeMap::new()),
        cross_checks: Box::new(()),
        kept_secrets: KeptSecrets::default(),
        machines: MachineRegister::default(),
    }
}
