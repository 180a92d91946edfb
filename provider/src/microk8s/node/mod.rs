//! `microk8s_node`.

mod args;
mod channel;
mod hosts_block;
mod marks;
mod preflight;
mod read;
pub(super) mod removal;
pub(super) mod scripts;
mod snap_output;
mod state;
mod steps;
mod storage;
#[cfg(test)]
mod tests;

use crate::connection::ssh::{self, HostKey};
use crate::engine::node_resource::{
    DefaultTimeouts, ListedOverSsh, NoPrivate, NodeError, NodeResource, Private, Work,
};
use crate::engine::timeouts::Timeouts;
use crate::microk8s::shared::cluster::snapshot::ClusterSnapshot;
use crate::microk8s::shared::machine::identity::MachineIdentity;
use crate::microk8s::shared::machine::node_marks::{Marks, Taint};
use crate::session::Session;
use args::Args;
use async_trait::async_trait;
use channel::{Channel, Move, check_confinement};
use hosts_block::Hosts;
use marks::Labels;
use read::shown_key;
use removal::Removal;
use state::NodeState;
use std::sync::Arc;
use std::time::Duration;
use steps::Installation;
use storage::Storage;
use tfplugin::types::Semantic;
use tfplugin::{Computed, Context, Diagnostic, Diagnostics, Identity, Model, Plan, Value};

/// A machine that runs MicroK8s: the snap on an Ubuntu machine that is reached over SSH.
///
/// The node begins as a cluster of its own; `microk8s_cluster_member` joins it to another. Creating it waits
/// for cloud-init and snapd, installs the snap, and ends when this very node is Ready and stays so. The next
/// apply resumes an interrupted create. A machine on which MicroK8s was installed by other means is refused;
/// import it.
///
/// `host` is where the machine is found, not what it is: the machine is known by its machine id and its host
/// key. A `host` that changes or becomes unknown is an update in place. If another machine answers at the new
/// address, the apply fails and says so; to put another machine in its place on purpose, use
/// `replace_triggered_by` with the machine's resource, or `-replace`.
///
/// Destroying it makes the node leave its cluster if it is still in one, removes the snap with all its data,
/// cleans `/etc/hosts`, and takes away what `storage` brought. A cluster that remains lists the node as
/// NotReady until `microk8s remove-node` is run there, which the destroy of a `microk8s_cluster_member` does.
///
/// Import it by its address: `terraform import microk8s_node.cp1 10.0.0.11`.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "microk8s_node")]
pub struct Node {
    /// Address of the machine: a name, an IPv4 or an IPv6 address. The provider's `ssh` block says how to log
    /// in there.
    #[attribute(required, identity(mutable), validate = ssh::check_address)]
    host: String,

    /// Channel of the snap, `<track>/<risk>`, such as `1.35/stable`. A change refreshes the snap in place,
    /// one node of a cluster at a time. Kubernetes is upgraded one minor release at a time and never
    /// downgraded. Name a track: `latest` changes the minor release without a change here.
    /// `snap info microk8s` lists the channels.
    #[attribute(required, validate = check_confinement)]
    channel: Semantic<Channel>,

    /// Entries of a managed block in the machine's `/etc/hosts`: host name to addresses, in order, such as
    /// `{ cp2 = ["10.0.0.12"] }`. Nodes need to know each other by name when they join a cluster and no DNS
    /// does it. Where cloud-init manages `/etc/hosts` (`manage_etc_hosts`), each boot takes the block away
    /// and the next apply puts it back.
    #[attribute(optional, validate = hosts_block::check)]
    hosts: Option<Hosts>,

    /// The machine's public host key, as in `/etc/ssh/ssh_host_ed25519_key.pub`. The provider connects only
    /// to a machine that presents this key. Set it when the key is known in advance, as when cloud-init seeds
    /// it. Default: the key that the machine presents when it is first reached, unless SSH verifies it by a
    /// certificate.
    #[attribute(optional, computed, use_state_for_unknown)]
    host_key: Computed<Option<Semantic<HostKey>>>,

    /// Whether automatic refreshes of the snap are held. Default `true`: a refresh restarts the node, and is
    /// better done by a change of `channel`.
    #[attribute(default = true)]
    hold: bool,

    /// What storage such as Longhorn needs on the machine beside MicroK8s. Default: nothing is done for
    /// storage.
    #[attribute(optional)]
    storage: Option<Storage>,

    /// Flags of the services on the node, by the service, without `--`, such as
    /// `{ kubelet = { max-pods = "250" } }`. Services are `kubelet`, `kube-apiserver`,
    /// `kube-controller-manager`, `kube-scheduler`, `kube-proxy`, `containerd` and `k8s-dqlite`; a worker has
    /// no use for the flags of the control plane. They are written into MicroK8s' own files below `args/`,
    /// where all other flags stay as they are, and one that is taken out of here becomes what it was before.
    ///
    /// A change restarts the services that it concerns, one node of a cluster at a time, and waits until the
    /// node works again; pods go on running. Where it does not within 4 minutes, the old flags are put back,
    /// the services restarted with them, and the error shows the lines of their logs that say why: so an
    /// unknown flag or a bad value is found. Flags that the release of `channel` does not have any more are
    /// refused in the plan, and so are those that other attributes or resources write. Default: none.
    #[attribute(optional, validate = args::check)]
    args: Option<Args>,

    /// Labels of the node in its cluster, by their keys, such as `{ "topology.kubernetes.io/zone" = "a" }`.
    /// Labels that others set stay; a key that is taken out of here is taken from the node. They come back
    /// where the node joins another cluster through `microk8s_cluster_member`. Refused are those that the
    /// kubelet or MicroK8s write themselves, such as `kubernetes.io/hostname`. Default: none.
    #[attribute(optional, validate = marks::check_labels)]
    labels: Option<Labels>,

    /// Taints of the node in its cluster. A taint is known by its key and effect; those that others set, and
    /// Kubernetes itself (`node.kubernetes.io/unschedulable` of a cordoned node), stay. Like `labels`, they
    /// come back where the node joins another cluster. MetalLB's speakers and most add-ons tolerate none of
    /// your own: with one on all nodes they have nowhere to run. Default: none.
    #[attribute(optional, validate = marks::check_taints)]
    taints: Option<Vec<Taint>>,

    /// Whether a destroy may drop the node from the state when its machine is unreachable or has been
    /// replaced. `false` (default): the destroy fails and the state is kept. `true`: the node leaves the
    /// state and the machine is not touched.
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

    /// Name of the node in its cluster: the machine's host name in lower case, unless its kubelet has
    /// `--hostname-override`.
    #[attribute(computed, use_state_for_unknown)]
    node_name: Computed<String>,

    /// The machine's `/etc/machine-id`, which identifies it when its address changes.
    #[attribute(computed, use_state_for_unknown)]
    machine_id: Computed<String>,
}

#[async_trait]
impl NodeResource for Node {
    const NOUN: &'static str = "MicroK8s node";
    const TIMEOUTS: DefaultTimeouts =
        DefaultTimeouts { delete: Duration::from_secs(20 * 60), ..DefaultTimeouts::each(30) };
    const BEGINS_THE_MACHINE: bool = true;

    type Identity = MachineIdentity;
    type Private = NoPrivate;

    fn address(&self) -> &str {
        &self.host
    }

    fn title(&self) -> String {
        self.host.clone()
    }

    fn timeouts(&self) -> &Option<Timeouts> {
        &self.timeouts
    }

    fn identity(&self) -> Option<&str> {
        self.machine_id.known().map(String::as_str)
    }

    fn host_key(&self) -> Option<String> {
        self.host_key.known().and_then(Option::as_ref).map(Semantic::canonical)
    }

    fn forget_unreachable(&self) -> bool {
        self.forget_unreachable
    }

    fn must_reach(&self, prior: &Self) -> bool {
        self.host != prior.host
            || self.channel != prior.channel
            || self.hosts != prior.hosts
            || self.host_key != prior.host_key
            || self.hold != prior.hold
            || self.storage != prior.storage
            || self.args != prior.args
            || self.labels != prior.labels
            || self.taints != prior.taints
    }

    async fn modify_plan(
        context: &Context<Session>,
        plan: &mut Plan<Self, Private<NoPrivate>>,
    ) -> Result<(), Diagnostics> {
        check_flags(&plan.planned)?;
        let prior = plan.prior.clone();
        let channel = plan.planned.channel.known();
        if prior.as_ref().map(|prior| &prior.channel) == channel {
            return Ok(());
        }
        if let Some(channel) = channel.filter(|channel| channel.value().is_of_latest()) {
            let detail = format!(
                "{channel} is the newest minor release of Kubernetes whenever the snap is installed or refreshed: nodes that are \
                 installed at different times get different ones, and without `hold` snapd upgrades them on its own. Choose the \
                 track of a minor release, such as 1.35/stable."
            );
            context.warn(Diagnostic::warning("Channel of no minor release", detail).at("channel"));
        }
        let Some(prior) = prior else { return Ok(()) };
        plan.planned.version.set_unknown();
        plan.planned.revision.set_unknown();
        if plan.private.stale {
            context.warn(Diagnostic::warning(
                format!("Unable to check whether {} can be changed", prior.host),
                "The machine could not be read during this plan, and the plan changes it. The apply of this node fails unless \
                 the machine can be reached by then; other resources are not affected.",
            ));
        }
        if let (Some(channel), Some(version)) = (plan.planned.channel.known(), prior.version.known()) {
            judge_move(context, channel, version)?;
        }
        Ok(())
    }

    async fn read(self, work: &Work<'_>, _: &mut NoPrivate) -> Result<Option<Self>, NodeError> {
        let state = NodeState::read(&work.shell()).await?;
        match self.with(&state) {
            Some(node) => {
                node.is_reached(work);
                let node = node.with_storage_of(&work.host).await?;
                Ok(Some(node.with_args_of(&state).with_marks_of(work, &state).await))
            }
            None => Ok(None),
        }
    }

    async fn ensure(
        self,
        prior: Option<&Self>,
        work: &Work<'_>,
        _: &mut NoPrivate,
    ) -> Result<Self, NodeError> {
        let installation = self.installation(work);
        match prior {
            None => steps::create(&installation).await?,
            Some(_) => steps::update(&installation).await?,
        }
        let seen = work.observe(self.seen_on(&work.host)).await?;
        seen.is_reached(work);
        Ok(seen)
    }

    async fn remove(self, work: &Work<'_>, _: NoPrivate) -> Result<(), NodeError> {
        let locks = Arc::clone(work.locks());
        if let Some(warning) = Removal::new(work.shell(), work.deadline.clone(), locks).run().await? {
            work.warn(warning);
        }
        Ok(())
    }

    async fn import(identity: &Identity, work: &Work<'_>, _: &mut NoPrivate) -> Result<Self, NodeError> {
        let host = identity.part("host");
        let state = NodeState::read(&work.shell()).await?;
        let attempt = format!("reading MicroK8s on {host}");
        let Some(snap) = &state.snap else {
            let answer = "The snap is not installed there; create the node instead of importing it.";
            return Err(NodeError::new(attempt, answer));
        };
        let channel = Semantic::parse(&snap.tracking).map_err(|_| {
            let (answer, advice) = match snap.is_from_a_file() {
                true => (
                    "The snap was installed from a file, and follows no channel of the store.".to_owned(),
                    "Have the store's replace it (`sudo snap refresh microk8s --amend --channel=1.35/stable`) and import again.",
                ),
                false => (
                    format!("The snap follows no channel of the store but {:?}.", snap.tracking),
                    "Let it follow one (`sudo snap refresh microk8s --channel=...`) and import again.",
                ),
            };
            NodeError::new(attempt, answer).with_hint(advice)
        })?;
        let node = Self {
            host,
            channel,
            hosts: None,
            host_key: Computed::Known(shown_key(&work.host).await?),
            hold: snap.held,
            storage: state.machine.storage.as_deref().and_then(Storage::recorded),
            args: None,
            labels: None,
            taints: None,
            forget_unreachable: false,
            timeouts: None,
            version: Computed::Pending,
            revision: Computed::Pending,
            node_name: Computed::Pending,
            machine_id: Computed::Pending,
        };
        let node = node.with_args_of(&state).with_marks(Marks::noted(state.machine.marks.as_deref()));
        Ok(node.with(&state).unwrap_or(node))
    }

    fn create_hint() -> Option<&'static str> {
        Some(
            "Nothing was stored, and the next apply resumes here. To remove what is on the machine by now, import it and destroy \
             it.",
        )
    }

    fn remove_hint() -> String {
        "If the machine is gone for good: set `forget_unreachable = true` and apply, then destroy; or remove the node from the \
         state (`terraform state rm`). If it is only unreachable now: bring it back and destroy again."
            .to_owned()
    }
}

#[async_trait]
impl ListedOverSsh for Node {
    async fn identities(work: &Work<'_>) -> Result<Vec<Identity>, NodeError> {
        let hosts = ClusterSnapshot::to_list(work).await?;
        let host = |host: String| ("host".to_owned(), Value::String(host));
        Ok(hosts.into_iter().map(|one| Identity::new([host(one)])).collect())
    }
}

impl Node {
    /// Notes where its machine is reached: its cluster may know it by another address.
    fn is_reached(&self, work: &Work<'_>) {
        if let Some(name) = self.node_name.known() {
            work.session().machines.reaches(name, &self.host);
        }
    }

    fn installation(&self, work: &Work<'_>) -> Installation {
        let Self { channel, hosts, hold, storage, .. } = self.clone();
        let (marks, args) = (self.marks(), self.args.clone().unwrap_or_default());
        let (machine, deadline, locks) = (work.shell(), work.deadline.clone(), Arc::clone(work.locks()));
        Installation { machine, channel, hosts, hold, storage, args, marks, deadline, locks }
    }
}

/// Flags that the release does not have any more stop a service.
fn check_flags(planned: &NodeDraft) -> Result<(), Diagnostics> {
    let minor = planned.channel.known().and_then(|channel| channel.value().minor());
    let args = planned.args.known().and_then(Option::as_ref);
    let (Some(minor), Some(args)) = (minor, args) else { return Ok(()) };
    args::check_release(args, minor)
        .map_err(|problem| Diagnostic::error("Flag of an older release", problem).at("args").into())
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
                "{version} is installed. Kubernetes supports upgrades by one minor release at a time; if one is \
                 skipped, components of different nodes may be incompatible. Upgrade to each release in between."
            );
            context.warn(Diagnostic::warning(format!("Upgrade to {channel} skips a minor release"), detail).at("channel"));
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
