//! The two things that a resource over SSH can belong to.

use super::Machine;
use crate::connection::Freshness;
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
        let machine = Machine::new(Arc::clone(shell));
        let answered = machine.cluster_id().await;
        // A machine that is no control plane will not answer later either.
        if answered.as_ref().is_err_and(NodeError::is_transient)
            && let Ok(snapshot) = machine.snapshot(Freshness::Cached).await
        {
            snapshot.check_control_plane(machine.address())?;
        }
        answered
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::microk8s::shared::testing::{Fault, World};

    #[tokio::test]
    async fn an_api_that_starts_is_waited_for_and_a_worker_is_refused_at_once() {
        let world = World::new(1);
        let shell = world.shell(1).shell;
        assert_eq!(ClusterIdentity::of(&shell).await.unwrap().len(), 36);
        world.0.lock().unwrap().faults.push(Fault::Chokes("--cluster-cidr"));
        assert!(ClusterIdentity::of(&shell).await.unwrap_err().is_transient());
        world.0.lock().unwrap().machines.get_mut(&1).unwrap().locks.insert("clustered.lock");
        let refused = ClusterIdentity::of(&shell).await.unwrap_err();
        assert!(!refused.is_transient() && refused.answer().contains("worker"), "{refused:?}");
    }
}
