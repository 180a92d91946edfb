//! Whether a cluster can bear that one of its nodes is away for a while.

use super::facts::NodeFacts;
use crate::engine::node_resource::NodeError;
use crate::microk8s::shared::machine::Machine;
use crate::microk8s::shared::machine::node_list::{ClusterNode, Role};

/// All other control planes have to be Ready before this one is taken away. A worker, and a node alone, has no vote.
pub(crate) async fn bears_absence(machine: &Machine, facts: &NodeFacts) -> Result<(), NodeError> {
    if facts.worker || !facts.has_company() {
        return Ok(());
    }
    let nodes = machine.nodes().await?;
    // One that left keeps its Node object until somebody removes it; only who is in the datastore counts.
    let is_member = |node: &&ClusterNode| {
        let addresses = node.addresses.iter().map(ToString::to_string);
        addresses.into_iter().any(|address| facts.members.contains(&address))
    };
    let control_planes = nodes.iter().filter(|node| node.role == Role::ControlPlane);
    let others = control_planes.filter(|node| node.name != facts.node_name).filter(is_member);
    let missing: Vec<&str> = others.filter(|node| !node.ready).map(|node| node.name.as_str()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let answer = format!("These control-plane nodes are not Ready: {}.", missing.join(", "));
    let attempt =
        format!("looking from {} whether the cluster can do without {}", machine.address(), facts.node_name);
    Err(NodeError::new(attempt, answer).transient().with_hint(
        "With this node away as well the datastore could lose its quorum, and with it the API. Bring the others back, or \
         remove those that are gone for good, and apply again.",
    ))
}
