//! The calls of VyOS's HTTP API that are used. The key travels in the form body alone, and answers are never
//! logged as they come: the API repeats the key in some of its errors.

mod response;
mod tls;
mod url;

pub(super) use response::is_passing;
pub use url::without_userinfo;

use super::RouterSettings;
use super::command::Command;
use super::error::RouterErrorKind;
use super::tree::ConfigTree;
use crate::connection::bounds::Answer;
use crate::connection::masking::Mask;
use reqwest::{Client, redirect};
use response::{is_lock, is_nothing_there, parse};
use serde_json::json;
use serde_json::value::RawValue;
use std::error::Error as _;
use std::time::Duration;
use tfplugin::types::Secret;
use tokio::time::timeout;

/// The proxy in front of the API gives up after 600 s, and a commit may take as long.
const CHANGE: Duration = Duration::from_secs(620);
/// Nothing else takes long; a router that stalls must not stall a plan with it.
const QUESTION: Duration = Duration::from_secs(60);
const CONNECT: Duration = Duration::from_secs(5);
/// A connection that the proxy closed meanwhile would look like a request of unknown outcome.
const IDLE: Duration = Duration::from_secs(20);

/// Bytes of a configuration. A router with thousands of firewall rules has some megabytes.
const MOST_CONFIG: usize = 16 << 20;
/// Bytes that an operational command may print. FRR needs some 700 for a route and 8 KiB for a neighbor, as
/// JSON.
const MOST_SHOWN: usize = 32 << 20;
/// Bytes of any other answer: VyOS repeats what it was sent in its errors, and takes at most 1 MiB unless it
/// is told more.
const MOST_SAID: usize = 8 << 20;

/// A router's API.
pub(super) struct Api {
    client: Result<Client, RouterErrorKind>,
    url: String,
    /// The address without its userinfo.
    shown: String,
    /// Masked in all that is told.
    secrets: Vec<String>,
    key: Secret,
}

/// One call.
struct Call<'a> {
    endpoint: &'static str,
    data: &'a serde_json::Value,
    within: Duration,
    most: usize,
}

impl Api {
    /// Connects to nothing yet; settings that make no client are found at the first call.
    pub(super) fn new(settings: &RouterSettings) -> Self {
        let url = settings.url.trim_end_matches('/').to_owned();
        let client = client(settings).map_err(|cause| RouterErrorKind::Settings { cause });
        let shown = url::without_userinfo(&url);
        let secrets = [vec![settings.api_key.expose().to_owned()], url::secrets(&url)].concat();
        Self { client, url, shown, secrets, key: settings.api_key.clone() }
    }

    /// The running configuration below a node; empty where there is none. VyOS answers for a container what
    /// it holds, and for a tag node or a leaf the node by its name. A container that holds nothing but its
    /// namesake looks the same, so the node above is asked as well; at the top there are only containers.
    pub(super) async fn show_config(&self, root: &[String]) -> Result<ConfigTree, RouterErrorKind> {
        let held = self.held(root).await?;
        let Some((name, above)) = root.split_last().filter(|(_, above)| !above.is_empty()) else {
            return Ok(held);
        };
        let Some(below) = held.at(&[name]).filter(|_| held.children().count() == 1) else {
            return Ok(held);
        };
        match self.held(above).await?.at(&[name]) {
            Some(node) if node == below => Ok(node.clone()),
            _ => Ok(held),
        }
    }

    async fn held(&self, path: &[String]) -> Result<ConfigTree, RouterErrorKind> {
        let data = json!({"op": "showConfig", "path": path});
        let call = Call { endpoint: "retrieve", data: &data, within: QUESTION, most: MOST_CONFIG };
        match self.call(call).await {
            Ok(data) => ConfigTree::read(&data).map_err(|cause| RouterErrorKind::TooMuch { cause }),
            Err(RouterErrorKind::Rejected { message, .. }) if is_nothing_there(&message) => {
                Ok(ConfigTree::default())
            }
            Err(error) => Err(error),
        }
    }

    /// One commit of all the commands, each below its root. What VyOS has to say about a success is answered.
    pub(super) async fn configure(
        &self,
        commands: &[(&[String], &Command)],
    ) -> Result<String, RouterErrorKind> {
        for (root, command) in commands {
            tracing::debug!(router = self.shown, root = root.join(" "), %command, "configure");
        }
        let list: Vec<_> = commands.iter().map(|(root, command)| command.to_json(root)).collect();
        let secrets: Vec<_> = commands.iter().filter_map(|(_, command)| command.secret()).collect();
        let data = serde_json::Value::Array(list);
        let call = Call { endpoint: "configure", data: &data, within: CHANGE, most: MOST_SAID };
        match self.call(call).await {
            Ok(said) => Ok(masked(text(&said).trim().to_owned(), &secrets)),
            Err(RouterErrorKind::Rejected { message, .. }) if is_lock(&message) => {
                Err(RouterErrorKind::Locked { waited: Duration::ZERO })
            }
            Err(error) => Err(without(&secrets, error)),
        }
    }

    /// Saves the running configuration: as the one of the next start, or in a file of the router.
    pub(super) async fn save(&self, file: Option<&str>) -> Result<(), RouterErrorKind> {
        let data = match file {
            None => json!({"op": "save"}),
            Some(file) => json!({"op": "save", "file": file}),
        };
        let call = Call { endpoint: "config-file", data: &data, within: CHANGE, most: MOST_SAID };
        self.call(call).await.map(drop)
    }

    /// What an operational command prints.
    pub(super) async fn show(&self, words: &[String]) -> Result<String, RouterErrorKind> {
        let data = json!({"op": "show", "path": words});
        let call = Call { endpoint: "show", data: &data, within: QUESTION, most: MOST_SHOWN };
        Ok(text(&self.call(call).await?))
    }

    /// Resets something of the operational mode; what that prints.
    pub(super) async fn reset(&self, words: &[String]) -> Result<String, RouterErrorKind> {
        let data = json!({"op": "reset", "path": words});
        let call = Call { endpoint: "reset", data: &data, within: QUESTION, most: MOST_SAID };
        Ok(text(&self.call(call).await?))
    }

    /// The `data` of a success, as it came.
    async fn call(&self, call: Call<'_>) -> Result<Box<RawValue>, RouterErrorKind> {
        let Call { endpoint, data, within, most } = call;
        let client = self.client.as_ref().map_err(Clone::clone)?;
        let form = [("data", data.to_string()), ("key", self.key.expose().to_owned())];
        let sent = client.post(format!("{}/{endpoint}", self.url)).form(&form).timeout(within).send().await;
        let masked = |error| without(&self.secrets.iter().map(String::as_str).collect::<Vec<_>>(), error);
        let mut answer = sent.map_err(|problem| masked(classify(problem)))?;
        let status = answer.status().as_u16();
        // A commit takes its time; its answer is there at once when it comes. Headers are limited by the
        // client: 100 of them, and some 400 KiB.
        let body = timeout(QUESTION, whole(&mut answer, most)).await.unwrap_or_else(|_| Err(too_long()));
        let body = body.map_err(masked)?;
        tracing::debug!(router = self.shown, endpoint, status, bytes = body.len(), "answered");
        parse(status, &body).map_err(masked)
    }
}

/// The body of an answer, of at most so many bytes.
async fn whole(answer: &mut reqwest::Response, most: usize) -> Result<Vec<u8>, RouterErrorKind> {
    let mut body = Answer::of_at_most(most);
    while let Some(piece) = answer.chunk().await.map_err(classify)? {
        body.add(&piece).await.map_err(|long| RouterErrorKind::TooMuch { cause: long.to_string() })?;
    }
    Ok(body.into_bytes())
}

fn too_long() -> RouterErrorKind {
    RouterErrorKind::UnknownOutcome { cause: "the router took too long".to_owned() }
}

/// A text in JSON; nothing where it is something else.
fn text(data: &RawValue) -> String {
    serde_json::from_str(data.get()).unwrap_or_default()
}

/// The error without these words in what others said.
fn without(secrets: &[&str], error: RouterErrorKind) -> RouterErrorKind {
    match error {
        RouterErrorKind::Rejected { component, message, refusal } => {
            RouterErrorKind::Rejected { component, message: masked(message, secrets), refusal }
        }
        RouterErrorKind::Internal { message } => {
            RouterErrorKind::Internal { message: masked(message, secrets) }
        }
        RouterErrorKind::UnknownOutcome { cause } => {
            RouterErrorKind::UnknownOutcome { cause: masked(cause, secrets) }
        }
        RouterErrorKind::Unreachable { cause } => {
            RouterErrorKind::Unreachable { cause: masked(cause, secrets) }
        }
        RouterErrorKind::Untrusted { cause } => RouterErrorKind::Untrusted { cause: masked(cause, secrets) },
        RouterErrorKind::Settings { cause } => RouterErrorKind::Settings { cause: masked(cause, secrets) },
        other => other,
    }
}

fn masked(text: String, secrets: &[&str]) -> String {
    Mask::of(secrets).hide(text)
}

/// Whether anything can have happened before the call broke off.
fn classify(problem: reqwest::Error) -> RouterErrorKind {
    let problem = problem.without_url();
    let mut cause = problem.to_string();
    let mut source = problem.source();
    while let Some(inner) = source {
        cause = inner.to_string();
        source = inner.source();
    }
    match () {
        () if cause.contains("certificate") => RouterErrorKind::Untrusted { cause },
        () if problem.is_connect() && problem.is_timeout() => {
            RouterErrorKind::Unreachable { cause: format!("no connection within {} s", CONNECT.as_secs()) }
        }
        () if problem.is_connect() => RouterErrorKind::Unreachable { cause },
        () if problem.is_builder() => RouterErrorKind::Settings { cause },
        () if problem.is_timeout() => too_long(),
        () => RouterErrorKind::UnknownOutcome { cause },
    }
}

fn client(settings: &RouterSettings) -> Result<Client, String> {
    let builder = Client::builder()
        .connect_timeout(CONNECT)
        .pool_idle_timeout(IDLE)
        // The key goes to the router that was named and to nobody else.
        .redirect(redirect::Policy::none())
        .no_proxy();
    let builder = match (&settings.ca_certificate, settings.insecure_skip_certificate_verification) {
        (_, true) => builder.tls_danger_accept_invalid_certs(true),
        (Some(pem), false) => builder.tls_backend_preconfigured(tls::only(pem)?),
        (None, false) => builder,
    };
    builder.build().map_err(|problem| problem.to_string())
}
