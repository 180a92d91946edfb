//! The steps that make a node a plain machine again.

use super::scripts::{DISCLAIM, REMOVE};
use super::snap_output::change;
use super::state::NodeState;
use super::steps::write_hosts;
use super::storage;
use crate::connection::cluster::ClusterLocks;
use crate::connection::retry::Deadline;
use crate::connection::ssh::Shell;
use crate::engine::node_resource::NodeError;
use crate::engine::node_resource::cluster_lock;
use crate::engine::node_resource::step::{Step, Steps};
use crate::microk8s::shared::cluster::quorum;
use crate::microk8s::shared::machine::node_list::Role;
use crate::microk8s::shared::machine::scripts::LEAVE;
use crate::microk8s::shared::machine::{Machine, describe_output};
use async_trait::async_trait;
use std::sync::{Arc, OnceLock};
use tfplugin::Diagnostic;

/// A node that shall be none.
pub(crate) struct Removal {
    machine: Arc<dyn Shell>,
    deadline: Deadline,
    locks: Arc<ClusterLocks>,
    /// What the node was called in the cluster that it left.
    left: OnceLock<String>,
}

/// What makes a node a plain machine again.
pub(crate) const REMOVAL: [&dyn Step<Removal>; 5] =
    [&Leave, &Remove, &CleanHosts, &ReleaseStorage, &Disclaim];

impl Removal {
    pub(crate) fn new(machine: Arc<dyn Shell>, deadline: Deadline, locks: Arc<ClusterLocks>) -> Self {
        Self { machine, deadline, locks, left: OnceLock::new() }
    }

    /// Carries out what is not done yet. Gives the warning of what stays in the cluster, where it had peers.
    pub(crate) async fn run(&self) -> Result<Option<Diagnostic>, NodeError> {
        Steps::new(&REMOVAL).run(self, &self.deadline).await?;
        Ok(self.left.get().map(|name| stays_listed(name)))
    }

    async fn state(&self) -> Result<NodeState, NodeError> {
        NodeState::read(&self.machine).await
    }
}

/// `microk8s leave` takes a node out of the datastore, and not out of the API, where only another control
/// plane may delete it.
fn stays_listed(name: &str) -> Diagnostic {
    let detail = format!(
        "The node left its cluster with this destroy, and the cluster lists it as NotReady from now on. To remove it there, run \
         `sudo microk8s remove-node {name}` on a control plane that stays. A `microk8s_cluster_member` of the node does both when \
         it is destroyed before."
    );
    Diagnostic::warning(format!("The cluster still lists the node {name}"), detail)
}

/// Leaves the cluster, if nobody saw to that before. A node that is alone takes its cluster with it.
struct Leave;

#[async_trait]
impl Step<Removal> for Leave {
    fn name(&self) -> &'static str {
        "leave the cluster"
    }

    async fn check(&self, target: &Removal) -> Result<bool, NodeError> {
        let state = target.state().await?;
        // A worker that a leave was stopped on has nothing more to say to its cluster, and all of it goes
        // now.
        let has_left = state.machine.left_half_way() && state.machine.role() == Role::Worker;
        Ok(state.snap.is_none() || !state.machine.has_peers() || has_left)
    }

    async fn run(&self, target: &Removal) -> Result<(), NodeError> {
        let state = target.state().await?;
        let address = target.machine.address();
        let cluster = state.machine.authority().unwrap_or(address);
        let machine = Machine::new(Arc::clone(&target.machine));
        // Where a join or a leave was stopped its own services are, and the cluster lives without it already.
        let is_away = state.machine.left_half_way() || state.machine.join_broke_off();
        let _turn = cluster_lock::acquire(&target.locks, cluster, &target.deadline, || async {
            if is_away { Ok(()) } else { quorum::can_lose_node(&machine, &state.machine).await }
        })
        .await?;
        let output = target.machine.script(&LEAVE, &[], None).await;
        target.machine.invalidate_probes();
        let output = output?;
        // Its exit code is no proof: what counts is whether the node still has company.
        if output.succeeded() && !target.state().await?.machine.has_peers() {
            let _ = target.left.set(state.machine.node_name());
            return Ok(());
        }
        let said = describe_output(&output);
        Err(NodeError::new(format!("`{}` on {address}", LEAVE.name), said).with_hint(format!(
            "The node is still part of its cluster, so nothing was removed. If it cannot leave any more, take it out from \
             another control plane (sudo microk8s remove-node {} --force), remove the snap on the machine (sudo snap remove \
             --purge microk8s), and apply again.",
            state.machine.node_name()
        )))
    }
}

/// Removes the snap with all it keeps.
struct Remove;

#[async_trait]
impl Step<Removal> for Remove {
    fn name(&self) -> &'static str {
        "remove the snap"
    }

    async fn check(&self, target: &Removal) -> Result<bool, NodeError> {
        Ok(target.state().await?.snap.is_none())
    }

    async fn run(&self, target: &Removal) -> Result<(), NodeError> {
        change(&*target.machine, &REMOVE, &[]).await
    }
}

/// Takes our block out of `/etc/hosts`.
struct CleanHosts;

#[async_trait]
impl Step<Removal> for CleanHosts {
    fn name(&self) -> &'static str {
        "clean /etc/hosts"
    }

    async fn check(&self, target: &Removal) -> Result<bool, NodeError> {
        Ok(target.state().await?.hosts_block.is_none())
    }

    async fn run(&self, target: &Removal) -> Result<(), NodeError> {
        write_hosts(&*target.machine, "").await
    }
}

/// Takes away what storage needed.
struct ReleaseStorage;

#[async_trait]
impl Step<Removal> for ReleaseStorage {
    fn name(&self) -> &'static str {
        "take away what storage needed"
    }

    async fn check(&self, target: &Removal) -> Result<bool, NodeError> {
        Ok(target.state().await?.machine.storage.is_none())
    }

    async fn run(&self, target: &Removal) -> Result<(), NodeError> {
        storage::release(&*target.machine).await
    }
}

/// Takes the note back that the machine is ours.
struct Disclaim;

#[async_trait]
impl Step<Removal> for Disclaim {
    fn name(&self) -> &'static str {
        "give the machine back"
    }

    async fn check(&self, target: &Removal) -> Result<bool, NodeError> {
        Ok(!target.state().await?.machine.claimed)
    }

    async fn run(&self, target: &Removal) -> Result<(), NodeError> {
        change(&*target.machine, &DISCLAIM, &[]).await
    }
}
