//! Whether a cluster can lose one of its nodes: for a while ([`can_lose_node`]), or for good
//! ([`check_removal`]).

use super::snapshot::ClusterSnapshot;
use crate::engine::node_resource::NodeError;
use crate::microk8s::shared::machine::datastore::{self, DatastoreMember, QuorumLoss};
use crate::microk8s::shared::machine::node_list::{ClusterNode, Role};
use crate::microk8s::shared::machine::snapshot::NodeSnapshot;
use crate::microk8s::shared::machine::{Freshness, Machine};
use std::net::Ipv4Addr;

/// All other control planes have to be Ready before this one is taken away. A worker, and a node alone, has
/// no vote.
pub(crate) async fn can_lose_node(machine: &Machine, leaving: &NodeSnapshot) -> Result<(), NodeError> {
    if leaving.role() == Role::Worker || !leaving.has_peers() {
        return Ok(());
    }
    let nodes = machine.nodes(Freshness::Fresh).await?;
    // One that left keeps its Node object until somebody removes it; only who is in the datastore counts.
    let is_member = |node: &&ClusterNode| {
        let addresses = node.addresses.iter().map(ToString::to_string);
        addresses.into_iter().any(|address| leaving.members.contains(&address))
    };
    let control_planes = nodes.iter().filter(|node| node.role == Role::ControlPlane);
    let others = control_planes.filter(|node| node.name != leaving.node_name()).filter(is_member);
    let missing: Vec<&str> = others.filter(|node| !node.ready).map(|node| node.name.as_str()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let answer = format!("These control-plane nodes are not Ready: {}.", missing.join(", "));
    let attempt =
        format!("checking on {} whether the cluster can lose {}", machine.address(), leaving.node_name());
    Err(NodeError::new(attempt, answer).transient().with_hint(
        "With this node away as well the datastore could lose its quorum, and with it the API. Bring the others back, or \
         remove those that are gone for good, and apply again.",
    ))
}

/// Whether the cluster outlives the removal of the node with that address.
pub(crate) fn check_removal(
    cluster_snapshot: &ClusterSnapshot,
    members: &[DatastoreMember],
    leaving: Ipv4Addr,
) -> Result<(), QuorumLoss> {
    let is = |node: &ClusterNode, member: &DatastoreMember| node.ipv4().is_some_and(|ipv4| member.is(ipv4));
    let online = |member: &DatastoreMember| {
        // One without an address of its own is alone, and it is the one that answers.
        member.ipv4().is_none()
            || cluster_snapshot.members().any(|one| one.node.ready && is(&one.node, member))
    };
    datastore::check_removal(members, leaving, online)
}
