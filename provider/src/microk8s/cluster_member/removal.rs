//! A member leaves its cluster, or is removed where its machine is dead, in steps that can be stopped
//! anywhere and carried on by doing them again.

use crate::connection::Freshness;
use crate::connection::retry::Deadline;
use crate::engine::node_resource::NodeError;
use crate::engine::node_resource::step::{Step, Steps};
use crate::microk8s::shared::cluster::quorum;
use crate::microk8s::shared::machine::datastore::DatastoreMember;
use crate::microk8s::shared::machine::node_list::Role;
use crate::microk8s::shared::machine::{Machine, describe_output};
use async_trait::async_trait;
use std::net::Ipv4Addr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// How long a removal may take. Leaving alone takes 30 seconds to 3 minutes.
const REMOVED_WITHIN: Duration = Duration::from_secs(10 * 60);

/// How long the datastore may take to give a vote to another member; it looks every 30 seconds.
const HANDED_OVER_WITHIN: Duration = Duration::from_secs(90);

/// A member that goes.
pub(crate) struct Removal {
    /// Its machine, if that is reached and still is a member.
    machine: Option<Machine>,
    name: String,
    ipv4: Ipv4Addr,
    role: Role,
    /// A control plane that stays.
    peer: Machine,
    /// When it was told to hand its vote over.
    handing_over: OnceLock<Instant>,
    /// Whether `microk8s leave` failed there.
    refused: AtomicBool,
}

/// In this order.
const STEPS: [&dyn Step<Removal>; 3] = [&HandOver, &Leave, &Remove];

impl Removal {
    /// `machine` is that of the node, where it is reached and still is a member; `peer` a control plane that
    /// stays.
    pub(crate) fn new(
        machine: Option<Machine>,
        name: &str,
        ipv4: Ipv4Addr,
        role: Role,
        peer: &Machine,
    ) -> Self {
        let (name, peer) = (name.to_owned(), peer.clone());
        Self {
            machine,
            name,
            ipv4,
            role,
            peer,
            handing_over: OnceLock::new(),
            refused: AtomicBool::new(false),
        }
    }

    /// Removes it from the cluster, its datastore and its list of nodes.
    pub(crate) async fn run(&self, deadline: &Deadline) -> Result<(), NodeError> {
        Steps::new(&STEPS).run(self, &deadline.within(REMOVED_WITHIN)).await
    }

    /// The datastore's members, of which there is no news from a worker.
    async fn datastore(&self) -> Result<Vec<DatastoreMember>, NodeError> {
        match self.role {
            Role::ControlPlane => self.peer.datastore(Freshness::Fresh).await,
            Role::Worker => Ok(Vec::new()),
        }
    }
}

struct HandOver;

#[async_trait]
impl Step<Removal> for HandOver {
    fn name(&self) -> &'static str {
        "hand the vote over to another member"
    }

    async fn check(&self, removal: &Removal) -> Result<bool, NodeError> {
        let alive = removal.machine.is_some() && removal.role == Role::ControlPlane;
        Ok(!alive || !quorum::must_hand_over(&removal.datastore().await?, removal.ipv4))
    }

    async fn run(&self, removal: &Removal) -> Result<(), NodeError> {
        let Some(machine) = &removal.machine else { return Ok(()) };
        if removal.handing_over.get().is_none() {
            machine.hand_over().await?;
        }
        let since = removal.handing_over.get_or_init(Instant::now);
        let answer = format!("{} is still the only voter of the datastore.", removal.name);
        let failure = NodeError::new("waiting until another member votes", answer);
        if since.elapsed() < HANDED_OVER_WITHIN {
            return Err(failure.transient());
        }
        Err(failure.with_hint(
            "The datastore would stop without it. With a third control plane it has more voters, and this one can leave; or \
             destroy the whole cluster by its nodes.",
        ))
    }
}

struct Leave;

#[async_trait]
impl Step<Removal> for Leave {
    fn name(&self) -> &'static str {
        "leave the cluster"
    }

    async fn check(&self, removal: &Removal) -> Result<bool, NodeError> {
        let Some(machine) = &removal.machine else { return Ok(true) };
        let snapshot = machine.snapshot(Freshness::Fresh).await?;
        Ok(!snapshot.is_clustered() && !snapshot.join_broke_off() && !snapshot.left_half_way())
    }

    async fn run(&self, removal: &Removal) -> Result<(), NodeError> {
        let Some(machine) = &removal.machine else { return Ok(()) };
        let snapshot = machine.snapshot(Freshness::Fresh).await?;
        let members = removal.datastore().await?;
        let listed = removal.role == Role::Worker || members.iter().any(|member| member.is(removal.ipv4));
        let whole = listed && !snapshot.join_broke_off() && !snapshot.left_half_way();
        let refused = removal.refused.load(Ordering::Relaxed);
        // What cannot leave any more is made a node alone; the next step takes it out of the cluster. The
        // only voter keeps its data.
        if !whole || refused && !quorum::must_hand_over(&members, removal.ipv4) {
            return machine.reset().await;
        }
        let output = machine.leave().await?;
        if output.succeeded() {
            return Ok(());
        }
        removal.refused.store(true, Ordering::Relaxed);
        let attempt = format!("`microk8s leave` on {}", machine.address());
        Err(NodeError::new(attempt, describe_output(&output)).transient())
    }
}

struct Remove;

#[async_trait]
impl Step<Removal> for Remove {
    fn name(&self) -> &'static str {
        "remove the node from the cluster"
    }

    async fn check(&self, removal: &Removal) -> Result<bool, NodeError> {
        let listed = removal.peer.nodes(Freshness::Fresh).await?.iter().any(|node| node.name == removal.name);
        Ok(!listed && !removal.datastore().await?.iter().any(|member| member.is(removal.ipv4)))
    }

    async fn run(&self, removal: &Removal) -> Result<(), NodeError> {
        let listed = removal.peer.nodes(Freshness::Fresh).await?.iter().any(|node| node.name == removal.name);
        // Without a node of that name, what is left in the datastore is known by its address.
        let target = if listed { removal.name.clone() } else { removal.ipv4.to_string() };
        let output = removal.peer.remove_node(&target).await?;
        if self.check(removal).await? {
            return Ok(());
        }
        let attempt = format!("`microk8s remove-node {target} --force` on {}", removal.peer.address());
        Err(NodeError::new(attempt, describe_output(&output)).transient())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::node_resource::step::Moment;
    use crate::microk8s::shared::cluster::quorum;
    use crate::microk8s::shared::cluster::snapshot::ClusterSnapshot;
    use crate::microk8s::shared::machine::Machines;
    use crate::microk8s::shared::machine::scripts;
    use crate::microk8s::shared::testing::{World, deadline};

    fn cluster(votes: &[&'static str]) -> World {
        let world = World::new(u8::try_from(votes.len()).unwrap());
        for (last, vote) in (1..).zip(votes) {
            world.admit(last, vote);
        }
        world
    }

    fn removal(world: &World, last: u8, alive: bool) -> Removal {
        let machine = alive.then(|| world.shell(last));
        let ipv4 = Ipv4Addr::new(10, 0, 0, last);
        Removal::new(machine, &format!("cp{last}"), ipv4, Role::ControlPlane, &world.shell(1))
    }

    fn assert_gone(world: &World, last: u8) {
        let state = world.0.lock().unwrap();
        assert!(!state.nodes.contains_key(&last) && !state.datastore.contains_key(&last));
    }

    #[tokio::test(start_paused = true)]
    async fn a_member_leaves_and_nothing_of_it_stays_wherever_it_was_stopped() {
        for step in STEPS {
            for moment in [Moment::Before, Moment::After] {
                let world = cluster(&["voter", "voter", "voter"]);
                let steps = Steps::new(&STEPS).stopping(step.name(), moment);
                assert!(steps.run(&removal(&world, 3, true), &deadline()).await.is_err());
                removal(&world, 3, true).run(&deadline()).await.unwrap();
                assert_gone(&world, 3);
                assert_eq!(world.count(&scripts::LEAVE), 1, "stopped {moment:?} {:?}", step.name());
                assert!(!world.0.lock().unwrap().machines[&3].locks.contains("no-cert-reissue"));
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_dead_member_is_removed_from_the_cluster_alone() {
        let world = cluster(&["voter", "voter", "voter"]);
        world.0.lock().unwrap().machines.get_mut(&2).unwrap().reachable = false;
        removal(&world, 2, false).run(&deadline()).await.unwrap();
        assert_gone(&world, 2);
        assert_eq!(world.count(&scripts::LEAVE), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn the_only_voter_hands_its_vote_over_before_it_leaves() {
        let world = cluster(&["spare", "voter"]);
        removal(&world, 2, true).run(&deadline()).await.unwrap();
        assert_gone(&world, 2);
        assert_eq!(world.0.lock().unwrap().datastore.get(&1), Some(&"voter"));
        assert_eq!(world.count(&scripts::HAND_OVER), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_removal_that_costs_the_majority_is_told_before() {
        let world = cluster(&["voter", "voter", "voter"]);
        let check = async |leaving: u8| {
            let cluster_snapshot = ClusterSnapshot::wait(&world, "10.0.0.1", &deadline()).await.unwrap();
            let members = world.machine("10.0.0.1").datastore(Freshness::Fresh).await.unwrap();
            quorum::check_removal(&cluster_snapshot, &members, Ipv4Addr::new(10, 0, 0, leaving))
                .map_err(|loss| loss.to_string())
        };
        assert_eq!(check(3).await, Ok(()));
        world.0.lock().unwrap().machines.get_mut(&2).unwrap().reachable = false;
        assert!(check(3).await.unwrap_err().contains("10.0.0.2:19001 cannot"));
        assert_eq!(check(2).await, Ok(()), "the dead one may go");
    }
}
