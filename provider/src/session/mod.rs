//! What one run of Terraform works with, made from the provider block and handed to every type.
//!
//! It lies below the engines and the families of types: it knows the connections, and no type.

mod block;
mod block_checks;
mod cross_check;
mod environment;
mod kept_secrets;
mod kubernetes_block;
mod machine_register;
#[cfg(test)]
pub(crate) mod testing;

pub use block::{ProviderBlock, ProviderBlockDraft};
pub use cross_check::CrossCheck;
pub use environment::Environment;
pub use kept_secrets::KeptSecrets;
pub use machine_register::{MachineRegister, NodeHosts};

use crate::connection::cluster::{ClusterLocks, Clusters};
use crate::connection::router::Routers;
use crate::connection::ssh::Ssh;
use std::sync::Arc;
use tfplugin::{Diagnostics, ObservedPlan};

/// The connections of a run, none of them made yet, and what a run remembers.
pub struct Session {
    /// Nodes.
    pub ssh: Arc<Ssh>,
    /// Clusters.
    pub clusters: Clusters,
    /// What is changed by one at a time in a cluster, whichever way leads there.
    pub locks: Arc<ClusterLocks>,
    /// Routers.
    pub routers: Routers,
    /// Compares the objects planned in this run.
    pub cross_checks: Box<dyn CrossCheck>,
    /// Secrets that stay in this run though the configuration does not give them.
    pub kept_secrets: KeptSecrets,
    /// What this run learns of its machines.
    pub machines: MachineRegister,
}

impl Session {
    /// Compares an object that is planned with those planned before.
    pub fn planned(&self, planned: &ObservedPlan<'_>) -> Diagnostics {
        self.cross_checks.planned(&self.routers, planned)
    }
}
