//! The steps that make a machine a node. Each can be interrupted and is carried on by the next apply.

use super::args::{Args, Arguing};
use super::channel::Channel;
use super::hosts_block::{self, Hosts};
use super::preflight::Preflight;
use super::scripts::{APT, CLAIM, CLOUD_INIT, HOLD, INSTALL, REFRESH, SEEDED, WRITE_HOSTS};
use super::snap_output::change;
use super::state::NodeState;
use super::storage::{self, Storage};
use crate::connection::cluster::ClusterLocks;
use crate::connection::retry::Deadline;
use crate::connection::ssh::Shell;
use crate::engine::node_resource::NodeError;
use crate::engine::node_resource::cluster_lock;
use crate::engine::node_resource::step::{Step, Steps};
use crate::microk8s::shared::cluster::quorum;
use crate::microk8s::shared::machine::node_marks::{Mark, Marking, Marks};
use crate::microk8s::shared::machine::{Machine, describe_output, readiness};
use async_trait::async_trait;
use std::sync::Arc;
use tfplugin::types::Semantic;

/// A machine, and what it shall be.
pub(crate) struct Installation {
    pub(crate) machine: Arc<dyn Shell>,
    pub(crate) channel: Semantic<Channel>,
    pub(crate) hosts: Option<Hosts>,
    pub(crate) hold: bool,
    pub(crate) storage: Option<Storage>,
    pub(crate) args: Args,
    pub(crate) marks: Marks,
    pub(crate) deadline: Deadline,
    pub(crate) locks: Arc<ClusterLocks>,
}

/// What makes a machine a node.
pub(crate) const CREATION: [&dyn Step<Installation>; 14] = [
    &Preflight,
    &Claim,
    &CloudInit,
    &PackageManager,
    &Seeding,
    &WriteHosts,
    &PrepareStorage,
    &Install,
    &FollowChannel,
    &Hold,
    &TakeBack,
    &Ready,
    &SetArguments,
    &LabelAndTaint,
];

/// What brings a node to what it shall be.
const UPDATE: [&dyn Step<Installation>; 6] =
    [&WriteHosts, &PrepareStorage, &FollowChannel, &Hold, &SetArguments, &LabelAndTaint];

/// Makes the machine a node, or carries that on.
pub(crate) async fn create(target: &Installation) -> Result<(), NodeError> {
    Steps::new(&CREATION).run(target, &target.deadline).await
}

/// Brings a node to what it shall be.
pub(crate) async fn update(target: &Installation) -> Result<(), NodeError> {
    Steps::new(&UPDATE).run(target, &target.deadline).await
}

impl Installation {
    pub(crate) async fn state(&self) -> Result<NodeState, NodeError> {
        NodeState::read(&self.machine).await
    }
}

/// Notes that we began here; refuses what somebody else installed.
struct Claim;

#[async_trait]
impl Step<Installation> for Claim {
    fn name(&self) -> &'static str {
        "claim the machine"
    }

    async fn check(&self, target: &Installation) -> Result<bool, NodeError> {
        let state = target.state().await?;
        let Some(snap) = state.snap.filter(|_| !state.machine.claimed) else {
            return Ok(state.machine.claimed);
        };
        let address = target.machine.address();
        Err(NodeError::new(
            format!("looking whether {address} is free to become a node"),
            format!("MicroK8s {} ({}) is installed there already, and not by this provider.", snap.version, snap.origin()),
        )
        .at("host")
        .with_hint(format!(
            "If this node shall be managed from here, import it:\n\nimport {{\n  to = microk8s_node.<name>\n  id = \"{address}\"\n}}\
             \n\nIf not, remove it there (sudo snap remove --purge microk8s) and apply again."
        )))
    }

    async fn run(&self, target: &Installation) -> Result<(), NodeError> {
        change(&*target.machine, &CLAIM, &[]).await
    }
}

/// Waits until the first boot has done its work, which may install and restart what we need.
struct CloudInit;

#[async_trait]
impl Step<Installation> for CloudInit {
    fn name(&self) -> &'static str {
        "wait for cloud-init"
    }

    async fn check(&self, target: &Installation) -> Result<bool, NodeError> {
        // How it ended is the machine's own affair: MicroK8s needs what follows, and says so.
        let output = target.machine.ask(&CLOUD_INIT, &[]).await?;
        if !output.stdout.contains("status: running") {
            return Ok(true);
        }
        let attempt = format!("waiting for cloud-init on {}", target.machine.address());
        Err(NodeError::new(attempt, "`cloud-init status` says that it is running.").transient())
    }

    async fn run(&self, _: &Installation) -> Result<(), NodeError> {
        Ok(())
    }
}

/// Waits until apt is at rest: it may be replacing snapd.
struct PackageManager;

#[async_trait]
impl Step<Installation> for PackageManager {
    fn name(&self) -> &'static str {
        "wait for apt"
    }

    async fn check(&self, target: &Installation) -> Result<bool, NodeError> {
        if target.state().await?.snap.is_some() {
            return Ok(true);
        }
        let output = target.machine.ask(&APT, &[]).await?;
        match output.stdout.lines().next() {
            None => Ok(true),
            Some(holder) => {
                let attempt = format!("waiting for apt on {}", target.machine.address());
                Err(NodeError::new(attempt, format!("Its lock is held by process {holder}.")).transient())
            }
        }
    }

    async fn run(&self, _: &Installation) -> Result<(), NodeError> {
        Ok(())
    }
}

/// Waits until snapd can install snaps.
struct Seeding;

#[async_trait]
impl Step<Installation> for Seeding {
    fn name(&self) -> &'static str {
        "wait for snapd"
    }

    async fn check(&self, target: &Installation) -> Result<bool, NodeError> {
        Ok(target.state().await?.snap.is_some())
    }

    async fn run(&self, target: &Installation) -> Result<(), NodeError> {
        change(&*target.machine, &SEEDED, &[]).await
    }
}

/// Brings our block in `/etc/hosts` to what it shall be.
struct WriteHosts;

#[async_trait]
impl Step<Installation> for WriteHosts {
    fn name(&self) -> &'static str {
        "write /etc/hosts"
    }

    async fn check(&self, target: &Installation) -> Result<bool, NodeError> {
        let wanted = target.hosts.as_ref().map(hosts_block::render).unwrap_or_default();
        Ok(target.state().await?.hosts_block.unwrap_or_default() == wanted)
    }

    async fn run(&self, target: &Installation) -> Result<(), NodeError> {
        write_hosts(&*target.machine, &target.hosts.as_ref().map(hosts_block::render).unwrap_or_default())
            .await
    }
}

/// Puts `block` in place of ours; an empty one takes ours away.
pub(crate) async fn write_hosts(machine: &dyn Shell, block: &str) -> Result<(), NodeError> {
    let length = block.len().to_string();
    let words = [hosts_block::BEGIN, hosts_block::END, &length];
    let output = machine.script(&WRITE_HOSTS, &words, Some(block.as_bytes())).await;
    machine.invalidate_probes();
    let output = output?;
    match output.succeeded() {
        true => Ok(()),
        false => Err(NodeError::new(
            format!("`{}` on {}", WRITE_HOSTS.name, machine.address()),
            describe_output(&output),
        )
        .at("hosts")),
    }
}

/// Brings what storage needs, or takes it away where nobody wants it any more.
struct PrepareStorage;

#[async_trait]
impl Step<Installation> for PrepareStorage {
    fn name(&self) -> &'static str {
        "prepare for storage"
    }

    async fn check(&self, target: &Installation) -> Result<bool, NodeError> {
        match &target.storage {
            Some(wanted) => Ok(wanted.seen_on(&*target.machine).await? == *wanted),
            None => Ok(target.state().await?.machine.storage.is_none()),
        }
    }

    async fn run(&self, target: &Installation) -> Result<(), NodeError> {
        match &target.storage {
            Some(wanted) => wanted.bring(&*target.machine, &wanted.seen_on(&*target.machine).await?).await,
            None => storage::release(&*target.machine).await,
        }
    }
}

/// Installs the snap where there is none.
struct Install;

#[async_trait]
impl Step<Installation> for Install {
    fn name(&self) -> &'static str {
        "install the snap"
    }

    async fn check(&self, target: &Installation) -> Result<bool, NodeError> {
        Ok(target.state().await?.snap.is_some())
    }

    async fn run(&self, target: &Installation) -> Result<(), NodeError> {
        change(&*target.machine, &INSTALL, &[&target.channel.canonical()]).await
    }
}

/// Moves the snap to its channel. One node of a cluster at a time, until it is ready again.
struct FollowChannel;

#[async_trait]
impl Step<Installation> for FollowChannel {
    fn name(&self) -> &'static str {
        "follow the channel"
    }

    async fn check(&self, target: &Installation) -> Result<bool, NodeError> {
        Ok(target.state().await?.snap.is_some_and(|snap| snap.tracks(&target.channel)))
    }

    async fn run(&self, target: &Installation) -> Result<(), NodeError> {
        let state = target.state().await?;
        let cluster = state.machine.authority().unwrap_or(target.machine.address());
        let machine = Machine::new(Arc::clone(&target.machine));
        let _turn = cluster_lock::acquire(&target.locks, cluster, &target.deadline, || {
            quorum::can_lose_node(&machine, &state.machine)
        })
        .await?;
        change(&*target.machine, &REFRESH, &[&target.channel.canonical()]).await?;
        readiness::wait(&target.machine, &state.machine.node_name(), &target.deadline).await
    }
}

/// Keeps snapd from refreshing the snap by itself, or lets it.
struct Hold;

#[async_trait]
impl Step<Installation> for Hold {
    fn name(&self) -> &'static str {
        "hold automatic refreshes"
    }

    async fn check(&self, target: &Installation) -> Result<bool, NodeError> {
        Ok(target.state().await?.snap.is_some_and(|snap| snap.held == target.hold))
    }

    async fn run(&self, target: &Installation) -> Result<(), NodeError> {
        change(&*target.machine, &HOLD, &[if target.hold { "--hold" } else { "--unhold" }]).await
    }
}

/// Waits until the node works.
struct Ready;

#[async_trait]
impl Step<Installation> for Ready {
    fn name(&self) -> &'static str {
        "wait until the node is ready"
    }

    async fn check(&self, _: &Installation) -> Result<bool, NodeError> {
        Ok(false)
    }

    async fn run(&self, target: &Installation) -> Result<(), NodeError> {
        let state = target.state().await?;
        readiness::wait(&target.machine, &state.machine.node_name(), &target.deadline).await
    }
}

/// Labels and taints the node.
struct LabelAndTaint;

impl LabelAndTaint {
    fn marking(target: &Installation) -> Marking {
        Marking { machine: Machine::new(Arc::clone(&target.machine)), wanted: target.marks.clone() }
    }
}

#[async_trait]
impl Step<Installation> for LabelAndTaint {
    fn name(&self) -> &'static str {
        Mark.name()
    }

    async fn check(&self, target: &Installation) -> Result<bool, NodeError> {
        Mark.check(&Self::marking(target)).await
    }

    async fn run(&self, target: &Installation) -> Result<(), NodeError> {
        Mark.run(&Self::marking(target)).await
    }
}

impl Installation {
    fn arguing(&self) -> Arguing<'_> {
        let Self { args, locks, deadline, .. } = self;
        Arguing { machine: Machine::new(Arc::clone(&self.machine)), args, locks, deadline }
    }
}

/// Takes flags of an earlier try back that were not seen to work.
struct TakeBack;

#[async_trait]
impl Step<Installation> for TakeBack {
    fn name(&self) -> &'static str {
        "take back flags that were not seen to work"
    }

    async fn check(&self, target: &Installation) -> Result<bool, NodeError> {
        target.arguing().is_taken_back().await
    }

    async fn run(&self, target: &Installation) -> Result<(), NodeError> {
        target.arguing().take_back().await
    }
}

/// Gives the node's services their flags.
struct SetArguments;

#[async_trait]
impl Step<Installation> for SetArguments {
    fn name(&self) -> &'static str {
        "give the services their flags"
    }

    async fn check(&self, target: &Installation) -> Result<bool, NodeError> {
        target.arguing().is_done().await
    }

    async fn run(&self, target: &Installation) -> Result<(), NodeError> {
        target.arguing().run().await
    }
}
