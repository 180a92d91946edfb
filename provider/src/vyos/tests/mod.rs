//! The types against the VyOS stand-in, driven by Terraform's rules.

mod config;
mod declarations;
mod foresight;
mod hostile;
mod life;
mod lists;
mod many;
mod objects;
mod odd;
mod ospf;
mod ownership;
mod policy;
mod secrets;
mod spellings;
mod static_routes;
mod trouble;
mod values;

use crate::cross_checks::CrossChecks;
use crate::session::testing::{Served, TestProvider};
use crate::session::{CrossCheck, Session};
use serde_json::{Value as Json, json};
use std::time::Duration;
use tempfile::TempDir;
use tfplugin::testing::{Failure, Harness, State};
use tfplugin::{Diagnostics, Registry, Severity, Value};
use vyos_stand_in::{Control, Router, RouterConfig, Version};

const KEY: &str = "a-key-that-nobody-guesses";
const BGP: &str = "vyos_bgp";
const NEIGHBOR: &str = "vyos_bgp_neighbor";

/// The types of routers, with the rules over several of them.
pub(super) struct RouterTypes;

impl Served for RouterTypes {
    fn registry() -> Registry<Session> {
        super::register(Registry::default())
    }

    fn cross_checks() -> Box<dyn CrossCheck> {
        Box::new(CrossChecks::default())
    }
}

/// The provider of these tests.
pub(super) type Routing = TestProvider<RouterTypes>;

/// A router without routing daemons, and how to reach it.
pub(super) struct Edge {
    pub(super) router: Router,
    control: Control,
    url: String,
    authority: String,
    /// What is on its disk.
    pub(super) folder: TempDir,
}

impl Edge {
    pub(super) async fn start(version: Version) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let control = folder.path().join("control");
        let router = Router::start(RouterConfig {
            listen: "127.0.0.1:0".parse().unwrap(),
            certificate_names: Vec::new(),
            api_key_id: "terraform".to_owned(),
            api_key: KEY.to_owned(),
            commands: Vec::new(),
            version,
            commit_delay: Duration::from_millis(50),
            minute: Duration::from_secs(60),
            instance: "none".to_owned(),
            directory: folder.path().to_owned(),
            control: control.clone(),
            frr: false,
        })
        .await
        .unwrap();
        let authority = std::fs::read_to_string(router.ca_file()).unwrap();
        let url = format!("https://{}", router.address());
        Self { router, control: Control::new(control), url, authority, folder }
    }

    /// The provider as a new run of Terraform configures it.
    pub(super) async fn run(&self) -> Harness<Routing> {
        self.run_with(json!({"url": self.url, "api_key": KEY, "ca_certificate": self.authority})).await
    }

    pub(super) async fn run_with(&self, edge: Json) -> Harness<Routing> {
        Harness::new(&json!({"routers": {"edge": edge}})).await.unwrap()
    }

    /// Commands behind Terraform's back, such as `set protocols bgp system-as 1`.
    pub(super) async fn configure(&self, lines: &[&str]) {
        let command = |line: &&str| {
            let (operation, path) = line.split_once(' ').unwrap();
            json!({"op": operation, "path": path.split(' ').collect::<Vec<_>>()})
        };
        let answer = self.post("configure", lines.iter().map(command).collect()).await;
        assert_eq!(answer["success"], true, "{answer}");
    }

    /// Leaves that nobody could set, each as its words with a `|` between them.
    fn hold(&self, leaves: &[&str]) {
        let words = |leaf: &&str| leaf.split('|').map(str::to_owned).collect();
        self.router.hold(&leaves.iter().map(words).collect::<Vec<_>>());
    }

    /// What the router holds.
    async fn config(&self, path: &str) -> Json {
        let path: Vec<_> = path.split(' ').collect();
        self.post("retrieve", json!({"op": "showConfig", "path": path})).await["data"].clone()
    }

    async fn post(&self, endpoint: &str, data: Json) -> Json {
        let client =
            reqwest::Client::builder().no_proxy().tls_danger_accept_invalid_certs(true).build().unwrap();
        let form = [("data", data.to_string()), ("key", KEY.to_owned())];
        let answer = client.post(format!("{}/{endpoint}", self.url)).form(&form).send().await.unwrap();
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    pub(super) async fn commits_and_saves(&self) -> (u64, u64) {
        let counters = self.control.counters().await.unwrap();
        (counters.commits, counters.saves)
    }
}

/// As a version left it that kept nothing of its routers and secrets.
fn of_before(state: &State) -> State {
    let private: Json = serde_json::from_slice(&state.private).unwrap();
    State { private: json!({"claim": private["claim"]}).to_string().into_bytes(), ..state.clone() }
}

fn bgp() -> Json {
    json!({"router": "edge", "system_as": 213_127, "router_id": "10.0.0.1"})
}

fn neighbor(address: &str) -> Json {
    json!({
        "router": "edge", "address": address, "remote_as": "213127", "description": format!("metallb {address}"),
        "ipv6_unicast": {},
    })
}

/// `base` with other members.
fn with(mut base: Json, members: Json) -> Json {
    for (name, value) in members.as_object().unwrap() {
        base[name] = value.clone();
    }
    base
}

fn text<'a>(state: &'a State, attribute: &str) -> Option<&'a str> {
    state.object.attribute(attribute).as_str()
}

/// Everything that was found, for snapshots.
fn listed(found: &Diagnostics) -> String {
    let one = |one: &tfplugin::Diagnostic| {
        let at = one.attribute.as_ref().map(ToString::to_string).unwrap_or_default();
        let severity = if one.severity == Severity::Error { "error" } else { "warning" };
        format!("{severity} at {at}: {}\n    {}", one.summary, one.detail)
    };
    found.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// What was told, for snapshots: where the router listens differs from run to run.
pub(super) fn told(failure: &Failure, edge: &Edge) -> String {
    assert!(failure.violations.is_empty(), "{failure}");
    let one = |one: &tfplugin::Diagnostic| {
        let at = one.attribute.as_ref().map(|path| format!("at {path}\n")).unwrap_or_default();
        format!("{}\n{at}{}", one.summary, one.detail.replace(&edge.url, "https://router"))
    };
    failure.diagnostics.iter().map(one).collect::<Vec<_>>().join("\n---\n")
}
