//! `microk8s_node`.

mod channel;
pub(crate) mod facts;
mod hosts_block;
mod quorum;
mod readiness;
mod removal;
mod scripts;
mod seen;
mod snap_answer;
mod steps;
mod storage;
#[cfg(test)]
mod tests;

use crate::connection::retry::{Deadline, GaveUp};
use crate::connection::ssh::{self, Host, HostKey, SshErrorKind};
use crate::engine::import::check_texts;
use crate::engine::node_resource::NodeError;
use crate::engine::timeouts::{Timeouts, deadline};
use crate::microk8s::shared::look::look;
use crate::microk8s::shared::machine::warn_unseen;
use crate::session::Session;
use async_trait::async_trait;
use channel::{Channel, Move, check_confinement};
use facts::NodeFacts;
use hosts_block::Hosts;
use removal::Removal;
use seen::shown_key;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use steps::Installation;
use storage::Storage;
use tfplugin::types::Semantic;
use tfplugin::{Computed, Context, Diagnostic, Diagnostics, Plan, Resource};

/// A machine that runs MicroK8s: the snap on an Ubuntu machine that is reached over SSH.
///
/// The node begins as a cluster of its own; `microk8s_cluster_member` joins it to another. Creating it waits for
/// cloud-init and snapd, installs the snap, and ends when this very node is Ready and stays so. What is interrupted is
/// carried on by the next apply. A machine on which somebody else installed MicroK8s is refused; import it.
///
/// `host` is where the machine is found, not what it is: the machine is known by its machine id and its host key. A `host`
/// that changes or becomes unknown is an update in place. If another machine answers at the new address, the apply fails and
/// says so; to put another machine in its place on purpose, use `replace_triggered_by` with the machine's resource, or
/// `-replace`.
///
/// Destroying it makes the node leave its cluster if it is still in one, removes the snap with all its data, cleans
/// `/etc/hosts`, and takes away what `storage` brought.
///
/// Import it by its address: `terraform import microk8s_node.cp1 10.0.0.11`.
#[derive(Clone, Debug, Resource)]
#[resource(type_name = "microk8s_node")]
pub struct Node {
    /// Address of the machine: a name, an IPv4 or an IPv6 address. The provider's `ssh` block says how to log in there.
    #[attribute(required, validate = ssh::check_address)]
    host: String,

    /// Channel of the snap, `<track>/<risk>`, such as `1.35/stable`. A change refreshes the snap in place, one node of a
    /// cluster at a time. Kubernetes is upgraded one minor release at a time and never downgraded. Name a track: `latest`
    /// changes the minor release by itself. `snap info microk8s` lists the channels.
    #[attribute(required, validate = check_confinement)]
    channel: Semantic<Channel>,

    /// Names that the machine shall know, each with its addresses in order, such as `{ cp2 = ["10.0.0.12"] }`: a marked block
    /// in `/etc/hosts`. Nodes need to know each other by name when they join a cluster and no DNS does it. Where cloud-init manages `/etc/hosts`
    /// (`manage_etc_hosts`), each boot takes the block away and the next apply puts it back.
    #[attribute(optional, validate = hosts_block::check)]
    hosts: Option<Hosts>,

    /// The machine's public host key, as in `/etc/ssh/ssh_host_ed25519_key.pub`. Only a machine that shows it is talked to.
    /// Give it where the key is known before, as when cloud-init seeds it. Default: the key that the machine shows when it is
    /// first reached, unless SSH verifies it by a certificate.
    #[attribute(optional, computed, use_state_for_unknown)]
    host_key: Computed<Option<Semantic<HostKey>>>,

    /// Whether snapd is kept from refreshing MicroK8s by itself. Default `true`: a refresh restarts the node, and is better
    /// done by a change of `channel`.
    #[attribute(default = true)]
    hold: bool,

    /// What storage such as Longhorn needs on the machine beside MicroK8s. Default: nothing is done for storage.
    #[attribute(optional)]
    storage: Option<Storage>,

    /// What a destroy does about a machine that cannot be reached, or that is another one by now. Default `false`: it fails,
    /// and the node stays in the state. `true`: the machine is taken for gone and forgotten, and what may still be on it
    /// stays there.
    #[attribute(default = false)]
    forget_unreachable: bool,

    /// How long to wait. Default: 30 minutes to create and to update, 20 to delete.
    #[attribute(optional)]
    timeouts: Option<Timeouts>,

    /// Version of the installed snap, which is Kubernetes' own, such as `v1.35.1`.
    #[attribute(computed, use_state_for_unknown)]
    version: Computed<String>,

    /// Revision of the installed snap, the store's number for one build of it.
    #[attribute(computed, use_state_for_unknown)]
    revision: Computed<i64>,

    /// Name of the node in its cluster: the machine's host name in lower case, unless its kubelet was told another.
    #[attribute(computed, use_state_for_unknown)]
    node_name: Computed<String>,

    /// The machine's `/etc/machine-id`, by which it is known again at another address.
    #[attribute(computed, use_state_for_unknown)]
    machine_id: Computed<String>,
}

/// What is kept beside the state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct NodePrivate {
    /// The last refresh could not look at the machine.
    #[serde(default)]
    stale: bool,
}

const CREATE: Duration = Duration::from_secs(30 * 60);
const UPDATE: Duration = CREATE;
const DELETE: Duration = Duration::from_secs(20 * 60);
/// How long a destroy tries to reach a machine before it asks what to do.
const REACH_TO_DELETE: Duration = Duration::from_secs(30);

#[async_trait]
impl Resource for Node {
    type Provider = Session;
    type Model = Self;
    type Private = NodePrivate;

    async fn modify_plan(
        context: &Context<Session>,
        plan: &mut Plan<Self, NodePrivate>,
    ) -> Result<(), Diagnostics> {
        let Some(prior) = plan.prior.clone() else { return Ok(()) };
        if plan.planned.channel.known() == Some(&prior.channel) {
            return Ok(());
        }
        plan.set_unknown("version");
        plan.set_unknown("revision");
        if plan.private.stale {
            context.warn(Diagnostic::warning(
                format!("Unable to tell whether {} can be changed", prior.host),
                "The machine could not be looked at during this plan, and the plan changes it. The apply of this node will \
                 fail unless the machine can be reached by then; other resources are not affected.",
            ));
        }
        if let (Some(channel), Some(version)) = (plan.planned.channel.known(), prior.version.known()) {
            judge_move(context, channel, version)?;
        }
        Ok(())
    }

    async fn create(
        context: &Context<Session>,
        planned: Self,
        _private: &mut NodePrivate,
    ) -> Result<Self, Diagnostics> {
        let deadline = deadline(&planned.timeouts, |timeouts| &timeouts.create, CREATE, context);
        let host = context.provider().ssh.host(&planned.host);
        // Another machine may have been at this address a moment ago.
        host.unpin().await;
        let work = async {
            planned.reach(&host, &deadline).await?;
            steps::create(&planned.installation(Arc::clone(&host), deadline)).await?;
            planned.seen_on(&host).await
        };
        work.await.map_err(|failure: NodeError| {
            let advice = "Nothing was stored, and the next apply carries on here. To take away what is on the machine by \
                          now, import it and destroy it.";
            failure.and_hint(advice).into_diagnostic(format!("Unable to create MicroK8s node {}", planned.host)).into()
        })
    }

    async fn read(
        context: &Context<Session>,
        prior: Self,
        private: &mut NodePrivate,
    ) -> Result<Option<Self>, Diagnostics> {
        let host = context.provider().ssh.host(&prior.host);
        if let Some(key) = prior.pinned() {
            host.pin(&key);
        }
        let seen = async {
            let facts = prior.is_same_machine(NodeFacts::read(&*host).await?)?;
            match prior.with(&facts) {
                Some(node) => node.with_storage_of(&host).await.map(Some),
                None => Ok(None),
            }
        };
        let seen = match look(context, &prior.host, seen).await {
            Ok(seen) => seen,
            Err(failure) => {
                private.stale = true;
                warn_unseen(context, &host, failure);
                return Ok(Some(prior));
            }
        };
        private.stale = false;
        Ok(seen)
    }

    async fn update(
        context: &Context<Session>,
        prior: Self,
        planned: Self,
        private: &mut NodePrivate,
    ) -> Result<Self, Diagnostics> {
        if !planned.changes_machine_of(&prior) {
            return Ok(planned);
        }
        let deadline = deadline(&planned.timeouts, |timeouts| &timeouts.update, UPDATE, context);
        let host = context.provider().ssh.host(&planned.host);
        let work = async {
            planned.reach(&host, &deadline).await?;
            prior.is_same_machine(look(context, &planned.host, NodeFacts::read(&*host)).await?)?;
            steps::update(&planned.installation(Arc::clone(&host), deadline)).await?;
            planned.seen_on(&host).await
        };
        let updated = work.await.map_err(|failure: NodeError| {
            failure.into_diagnostic(format!("Unable to update MicroK8s node {}", planned.host))
        })?;
        private.stale = false;
        Ok(updated)
    }

    async fn delete(
        context: &Context<Session>,
        prior: Self,
        _private: NodePrivate,
    ) -> Result<(), Diagnostics> {
        let deadline = deadline(&prior.timeouts, |timeouts| &timeouts.delete, DELETE, context);
        let host = context.provider().ssh.host(&prior.host);
        if let Some(key) = prior.pinned() {
            host.pin(&key);
        }
        let summary = format!("Unable to destroy MicroK8s node {}", prior.host);
        let reaching = deadline.within(REACH_TO_DELETE);
        let found = async {
            host.reach(&reaching).await?;
            prior.is_same_machine(look(context, &prior.host, NodeFacts::read(&*host)).await?)
        };
        match found.await {
            Ok(_) => {
                let removal = Removal { machine: host, deadline };
                removal.run().await.map_err(|failure| failure.into_diagnostic(summary).into())
            }
            Err(failure) if prior.forget_unreachable && !context.cancelled().is_cancelled() => {
                context.warn(failure.into_warning(format!("MicroK8s node {} was forgotten, not removed", prior.host)));
                Ok(())
            }
            Err(failure) => Err(failure
                .and_hint(
                    "If the machine is gone for good: set forget_unreachable = true and apply, then destroy; or remove the \
                     node from the state (terraform state rm). If it is only away: bring it back and destroy again.",
                )
                .into_diagnostic(summary)
                .into()),
        }
    }

    async fn import_state(
        context: &Context<Session>,
        id: &str,
        _: &mut NodePrivate,
    ) -> Result<Self, Diagnostics> {
        let summary = format!("Unable to import MicroK8s node {id}");
        check_texts::<Self>(id, &[("host", id)], "the address of the machine, such as 10.0.0.11")?;
        let host = context.provider().ssh.host(id);
        let found = async {
            let facts = look(context, id, NodeFacts::read(&*host)).await?;
            let attempt = format!("looking for MicroK8s on {id}");
            let Some(snap) = &facts.snap else {
                return Err(NodeError::new(
                    attempt,
                    "The snap is not installed there; a node that is not there can only be created.",
                ));
            };
            let channel = Semantic::parse(&snap.tracking).map_err(|_| {
                NodeError::new(
                    attempt,
                    format!("The snap follows no channel of the store but {:?}.", snap.tracking),
                )
                .with_hint("Let it follow one (sudo snap refresh microk8s --channel=...) and import again.")
            })?;
            let node = Self {
                host: id.to_owned(),
                channel,
                hosts: None,
                host_key: Computed::Known(shown_key(&host).await?),
                hold: snap.held,
                storage: facts.storage.as_deref().and_then(Storage::recorded),
                forget_unreachable: false,
                timeouts: None,
                version: Computed::Pending,
                revision: Computed::Pending,
                node_name: Computed::Pending,
                machine_id: Computed::Pending,
            };
            Ok(node.with(&facts).unwrap_or(node))
        };
        found.await.map_err(|failure: NodeError| failure.into_diagnostic(summary).into())
    }
}

impl Node {
    /// The only host key to accept.
    fn pinned(&self) -> Option<String> {
        self.host_key.known().and_then(Option::as_ref).map(Semantic::canonical)
    }

    async fn reach(&self, host: &Host, deadline: &Deadline) -> Result<(), NodeError> {
        if let Some(key) = self.pinned() {
            host.pin(&key);
        }
        host.reach(deadline).await.map_err(|gave_up| match &gave_up {
            GaveUp::Failed(error) if error.kind() == SshErrorKind::HostKeyRefused => {
                NodeError::from(gave_up).at("host_key")
            }
            _ => NodeError::from(gave_up),
        })
    }

    fn installation(&self, machine: Arc<Host>, deadline: Deadline) -> Installation {
        let Self { channel, hosts, hold, storage, .. } = self.clone();
        Installation { machine, channel, hosts, hold, storage, deadline }
    }

    /// Whether reaching the machine is needed to bring it from `prior` to this.
    fn changes_machine_of(&self, prior: &Self) -> bool {
        self.host != prior.host
            || self.channel != prior.channel
            || self.hosts != prior.hosts
            || self.host_key != prior.host_key
            || self.hold != prior.hold
            || self.storage != prior.storage
    }
}

/// Kubernetes goes up one minor release at a time.
fn judge_move(
    context: &Context<Session>,
    channel: &Semantic<Channel>,
    version: &str,
) -> Result<(), Diagnostics> {
    match channel.value().move_from(version) {
        Move::Fine => Ok(()),
        Move::Leap => {
            let detail = format!(
                "{version} is installed. Kubernetes supports upgrades by one minor release at a time; with a release passed \
                 over, parts of different nodes may not understand each other. Go through each release in between."
            );
            context.warn(Diagnostic::warning(format!("The upgrade to {channel} passes over a release"), detail).at("channel"));
            Ok(())
        }
        Move::Down => Err(Diagnostic::error(
            format!("Unable to plan a downgrade to {channel}"),
            format!(
                "{version} is installed, and Kubernetes cannot go back to an older minor release: its data is not readable \
                 there. Set `channel` to the installed release or a newer one. To begin anew with the older one, replace the \
                 node (-replace), which loses what is on it."
            ),
        )
        .at("channel")
        .into()),
    }
}
