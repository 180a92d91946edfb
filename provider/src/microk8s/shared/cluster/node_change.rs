//! New files for kubelite on one node, as steps: written, read by a restart, and taken back where the node
//! does not come up with them.

use super::snapshot::Member;
use crate::connection::Freshness;
use crate::connection::retry::Deadline;
use crate::engine::node_resource::NodeError;
use crate::engine::node_resource::step::{Step, Steps};
use crate::microk8s::shared::config_files::dual_stack::Files;
use crate::microk8s::shared::machine::Machine;
use crate::microk8s::shared::machine::node_list::Role;
use async_trait::async_trait;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a node may take to come up again. A healthy one takes 20 to 60 seconds.
const COMES_UP_WITHIN: Duration = Duration::from_secs(240);

/// A node and what it is to work with.
pub(crate) struct NodeChange {
    /// The node as it was before.
    pub(crate) member: Member,
    /// Its new files.
    pub(crate) files: Files,
    /// Who is asked about the node: itself, where it is a control plane.
    api: Machine,
    /// How often in a row kubelite was seen not running.
    down: AtomicU32,
}

/// After so many looks in a row it is not between two starts any more: systemd has given it up.
const GIVEN_UP_AFTER: u32 = 6;

/// In this order.
pub(crate) const STEPS: [&dyn Step<NodeChange>; 3] = [&Write, &Restart, &ComeUp];

impl NodeChange {
    /// `api` is asked about workers.
    pub(crate) fn new(member: Member, files: Files, api: &Machine) -> Self {
        let api = if member.node.role == Role::ControlPlane { member.machine.clone() } else { api.clone() };
        Self { member, files, api, down: AtomicU32::new(0) }
    }

    /// Gives the node its files and waits until it works with them.
    pub(crate) async fn run(&self, deadline: &Deadline) -> Result<(), NodeError> {
        Steps::new(&STEPS).run(self, &deadline.within(COMES_UP_WITHIN)).await
    }

    /// The named condition "the node works with these files".
    async fn check_up(&self, files: &Files) -> Result<(), NodeError> {
        if self.member.node.role == Role::ControlPlane {
            self.member.machine.is_ready().await?;
        }
        let nodes = self.api.nodes(Freshness::Fresh).await?;
        let name = &self.member.node.name;
        let not_yet =
            |answer: String| Err(NodeError::new(format!("waiting for the node {name}"), answer).transient());
        let Some(node) = nodes.iter().find(|node| node.name == *name) else {
            return not_yet(format!("The API server on {} knows no such node.", self.api.address()));
        };
        // A kubelet that stopped leaves its node Ready for a while; new addresses can only come from one that
        // runs.
        if let Some(address) = files.node_addresses().iter().find(|told| !node.addresses.contains(told)) {
            return not_yet(format!("Its kubelet does not report the address {address} yet."));
        }
        if node.ready { Ok(()) } else { not_yet("It is not Ready.".to_owned()) }
    }
}

struct Write;

#[async_trait]
impl Step<NodeChange> for Write {
    fn name(&self) -> &'static str {
        "write the files of kubelite and Calico"
    }

    async fn check(&self, change: &NodeChange) -> Result<bool, NodeError> {
        Ok(change.member.machine.snapshot(Freshness::Fresh).await?.files == change.files)
    }

    async fn run(&self, change: &NodeChange) -> Result<(), NodeError> {
        change.member.machine.write(&change.files, &change.member.snapshot.files).await
    }

    async fn undo(&self, change: &NodeChange) -> Result<(), NodeError> {
        let before = &change.member.snapshot.files;
        let machine = &change.member.machine;
        machine.write(before, &change.files).await?;
        if !change.files.changes_flags_of(before) {
            return Ok(());
        }
        machine.restart().await?;
        // Terraform's wish to stop does not stop this.
        let deadline = Deadline::after(COMES_UP_WITHIN, &CancellationToken::new());
        let steps: [&dyn Step<NodeChange>; 1] = [&ComeUpAgain];
        Steps::new(&steps).run(change, &deadline).await
    }
}

struct Restart;

#[async_trait]
impl Step<NodeChange> for Restart {
    fn name(&self) -> &'static str {
        "restart kubelite"
    }

    async fn check(&self, change: &NodeChange) -> Result<bool, NodeError> {
        Ok(!change.member.machine.snapshot(Freshness::Fresh).await?.restart_pending)
    }

    async fn run(&self, change: &NodeChange) -> Result<(), NodeError> {
        change.member.machine.restart().await?;
        change.member.machine.settled().await
    }
}

struct ComeUp;

#[async_trait]
impl Step<NodeChange> for ComeUp {
    fn name(&self) -> &'static str {
        "wait until the node works with its files"
    }

    async fn check(&self, change: &NodeChange) -> Result<bool, NodeError> {
        Ok(change.check_up(&change.files).await.is_ok())
    }

    async fn run(&self, change: &NodeChange) -> Result<(), NodeError> {
        tell(change, &change.files).await
    }
}

/// The same with the old files.
struct ComeUpAgain;

#[async_trait]
impl Step<NodeChange> for ComeUpAgain {
    fn name(&self) -> &'static str {
        "wait until the node works with its old files"
    }

    async fn check(&self, change: &NodeChange) -> Result<bool, NodeError> {
        Ok(change.check_up(&change.member.snapshot.files).await.is_ok())
    }

    async fn run(&self, change: &NodeChange) -> Result<(), NodeError> {
        tell(change, &change.member.snapshot.files).await
    }
}

/// What is seen of a node that is not up, together with what kubelite says itself.
async fn tell(change: &NodeChange, files: &Files) -> Result<(), NodeError> {
    let Err(seen) = change.check_up(files).await else { return Ok(()) };
    let machine = &change.member.machine;
    let down = if machine.is_down().await { change.down.fetch_add(1, Ordering::Relaxed) + 1 } else { 0 };
    change.down.store(down, Ordering::Relaxed);
    let given_up = down >= GIVEN_UP_AFTER;
    let told = format!(
        "{}\n{}The lines of kubelite's log that tell most:\n{}",
        seen.answer(),
        if given_up { "systemd does not start kubelite any more. " } else { "" },
        machine.journal().await
    );
    let failure = NodeError::new(format!("bringing up {}", change.member.node.name), told).with_hint(
        "The files that were there before are put back and the node is restarted with them; where that fails too, this \
         message says so.",
    );
    Err(if given_up { failure } else { failure.transient() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::node_resource::step::Moment;
    use crate::microk8s::shared::cluster::snapshot::ClusterSnapshot;
    use crate::microk8s::shared::config_files::dual_stack::Place;
    use crate::microk8s::shared::machine::scripts;
    use crate::microk8s::shared::testing::{Fault, World, deadline};

    const PODS: Place = Place::Flag("kube-proxy", "--cluster-cidr");

    /// The first node, and what its pods' ranges are to be.
    async fn change(world: &World, pods: &str) -> NodeChange {
        let cluster_snapshot = ClusterSnapshot::wait(world, "10.0.0.1", &deadline()).await.unwrap();
        let mut files = cluster_snapshot.first.snapshot.files.clone();
        files.set(PODS, Some(pods)).unwrap();
        NodeChange::new(cluster_snapshot.first.clone(), files, &cluster_snapshot.first.machine)
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_that_was_stopped_anywhere_is_carried_on() {
        for step in STEPS {
            for moment in [Moment::Before, Moment::After] {
                let world = World::new(1);
                let stopped = change(&world, "10.1.0.0/16,fd02::/64").await;
                assert!(
                    Steps::new(&STEPS)
                        .stopping(step.name(), moment)
                        .run(&stopped, &deadline())
                        .await
                        .is_err()
                );
                change(&world, "10.1.0.0/16,fd02::/64").await.run(&deadline()).await.unwrap();
                let snapshot = world.shell(1).snapshot(Freshness::Fresh).await.unwrap();
                assert_eq!(snapshot.files.get(PODS).unwrap().as_deref(), Some("10.1.0.0/16,fd02::/64"));
                assert!(!snapshot.restart_pending);
                assert_eq!(world.count(&scripts::RESTART), 1, "stopped {moment:?} {:?}", step.name());
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_that_does_not_come_up_gets_its_old_files_back_and_its_log_is_told() {
        let world = World::new(1);
        world.0.lock().unwrap().faults.push(Fault::Chokes("fd66::/64"));
        let failure = change(&world, "10.1.0.0/16,fd66::/64").await.run(&deadline()).await.unwrap_err();
        let snapshot = world.shell(1).snapshot(Freshness::Fresh).await.unwrap();
        assert_eq!(snapshot.files.get(PODS).unwrap().as_deref(), Some("10.1.0.0/16,fd01::/64"));
        assert_eq!(world.count(&scripts::RESTART), 2);
        let text = failure.into_diagnostic("Unable to give the cluster IPv6").detail;
        assert!(text.contains("systemd does not start kubelite any more."), "{text}");
        assert!(text.contains("error: unknown flag: --wrong"), "{text}");
        assert!(!text.contains("could not be taken back"), "{text}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_right_already_is_left_alone() {
        let world = World::new(1);
        change(&world, "10.1.0.0/16,fd01::/64").await.run(&deadline()).await.unwrap();
        assert_eq!((world.count(&scripts::WRITE), world.count(&scripts::RESTART)), (0, 0));
    }
}
