//! A router in this process, and a client that speaks to it as VyOS's documentation says.
use std::net::SocketAddr;
use std::time::Duration;

use reqwest::{Certificate, Client, Response};
use serde_json::{Value, json};
use vyos_stand_in::{Control, Faults, Router, RouterConfig, Version};

/// The key of every router here.
pub(crate) const KEY: &str = "a key for tests";

/// One router and what it needs to be asked.
pub(crate) struct Bench {
    /// The router itself.
    pub(crate) router: Router,
    /// Its side channel.
    pub(crate) control: Control,
    /// A client that trusts its authority.
    pub(crate) client: Client,
    /// The router's folder, which lives as long as this.
    _folder: tempfile::TempDir,
}

/// An answer of the API.
#[derive(Debug)]
pub(crate) struct Said {
    /// HTTP status.
    pub(crate) status: u16,
    /// The content type.
    pub(crate) kind: String,
    /// The body as it came.
    pub(crate) text: String,
}

impl Said {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The `data` of the envelope of a success.
    pub(crate) fn data(&self) -> Value {
        assert_eq!(self.status, 200, "{self:?}");
        self.json()["data"].clone()
    }

    /// The `error` of the envelope of a refusal.
    pub(crate) fn error(&self) -> String {
        let json = self.json();
        assert_eq!(json["success"], false, "{self:?}");
        json["error"].as_str().expect("an error is a string").to_owned()
    }
}

/// The configuration of a router without FRR.
pub(crate) fn config(version: Version, folder: &std::path::Path) -> RouterConfig {
    RouterConfig {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        certificate_names: vec!["router.test".to_owned()],
        api_key_id: "tests".to_owned(),
        api_key: KEY.to_owned(),
        commands: Vec::new(),
        version,
        commit_delay: Duration::ZERO,
        minute: Duration::from_millis(300),
        instance: format!("vyos-{}", std::process::id()),
        directory: folder.join("router"),
        control: folder.join("control.sock"),
        frr: false,
    }
}

impl Bench {
    /// A router of a release, without FRR.
    pub(crate) async fn new(version: Version) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let config = config(version, folder.path());
        Self::with(config, folder).await
    }

    /// A router of a release, without FRR, that sends what its conf scripts say, as a 1.4 does now and then.
    pub(crate) async fn outspoken(version: Version) -> Self {
        let bench = Self::new(version).await;
        bench.control.faults(Faults { reasons: true, ..Faults::default() }).await.expect("control");
        bench
    }

    /// A router of this configuration.
    pub(crate) async fn with(config: RouterConfig, folder: tempfile::TempDir) -> Self {
        let control = Control::new(&config.control);
        let router = Router::start(config).await.expect("the router starts");
        let authority = std::fs::read(router.ca_file()).expect("the authority is written");
        let client = Client::builder()
            .tls_certs_only([Certificate::from_pem(&authority).expect("the authority reads")])
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client");
        Self { router, control, client, _folder: folder }
    }

    /// The URL of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.router.address())
    }

    /// Sends the documented form.
    pub(crate) async fn post(&self, path: &str, data: Value) -> Said {
        self.form(path, Some(&data.to_string()), Some(KEY)).await
    }

    /// Sends a form with any fields.
    pub(crate) async fn form(&self, path: &str, data: Option<&str>, key: Option<&str>) -> Said {
        let mut form = reqwest::multipart::Form::new();
        if let Some(data) = data {
            form = form.text("data", data.to_owned());
        }
        if let Some(key) = key {
            form = form.text("key", key.to_owned());
        }
        said(self.client.post(self.url(path)).multipart(form).send().await.expect("an answer")).await
    }

    /// Runs `set` and `delete` lines as one request; words are separated by blanks.
    pub(crate) async fn configure(&self, lines: &[&str]) -> Said {
        let commands: Vec<Value> = lines
            .iter()
            .map(|line| {
                let mut words = line.split_whitespace();
                json!({"op": words.next(), "path": words.collect::<Vec<_>>()})
            })
            .collect();
        self.post("/configure", Value::Array(commands)).await
    }

    /// Reads a part of the configuration.
    pub(crate) async fn show(&self, path: &str) -> Said {
        let path: Vec<&str> = path.split_whitespace().collect();
        self.post("/retrieve", json!({"op": "showConfig", "path": path})).await
    }
}

/// Takes an answer apart.
pub(crate) async fn said(response: Response) -> Said {
    let kind =
        response.headers().get("content-type").map(|kind| kind.to_str().unwrap_or_default().to_owned());
    let status = response.status().as_u16();
    Said { status, kind: kind.unwrap_or_default(), text: response.text().await.expect("a body") }
}
