//! A router, real or played, and how to ask it.

use super::case::Post;
use reqwest::{Certificate, Client};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;
use tempfile::TempDir;
use vyos_stand_in::{Router, RouterConfig, Version};

const KEY: &str = "a key for conformance";
/// VyOS's proxy gives up after ten minutes.
const TIMEOUT: Duration = Duration::from_secs(600);

/// Why a target cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// A name without its key, or the other way round.
    #[error(
        "CONFORMANCE_VYOS and CONFORMANCE_VYOS_KEY are given together: the URL of a router's API and a key of it"
    )]
    Incomplete,
    /// The stand-in does not start.
    #[error("the stand-in: {0}")]
    StandIn(String),
    /// No answer.
    #[error("asking {url}: {cause}")]
    Unreachable {
        /// What was asked.
        url: String,
        /// What came back.
        cause: String,
    },
    /// An answer that says no release.
    #[error("{url} does not tell its release: {answer}")]
    NoRelease {
        /// Who was asked.
        url: String,
        /// What came back.
        answer: String,
    },
}

/// Whose certificate its API may show.
#[derive(Clone, Copy, Debug)]
pub enum Trust<'pem> {
    /// Anyone's: a router that was just set up has a certificate of its own making.
    Anyone,
    /// One that this system trusts, for the router's name.
    System,
    /// One of these in PEM, or one that they signed; VyOS' own have the name of no router.
    Given(&'pem str),
}

/// A router.
pub struct Target {
    pub(super) api: Api,
    release: String,
    stand_in: Option<(Router, TempDir)>,
}

/// How it is asked.
#[derive(Clone)]
pub(super) struct Api {
    url: String,
    key: String,
    client: Client,
}

/// An answer of the API.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    pub(super) fn data(&self) -> Value {
        self.json().get("data").cloned().unwrap_or_default()
    }

    /// The text of a refusal, without the escapes that 1.5 has in it.
    pub(super) fn error(&self) -> String {
        let error = self.json().get("error").and_then(Value::as_str).unwrap_or_default().to_owned();
        error.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    }
}

impl Target {
    /// The router that the environment names, if it names one.
    pub async fn from_environment() -> Result<Option<Self>, TargetError> {
        let given = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        match (given("CONFORMANCE_VYOS"), given("CONFORMANCE_VYOS_KEY")) {
            (None, None) => Ok(None),
            (Some(url), Some(key)) => Self::router(&url, key, Trust::Anyone).await.map(Some),
            _ => Err(TargetError::Incomplete),
        }
    }

    /// A stand-in without routing daemons.
    pub async fn stand_in(version: Version) -> Result<Self, TargetError> {
        let failed = |error: &dyn std::fmt::Display| TargetError::StandIn(error.to_string());
        let folder = tempfile::tempdir().map_err(|error| failed(&error))?;
        let config = RouterConfig {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            certificate_names: Vec::new(),
            api_key_id: "conformance".to_owned(),
            api_key: KEY.to_owned(),
            commands: Vec::new(),
            version,
            commit_delay: Duration::ZERO,
            minute: Duration::from_secs(60),
            instance: "none".to_owned(),
            directory: folder.path().join("router"),
            control: folder.path().join("control"),
            frr: false,
        };
        let router = Router::start(config).await.map_err(|error| failed(&error))?;
        let url = format!("https://{}", router.address());
        let target = Self::router(&url, KEY.to_owned(), Trust::Anyone).await?;
        Ok(Self { stand_in: Some((router, folder)), ..target })
    }

    /// The router whose API is at a URL and accepts a key.
    pub async fn router(url: &str, key: String, trust: Trust<'_>) -> Result<Self, TargetError> {
        let url = url.trim_end_matches('/').to_owned();
        let failed =
            |error: reqwest::Error| TargetError::Unreachable { url: url.clone(), cause: told(&error) };
        let client = Client::builder().no_proxy().timeout(TIMEOUT);
        let client = match trust {
            Trust::Anyone => client.tls_danger_accept_invalid_certs(true),
            Trust::System => client,
            Trust::Given(pem) => {
                let given = Certificate::from_pem_bundle(pem.as_bytes()).map_err(failed)?;
                client.tls_certs_only(given).tls_danger_accept_invalid_hostnames(true)
            }
        };
        let client = client.build().map_err(failed)?;
        let api = Api { url, key, client };
        let answer = api.post("/show", &json!({"op": "show", "path": ["version"]})).await?;
        let shown = answer.data();
        let mut words = shown.as_str().unwrap_or_default().split_whitespace();
        match words.by_ref().find(|word| *word == "VyOS").and_then(|_| words.next()) {
            Some(release) => Ok(Self { api, release: release.to_owned(), stand_in: None }),
            None => Err(TargetError::NoRelease { url: api.url, answer: answer.text }),
        }
    }

    /// What it says it is, such as `1.4.0`.
    pub fn release(&self) -> &str {
        &self.release
    }

    /// Whether it is played.
    pub fn is_stand_in(&self) -> bool {
        self.stand_in.is_some()
    }

    /// Whether its configuration may be saved.
    pub fn may_save(&self) -> bool {
        self.is_stand_in() || std::env::var("CONFORMANCE_VYOS_SAVE").is_ok_and(|value| value == "1")
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.api.url
    }

    /// Puts `set` and `delete` lines there, as somebody else does.
    pub async fn put(&self, lines: &[&str]) -> Result<bool, TargetError> {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        Ok(self.api.configure(&lines).await?.status == 200)
    }

    /// Whether there is a node at a path.
    pub async fn has(&self, path: &str) -> Result<bool, TargetError> {
        self.api.exists(&words(path)).await
    }

    /// All of its configuration.
    pub async fn configuration(&self) -> Result<Value, TargetError> {
        let answer = self.api.show(&[]).await?;
        match (answer.status, answer.data()) {
            (200, found @ Value::Object(_)) => Ok(found),
            _ => Err(TargetError::Unreachable { url: self.api.url.clone(), cause: answer.text }),
        }
    }

    /// Ends a stand-in.
    pub async fn stop(self) {
        if let Some((router, _folder)) = self.stand_in {
            router.stop().await;
        }
    }
}

impl Api {
    pub(super) async fn post(&self, endpoint: &str, data: &Value) -> Result<Answer, TargetError> {
        self.form(endpoint, Some(&data.to_string()), Some(&self.key)).await
    }

    /// Sends a form with any fields; without a key the right one.
    pub(super) async fn send(&self, post: &Post) -> Result<Answer, TargetError> {
        let data = post.data.as_ref().map(|data| match data {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        let key = post.key.as_ref().unwrap_or(&self.key);
        self.form(&post.endpoint, data.as_deref(), Some(key.as_str()).filter(|key| !key.is_empty())).await
    }

    async fn form(
        &self,
        endpoint: &str,
        data: Option<&str>,
        key: Option<&str>,
    ) -> Result<Answer, TargetError> {
        let url = format!("{}{endpoint}", self.url);
        let mut form = reqwest::multipart::Form::new();
        for (name, value) in [("data", data), ("key", key)] {
            if let Some(value) = value {
                form = form.text(name, value.to_owned());
            }
        }
        let failed =
            |error: reqwest::Error| TargetError::Unreachable { url: url.clone(), cause: told(&error) };
        let response = self.client.post(&url).multipart(form).send().await.map_err(failed)?;
        let status = response.status().as_u16();
        // A key is echoed in some refusals, and a report is read by others.
        let text = response.text().await.map_err(failed)?.replace(&self.key, "(the key)");
        Ok(Answer { status, text })
    }

    /// Runs `set` and `delete` lines as one request.
    pub(super) async fn configure(&self, lines: &[String]) -> Result<Answer, TargetError> {
        let commands: Vec<Value> = lines
            .iter()
            .map(|line| {
                let words = words(line);
                let (operation, path) = words.split_first().map_or(("", &[][..]), |(op, path)| (op, path));
                json!({"op": operation, "path": path})
            })
            .collect();
        self.post("/configure", &Value::Array(commands)).await
    }

    pub(super) async fn delete(&self, paths: &[&[String]]) -> Result<Answer, TargetError> {
        let commands = paths.iter().map(|path| json!({"op": "delete", "path": path}));
        self.post("/configure", &commands.collect()).await
    }

    pub(super) async fn show(&self, path: &[String]) -> Result<Answer, TargetError> {
        self.post("/retrieve", &json!({"op": "showConfig", "path": path})).await
    }

    pub(super) async fn exists(&self, path: &[String]) -> Result<bool, TargetError> {
        let answer = self.post("/retrieve", &json!({"op": "exists", "path": path})).await?;
        Ok(answer.data() == json!(true))
    }

    /// Whether nothing is below a node that is there.
    pub(super) async fn is_empty(&self, path: &[String]) -> Result<bool, TargetError> {
        Ok(self.show(path).await?.error().contains("path is empty"))
    }
}

/// An error with what is behind it, such as the reason why a certificate is not accepted.
fn told(error: &dyn std::error::Error) -> String {
    let behind = std::iter::successors(error.source(), |cause| cause.source());
    std::iter::once(error.to_string()).chain(behind.map(ToString::to_string)).collect::<Vec<_>>().join(": ")
}

/// The words of a line; one in single quotes may have blanks.
pub(super) fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in line.split('\'').enumerate() {
        match index % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    words
}
