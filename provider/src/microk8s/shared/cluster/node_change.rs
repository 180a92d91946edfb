//! New files for the services of one node, as steps: written, read by a restart, and taken back where the
//! node does not come up with them.

use super::snapshot::Member;
use crate::connection::Freshness;
use crate::connection::retry::Deadline;
use crate::engine::node_resource::NodeError;
use crate::engine::node_resource::step::{Step, Steps};
use crate::microk8s::shared::config_files::dual_stack::Files;
use crate::microk8s::shared::machine::Standing;
use crate::microk8s::shared::machine::node_list::Role;
use crate::microk8s::shared::machine::service::Service;
use async_trait::async_trait;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long a node may take to come up again. A healthy one takes 20 to 60 seconds.
const COMES_UP_WITHIN: Duration = Duration::from_secs(240);

/// A node and what it is to work with.
pub(crate) struct NodeChange {
    /// The node as it was before.
    pub(crate) member: Member,
    /// Its new files.
    pub(crate) files: Files,
    /// How often in a row a service was seen not running.
    down: AtomicU32,
    /// Since when the services stand as they do: one that dies at each start is up for moments.
    steady: Mutex<Option<(Instant, Standing)>>,
}

/// A service that does not know one of its flags ends within moments of its start.
const LASTS: Duration = Duration::from_secs(6);

/// After so many looks in a row it is not between two starts any more: systemd has given it up.
const GIVEN_UP_AFTER: u32 = 6;

/// After so many deaths since the restart it does not come up any more. What dies of a flag of one of
/// kubelite's parts may live for some seconds, so that systemd goes on for ever.
const DIES_AFTER: u32 = 5;

/// In this order.
pub(crate) const STEPS: [&dyn Step<NodeChange>; 3] = [&Write, &Restart, &ComeUp];

impl NodeChange {
    /// New files for a node.
    pub(crate) fn new(member: Member, files: Files) -> Self {
        Self { member, files, down: AtomicU32::new(0), steady: Mutex::default() }
    }

    /// Who has to read something anew; kubelite, where an earlier try wrote all of it.
    fn readers(&self) -> BTreeSet<Service> {
        let readers = self.files.readers_since(&self.member.snapshot.files);
        if readers.is_empty() { [Service::Kubelite].into() } else { readers }
    }

    /// The named condition "the services have run without a restart for a while".
    async fn check_steady(&self) -> Result<(), NodeError> {
        let standing = self.member.machine.standing(&self.readers()).await?;
        let name = &self.member.node.name;
        let not_yet = |answer: &str| {
            Err(NodeError::new(format!("waiting for the services of {name}"), answer).transient())
        };
        let mut steady = self.steady.lock().unwrap_or_else(PoisonError::into_inner);
        if !standing.is_up() {
            *steady = None;
            return not_yet("They do not run.");
        }
        match &*steady {
            Some((since, before)) if *before == standing => match since.elapsed() >= LASTS {
                true => Ok(()),
                false => not_yet("They run since a moment only."),
            },
            _ => {
                *steady = Some((Instant::now(), standing));
                not_yet("They run since a moment only.")
            }
        }
    }

    /// Gives the node its files and waits until it works with them.
    pub(crate) async fn run(&self, deadline: &Deadline) -> Result<(), NodeError> {
        Steps::new(&STEPS).run(self, &deadline.within(COMES_UP_WITHIN)).await
    }

    /// Whether it was seen to work with these files already.
    async fn works_with(&self, files: &Files) -> Result<bool, NodeError> {
        let is_settled = self.member.machine.snapshot(Freshness::Fresh).await?.pending.is_empty();
        Ok(is_settled && self.check_up(files).await.is_ok())
    }

    /// The named condition "the node works with these files".
    async fn check_up(&self, files: &Files) -> Result<(), NodeError> {
        if self.member.node.role == Role::ControlPlane {
            self.member.machine.is_ready().await?;
        }
        let name = &self.member.node.name;
        let not_yet =
            |answer: String| Err(NodeError::new(format!("waiting for the node {name}"), answer).transient());
        let node = self.member.machine.own_listed_node(name).await?;
        // A kubelet that stopped leaves its node Ready for a while; new addresses can only come from one that
        // runs.
        if let Some(address) = files.node_addresses().iter().find(|told| !node.addresses.contains(told)) {
            return not_yet(format!("Its kubelet does not report the address {address} yet."));
        }
        if node.ready { self.check_steady().await } else { not_yet("It is not Ready.".to_owned()) }
    }
}

struct Write;

#[async_trait]
impl Step<NodeChange> for Write {
    fn name(&self) -> &'static str {
        "write the files of the node's services"
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
        let readers = change.files.readers_since(before);
        if readers.is_empty() {
            return Ok(());
        }
        machine.restart(&readers).await?;
        *change.steady.lock().unwrap_or_else(PoisonError::into_inner) = None;
        change.down.store(0, Ordering::Relaxed);
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
        "restart the node's services"
    }

    async fn check(&self, change: &NodeChange) -> Result<bool, NodeError> {
        Ok(change.member.machine.snapshot(Freshness::Fresh).await?.pending.is_empty())
    }

    async fn run(&self, change: &NodeChange) -> Result<(), NodeError> {
        let machine = &change.member.machine;
        machine.restart(&machine.snapshot(Freshness::Fresh).await?.pending).await
    }
}

struct ComeUp;

#[async_trait]
impl Step<NodeChange> for ComeUp {
    fn name(&self) -> &'static str {
        "wait until the node works with its files"
    }

    async fn check(&self, change: &NodeChange) -> Result<bool, NodeError> {
        change.works_with(&change.files).await
    }

    async fn run(&self, change: &NodeChange) -> Result<(), NodeError> {
        tell(change, &change.files).await?;
        change.member.machine.settled().await
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
        change.works_with(&change.member.snapshot.files).await
    }

    async fn run(&self, change: &NodeChange) -> Result<(), NodeError> {
        tell(change, &change.member.snapshot.files).await?;
        change.member.machine.settled().await
    }
}

/// What is seen of a node that is not up, together with what its services say themselves.
async fn tell(change: &NodeChange, files: &Files) -> Result<(), NodeError> {
    let Err(seen) = change.check_up(files).await else { return Ok(()) };
    let machine = &change.member.machine;
    let readers = change.readers();
    let standing = machine.standing(&readers).await.ok();
    let dies = standing.as_ref().is_some_and(|standing| standing.restarts() >= DIES_AFTER);
    let down = if standing.is_some_and(|standing| standing.is_down()) {
        change.down.fetch_add(1, Ordering::Relaxed) + 1
    } else {
        0
    };
    change.down.store(down, Ordering::Relaxed);
    let (why, given_up) = match (down >= GIVEN_UP_AFTER, dies) {
        (true, _) => ("systemd does not start the service any more. ", true),
        (false, true) => ("A service dies again and again. ", true),
        (false, false) => ("", false),
    };
    let told = format!(
        "{}\n{}The lines of the services' logs that tell most:\n{}",
        seen.answer(),
        why,
        machine.journal(&readers).await
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
        NodeChange::new(cluster_snapshot.first.clone(), files)
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
                assert!(snapshot.pending.is_empty());
                // What was not seen to work is started once more.
                let unseen = [(Restart.name(), Moment::After), (ComeUp.name(), Moment::Before)];
                let restarts = 1 + usize::from(unseen.contains(&(step.name(), moment)));
                assert_eq!(world.count(&scripts::RESTART), restarts, "stopped {moment:?} {:?}", step.name());
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
        assert!(text.contains("systemd does not start the service any more."), "{text}");
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
