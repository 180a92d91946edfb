//! What a machine shows of the node in the state.

use super::{Node, args};
use crate::connection::ssh::{Host, HostKey};
use crate::engine::node_resource::{NodeError, Work};
use crate::microk8s::node::hosts_block::{self, Hosts};
use crate::microk8s::node::state::NodeState;
use crate::microk8s::shared::machine::Machine;
use crate::microk8s::shared::machine::node_marks::Marks;
use std::sync::Arc;
use tfplugin::Computed;
use tfplugin::types::Semantic;

impl Node {
    /// This, with what the machine shows now; nothing if MicroK8s is not on it.
    pub(super) fn with(&self, state: &NodeState) -> Option<Self> {
        let snap = state.snap.as_ref()?;
        let channel = match snap.tracks(&self.channel) {
            true => self.channel.clone(),
            false => Semantic::parse(&snap.tracking).unwrap_or_else(|_| self.channel.clone()),
        };
        let hosts = match (&state.hosts_block, &self.hosts) {
            (Some(block), Some(wanted)) if hosts_block::render(wanted) == *block => Some(wanted.clone()),
            (Some(block), _) => Some(hosts_block::read(block)),
            (None, wanted) => wanted.as_ref().map(|_| Hosts::new()),
        };
        Some(Self {
            channel,
            hosts,
            hold: snap.held,
            version: Computed::Known(snap.version.clone()),
            revision: Computed::Known(snap.revision),
            node_name: Computed::Known(state.machine.node_name()),
            machine_id: Computed::Known(state.machine.machine_id.clone()),
            ..self.clone()
        })
    }

    /// This, with what of its storage's needs is on the machine.
    pub(super) async fn with_storage_of(self, machine: &Host) -> Result<Self, NodeError> {
        let storage = match &self.storage {
            Some(wanted) => Some(wanted.seen_on(machine).await?),
            None => None,
        };
        Ok(Self { storage, ..self })
    }

    /// The labels and taints that it is to have.
    pub(super) fn marks(&self) -> Marks {
        let (labels, taints) = (self.labels.clone(), self.taints.clone());
        Marks { labels: labels.unwrap_or_default(), taints: taints.unwrap_or_default() }
    }

    /// This, with what its node has of its labels and taints, and of those that an interrupted apply brought.
    /// An API server that does not answer says nothing about them.
    pub(super) async fn with_marks_of(self, work: &Work<'_>, state: &NodeState) -> Self {
        let ours = self.marks().and(&Marks::noted(state.machine.marks.as_deref()));
        if ours.is_empty() {
            return self;
        }
        match Machine::new(work.shell()).own_node(&state.machine.node_name()).await {
            Ok(node) => self.with_marks(ours.on(&node)),
            Err(error) => {
                let summary = format!("Unable to read labels and taints of the node on {}", self.host);
                let error: NodeError = error.with_hint("They keep their last known state.");
                work.warn(error.into_warning(summary));
                self
            }
        }
    }

    /// This with those; where it has none and there are none, it asks for none.
    pub(super) fn with_marks(self, marks: Marks) -> Self {
        let labels = Some(marks.labels).filter(|labels| self.labels.is_some() || !labels.is_empty());
        let taints = Some(marks.taints).filter(|taints| self.taints.is_some() || !taints.is_empty());
        Self { labels, taints, ..self }
    }

    /// This, with what the machine has of its flags, and of those that an interrupted apply brought.
    pub(super) fn with_args_of(self, state: &NodeState) -> Self {
        let seen = args::seen(&self.args.clone().unwrap_or_default(), &state.machine);
        Self { args: Some(seen).filter(|seen| self.args.is_some() || !seen.is_empty()), ..self }
    }

    /// This, with what is computed filled in from the machine.
    pub(super) async fn seen_on(&self, host: &Arc<Host>) -> Result<Self, NodeError> {
        let state = NodeState::read(&(Arc::clone(host) as _)).await?;
        let host_key = match &self.host_key {
            Computed::Known(key) => key.clone(),
            Computed::Pending => shown_key(host).await?,
        };
        if let Some(key) = &host_key {
            host.pin(&key.canonical());
        }
        let missing = || {
            NodeError::new(
                format!("reading {} after the last step", self.host),
                "The snap is not there any more.",
            )
        };
        let seen = self.with(&state).ok_or_else(missing)?;
        Ok(Self {
            host_key: Computed::Known(host_key),
            version: seen.version,
            revision: seen.revision,
            node_name: seen.node_name,
            machine_id: seen.machine_id,
            ..self.clone()
        })
    }
}

/// The host key of the machine reached.
pub(super) async fn shown_key(host: &Host) -> Result<Option<Semantic<HostKey>>, NodeError> {
    Ok(host.host_key().await?.and_then(|key| Semantic::parse(&key).ok()))
}
