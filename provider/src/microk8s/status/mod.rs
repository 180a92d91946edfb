//! Data source `microk8s_status`.

use crate::connection::Freshness;
use crate::connection::ssh;
use crate::engine::node_resource::{NodeError, observe};
use crate::engine::wait::{Observation, Wait, WaitError, read};
use crate::microk8s::shared::cluster::status_report::StatusReport;
use crate::microk8s::shared::machine::Machine;
use crate::microk8s::shared::machine::node_list::ClusterNode;
use crate::microk8s::shared::machine::printed_status::PrintedAddon;
use crate::session::Session;
use std::sync::Arc;
use tfplugin::{Computed, Context, DataSource, Diagnostics, Model};

/// The status of a MicroK8s cluster: whether it runs, the members of its datastore, its nodes and its
/// add-ons.
#[derive(Clone, Debug, Model)]
#[data_source(type_name = "microk8s_status")]
pub struct Status {
    /// Address of a control plane of the cluster. A worker knows nothing of its cluster.
    #[attribute(required, validate = ssh::check_address)]
    host: String,

    /// Waits until MicroK8s runs and all nodes are Ready. If unset, returns the current state without
    /// waiting, also of a cluster that does not run. After the timeout, reading fails and reports what is
    /// missing.
    #[attribute(optional)]
    wait: Option<Wait>,

    /// Whether the API server answers and a node is Ready.
    #[attribute(computed)]
    running: Computed<bool>,

    /// Whether the datastore has three voters or more, so that it outlives the loss of one.
    #[attribute(computed)]
    high_availability: Computed<bool>,

    /// The members of the datastore.
    #[attribute(computed)]
    datastore_nodes: Computed<Vec<DatastoreNode>>,

    /// The nodes of the cluster.
    #[attribute(computed)]
    nodes: Computed<Vec<NodeStatus>>,

    /// The add-ons of all repositories that the node knows.
    #[attribute(computed)]
    addons: Computed<Vec<AddonStatus>>,
}

/// A member of the datastore.
#[derive(Clone, Debug, PartialEq, Model)]
pub struct DatastoreNode {
    /// Address and port, such as `10.0.0.11:19001`.
    #[attribute(computed)]
    address: Computed<String>,

    /// `voter`, `standby` or `spare`.
    #[attribute(computed)]
    role: Computed<String>,
}

/// A node of the cluster.
#[derive(Clone, Debug, PartialEq, Model)]
pub struct NodeStatus {
    /// Name of the node.
    #[attribute(computed)]
    name: Computed<String>,

    /// Its addresses inside the cluster, in the order that its kubelet reports.
    #[attribute(computed)]
    addresses: Computed<Vec<String>>,

    /// `control-plane` or `worker`.
    #[attribute(computed)]
    role: Computed<String>,

    /// Whether it is Ready.
    #[attribute(computed)]
    ready: Computed<bool>,
}

/// An add-on.
#[derive(Clone, Debug, PartialEq, Model)]
pub struct AddonStatus {
    /// Name of the add-on.
    #[attribute(computed)]
    name: Computed<String>,

    /// Repository that it comes from.
    #[attribute(computed)]
    repository: Computed<String>,

    /// Version that the repository gives it; the script may install a newer one.
    #[attribute(computed)]
    version: Computed<Option<String>>,

    /// Whether it is enabled.
    #[attribute(computed)]
    enabled: Computed<bool>,
}

impl DataSource for Status {
    type Provider = Session;
    type Model = Self;

    async fn read(context: &Context<Session>, config: Self) -> Result<Self, Diagnostics> {
        let host = context.provider().ssh.host(&config.host);
        let timeout = config.wait.as_ref().map(Wait::timeout);
        let once = || async {
            let seen = observe(context, &config.host, see(&host)).await;
            let seen =
                seen.and_then(|seen| if timeout.is_some() { seen.complete(&config.host) } else { Ok(seen) });
            if seen.as_ref().is_err_and(NodeError::is_transient) {
                host.invalidate_probes();
            }
            seen.map(Observation::<_, NodeError>::Ready)
        };
        let summary = format!("Unable to read the status of MicroK8s on {}", config.host);
        match read(timeout, context.cancelled(), once, NodeError::is_transient).await {
            Ok(seen) => Ok(config.showing(seen)),
            Err(WaitError::Failed(error) | WaitError::NotReady(error)) => {
                Err(error.into_diagnostic(summary).into())
            }
            Err(WaitError::Cancelled) => Err(NodeError::interrupted().into_diagnostic(summary).into()),
        }
    }
}

/// What was seen of a cluster.
struct Seen {
    /// Nothing while MicroK8s does not run.
    report: Result<StatusReport, NodeError>,
    nodes: Vec<ClusterNode>,
}

async fn see(host: &Arc<ssh::Host>) -> Result<Seen, NodeError> {
    // MicroK8s that says that it does not run is a status too. A report that broke off says nothing, and
    // above all not that the cluster is empty.
    match StatusReport::observe(&**host).await? {
        Ok(report) => {
            let machine = Machine::new(Arc::clone(host) as _);
            let nodes = machine.nodes(Freshness::Cached).await?;
            // An external datastore has no members here either; this one's own files name some.
            if report.members.is_empty() && !machine.snapshot(Freshness::Cached).await?.members.is_empty() {
                let attempt = format!("reading the members of the datastore of {}", host.address());
                let answer = "MicroK8s runs, and its datastore does not say who its members are.";
                let hint = "It may be about to start: read again, or set `wait`. If it stays so, `sudo microk8s inspect` there says why.";
                return Err(NodeError::new(attempt, answer).transient().with_hint(hint));
            }
            Ok(Seen { report: Ok(report), nodes })
        }
        Err(not_running) => Ok(Seen { report: Err(not_running), nodes: Vec::new() }),
    }
}

impl Seen {
    /// This, if it is all that one can wait for.
    fn complete(self, host: &str) -> Result<Self, NodeError> {
        let Self { report, nodes } = self;
        let report = report?;
        let missing: Vec<&str> =
            nodes.iter().filter(|node| !node.ready).map(|node| node.name.as_str()).collect();
        if missing.is_empty() {
            return Ok(Self { report: Ok(report), nodes });
        }
        let answer = format!("These nodes are not Ready: {}.", missing.join(", "));
        let attempt = format!("waiting for the nodes of the cluster of {host}");
        let hint = "If it only takes longer, give `wait.timeout` more time.";
        Err(NodeError::new(attempt, answer).transient().with_hint(hint))
    }
}

impl Status {
    fn showing(self, seen: Seen) -> Self {
        let report = seen.report.ok();
        let members = report.iter().flat_map(|report| &report.members);
        let addons = report.iter().flat_map(|report| &report.addons);
        Self {
            running: report.is_some().into(),
            high_availability: report.as_ref().is_some_and(StatusReport::is_highly_available).into(),
            datastore_nodes: members
                .map(|member| DatastoreNode {
                    address: member.address.clone().into(),
                    role: member.vote.to_string().into(),
                })
                .collect::<Vec<_>>()
                .into(),
            nodes: seen.nodes.iter().map(NodeStatus::from).collect::<Vec<_>>().into(),
            addons: addons.map(AddonStatus::from).collect::<Vec<_>>().into(),
            ..self
        }
    }
}

impl From<&ClusterNode> for NodeStatus {
    fn from(node: &ClusterNode) -> Self {
        Self {
            name: node.name.clone().into(),
            addresses: node.addresses.iter().map(ToString::to_string).collect::<Vec<_>>().into(),
            role: node.role.to_string().into(),
            ready: node.ready.into(),
        }
    }
}

impl From<&PrintedAddon> for AddonStatus {
    fn from(addon: &PrintedAddon) -> Self {
        Self {
            name: addon.name.clone().into(),
            repository: addon.repository.clone().into(),
            version: addon.version.clone().into(),
            enabled: addon.enabled.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::ssh::Ssh;
    use crate::connection::ssh::testing::Sshd;

    /// A node whose datastore does not answer, with what its own files say of the members.
    async fn seen(members: &str) -> Result<Seen, NodeError> {
        let answer = r#"printf '\036\n'
case $SSH_ORIGINAL_COMMAND in
*"status --format yaml"*) printf 'microk8s:\n  running: True\nhigh-availability:\n  enabled: False\n  nodes:\naddons:\n' ;;
*"get nodes"*) echo '{"items": []}' ;;
*) printf '\036hostname\ncp1\n\036kubelet\n--v=2\n\036members\nMEMBERS\n' ;;
esac"#;
        let sshd = Sshd::start_with_answer(&answer.replace("MEMBERS", members)).await;
        see(&Ssh::new(sshd.settings()).host("127.0.0.1")).await
    }

    #[tokio::test]
    async fn a_datastore_that_does_not_answer_is_not_an_empty_one() {
        let unknown = seen("- Address: 10.0.0.1:19001").await.err().unwrap();
        assert!(
            unknown.is_transient() && unknown.answer().contains("does not say who its members"),
            "{unknown:?}"
        );
        let external = seen("").await.unwrap();
        assert_eq!(external.report.unwrap().members, []);
    }
}
