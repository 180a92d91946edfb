//! The two things that a resource over SSH can belong to.

use super::{Freshness, Machine};
use crate::connection::ssh::Shell;
use crate::engine::node_resource::{Identity, NodeError};
use async_trait::async_trait;
use std::sync::Arc;

/// A machine, known by its `/etc/machine-id`.
pub struct MachineIdentity;

/// A cluster, known by the UID of its namespace `kube-system`.
pub struct ClusterIdentity;

#[async_trait]
impl Identity for MachineIdentity {
    const NOUN: &'static str = "machine";

    async fn of(shell: &Arc<dyn Shell>) -> Result<String, NodeError> {
        let machine_id = Machine::new(Arc::clone(shell)).snapshot(Freshness::Cached).await?.machine_id;
        if machine_id.is_empty() {
            shell.invalidate_probes();
            let attempt = format!("reading /etc/machine-id on {}", shell.address());
            return Err(NodeError::new(attempt, "It is empty or cannot be read."));
        }
        Ok(machine_id)
    }
}

#[async_trait]
impl Identity for ClusterIdentity {
    const NOUN: &'static str = "cluster";

    async fn of(shell: &Arc<dyn Shell>) -> Result<String, NodeError> {
        Machine::new(Arc::clone(shell)).cluster_id().await
    }
}
