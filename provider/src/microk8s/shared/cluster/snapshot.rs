//! All nodes of a cluster, each asked on its own machine.

use crate::connection::Freshness;
use crate::connection::retry::{Attempt, Deadline};
use crate::engine::node_resource::{NodeError, Work};
use crate::microk8s::shared::machine::node_list::{ClusterNode, ListedNode, Role};
use crate::microk8s::shared::machine::snapshot::NodeSnapshot;
use crate::microk8s::shared::machine::{Machine, Machines};
use crate::session::NodeHosts;
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

    /// Where each machine of the cluster is reached, for a list. Warns of those that were not.
    pub(crate) async fn to_list(work: &Work<'_>) -> Result<Vec<String>, NodeError> {
        let seen = Self::collect(work.session(), work.host.address(), Freshness::Cached).await?;
        for Missing { node, reason } in &seen.missing {
            let attempt = format!("reaching the machine of node {}", node.name);
            let error = NodeError::new(attempt, reason.as_str()).with_hint(
                "Import it by the address at which it is reached from here, or add an entry for it to `~/.ssh/config`.",
            );
            work.warn(error.into_warning(format!("Node {} is not listed", node.name)));
        }
        Ok(seen.members().map(|member| member.machine.address().to_owned()).collect())
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

    /// Addresses of the control planes: where they are reached, else where the cluster says that they are.
    pub(crate) fn control_planes(&self) -> Vec<String> {
        let reached = self.members().filter(|member| member.node.role == Role::ControlPlane);
        let missing = self.missing.iter().filter(|missing| missing.node.role == Role::ControlPlane);
        let said = missing.filter_map(|missing| missing.node.ipv4()).map(|ipv4| ipv4.to_string());
        reached.map(|member| member.machine.address().to_owned()).chain(said).collect()
    }

    /// Where the configuration reaches the machines of these nodes.
    pub(crate) fn hosts(&self, known: &NodeHosts) -> NodeHosts {
        known.of(self.nodes().map(|node| node.name.as_str()))
    }

    /// Refuses to change a part of the cluster where the machines of the others were not reached: those that
    /// work, or `all`.
    pub(crate) fn check_reached(&self, all: bool) -> Result<(), NodeError> {
        let unreached: Vec<_> = self.missing.iter().filter(|missing| all || missing.node.ready).collect();
        if unreached.is_empty() {
            return Ok(());
        }
        let describe = |missing: &&Missing| {
            let Missing { node, reason } = missing;
            let state = if node.ready { "Ready" } else { "not Ready" };
            format!("The node {} is {state}, and its machine was not reached: {reason}", node.name)
        };
        let answer = unreached.iter().map(describe).collect::<Vec<_>>().join("\n");
        let attempt = format!("reaching all nodes of the cluster at {}", self.first.machine.address());
        let advice = match unreached.iter().any(|missing| missing.node.ready) {
            true => {
                "Nothing was changed. A node is reached at the `host` of its `microk8s_node` or `microk8s_cluster_member`, else at \
                 its InternalIP. Where neither works from here, add an entry for it to `~/.ssh/config`, with `ProxyJump` for example."
            }
            false => {
                "Nothing was changed. Bring the machine back, or remove the node from the cluster if it is gone for good \
                 (`microk8s remove-node <name> --force`), and apply again."
            }
        };
        Err(NodeError::new(attempt, answer).at("host").with_hint(advice))
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
        let given = machines.hosts_of(&node.name).iter().map(|host| machines.machine(host)).collect();
        let own = machines.machine(&ipv4.to_string());
        let asked = asked.clone();
        asking.spawn(async move {
            let (machine, snapshot) = find(given, own, &node, &asked, freshness).await;
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

/// The machine of a node: at an address that the configuration has for a node of that name, else at `own`,
/// which is what the cluster says. Nodes of two clusters may have one name.
async fn find(
    given: Vec<Machine>,
    own: Machine,
    node: &ListedNode,
    asked: &NodeSnapshot,
    freshness: Freshness,
) -> (Machine, Result<NodeSnapshot, NodeError>) {
    let given: Vec<_> = given.into_iter().filter(|machine| machine.address() != own.address()).collect();
    for machine in &given {
        let Ok(snapshot) = machine.snapshot(freshness).await else { continue };
        // One that has left has an authority of its own.
        let left = || !snapshot.is_clustered() && node.addresses.iter().any(|address| snapshot.has(*address));
        if snapshot.node_name() == node.name && (snapshot.is_in_cluster_of(asked) || left()) {
            return (machine.clone(), Ok(snapshot));
        }
    }
    let snapshot = own.snapshot(freshness).await;
    (own, snapshot)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::microk8s::shared::testing::{Fault, World};

    #[tokio::test(start_paused = true)]
    async fn a_node_is_reached_where_the_configuration_reaches_it() {
        let world = World::new(3);
        world.admit(2, "voter");
        world.admit(3, "voter");
        {
            let mut state = world.0.lock().unwrap();
            state.faults.extend([Fault::NoSshAt("10.0.0.2"), Fault::NoSshAt("10.0.0.3")]);
            // One that does not answer, and another machine.
            let hosts = ["192.0.2.2", "192.0.2.1", "192.0.2.102"].map(str::to_owned).to_vec();
            state.faults.push(Fault::NoSshAt("192.0.2.2"));
            state.hosts.insert("cp2".to_owned(), hosts);
        }
        let cluster = ClusterSnapshot::collect(&world, "10.0.0.1", Freshness::Fresh).await.unwrap();
        assert_eq!(cluster.control_planes(), ["10.0.0.1", "192.0.2.102", "10.0.0.3"]);
        assert_eq!(cluster.others[0].node.name, "cp2");
        let refused = cluster.check_reached(false).unwrap_err();
        assert!(
            refused.answer().starts_with("The node cp3 is Ready, and its machine was not reached: 10.0.0.3"),
            "{refused:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_of_that_name_in_another_cluster_is_another_one() {
        let world = World::new(3);
        world.admit(2, "voter");
        {
            let mut state = world.0.lock().unwrap();
            state.machines.get_mut(&3).unwrap().name = "cp2".to_owned();
            state.machines.get_mut(&3).unwrap().locks.insert("no-cert-reissue");
            state.hosts.insert("cp2".to_owned(), vec!["192.0.2.3".to_owned()]);
        }
        let cluster = ClusterSnapshot::collect(&world, "10.0.0.1", Freshness::Fresh).await.unwrap();
        assert_eq!(cluster.control_planes(), ["10.0.0.1", "10.0.0.2"]);
    }

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
