//! What is done to a node and changes no state of Terraform's. An action declares what it does, a
//! [`NodeAction`]; [`OnNode`] does what all of them have in common: connecting, the machine's name, the turn
//! to change the cluster, the deadline, and the summaries of errors.

mod backup_datastore;
mod commands;
mod refresh_certificates;
mod restart;
#[cfg(test)]
mod tests;

pub(crate) use backup_datastore::BackupDatastore;
pub(crate) use refresh_certificates::RefreshCertificates;
pub(crate) use restart::Restart;

use super::shared::cluster::quorum::can_lose_node;
use super::shared::machine::snapshot::NodeSnapshot;
use super::shared::machine::{Machine, readiness};
use crate::connection::Freshness;
use crate::connection::cluster::ClusterLocks;
use crate::connection::retry::{Deadline, RetryError};
use crate::connection::ssh::{self, Shell};
use crate::engine::node_resource::{NodeError, cluster_lock};
use crate::engine::timeouts::{InvokeTimeout, invocation};
use crate::session::Session;
use async_trait::async_trait;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;
use tfplugin::provider::TypeName;
use tfplugin::{Action, Context, Diagnostics, Model, Progress};

/// The machine that an action is about.
#[derive(Clone, Debug, Model)]
pub(crate) struct NodeTarget {
    /// Address of the node, as its `microk8s_node` has it.
    #[attribute(required, validate = ssh::check_address)]
    host: String,

    /// The `node_name` of the `microk8s_node` at `host`. Nothing is done where the machine has another name:
    /// give it where addresses may change hands.
    #[attribute(optional)]
    node_name: Option<String>,
}

/// What the author of an action on a node declares.
#[async_trait]
pub(crate) trait NodeAction: Model + TypeName {
    /// What it does, as the summary of an error says: `restart MicroK8s`.
    const WHAT: &'static str;
    /// How long it may take, unless `timeouts` says otherwise.
    const WITHIN: Duration;
    /// Whether the node's API server is away meanwhile, so that the cluster has to bear that.
    const DISRUPTS: bool;

    /// The machine.
    fn target(&self) -> &NodeTarget;

    /// How long it may take.
    fn timeouts(&self) -> &Option<InvokeTimeout>;

    /// Validates that it can be done there at all.
    fn check(&self, node: &NodeSnapshot) -> Result<(), NodeError>;

    /// Does it.
    async fn run(&self, node: &Node<'_>) -> Result<(), NodeError>;
}

/// A node on which an action is done, in its turn.
pub(crate) struct Node<'a> {
    pub(crate) machine: Machine,
    pub(crate) name: String,
    shell: Arc<dyn Shell>,
    deadline: &'a Deadline,
    progress: &'a Progress,
}

impl Node<'_> {
    /// Shows how far it is.
    pub(crate) async fn report(&self, message: impl AsRef<str> + Send) {
        self.progress.report(format!("{}: {}", self.name, message.as_ref())).await;
    }

    /// Waits until the node works, and keeps working.
    pub(crate) async fn ready(&self) -> Result<(), NodeError> {
        self.report("waiting until the node is ready").await;
        readiness::wait(&self.shell, &self.name, self.deadline).await?;
        self.report("the node is ready").await;
        Ok(())
    }
}

/// A [`NodeAction`] as an action of Terraform.
pub(crate) struct OnNode<T>(PhantomData<fn() -> T>);

impl<T: NodeAction> Action for OnNode<T> {
    type Provider = Session;
    type Config = T;

    async fn invoke(context: &Context<Session>, config: T, progress: &Progress) -> Result<(), Diagnostics> {
        let deadline = invocation(config.timeouts(), T::WITHIN, context);
        let host = context.provider().ssh.host(&config.target().host);
        let invoked = async {
            host.reach(&deadline).await.map_err(|gave_up| NodeError::from(gave_up).at("host"))?;
            invoke(&config, Arc::clone(&host) as _, &context.provider().locks, &deadline, progress).await
        };
        // What changes the machine runs there by itself, so that to stop waiting leaves nothing half done.
        let invoked = match deadline.bound(invoked).await {
            Ok(invoked) => invoked,
            Err(RetryError::Cancelled) => Err(NodeError::interrupted()),
            Err(_) => Err(NodeError::new(T::WHAT, "It was not done when the time was up.")),
        };
        invoked.map_err(|error| {
            let summary = format!("Unable to {} on {}", T::WHAT, config.target().host);
            error.of_action().into_diagnostics(summary)
        })
    }
}

/// Does it on a machine that lets us in.
async fn invoke<T: NodeAction>(
    config: &T,
    shell: Arc<dyn Shell>,
    locks: &ClusterLocks,
    deadline: &Deadline,
    progress: &Progress,
) -> Result<(), NodeError> {
    let machine = Machine::new(Arc::clone(&shell));
    let snapshot = machine.snapshot(Freshness::Fresh).await?;
    let name = snapshot.node_name();
    check(config, &snapshot)?;
    let node = Node { machine, name, shell, deadline, progress };
    let cluster = snapshot.authority().unwrap_or(&config.target().host);
    let bearable = async || match T::DISRUPTS && !node.machine.is_down().await {
        true => can_lose_node(&node.machine, &snapshot).await,
        // One that does not run cannot say, and the cluster does without it already.
        false => Ok(()),
    };
    let _turn = cluster_lock::acquire(locks, cluster, deadline, bearable).await?;
    config.run(&node).await
}

/// Whether it is the machine that is meant, and one on which this can be done.
fn check<T: NodeAction>(config: &T, snapshot: &NodeSnapshot) -> Result<(), NodeError> {
    let NodeTarget { host, node_name } = config.target();
    let name = snapshot.node_name();
    if let Some(meant) = node_name.as_ref().filter(|meant| **meant != name) {
        let answer = format!("It is the node {name:?}, and the configuration says {meant:?}.");
        return Err(NodeError::new(format!("asking {host} for its name"), answer).at("node_name"));
    }
    let attempt = || format!("reading MicroK8s on {host}");
    if !snapshot.installed {
        return Err(NodeError::new(attempt(), "MicroK8s is not installed there.").at("host").not_installed());
    }
    if snapshot.is_stopped() {
        let hint = "Run `sudo microk8s start` on the machine first.";
        return Err(NodeError::new(attempt(), "MicroK8s is stopped there.").at("host").with_hint(hint));
    }
    config.check(snapshot)
}
