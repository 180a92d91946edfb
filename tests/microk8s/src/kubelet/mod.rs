//! The kubelet, stood in for: it keeps the node's object, its lease and its pods, as if containers ran where
//! they do not.

mod addresses;
mod calico;
mod ipam;
mod node;
mod pods;
mod routes;

use crate::api::Api;
use crate::args::parse;
use crate::containers::Runtime;
use crate::daemon::Node;
use crate::failure::{Failure, Result, Tried};
use crate::journal::Journal;
use crate::layout::Layout;
use crate::services::Service;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

const ROUND: Duration = Duration::from_secs(1);
const HEARTBEAT: Duration = Duration::from_secs(10);

/// What the args file and the host say about this kubelet.
pub(crate) struct Kubelet {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) addresses: Vec<IpAddr>,
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) layout: Layout,
    pub(crate) api: Api,
    pub(crate) runtime: Arc<Runtime>,
}

impl Kubelet {
    fn new(node: &Node, arguments: &[String]) -> Result<Self> {
        let flag = |flag: &str| parse::value_of(arguments, flag);
        let name = match flag("--hostname-override") {
            Some(name) => name.to_lowercase(),
            None => crate::host::node_name()?,
        };
        let labels = flag("--node-labels").unwrap_or_default();
        let labels = labels.split(',').filter_map(|label| label.split_once('='));
        Ok(Self {
            name,
            version: node.version(),
            addresses: addresses::of_node(flag("--node-ip").as_deref())?,
            labels: labels.map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned())).collect(),
            layout: node.layout.clone(),
            api: Api::new(&node.layout, "kubelet.config")?,
            runtime: Arc::clone(&node.runtime),
        })
    }

    /// Whether a CNI configuration is there, which a node needs to be ready.
    fn has_network(&self) -> bool {
        self.layout.args(calico::NETWORK).exists()
    }
}

/// Runs until told to stop. An API server that does not answer is waited for; wrong arguments end it.
pub(crate) async fn run(node: Arc<Node>, arguments: Vec<String>, stop: CancellationToken) -> Result<()> {
    addresses::check(parse::value_of(&arguments, "--node-ip").as_deref())?;
    let journal = Journal::of(&Service::Kubelite.unit());
    let complain = |failure: &Failure| {
        journal.write(&Service::Kubelite.identifier(), std::process::id(), &format!("E {failure}"));
    };
    let kubelet = loop {
        // An address that the host does not have may come yet.
        match Kubelet::new(&node, &arguments) {
            Ok(kubelet) => break kubelet,
            Err(failure) => complain(&failure),
        }
        tokio::select! {
            () = tokio::time::sleep(ROUND) => {}
            () = stop.cancelled() => return Ok(()),
        }
    };
    let mut registered = false;
    let mut told = pods::Told::default();
    let mut routes = routes::Routes::default();
    let mut beat: Option<(Instant, bool)> = None;
    while !stop.is_cancelled() {
        let network = kubelet.has_network();
        let due = beat.is_none_or(|(last, had)| last.elapsed() >= HEARTBEAT || had != network);
        let round = async {
            if !registered {
                node::register(&kubelet).await?;
                registered = true;
            }
            if due {
                node::heartbeat(&kubelet, network).await?;
                beat = Some((Instant::now(), network));
            }
            pods::sync(&kubelet, network, &mut told).await?;
            if node.config.traffic.is_some() { routes.follow(&kubelet).await } else { Ok(()) }
        };
        if let Err(failure) = round.await {
            complain(&failure);
        }
        tokio::select! {
            () = tokio::time::sleep(ROUND) => {}
            () = stop.cancelled() => {}
        }
    }
    Ok(())
}

fn failed(flag: &str, value: &str) -> Failure {
    Failure::new(format!("failed to run Kubelet: bad {flag} \"{value}\""))
}

/// The present time as the API writes it.
fn now() -> String {
    humantime::format_rfc3339_micros(std::time::SystemTime::now()).to_string()
}

/// The present time in whole seconds, for fields that take no fraction.
pub(crate) fn now_in_seconds() -> String {
    humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string()
}

fn machine_id() -> Result<String> {
    let text = std::fs::read_to_string("/etc/machine-id").tried(|| "Cannot read /etc/machine-id".into())?;
    Ok(text.trim().to_owned())
}
