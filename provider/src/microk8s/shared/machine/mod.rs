//! A machine with MicroK8s on it: what can be asked of it and done to it. Whether a command did what it
//! should is told from what it leaves, since MicroK8s' exit codes are no proof.

pub(crate) mod datastore;
pub(crate) mod host_addresses;
pub(crate) mod identity;
pub(crate) mod join_token;
pub(crate) mod journal;
pub(crate) mod minor_release;
pub(crate) mod node_list;
pub(crate) mod node_marks;
pub(crate) mod printed_status;
pub(crate) mod readiness;
pub(crate) mod refusal;
pub(crate) mod scripts;
pub(crate) mod sections;
pub(crate) mod service;
pub(crate) mod snapshot;

use crate::connection::Freshness;
use crate::connection::masking::Mask;
use crate::connection::ssh::{Output, Script, Shell};
use crate::engine::node_resource::NodeError;
use crate::microk8s::shared::config_files::dual_stack::Files;
use crate::session::Session;
use crate::values::AddressRange;
use datastore::DatastoreMember;
use join_token::{JoinToken, SECONDS_TO_LIVE};
use journal::relevant_lines;
use node_list::{ClusterNode, ListedNode, Role};
use printed_status::PrintedStatus;
use refusal::refusal;
use service::Service;
use snapshot::NodeSnapshot;
use std::collections::BTreeSet;
use std::sync::Arc;
use tfplugin::types::{Secret, Semantic};

/// Where machines are found by their addresses.
pub(crate) trait Machines: Send + Sync {
    /// The machine of that address.
    fn machine(&self, address: &str) -> Machine;

    /// Addresses at which the configuration reaches a node of that name.
    fn hosts_of(&self, node: &str) -> Vec<String>;
}

impl Machines for Session {
    fn machine(&self, address: &str) -> Machine {
        Machine::new(self.ssh.host(address))
    }

    fn hosts_of(&self, node: &str) -> Vec<String> {
        self.machines.hosts_of(node)
    }
}

/// A machine.
#[derive(Clone)]
pub(crate) struct Machine {
    pub(in crate::microk8s) shell: Arc<dyn Shell>,
}

impl Machine {
    pub(crate) fn new(shell: Arc<dyn Shell>) -> Self {
        Self { shell }
    }

    /// Where it is reached.
    pub(crate) fn address(&self) -> &str {
        self.shell.address()
    }

    /// What its disk and kernel say.
    pub(crate) async fn snapshot(&self, freshness: Freshness) -> Result<NodeSnapshot, NodeError> {
        let output = self.output(&scripts::SNAPSHOT, freshness).await?;
        self.readable(&scripts::SNAPSHOT, &output, NodeSnapshot::parse(&output.stdout))
    }

    /// The nodes that its API server knows. Where their labels do not say what they do, its own list of the
    /// datastore's members does.
    pub(crate) async fn nodes(&self, freshness: Freshness) -> Result<Vec<ClusterNode>, NodeError> {
        let listed = self.listed_nodes(freshness).await?;
        let members = match listed.iter().all(|node| node.label.is_some()) {
            true => Vec::new(),
            false => self.snapshot(freshness).await?.members,
        };
        listed.into_iter().map(|node| node.among(&members)).collect()
    }

    /// The nodes as its API server lists them.
    pub(crate) async fn listed_nodes(&self, freshness: Freshness) -> Result<Vec<ListedNode>, NodeError> {
        let output = self.output(&scripts::NODES, freshness).await?;
        self.readable(&scripts::NODES, &output, node_list::parse(&output.stdout).ok())
    }

    /// The identity of its cluster: the UID of the namespace `kube-system`.
    pub(crate) async fn cluster_id(&self) -> Result<String, NodeError> {
        let output = self.shell.probe(&scripts::CLUSTER_ID).await?;
        if let Some(refused) = refusal(self.address(), &scripts::CLUSTER_ID, &output) {
            self.shell.invalidate_probes();
            return Err(refused);
        }
        let id = output.stdout.trim();
        let uid =
            id.len() == 36 && id.chars().all(|character| character.is_ascii_hexdigit() || character == '-');
        let answer = self.readable(&scripts::CLUSTER_ID, &output, uid.then(|| id.to_owned()));
        if answer.is_err() {
            // It may answer in a moment.
            self.shell.invalidate_probes();
        }
        answer
    }

    /// The members of the cluster's datastore.
    pub(crate) async fn datastore(&self, freshness: Freshness) -> Result<Vec<DatastoreMember>, NodeError> {
        let output = self.output(&scripts::STATUS, freshness).await?;
        let members = match printed_status::read(&output) {
            Some(PrintedStatus::Running { members, .. }) => Some(members).filter(|all| !all.is_empty()),
            Some(PrintedStatus::NotRunning(_)) | None => None,
        };
        self.readable(&scripts::STATUS, &output, members)
    }

    async fn output(&self, script: &'static Script, freshness: Freshness) -> Result<Arc<Output>, NodeError> {
        Ok(match freshness {
            Freshness::Fresh => Arc::new(self.shell.ask(script, &[]).await?),
            Freshness::Cached => self.shell.probe(script).await?,
        })
    }

    /// Writes the files that differ from `before`.
    pub(crate) async fn write(&self, files: &Files, before: &Files) -> Result<(), NodeError> {
        for (name, text) in files.changed_since(before) {
            let length = text.len().to_string();
            let reader = Service::of(name).map_or("", Service::name);
            self.done(&scripts::WRITE, &[name, &length, reader], Some(text.as_bytes())).await?;
        }
        Ok(())
    }

    /// Keeps a note on it; an empty one is taken away.
    pub(crate) async fn note(&self, name: &str, text: &str) -> Result<(), NodeError> {
        let length = text.len().to_string();
        self.done(&scripts::RECORD, &[name, &length], Some(text.as_bytes())).await
    }

    /// Makes services read their files anew.
    pub(crate) async fn restart(&self, services: &BTreeSet<Service>) -> Result<(), NodeError> {
        self.done(&scripts::RESTART, &names(services), None).await
    }

    /// Notes that the services work with their files.
    pub(crate) async fn settled(&self) -> Result<(), NodeError> {
        self.done(&scripts::SETTLED, &[], None).await
    }

    /// Whether its own API server is ready; the answer if it is not.
    pub(crate) async fn is_ready(&self) -> Result<(), NodeError> {
        let output = self.shell.ask(&scripts::READY, &[]).await?;
        self.readable(&scripts::READY, &output, (output.stdout.trim() == "ok").then_some(()))
    }

    /// How the services stand with systemd, which has to be the same for a while where they work.
    pub(crate) async fn standing(&self, services: &BTreeSet<Service>) -> Result<Standing, NodeError> {
        let output = self.shell.ask(&scripts::SERVICES, &names(services)).await?;
        self.readable(&scripts::SERVICES, &output, Some(Standing(output.stdout.clone())))
    }

    /// Whether kubelite does not run at this moment.
    pub(crate) async fn is_down(&self) -> bool {
        self.standing(&[Service::Kubelite].into()).await.is_ok_and(|standing| standing.is_down())
    }

    /// The last lines of the services' logs, or why there are none.
    pub(crate) async fn journal(&self, services: &BTreeSet<Service>) -> String {
        match self.shell.ask(&scripts::JOURNAL, &names(services)).await {
            Ok(output) => relevant_lines(&output.stdout),
            Err(error) => error.to_string(),
        }
    }

    /// Brings its Calico manifest into the cluster.
    pub(crate) async fn apply_calico(&self) -> Result<(), NodeError> {
        self.done(&scripts::APPLY_CALICO, &[], None).await
    }

    /// The ranges that services get addresses from, as Kubernetes has them beside the flags; empty where it
    /// has not (yet), nothing where it does not keep them (before 1.33).
    pub(crate) async fn service_ranges(&self) -> Result<Option<String>, NodeError> {
        let output = self.shell.ask(&scripts::SERVICE_RANGES, &[]).await?;
        if output.stderr.contains("doesn't have a resource type") {
            return Ok(None);
        }
        self.readable(&scripts::SERVICE_RANGES, &output, Some(Some(output.stdout.clone())))
    }

    /// The ranges of MetalLB's pools as of this refresh; none where MetalLB is not installed or does not
    /// answer.
    pub(crate) async fn load_balancer_ranges(&self) -> Vec<Semantic<AddressRange>> {
        match self.shell.probe(&scripts::LOAD_BALANCER_RANGES).await {
            Ok(output) if output.succeeded() => {
                let ranges = output.stdout.split_whitespace();
                ranges.filter_map(|range| Semantic::parse(range).ok()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Makes Kubernetes take those ranges from the flags.
    pub(crate) async fn renew_service_ranges(&self) -> Result<(), NodeError> {
        self.done(&scripts::RENEW_SERVICE_RANGES, &[], None).await
    }

    /// The DaemonSet of Calico's agents.
    pub(crate) async fn calico(&self) -> Result<serde_json::Value, NodeError> {
        let output = self.shell.ask(&scripts::CALICO, &[]).await?;
        self.readable(&scripts::CALICO, &output, serde_json::from_str(&output.stdout).ok())
    }

    /// A token that lets a machine into its cluster. It is asked for on the connection: what a detached
    /// command prints lies on the machine's disk.
    pub(crate) async fn token(&self) -> Result<JoinToken, NodeError> {
        let output = self.shell.ask(&scripts::ADD_NODE, &[SECONDS_TO_LIVE]).await?;
        match JoinToken::parse(&output.stdout) {
            Some(token) if output.succeeded() => Ok(token),
            // What it printed may hold a token that works.
            _ => Err(self.failed(&scripts::ADD_NODE, output.code, &output.stderr).transient()),
        }
    }

    /// Joins the cluster of `endpoint`. What came of it must be seen elsewhere.
    pub(crate) async fn join(&self, endpoint: &Secret, role: Role) -> Result<Output, NodeError> {
        let words: &[&str] = if role == Role::Worker { &["--worker"] } else { &[] };
        let line = format!("{}\n", endpoint.expose());
        let output = self.shell.script(&scripts::JOIN, words, Some(line.as_bytes())).await;
        self.shell.invalidate_probes();
        // The agent says the token alone, where it has something against it.
        let mask = Mask::of(endpoint.expose().split('/').skip(1).chain([endpoint.expose()]));
        Ok(output?.without(&mask))
    }

    /// Removes what a failed join leaves.
    pub(crate) async fn forget_join(&self) -> Result<(), NodeError> {
        self.done(&scripts::FORGET_JOIN, &[], None).await
    }

    /// Forgets the kubelet's flags of before a join, which it has again.
    pub(crate) async fn forget_own_flags(&self) -> Result<(), NodeError> {
        self.done(&scripts::FORGET_OWN_FLAGS, &[], None).await
    }

    /// Runs the snap's configure hook.
    pub(crate) async fn configure(&self) -> Result<(), NodeError> {
        self.done(&scripts::CONFIGURE, &[], None).await
    }

    /// Leaves its cluster. What came of it must be seen.
    pub(crate) async fn leave(&self) -> Result<Output, NodeError> {
        let output = self.shell.script(&scripts::LEAVE, &[], None).await;
        self.shell.invalidate_probes();
        Ok(output?)
    }

    /// Makes a clean single node of what a join or a leave left that was stopped.
    pub(crate) async fn reset(&self) -> Result<(), NodeError> {
        self.done(&scripts::RESET, &[], None).await
    }

    /// Removes another node, with its member of the datastore. What came of it must be seen.
    pub(crate) async fn remove_node(&self, name: &str) -> Result<Output, NodeError> {
        let output = self.shell.script(&scripts::REMOVE_NODE, &[name], None).await;
        self.shell.invalidate_probes();
        Ok(output?)
    }

    /// Hands the datastore's vote on this machine to another member.
    pub(crate) async fn hand_over(&self) -> Result<(), NodeError> {
        self.done(&scripts::HAND_OVER, &[], None).await
    }

    /// Runs a script that changes something and whose exit code tells whether it did.
    pub(in crate::microk8s) async fn done(
        &self,
        script: &Script,
        arguments: &[&str],
        stdin: Option<&[u8]>,
    ) -> Result<(), NodeError> {
        let output = self.shell.script(script, arguments, stdin).await;
        self.shell.invalidate_probes();
        let output = output?;
        self.readable(script, &output, output.succeeded().then_some(()))
    }

    /// What was read in an answer, or the answer as a failure. Most of them pass: an API server that starts,
    /// another change of the snap under way.
    pub(in crate::microk8s) fn readable<T>(
        &self,
        script: &Script,
        output: &Output,
        read: Option<T>,
    ) -> Result<T, NodeError> {
        match read {
            Some(read) if output.succeeded() => Ok(read),
            _ => Err(self.failed(script, output.code, &output.last_lines()).transient()),
        }
    }

    fn failed(&self, script: &Script, code: i32, lines: &str) -> NodeError {
        NodeError::new(format!("`{}` on {}", script.name, self.address()), account(code, lines))
    }
}

/// What systemd says of services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Standing(String);

impl Standing {
    /// Whether one of them does not run and is not about to.
    pub(crate) fn is_down(&self) -> bool {
        let states = self.0.lines().filter_map(|line| line.strip_prefix("ActiveState="));
        states.into_iter().any(|state| ["inactive", "failed"].contains(&state.trim()))
    }

    /// How often one of them had to be started again since somebody asked for a start.
    pub(crate) fn restarts(&self) -> u32 {
        let counts = self.0.lines().filter_map(|line| line.strip_prefix("NRestarts="));
        counts.filter_map(|count| count.trim().parse().ok()).max().unwrap_or_default()
    }

    /// Whether all of them run.
    pub(crate) fn is_up(&self) -> bool {
        let mut states = self.0.lines().filter_map(|line| line.strip_prefix("ActiveState=")).peekable();
        states.peek().is_some() && states.all(|state| state.trim() == "active")
    }
}

fn names(services: &BTreeSet<Service>) -> Vec<&'static str> {
    services.iter().map(|service| service.name()).collect()
}

/// What came of a command that did not do what it should, as a message tells it.
pub(crate) fn describe_output(output: &Output) -> String {
    account(output.code, &output.last_lines())
}

fn account(code: i32, lines: &str) -> String {
    let ended = match code {
        GIVEN_UP => "It was given up after some time".to_owned(),
        _ => format!("It ended with exit code {code}"),
    };
    if lines.trim().is_empty() {
        format!("{ended} and said nothing")
    } else {
        format!("{ended} and said:\n{lines}")
    }
}

/// The exit code of `timeout` where it ended the command.
const GIVEN_UP: i32 = 124;
