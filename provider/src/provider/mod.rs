//! The provider: every type that is served, and the rules over several of them. Nothing below imports it.

#[cfg(test)]
mod extremes;
#[cfg(test)]
mod identities;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod words;
#[cfg(test)]
mod wrong_inputs;

use crate::cross_checks::CrossChecks;
use crate::session::{Environment, ProviderBlock, ProviderBlockDraft, Session};
use crate::{calico, functions, metallb, microk8s, values, vyos};
use tfplugin::{Diagnostics, ObservedPlan, Provider, Registry};

/// What the reference calls the types and functions of each prefix.
const FAMILIES: [(&str, &str); 6] = [
    ("calico_", "Calico"),
    ("cidr_", "Addresses"),
    ("lb_", "MetalLB"),
    ("metallb_", "MetalLB"),
    ("microk8s_", "MicroK8s"),
    ("vyos_", "VyOS"),
];

/// The provider.
pub struct Microk8s;

impl Provider for Microk8s {
    type Config = ProviderBlock;
    type Configured = Session;

    const NAME: &'static str = "microk8s";
    const SOURCE: &'static str = "baremetal/microk8s";
    // An answer that it cannot read it prints whole, at WARN: a peer's password, a Secret.
    const MUTED_LOG_TARGETS: &'static [&'static str] = &["kube_client"];

    fn registry() -> Registry<Session> {
        let families =
            [calico::register, functions::register, metallb::register, microk8s::register, vyos::register];
        families.into_iter().fold(Registry::default(), |registry, register| register(registry))
    }

    fn subcategory(type_name: &str) -> &'static str {
        FAMILIES.iter().find(|(prefix, _)| type_name.starts_with(prefix)).map_or("", |(_, family)| family)
    }

    fn validate_string(text: &str) -> Result<(), String> {
        values::one_line(text)
    }

    fn validate_config(config: &ProviderBlockDraft, diagnostics: &mut Diagnostics) {
        ProviderBlock::validate_config(config, diagnostics);
    }

    fn observe_plan(configured: &Session, planned: &ObservedPlan<'_>) -> Diagnostics {
        configured.planned(planned)
    }

    async fn configure(config: ProviderBlockDraft) -> Result<Session, Diagnostics> {
        let environment = |name: &str| std::env::var(name).ok();
        ProviderBlock::open(config, Box::new(CrossChecks::default()), &Environment(&environment))
    }
}
