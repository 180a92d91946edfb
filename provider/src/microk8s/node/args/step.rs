//! Flags become what they are to be: noted, written, read by a restart, and taken back where the node does
//! not work with them.

use super::{Args, Before, NOTE, files_with, noted, only_of, with_noted};
use crate::connection::Freshness;
use crate::connection::cluster::ClusterLocks;
use crate::connection::retry::Deadline;
use crate::engine::node_resource::{NodeError, cluster_lock};
use crate::microk8s::shared::cluster::node_change::NodeChange;
use crate::microk8s::shared::cluster::quorum;
use crate::microk8s::shared::cluster::snapshot::Member;
use crate::microk8s::shared::machine::Machine;
use crate::microk8s::shared::machine::node_list::ClusterNode;
use crate::microk8s::shared::machine::snapshot::NodeSnapshot;

/// A machine whose services are to have these flags.
pub(crate) struct Arguing<'a> {
    pub(crate) machine: Machine,
    pub(crate) args: &'a Args,
    pub(crate) locks: &'a ClusterLocks,
    pub(crate) deadline: &'a Deadline,
}

impl Arguing<'_> {
    /// Whether the services work with the flags.
    pub(crate) async fn is_done(&self) -> Result<bool, NodeError> {
        let snapshot = self.snapshot().await?;
        let before = noted(&snapshot);
        if self.args.is_empty() && before.is_empty() {
            return Ok(true);
        }
        let is_noted = only_of(&before, self.args) == before
            && with_noted(&before, self.args, &snapshot.files) == before;
        let is_written = files_with(&snapshot.files, self.args, &before) == snapshot.files;
        Ok(is_noted && is_written && snapshot.pending.is_empty())
    }

    /// Gives them the flags, one node of a cluster at a time, and waits until the node works with them.
    pub(crate) async fn run(&self) -> Result<(), NodeError> {
        let snapshot = self.snapshot().await?;
        let cluster = snapshot.authority().unwrap_or(self.machine.address()).to_owned();
        // One that an earlier try left is away already, and cannot be asked.
        let is_away = !snapshot.pending.is_empty();
        let _turn = cluster_lock::acquire(self.locks, &cluster, self.deadline, || async {
            if is_away { Ok(()) } else { quorum::can_lose_node(&self.machine, &snapshot).await }
        })
        .await?;
        let mut snapshot = self.snapshot().await?;
        let before = noted(&snapshot);
        let all = with_noted(&before, self.args, &snapshot.files);
        if all != before {
            self.note(&all).await?;
        }
        let files = files_with(&snapshot.files, self.args, &all);
        // What was not seen to work is not what to go back to.
        if !snapshot.pending.is_empty() {
            let before = files_with(&snapshot.files, &Args::new(), &all);
            self.machine.write(&before, &snapshot.files).await?;
            snapshot.files = before;
        }
        let node = ClusterNode {
            name: snapshot.node_name(),
            addresses: Vec::new(),
            role: snapshot.role(),
            ready: false,
            minor_release: None,
            machine_id: String::new(),
        };
        let change = NodeChange::new(Member { node, machine: self.machine.clone(), snapshot }, files);
        // It was tried for as long as it may take, and taken back.
        change.run(self.deadline).await.map_err(|error| error.permanent().at("args"))?;
        let kept = only_of(&all, self.args);
        if kept == all { Ok(()) } else { self.note(&kept).await }
    }

    /// Whether no flags of an earlier try are left that were not seen to work.
    pub(crate) async fn is_taken_back(&self) -> Result<bool, NodeError> {
        let snapshot = self.snapshot().await?;
        Ok(snapshot.pending.is_empty() || noted(&snapshot).is_empty())
    }

    /// Takes them back: the node is to work first.
    pub(crate) async fn take_back(&self) -> Result<(), NodeError> {
        let snapshot = self.snapshot().await?;
        let files = files_with(&snapshot.files, &Args::new(), &noted(&snapshot));
        self.machine.write(&files, &snapshot.files).await?;
        self.machine.restart(&snapshot.pending).await?;
        self.machine.settled().await
    }

    async fn snapshot(&self) -> Result<NodeSnapshot, NodeError> {
        self.machine.snapshot(Freshness::Fresh).await
    }

    async fn note(&self, before: &Before) -> Result<(), NodeError> {
        // Texts are always JSON.
        let text = serde_json::to_string(before).unwrap_or_default();
        self.machine.note(NOTE, if before.is_empty() { "" } else { &text }).await
    }
}
