//! All nodes of a cluster, each asked on its own machine.

use crate::connection::retry::{Attempt, Deadline};
use crate::engine::node_resource::NodeError;
use crate::microk8s::shared::machine::node_list::{ClusterNode, Role};
use crate::microk8s::shared::machine::snapshot::NodeSnapshot;
use crate::microk8s::shared::machine::{Freshness, Machine, Machines};
use std::net::Ipv4Addr;
use tokio::task::JoinSet;

/// A node whose machine was reached.
#[derive(Clone)]
pub(crate) struct Member {
    pub(crate) node: ClusterNode,
    pub(crate) machine: Machine,
    pub(crate) snapshot: NodeSnapshot,
}

/// A node whose machine was not reached.
#[derive(Clone, Debug)]
pub(crate) struct Missing {
    pub(crate) node: ClusterNode,
    pub(crate) reason: String,
}

/// A cluster by its nodes.
pub(crate) struct ClusterSnapshot {
    /// The cluster's identity.
    pub(crate) id: String,
    /// The control plane that was asked about all others.
    pub(crate) first: Member,
    /// The others that were reached, control planes first.
    pub(crate) others: Vec<Member>,
    /// Those that were not.
    pub(crate) missing: Vec<Missing>,
}

impl ClusterSnapshot {
    /// Asks the control plane at `host` for the nodes, and then each of them.
    pub(crate) async fn collect(
        machines: &dyn Machines,
        host: &str,
        freshness: Freshness,
    ) -> Result<Self, NodeError> {
        let machine = machines.machine(host);
        let snapshot = machine.snapshot(freshness).await?;
        snapshot.check_control_plane(host)?;
        let nodes = machine.nodes(freshness).await?;
        let id = machine.cluster_id().await?;
        let (mut own, rest): (Vec<_>, Vec<_>) =
            nodes.into_iter().partition(|node| node.name == snapshot.node_name());
        let Some(node) = own.pop() else {
            let attempt = format!("finding {host} among the nodes of its cluster");
            let answer = format!(
                "Its API server answers and knows no node {:?}, which is what the machine is called.",
                snapshot.node_name()
            );
            return Err(NodeError::new(attempt, answer).transient());
        };
        let (others, missing) = reach(machines, rest, freshness).await;
        Ok(Self { id, first: Member { node, machine, snapshot }, others, missing })
    }

    /// Takes a cluster_snapshot as soon as the control plane answers.
    pub(crate) async fn wait(
        machines: &dyn Machines,
        host: &str,
        deadline: &Deadline,
    ) -> Result<Self, NodeError> {
        let cluster_snapshot = deadline.reach(|| async {
            match Self::collect(machines, host, Freshness::Fresh).await {
                Err(failure) if failure.is_transient() => Attempt::Retry(failure),
                result => Attempt::Done(result),
            }
        });
        Ok(cluster_snapshot.await?)
    }

    /// Addresses of the control planes, reached or not.
    pub(crate) fn control_planes(&self) -> Vec<String> {
        let missing = self.missing.iter().map(|missing| &missing.node);
        let nodes = self.members().map(|member| &member.node).chain(missing);
        let control_planes = nodes.filter(|node| node.role == Role::ControlPlane);
        control_planes.filter_map(ClusterNode::ipv4).map(|ipv4| ipv4.to_string()).collect()
    }

    /// All that were reached, in the order in which they are changed.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Member> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

impl Member {
    /// The address that the cluster's tools know it by.
    pub(crate) fn ipv4(&self) -> Option<Ipv4Addr> {
        self.snapshot.told_ipv4().or_else(|| self.node.ipv4())
    }
}

/// Asks every node on its own machine, all at once.
async fn reach(
    machines: &dyn Machines,
    nodes: Vec<ClusterNode>,
    freshness: Freshness,
) -> (Vec<Member>, Vec<Missing>) {
    let mut asking = JoinSet::new();
    let mut missing = Vec::new();
    for (place, node) in nodes.into_iter().enumerate() {
        let Some(ipv4) = node.ipv4() else {
            missing.push(Missing { node, reason: "it reports no IPv4 address".to_owned() });
            continue;
        };
        let machine = machines.machine(&ipv4.to_string());
        asking.spawn(async move {
            let snapshot = machine.snapshot(freshness).await;
            (place, node, machine, snapshot)
        });
    }
    let mut found = asking.join_all().await;
    found.sort_by_key(|(place, node, _, _)| (node.role == Role::Worker, *place));
    let mut members = Vec::new();
    for (_, node, machine, snapshot) in found {
        match snapshot {
            Ok(snapshot) if snapshot.node_name() == node.name => {
                members.push(Member { node, machine, snapshot })
            }
            Ok(snapshot) => {
                let reason =
                    format!("the machine behind {} is called {:?}", machine.address(), snapshot.node_name());
                missing.push(Missing { node, reason });
            }
            Err(failure) => missing.push(Missing { node, reason: failure.answer().to_owned() }),
        }
    }
    (members, missing)
}
