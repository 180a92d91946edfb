//! What a member's create, update, delete and import do.

use super::{ClusterMember, ClusterMemberPrivate};
use crate::connection::Freshness;
use crate::connection::cluster::{ChangeGuard, ClusterLocks};
use crate::connection::retry::Deadline;
use crate::engine::node_resource::NodeError;
use crate::engine::node_resource::cluster_lock;
use crate::microk8s::cluster_member::join::Joining;
use crate::microk8s::cluster_member::removal::Removal;
use crate::microk8s::shared::cluster::quorum::{self, QuorumLoss};
use crate::microk8s::shared::cluster::snapshot::ClusterSnapshot;
use crate::microk8s::shared::machine::node_list::{ClusterNode, Role};
use crate::microk8s::shared::machine::{Machine, Machines};
use std::time::Duration;
use tfplugin::Computed;

/// How long the cluster may take until it answers at all.
pub(super) const ANSWERS_WITHIN: Duration = Duration::from_secs(5 * 60);

impl ClusterMember {
    /// The cluster as its control plane at `cluster` sees it now.
    pub(super) async fn cluster_now(
        &self,
        machines: &dyn Machines,
        deadline: &Deadline,
    ) -> Result<ClusterSnapshot, NodeError> {
        let cluster_snapshot =
            ClusterSnapshot::wait(machines, &self.cluster, &deadline.within(ANSWERS_WITHIN)).await;
        cluster_snapshot.map_err(|failure| failure.at("cluster"))
    }

    pub(super) async fn join(
        self,
        machines: &dyn Machines,
        private: &mut ClusterMemberPrivate,
        locks: &ClusterLocks,
        deadline: &Deadline,
    ) -> Result<Self, NodeError> {
        let machine = machines.machine(&self.host);
        let snapshot = machine.snapshot(Freshness::Fresh).await?;
        // One that a leave stopped, which then was stopped itself, is started again.
        if !snapshot.installed || snapshot.is_stopped() && !snapshot.left_half_way() {
            let answer = if snapshot.installed {
                "MicroK8s is stopped there."
            } else {
                "MicroK8s is not installed there."
            };
            let advice = "Give the address of a `microk8s_node`, by reference, so that it is installed and runs first.";
            return Err(NodeError::new(format!("looking at {}", self.host), answer)
                .at("host")
                .with_hint(advice));
        }
        let cluster_snapshot = self.cluster_now(machines, deadline).await?;
        if cluster_snapshot.first.snapshot.node_name() == snapshot.node_name() {
            let answer = format!("Both are called {:?}.", snapshot.node_name());
            let advice = "`host` and `cluster` must be different machines with names of their own.";
            let attempt = format!("joining {} to the cluster at {}", self.host, self.cluster);
            return Err(NodeError::new(attempt, answer).at("cluster").with_hint(advice));
        }
        let _guard = lock(&cluster_snapshot, locks, deadline).await?;
        // Others may have joined while this one waited.
        let cluster_snapshot = self.cluster_now(machines, deadline).await?;
        Joining::new(machine, &snapshot, self.role(), &cluster_snapshot, deadline).run().await?;
        self.found(machines, &snapshot.node_name(), private, deadline).await
    }

    /// The member as the cluster knows it after a change.
    async fn found(
        self,
        machines: &dyn Machines,
        name: &str,
        private: &mut ClusterMemberPrivate,
        deadline: &Deadline,
    ) -> Result<Self, NodeError> {
        let cluster_snapshot = self.cluster_now(machines, deadline).await?;
        private.control_planes = cluster_snapshot.control_planes();
        let named = Self { node_name: name.to_owned().into(), ..self };
        let node = named.node(&cluster_snapshot).ok_or_else(|| {
            let answer = format!("There is no node {name} any more, which was there a moment ago.");
            NodeError::new(format!("reading the nodes of the cluster at {}", named.cluster), answer)
        })?;
        Ok(named.seen(&cluster_snapshot.id, &node))
    }

    /// Makes sure that the new addresses lead to the same machine and cluster, and that the node is as it
    /// should be.
    pub(super) async fn refresh(
        self,
        machines: &dyn Machines,
        private: &mut ClusterMemberPrivate,
        locks: &ClusterLocks,
        deadline: &Deadline,
    ) -> Result<Self, NodeError> {
        let machine = machines.machine(&self.host);
        let snapshot = machine.snapshot(Freshness::Fresh).await?;
        let name = self.node_name.known().cloned().unwrap_or_default();
        if snapshot.node_name() != name {
            return Err(self.is_another_machine(&snapshot.node_name(), &name));
        }
        let cluster_snapshot = self.cluster_now(machines, deadline).await?;
        let _guard = lock(&cluster_snapshot, locks, deadline).await?;
        Joining::new(machine, &snapshot, self.role(), &cluster_snapshot, deadline).restore().await?;
        self.found(machines, &name, private, deadline).await
    }

    /// The error of a machine at `host` that is called `found` and not `name`.
    pub(super) fn is_another_machine(&self, found: &str, name: &str) -> NodeError {
        let answer = format!("The machine there is called {found:?}; this member is {name:?}.");
        NodeError::new(format!("looking at {}", self.host), answer).at("host").with_hint(
            "If the machine was rebuilt on purpose, replace this resource (`-replace`). If not, correct `host`.",
        )
    }

    /// Removes it, as the control plane at `cluster` sees it.
    pub(super) async fn remove_by(
        &self,
        machines: &dyn Machines,
        cluster: &str,
        locks: &ClusterLocks,
        deadline: &Deadline,
    ) -> Result<(), NodeError> {
        let deadline_to_answer = deadline.within(ANSWERS_WITHIN);
        let cluster_snapshot = ClusterSnapshot::wait(machines, cluster, &deadline_to_answer).await?;
        let _guard = lock(&cluster_snapshot, locks, deadline).await?;
        // Others may have left while this one waited.
        let cluster_snapshot = ClusterSnapshot::wait(
            machines,
            cluster_snapshot.first.machine.address(),
            &deadline.within(ANSWERS_WITHIN),
        )
        .await?;
        let (Some(name), Some(ipv4)) = (self.node_name.known(), self.ipv4()) else { return Ok(()) };
        let node = self.node(&cluster_snapshot);
        let machine = self.departing(machines, &cluster_snapshot, node.as_ref()).await?;
        if self.role() == Role::ControlPlane && !self.allow_quorum_loss {
            let members = cluster_snapshot.first.machine.datastore(Freshness::Fresh).await?;
            quorum::check_removal(&cluster_snapshot, &members, ipv4)
                .map_err(|loss| self.quorum_loss(&loss))?;
        }
        Removal::new(machine, name, ipv4, self.role(), &cluster_snapshot.first.machine).run(deadline).await
    }

    /// The member's machine, if it is there and still a member; nothing if it is dead or not a member any
    /// more.
    async fn departing(
        &self,
        machines: &dyn Machines,
        cluster_snapshot: &ClusterSnapshot,
        node: Option<&ClusterNode>,
    ) -> Result<Option<Machine>, NodeError> {
        let machine = machines.machine(&self.host);
        match machine.snapshot(Freshness::Fresh).await {
            Ok(snapshot) => {
                let same = self.node_name.known() == Some(&snapshot.node_name());
                let ours = cluster_snapshot.first.snapshot.authority();
                let member = snapshot.is_clustered() && snapshot.authority() == ours;
                let joining = snapshot.join_broke_off() && snapshot.has_authority(ours);
                let leaves = snapshot.installed && (member || joining || snapshot.left_half_way());
                Ok((same && leaves).then_some(machine))
            }
            Err(failure) if node.is_some_and(|node| node.ready) => Err(failure.with_hint(
                "The cluster says that the node is Ready, so its machine lives, and only it can leave in order. Correct `host`, \
                 or switch the machine off and try again: a dead member is removed from the cluster alone.",
            )),
            Err(_) => Ok(None),
        }
    }

    pub(super) fn quorum_loss(&self, loss: &QuorumLoss) -> NodeError {
        let name = self.node_name.known().map_or("", String::as_str);
        NodeError::new(format!("checking what the cluster loses with {name}"), format!("It would stop: {loss}."))
            .at("allow_quorum_loss")
            .with_hint(
                "Bring the other control planes back first, or add some. To remove it all the same, set `allow_quorum_loss` and \
                 apply before destroying; the cluster's API does not recover after that.",
            )
    }

    /// The member on the machine at `host`.
    pub(super) async fn find(
        machines: &dyn Machines,
        cluster: &str,
        host: &str,
        private: &mut ClusterMemberPrivate,
    ) -> Result<Self, NodeError> {
        let cluster_snapshot = ClusterSnapshot::collect(machines, cluster, Freshness::Fresh).await?;
        let snapshot = machines.machine(host).snapshot(Freshness::Fresh).await?;
        let member = Self {
            host: host.to_owned(),
            cluster: cluster.to_owned(),
            role: snapshot.role().to_string(),
            allow_quorum_loss: false,
            timeouts: None,
            node_name: snapshot.node_name().into(),
            address: Computed::Pending,
            cluster_id: Computed::Pending,
            drift: Computed::Pending,
        };
        private.control_planes = cluster_snapshot.control_planes();
        let node = member
            .node(&cluster_snapshot)
            .filter(|_| snapshot.authority() == cluster_snapshot.first.snapshot.authority());
        match node {
            Some(node) => Ok(member.seen(&cluster_snapshot.id, &node)),
            None => {
                let answer = format!(
                    "The machine {:?} is not a member of the cluster at {cluster}.",
                    snapshot.node_name()
                );
                Err(NodeError::new(format!("reading the members of the cluster at {cluster}"), answer)
                    .with_hint("Create the resource instead of importing it."))
            }
        }
    }
}

/// The turn to change the cluster.
async fn lock(
    cluster_snapshot: &ClusterSnapshot,
    locks: &ClusterLocks,
    deadline: &Deadline,
) -> Result<ChangeGuard, NodeError> {
    cluster_lock::acquire(
        locks,
        cluster_snapshot.first.snapshot.authority().unwrap_or(&cluster_snapshot.id),
        deadline,
        async || Ok(()),
    )
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::microk8s::cluster_member::testing::member;
    use crate::microk8s::shared::machine::scripts;
    use crate::microk8s::shared::testing::{Fault, World, deadline, promptly};

    async fn join(world: &World, member: ClusterMember) -> Result<ClusterMember, String> {
        let joined = member
            .join(world, &mut ClusterMemberPrivate::default(), &ClusterLocks::default(), &deadline())
            .await;
        joined.map_err(|failure| failure.into_diagnostic("Unable to join the cluster").detail)
    }

    async fn remove(world: &World, member: &ClusterMember) -> Result<(), String> {
        let removed = member.remove_by(world, &member.cluster, &ClusterLocks::default(), &deadline()).await;
        removed.map_err(|failure| failure.into_diagnostic("Unable to remove the cluster member").detail)
    }

    #[tokio::test(start_paused = true)]
    async fn members_join_leave_and_nothing_is_left() {
        let world = World::new(4);
        let mut members = Vec::new();
        for (last, role) in [(2, Role::ControlPlane), (3, Role::ControlPlane), (4, Role::Worker)] {
            let joined = join(&world, member(last, role)).await.unwrap();
            assert_eq!(joined.node_name.known(), Some(&format!("cp{last}")));
            assert_eq!(joined.ipv4().unwrap().to_string(), joined.host);
            // Carried on, as after an apply whose answer was lost.
            assert_eq!(join(&world, member(last, role)).await.unwrap(), joined);
            members.push(joined);
        }
        assert_eq!(world.count(&scripts::JOIN), 3);
        for member in &members {
            remove(&world, member).await.unwrap();
            remove(&world, member).await.unwrap();
        }
        let state = world.0.lock().unwrap();
        assert_eq!((state.nodes.len(), state.datastore.len()), (1, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn another_machine_behind_the_address_is_never_taken_for_the_member() {
        let world = World::new(3);
        let joined = join(&world, member(2, Role::Worker)).await.unwrap();
        let moved = ClusterMember { host: "10.0.0.3".into(), ..joined.clone() };
        let refused = moved
            .refresh(&world, &mut ClusterMemberPrivate::default(), &ClusterLocks::default(), &deadline())
            .await
            .unwrap_err();
        assert_eq!(refused.answer(), "The machine there is called \"cp3\"; this member is \"cp2\".");
        assert!(world.0.lock().unwrap().nodes.contains_key(&2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_machine_does_not_join_itself() {
        let world = World::new(1);
        let aliased = ClusterMember { host: "cp.example.1".into(), ..member(1, Role::ControlPlane) };
        let refused = promptly(join(&world, aliased)).await.unwrap_err();
        assert!(refused.contains("Both are called \"cp1\"."), "{refused}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_removal_that_costs_the_quorum_is_refused_unless_it_is_wanted() {
        let world = World::new(3);
        let mut members = Vec::new();
        for last in [2, 3] {
            members.push(join(&world, member(last, Role::ControlPlane)).await.unwrap());
        }
        {
            let mut state = world.0.lock().unwrap();
            state.datastore.values_mut().for_each(|vote| *vote = "voter");
            state.machines.get_mut(&3).unwrap().reachable = false;
        }
        let refused = promptly(remove(&world, &members[0])).await.unwrap_err();
        assert!(refused.contains("10.0.0.3:19001 cannot"), "{refused}");
        assert!(refused.contains("`allow_quorum_loss`"), "{refused}");
        assert_eq!(world.0.lock().unwrap().nodes.len(), 3);
        let wanted = ClusterMember { allow_quorum_loss: true, ..members[0].clone() };
        remove(&world, &wanted).await.unwrap();
        assert_eq!(world.0.lock().unwrap().nodes.len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_member_leaves_where_the_machines_of_others_cannot_be_reached_over_ssh() {
        let world = World::new(3);
        let leaving = join(&world, member(2, Role::ControlPlane)).await.unwrap();
        join(&world, member(3, Role::ControlPlane)).await.unwrap();
        {
            let mut state = world.0.lock().unwrap();
            state.datastore.values_mut().for_each(|vote| *vote = "voter");
            state.faults.push(Fault::NoSsh(3));
        }
        remove(&world, &leaving).await.unwrap();
        assert!(!world.0.lock().unwrap().nodes.contains_key(&2));
    }

    #[tokio::test(start_paused = true)]
    async fn an_import_finds_the_role_without_a_label() {
        let world = World::new(2);
        let joined = join(&world, member(2, Role::ControlPlane)).await.unwrap();
        world.0.lock().unwrap().faults.push(Fault::NoLabels);
        let mut private = ClusterMemberPrivate::default();
        let found = ClusterMember::find(&world, "10.0.0.1", "10.0.0.2", &mut private).await.unwrap();
        assert_eq!(found, joined);
        assert_eq!(private.control_planes, ["10.0.0.1", "10.0.0.2"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_that_lives_is_not_removed_behind_its_back() {
        let world = World::new(2);
        let joined = join(&world, member(2, Role::Worker)).await.unwrap();
        // Its machine is not behind that address any more; the node is Ready all the same.
        world.0.lock().unwrap().machines.insert(9, world_machine_that_is_off());
        let moved = ClusterMember { host: "10.0.0.9".into(), ..joined };
        let refused = remove(&world, &moved).await.unwrap_err();
        assert!(refused.contains("the node is Ready, so its machine lives"), "{refused}");
        assert!(world.0.lock().unwrap().nodes.contains_key(&2));
    }

    fn world_machine_that_is_off() -> crate::microk8s::shared::testing::FakeMachine {
        let mut machine = World::new(1).0.lock().unwrap().machines.remove(&1).unwrap();
        machine.reachable = false;
        machine
    }

    #[tokio::test(start_paused = true)]
    async fn an_import_finds_members_and_nobody_else() {
        let world = World::new(3);
        let joined = join(&world, member(2, Role::Worker)).await.unwrap();
        let mut private = ClusterMemberPrivate::default();
        assert_eq!(ClusterMember::find(&world, "10.0.0.1", "10.0.0.2", &mut private).await.unwrap(), joined);
        let refused = ClusterMember::find(&world, "10.0.0.1", "10.0.0.3", &mut private).await.unwrap_err();
        assert!(refused.answer().contains("is not a member of the cluster"), "{refused:?}");
    }
}
