//! A scripted VyOS in this process: one configuration, components that commit or fail on their own, and
//! faults on demand. It shows what the actor does with the answers; that the answers are VyOS's own is the
//! stand-in's business.

use super::super::command::Command;
use super::super::timing::{Gather, Timing};
use super::super::tree::{ConfigPath, ConfigTree};
use super::super::{Router, RouterSettings};
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tfplugin::types::Secret;

pub(super) const KEY: &str = "the-api-key";

/// What the next `/configure` answers in place of what it should.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    /// An error text, nothing done.
    Refuse(&'static str),
    /// Done, and no answer.
    LoseAnswer,
    /// Not done, and no answer.
    LoseRequest,
    /// The API fails inside, nothing done.
    Fail,
}

/// Finds fault with one component of a proposed configuration.
type Verify = fn(&ConfigTree) -> Option<String>;

#[derive(Default)]
pub(super) struct Peer {
    pub(super) config: ConfigTree,
    pub(super) saved: ConfigTree,
    pub(super) verify: BTreeMap<&'static str, Verify>,
    pub(super) faults: VecDeque<Fault>,
    /// Commands in one request after which it is too large.
    pub(super) most_commands: Option<usize>,
    pub(super) save_fails: bool,
    pub(super) status: Option<StatusCode>,
    pub(super) commits: usize,
    pub(super) saves: usize,
    pub(super) reads: usize,
    pub(super) commit_time: Duration,
    /// Every command that was asked for, in order.
    pub(super) log: Vec<String>,
    pub(super) busy: bool,
    /// Reads that came while a commit ran.
    pub(super) dirty_reads: usize,
    /// Somebody else's commit runs until then.
    pub(super) busy_until: Option<Instant>,
    /// What the last read brought for a proxy.
    pub(super) authorization: Option<String>,
    /// Refuses without a reason, as 1.4 does where vyos-configd runs.
    pub(super) silent: bool,
}

type Shared = Arc<Mutex<Peer>>;

/// Starts a peer and the router that is configured for it.
pub(super) async fn start(peer: Peer) -> (Arc<Mutex<Peer>>, Arc<Router>) {
    start_with(peer, quick()).await
}

pub(super) async fn start_with(peer: Peer, timing: Timing) -> (Arc<Mutex<Peer>>, Arc<Router>) {
    let shared = Arc::new(Mutex::new(peer));
    let routes = axum::Router::new()
        .route("/configure", post(configure))
        .route("/retrieve", post(retrieve))
        .route("/config-file", post(save))
        .with_state(Arc::clone(&shared));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (shared, Arc::new(Router::new("edge".to_owned(), settings(url), timing)))
}

pub(super) fn settings(url: String) -> RouterSettings {
    RouterSettings {
        url,
        api_key: Secret::new(KEY),
        ca_certificate: None,
        insecure_skip_certificate_verification: false,
    }
}

/// The real order of waits, a hundred times faster.
pub(super) fn quick() -> Timing {
    Timing {
        gather: Gather {
            first: Duration::from_millis(20),
            least: Duration::from_millis(20),
            most: Duration::from_millis(20),
            most_expected: Duration::from_millis(20),
        },
        gather_removals: Duration::from_millis(40),
        after_refusal: Duration::from_millis(20),
        lock: Duration::from_millis(10),
        lock_patience: Duration::from_millis(300),
        reach_patience: Duration::from_millis(400),
        veto_patience: Duration::from_millis(400),
        refresh: Duration::from_secs(5),
    }
}

impl Peer {
    fn apply(&mut self, commands: &[Command]) -> Result<(), String> {
        let mut proposed = self.config.clone();
        commands.iter().for_each(|command| command.apply(&[], &mut proposed));
        let mut failures = String::new();
        // Components succeed or fail on their own, in the order of their priority.
        for component in ["policy", "protocols bgp"] {
            let path: Vec<_> = component.split(' ').collect();
            let verify = self.verify.get(component).copied();
            match verify.and_then(|verify| verify(&proposed)) {
                Some(_) if self.silent => failures.push_str(&format!("[[{component}]] failed\n")),
                Some(text) => {
                    failures.push_str(&format!("[ {component} ]\n{text}\n\n[[{component}]] failed\n"))
                }
                None => match proposed.at(&path) {
                    Some(below) if !below.is_empty() => self.config.graft(&path, below.clone()),
                    _ => self.config.remove(&path),
                },
            }
        }
        if failures.is_empty() { Ok(()) } else { Err(format!("{failures}Commit failed\n")) }
    }
}

fn success(data: Value) -> Response {
    json!({"success": true, "data": data, "error": null}).to_string().into_response()
}

fn failure(status: StatusCode, error: &str) -> Response {
    (status, json!({"success": false, "error": error, "data": null}).to_string()).into_response()
}

fn failed_inside() -> Response {
    let said = "An internal error occured. Check the logs for details.";
    failure(StatusCode::INTERNAL_SERVER_ERROR, said)
}

/// The request, or the answer to one that is none.
fn understood(state: &Shared, form: &BTreeMap<String, String>) -> Result<Value, Box<Response>> {
    if let Some(status) = state.lock().unwrap().status {
        return Err(Box::new((status, "<html>").into_response()));
    }
    if form.get("key").map(String::as_str) != Some(KEY) {
        return Err(Box::new(failure(StatusCode::UNAUTHORIZED, "Valid API key is required")));
    }
    Ok(serde_json::from_str(form.get("data").unwrap()).unwrap())
}

fn path(json: &Value) -> ConfigPath {
    json["path"].as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

async fn configure(State(state): State<Shared>, Form(form): Form<BTreeMap<String, String>>) -> Response {
    let data = match understood(&state, &form) {
        Ok(data) => data,
        Err(answer) => return *answer,
    };
    let command = |json: &Value| match json["op"].as_str().unwrap() {
        "set" => Command::set(path(json)),
        "delete" => Command::delete(path(json)),
        other => panic!("{other}"),
    };
    let commands: Vec<_> = data.as_array().unwrap().iter().map(command).collect();
    if state.lock().unwrap().most_commands.is_some_and(|most| commands.len() > most) {
        return (StatusCode::PAYLOAD_TOO_LARGE, "<html>").into_response();
    }
    let (fault, commit_time) = {
        let mut peer = state.lock().unwrap();
        assert!(!peer.busy, "two commits at once");
        peer.commits += 1;
        peer.busy = true;
        peer.log.extend(commands.iter().map(ToString::to_string));
        (peer.faults.pop_front(), peer.commit_time)
    };
    tokio::time::sleep(commit_time).await;
    let mut peer = state.lock().unwrap();
    peer.busy = false;
    let lost = || (StatusCode::GATEWAY_TIMEOUT, "<html>").into_response();
    match fault {
        Some(Fault::Refuse(text)) => failure(StatusCode::BAD_REQUEST, text),
        Some(Fault::LoseRequest) => lost(),
        Some(Fault::Fail) => failed_inside(),
        Some(Fault::LoseAnswer) => {
            peer.apply(&commands).unwrap();
            lost()
        }
        None => match peer.apply(&commands) {
            Ok(()) => success(Value::Null),
            Err(text) => failure(StatusCode::BAD_REQUEST, &text),
        },
    }
}

async fn retrieve(
    State(state): State<Shared>,
    headers: HeaderMap,
    Form(form): Form<BTreeMap<String, String>>,
) -> Response {
    let authorization = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
    state.lock().unwrap().authorization = authorization;
    let data = match understood(&state, &form) {
        Ok(data) => data,
        Err(answer) => return *answer,
    };
    let mut peer = state.lock().unwrap();
    peer.reads += 1;
    if peer.busy_until.is_some_and(|until| Instant::now() < until) {
        return failed_inside();
    }
    peer.dirty_reads += usize::from(peer.busy);
    match peer.config.at(&path(&data)) {
        Some(node) if !node.is_empty() => success(rendered(node)),
        _ => failure(StatusCode::BAD_REQUEST, "Configuration under specified path is empty\n"),
    }
}

async fn save(State(state): State<Shared>, Form(form): Form<BTreeMap<String, String>>) -> Response {
    if let Err(answer) = understood(&state, &form) {
        return *answer;
    }
    let mut peer = state.lock().unwrap();
    peer.saves += 1;
    if peer.save_fails {
        return failure(StatusCode::BAD_REQUEST, "No space left on device");
    }
    peer.saved = peer.config.clone();
    success(json!(""))
}

/// Without schema every word is a container; the client takes any of VyOS's renderings for the same.
fn rendered(node: &ConfigTree) -> Value {
    Value::Object(node.children().map(|(word, below)| (word.to_owned(), rendered(below))).collect())
}
