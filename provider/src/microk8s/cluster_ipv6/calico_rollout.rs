//! Calico's manifest from a control plane's disk into the cluster.

use crate::connection::retry::{Attempt, Deadline};
use crate::engine::node_resource::NodeError;
use crate::engine::node_resource::step::{Step, Steps};
use crate::microk8s::shared::machine::Machine;
use async_trait::async_trait;
use serde_json::Value;
use std::time::Duration;

/// How long applying may fail: an API server that is up takes the manifest at once.
const APPLIED_WITHIN: Duration = Duration::from_secs(120);

/// How long Calico's agents are watched. They restart one after another, which takes as long as there are
/// nodes.
const WATCHED_FOR: Duration = Duration::from_secs(180);

/// Applies the manifest.
pub(crate) async fn apply(control_plane: &Machine, deadline: &Deadline) -> Result<(), NodeError> {
    Steps::new(&[&Apply]).run(control_plane, &deadline.within(APPLIED_WITHIN)).await
}

/// Waits until the agents run with it; what is missing if they do not in time, which need not be a fault.
pub(crate) async fn watch(control_plane: &Machine, deadline: &Deadline) -> Result<(), NodeError> {
    let deadline = deadline.within(WATCHED_FOR);
    let followed = deadline.until(|| async {
        match control_plane.calico().await.map(|agents| behind(&agents)) {
            Ok(None) => Attempt::Done(Ok(())),
            Ok(Some(behind)) => {
                Attempt::Retry(NodeError::new("waiting for the DaemonSet calico-node", behind))
            }
            Err(failure) => Attempt::Retry(failure),
        }
    });
    Ok(followed.await?)
}

/// What the agents have not done yet.
fn behind(agents: &Value) -> Option<String> {
    let number = |path: &str| agents.pointer(path).and_then(Value::as_u64).unwrap_or(0);
    if number("/status/observedGeneration") < number("/metadata/generation") {
        return Some("Kubernetes has not looked at the new manifest yet.".to_owned());
    }
    let (wanted, updated) =
        (number("/status/desiredNumberScheduled"), number("/status/updatedNumberScheduled"));
    let ready = number("/status/numberReady");
    let all_there = updated >= wanted && ready >= wanted;
    (!all_there)
        .then(|| format!("Of {wanted} agents {updated} have the new settings, and {ready} are ready."))
}

struct Apply;

#[async_trait]
impl Step<Machine> for Apply {
    fn name(&self) -> &'static str {
        "apply Calico's manifest"
    }

    /// It is applied each time: what the cluster has may be older than the file, and applying the same
    /// changes nothing.
    async fn check(&self, _: &Machine) -> Result<bool, NodeError> {
        Ok(false)
    }

    async fn run(&self, control_plane: &Machine) -> Result<(), NodeError> {
        control_plane.apply_calico().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn agents_are_behind_until_all_are_updated_and_ready() {
        let agents = |observed: u64, updated: u64, ready: u64| {
            let status = json!({"observedGeneration": observed, "desiredNumberScheduled": 3,
                "updatedNumberScheduled": updated, "numberReady": ready});
            behind(&json!({"metadata": {"generation": 2}, "status": status}))
        };
        assert_eq!(agents(1, 3, 3).unwrap(), "Kubernetes has not looked at the new manifest yet.");
        assert_eq!(agents(2, 1, 2).unwrap(), "Of 3 agents 1 have the new settings, and 2 are ready.");
        assert_eq!(agents(2, 3, 3), None);
    }
}
