//! All nodes of a cluster, each asked on its own machine.

use crate::connection::Freshness;
use crate::connection::retry::{Attempt, Deadline};
use crate::engine::node_resource::NodeError;
use crate::microk8s::shared::machine::node_list::{ClusterNode, ListedNode, Role};
use crate::microk8s::shared::machine::snapshot::NodeSnapshot;
use crate::microk8s::shared::machine::{Machine, Machines};
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
        let nodes = machine.listed_nodes(freshness).await?;
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
        let first = Member { node: node.with_role(snapshot.role()), machine, snapshot };
        let (others, missing) = reach(machines, rest, &first.snapshot, freshness).await?;
        Ok(Self { id, first, others, missing })
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
        let control_planes = self.nodes().filter(|node| node.role == Role::ControlPlane);
        control_planes.filter_map(ClusterNode::ipv4).map(|ipv4| ipv4.to_string()).collect()
    }

    /// All nodes, whether their machines were reached or not.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &ClusterNode> {
        let missing = self.missing.iter().map(|missing| &missing.node);
        self.members().map(|member| &member.node).chain(missing)
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

/// Asks every node on its own machine, all at once. What a node does in the cluster is known best by its own
/// machine, as long as that is a member; else by `asked`, the control plane that was asked about all others.
async fn reach(
    machines: &dyn Machines,
    nodes: Vec<ListedNode>,
    asked: &NodeSnapshot,
    freshness: Freshness,
) -> Result<(Vec<Member>, Vec<Missing>), NodeError> {
    let mut asking = JoinSet::new();
    let mut missing = Vec::new();
    for (place, node) in nodes.into_iter().enumerate() {
        let Some(ipv4) = node.ipv4() else {
            let node = node.among(&asked.members)?;
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
    found.sort_by_key(|(place, ..)| *place);
    let mut members = Vec::new();
    for (_, node, machine, snapshot) in found {
        match snapshot {
            Ok(snapshot) if snapshot.node_name() == node.name => {
                let node = match snapshot.is_in_cluster_of(asked) {
                    true => node.with_role(snapshot.role()),
                    false => node.among(&asked.members)?,
                };
                members.push(Member { node, machine, snapshot });
            }
            Ok(snapshot) => {
                let reason =
                    format!("the machine behind {} is called {:?}", machine.address(), snapshot.node_name());
                missing.push(Missing { node: node.among(&asked.members)?, reason });
            }
            Err(failure) => {
                let node = node.among(&asked.members)?;
                missing.push(Missing { node, reason: failure.answer().to_owned() });
            }
        }
    }
    members.sort_by_key(|member| member.node.role == Role::Worker);
    Ok((members, missing))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::microk8s::shared::testing::{Fault, World};

    /// Three control planes and a worker, without labels.
    fn unlabelled() -> World {
        let world = World::new(4);
        for last in 2..=4 {
            world.admit(last, "voter");
        }
        let mut state = world.0.lock().unwrap();
        state.faults.push(Fault::NoLabels);
        state.datastore.remove(&4);
        state.nodes.insert(4, false);
        state.machines.get_mut(&4).unwrap().locks.insert("clustered.lock");
        drop(state);
        world
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_node_does_is_read_on_its_machine_and_needs_no_label() {
        let world = unlabelled();
        let cluster = ClusterSnapshot::collect(&world, "10.0.0.1", Freshness::Fresh).await.unwrap();
        let seen: Vec<_> = cluster.nodes().map(|node| (node.name.as_str(), node.role)).collect();
        let roles = [Role::ControlPlane, Role::ControlPlane, Role::ControlPlane, Role::Worker];
        assert_eq!(seen, ["cp1", "cp2", "cp3", "cp4"].into_iter().zip(roles).collect::<Vec<_>>());
        assert_eq!(cluster.control_planes(), ["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_node_out_of_reach_does_is_read_in_the_datastore() {
        let world = unlabelled();
        world.0.lock().unwrap().faults.extend([Fault::NoSsh(3), Fault::NoSsh(4)]);
        let cluster = ClusterSnapshot::collect(&world, "10.0.0.1", Freshness::Fresh).await.unwrap();
        let missing: Vec<_> =
            cluster.missing.iter().map(|one| (one.node.name.as_str(), one.node.role)).collect();
        assert_eq!(missing, [("cp3", Role::ControlPlane), ("cp4", Role::Worker)]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_machine_that_has_left_says_nothing_about_its_node() {
        let world = World::new(2);
        world.admit(2, "voter");
        {
            let mut state = world.0.lock().unwrap();
            state.nodes.insert(2, false);
            state.datastore.remove(&2);
            state.machines.get_mut(&2).unwrap().authority = "own-2".to_owned();
        }
        let cluster = ClusterSnapshot::collect(&world, "10.0.0.1", Freshness::Fresh).await.unwrap();
        assert_eq!(cluster.others[0].node.role, Role::Worker);
    }
}
