//! A small client of the node's own API server, for the parts that are stood in for.

use crate::failure::{Failure, Result, Tried};
use crate::layout::{Layout, read};
use crate::pki::kubeconfig;
use base64::Engine;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use std::time::Duration;

/// The API with the credentials of one kubeconfig.
#[derive(Clone)]
pub(crate) struct Api {
    client: reqwest::Client,
    server: String,
}

const JSON: &str = "application/json";

impl Api {
    /// The API as `credentials/<file>` reaches it.
    pub(crate) fn new(layout: &Layout, file: &str) -> Result<Self> {
        let path = layout.credential(file);
        let text = read(&path)?;
        let field =
            |name: &str| kubeconfig::field(&text, name).tried(|| format!("{} has no {name}", path.display()));
        let decoded = |name: &str| {
            base64::engine::general_purpose::STANDARD
                .decode(field(name)?)
                .tried(|| format!("Cannot decode {name} of {}", path.display()))
        };
        let mut identity = decoded("client-certificate-data")?;
        identity.extend(decoded("client-key-data")?);
        let authority = reqwest::Certificate::from_pem(&decoded("certificate-authority-data")?)
            .tried(|| format!("Cannot use the CA of {}", path.display()))?;
        let identity = reqwest::Identity::from_pem(&identity)
            .tried(|| format!("Cannot use the client certificate of {}", path.display()))?;
        let client = reqwest::Client::builder()
            .tls_certs_only([authority])
            .identity(identity)
            .no_proxy()
            .timeout(Duration::from_secs(10))
            .build()
            .tried(|| "Cannot make a client of the API server".into())?;
        Ok(Self { client, server: field("server")?.to_owned() })
    }

    /// Whether the API server says that it is ready.
    pub(crate) async fn is_ready(&self) -> bool {
        let request = self.client.get(format!("{}/readyz", self.server)).timeout(Duration::from_secs(3));
        request.send().await.is_ok_and(|answer| answer.status() == StatusCode::OK)
    }

    /// An object or list; nothing where it does not exist.
    pub(crate) async fn get(&self, path: &str) -> Result<Option<Value>> {
        self.send(Method::GET, path, None, JSON).await
    }

    /// Creates an object and says whether it was not there before.
    pub(crate) async fn create(&self, path: &str, body: &Value) -> Result<bool> {
        self.post(path, body).await.map(|answer| answer.is_some())
    }

    /// Sends a body to a path that answers with an object; nothing where there is no such path.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Option<Value>> {
        self.send(Method::POST, path, Some(body), JSON).await
    }

    /// Merges fields into an object, lists as wholes, and says whether the object exists.
    pub(crate) async fn merge(&self, path: &str, body: &Value) -> Result<bool> {
        self.send(Method::PATCH, path, Some(body), "application/merge-patch+json")
            .await
            .map(|answer| answer.is_some())
    }

    /// Deletes an object, which may be gone already.
    pub(crate) async fn delete(&self, path: &str) -> Result<()> {
        self.send(Method::DELETE, path, None, JSON).await.map(drop)
    }

    /// The items of a list.
    pub(crate) async fn items(&self, path: &str) -> Result<Vec<Value>> {
        let list = self.get(path).await?.tried(|| format!("The API server does not know {path}"))?;
        Ok(list.get("items").and_then(Value::as_array).cloned().unwrap_or_default())
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        content: &str,
    ) -> Result<Option<Value>> {
        let shown = format!("{method} {path}");
        let mut request = self.client.request(method, format!("{}{path}", self.server));
        if let Some(body) = body {
            request = request.header("content-type", content).body(body.to_string());
        }
        let answer = request.send().await.tried(|| shown.clone())?;
        let status = answer.status();
        let text = answer.text().await.tried(|| shown.clone())?;
        match status {
            StatusCode::NOT_FOUND | StatusCode::CONFLICT => Ok(None),
            status if status.is_success() => serde_json::from_str(&text).map(Some).tried(|| shown),
            status => Err(Failure::new(format!("{shown}: {status}: {text}"))),
        }
    }
}
