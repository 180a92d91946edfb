//! `metallb_bgp_sessions`: what each speaker says of its sessions.

mod metrics;

use super::bgp_mode::{Mode, mode};
use super::wait::{NAMESPACE, Reading};
use crate::connection::Freshness;
use crate::connection::cluster::{Cluster, ClusterError, ClusterErrorKind, Kind};
use crate::engine::cluster_object::cluster_address;
use crate::engine::wait::Wait;
use crate::session::Session;
use crate::values::some_namespace;
use kube::core::DynamicObject;
use serde_json::Value as Json;
use tfplugin::{Computed, Context, DataSource, Diagnostics, Model};
use tokio::task::JoinSet;

/// What each of MetalLB's speakers says of its BGP sessions: the cluster's end of what `vyos_bgp_summary`
/// reports of the router's.
///
/// The speakers are asked for their metrics, through the API server; in `frr-k8s` mode, what they write into
/// the cluster is read, which may be two minutes old. From MetalLB 0.16 on, the metrics of the `frr` mode
/// need credentials, and cannot be read.
#[derive(Clone, Debug, Model)]
#[data_source(type_name = "metallb_bgp_sessions")]
pub struct BgpSessions {
    /// The cluster: address of one of its control-plane nodes, over which its API server is reached through
    /// SSH. Default: the cluster of the provider's `kubernetes` block.
    #[attribute(optional, validate = cluster_address)]
    cluster: Option<String>,

    /// Namespace that MetalLB runs in. Default `metallb-system`.
    #[attribute(optional, validate = some_namespace)]
    namespace: Option<String>,

    /// Waits until every speaker has a session and all of them are established. If unset, returns the current
    /// state without waiting. After the timeout, reading fails and reports which end is not ready.
    #[attribute(optional)]
    wait: Option<Wait>,

    /// The sessions of all speakers.
    #[attribute(computed)]
    sessions: Computed<Vec<BgpSession>>,
}

/// A session between a speaker and a router.
#[derive(Clone, Debug, PartialEq, Model)]
pub struct BgpSession {
    /// Name of the speaker's node.
    #[attribute(computed)]
    node: Computed<String>,

    /// Address of the router. Null where the speaker does not answer and its sessions are not known.
    #[attribute(computed)]
    peer: Computed<Option<String>>,

    /// VRF that the session is in; empty for the default one.
    #[attribute(computed)]
    vrf: Computed<String>,

    /// Whether routes flow.
    #[attribute(computed)]
    established: Computed<bool>,

    /// Prefixes that the speaker sends to the router. Null where the mode does not tell: `frr-k8s`.
    #[attribute(computed)]
    prefixes_sent: Computed<Option<i64>>,

    /// What a session that is not established lacks, as far as the speaker can tell.
    #[attribute(computed)]
    reason: Computed<Option<String>>,
}

const POD: Kind = Kind::namespaced("", "v1", "Pod");
// Read over all namespaces, as kinds without any are: frr-k8s may be in one of its own.
const STATE: Kind = Kind::cluster_wide("frrk8s.metallb.io", "v1beta1", "BGPSessionState");

/// The container with the metrics, and its usual port, by mode.
const FRR_METRICS: (&str, u16) = ("frr-metrics", 7473);
const NATIVE_METRICS: (&str, u16) = ("speaker", 7472);

/// Speakers that are asked at one time, and sessions that all may have: what is read is held in memory until
/// it is told. Each node has a session with each peer, and hundreds of nodes with dozens of peers are far
/// below.
const ASKED_AT_ONCE: usize = 8;
const MOST_SESSIONS: usize = 20_000;

/// The sessions, and the nodes with a speaker.
struct Seen {
    nodes: Vec<String>,
    sessions: Vec<BgpSession>,
}

impl DataSource for BgpSessions {
    type Provider = Session;
    type Model = Self;

    async fn read(context: &Context<Session>, config: Self) -> Result<Self, Diagnostics> {
        let cluster = context.provider().clusters.get(config.cluster.as_deref());
        let namespace = config.namespace.clone().unwrap_or_else(|| NAMESPACE.to_owned());
        let reading = Reading { noun: "the BGP sessions", cluster: &cluster, wait: config.wait.as_ref() };
        let seen =
            reading.take(context, || sessions(&cluster, &namespace), |seen| seen.missing(&namespace)).await?;
        Ok(Self { sessions: seen.sessions.into(), ..config })
    }
}

async fn sessions(cluster: &Cluster, namespace: &str) -> Result<Seen, ClusterError> {
    let pods = cluster.list(&POD, namespace, Freshness::Fresh).await?;
    let speakers = cluster.kept(&pods, "the speakers", |pod| container(pod, "speaker").is_some())?;
    let nodes = speakers.iter().map(node).collect();
    let (name, port) = match mode(cluster, namespace).await {
        Some(Mode::FrrK8s) => {
            let states = cluster.list(&STATE, "", Freshness::Fresh).await?;
            let states = cluster.kept(&states, "the sessions", |_| true)?;
            return Ok(Seen { nodes, sessions: states.iter().map(|state| of_state(&state.data)).collect() });
        }
        Some(Mode::Frr) => FRR_METRICS,
        _ => NATIVE_METRICS,
    };
    let mut sessions = Vec::new();
    let (mut asked, mut waiting) = (JoinSet::new(), speakers.iter());
    loop {
        while asked.len() < ASKED_AT_ONCE
            && let Some(pod) = waiting.next()
        {
            asked.spawn(ask(cluster.clone(), namespace.to_owned(), pod.clone(), (name, port)));
        }
        match asked.join_next().await {
            Some(Ok(answer)) => sessions.extend(answer?),
            Some(Err(lost)) => tracing::error!(%lost, "a speaker was not asked to the end"),
            None => break,
        }
        if sessions.len() > MOST_SESSIONS {
            let answer = format!("the speakers tell of more than {MOST_SESSIONS} sessions");
            let attempt = "Asking the speakers for their sessions";
            return Err(ClusterError::new(ClusterErrorKind::TooMuch, attempt, cluster.to_string(), answer));
        }
    }
    sessions.sort_by_key(|session| (session.node.known().cloned(), session.peer.known().cloned()));
    Ok(Seen { nodes, sessions })
}

/// The sessions of one speaker, from its metrics.
async fn ask(
    cluster: Cluster,
    namespace: String,
    pod: DynamicObject,
    (name, port): (&'static str, u16),
) -> Result<Vec<BgpSession>, ClusterError> {
    let (node, pod_name) = (node(&pod), pod.metadata.name.clone().unwrap_or_default());
    let port = container(&pod, name).and_then(first_port).unwrap_or(port);
    match cluster.get_from_pod(&namespace, &pod_name, port, "metrics").await {
        Ok(printed) => {
            let sessions = metrics::read(&printed).into_iter();
            Ok(sessions.map(|(peer, counters)| of_metrics(node.clone(), peer, &counters)).collect())
        }
        Err(error) if error.kind() == ClusterErrorKind::Unreachable => Err(error),
        // The API server answers: it is the speaker that does not, and the others may.
        Err(error) => Ok(vec![silent(node, &error)]),
    }
}

impl Seen {
    fn missing(&self, namespace: &str) -> Vec<String> {
        if self.nodes.is_empty() {
            return vec![format!("No speaker of MetalLB runs in the namespace {namespace}.")];
        }
        let has_session =
            |name: &String| self.sessions.iter().any(|session| session.node.known() == Some(name));
        let without = self.nodes.iter().filter(|name| !has_session(name)).map(|name| {
            format!("The speaker on {name} has no session: no BGPPeer selects the node, or the speaker refused its configuration.")
        });
        without.chain(self.sessions.iter().filter_map(BgpSession::missing)).collect()
    }
}

impl BgpSession {
    fn missing(&self) -> Option<String> {
        if self.established.known() == Some(&true) {
            return None;
        }
        let node = self.node.known().map(String::as_str).unwrap_or_default();
        let reason = self.reason.known().and_then(Option::as_deref).unwrap_or("the speaker does not say why");
        Some(match self.peer.known().and_then(Option::as_deref) {
            Some(peer) => format!("The session of the speaker on {node} with {peer} is down: {reason}."),
            None => format!("The sessions of the speaker on {node} are not known: {reason}."),
        })
    }
}

fn silent(node: String, error: &ClusterError) -> BgpSession {
    BgpSession {
        node: node.into(),
        peer: None.into(),
        vrf: String::new().into(),
        established: false.into(),
        prefixes_sent: None.into(),
        reason: Some(format!("it does not answer ({})", error.answer())).into(),
    }
}

fn of_metrics(node: String, (peer, vrf): metrics::Peer, counters: &metrics::Counters) -> BgpSession {
    let peer = metrics::host(&peer).unwrap_or(&peer).to_owned();
    let reason = (!counters.is_up()).then(|| counters.why_down(&peer)).flatten();
    BgpSession {
        node: node.into(),
        peer: Some(peer).into(),
        vrf: if vrf == "default" { String::new() } else { vrf }.into(),
        established: counters.is_up().into(),
        prefixes_sent: counters.prefixes_sent().into(),
        reason: reason.into(),
    }
}

fn of_state(state: &Json) -> BgpSession {
    let text = |key: &str| {
        state.pointer(&format!("/status/{key}")).and_then(Json::as_str).unwrap_or_default().to_owned()
    };
    let word = text("bgpStatus");
    let established = word == "Established";
    BgpSession {
        node: text("node").into(),
        peer: Some(text("peer")).into(),
        vrf: text("vrf").into(),
        established: established.into(),
        prefixes_sent: None.into(),
        reason: (!established).then(|| format!("its FRR says {word}")).into(),
    }
}

fn node(pod: &DynamicObject) -> String {
    pod.data.pointer("/spec/nodeName").and_then(Json::as_str).unwrap_or_default().to_owned()
}

fn container<'a>(pod: &'a DynamicObject, name: &str) -> Option<&'a Json> {
    let containers = pod.data.pointer("/spec/containers")?.as_array()?;
    containers.iter().find(|one| one.get("name").and_then(Json::as_str) == Some(name))
}

fn first_port(container: &Json) -> Option<u16> {
    u16::try_from(container.pointer("/ports/0/containerPort")?.as_u64()?).ok()
}
