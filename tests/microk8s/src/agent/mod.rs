//! What the cluster agent answers on port 25000.

mod configure;
mod join;

use crate::daemon::Node;
use crate::layout::read;
use crate::pki::{certificates, tokens};
use crate::services::datastore;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

pub(crate) use join::{AS_WORKER, Joined, Request as JoinRequest};

/// An answer that says what went wrong, with the status that the agent has for it.
pub(crate) struct Refusal(u16, String);

impl Refusal {
    pub(crate) fn new(status: u16, text: impl Into<String>) -> Self {
        Self(status, text.into())
    }
}

impl From<crate::Failure> for Refusal {
    fn from(failure: crate::Failure) -> Self {
        Self(500, failure.to_string())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut characters = self.1.chars();
        let text: String =
            characters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(characters).collect();
        (status, Json(json!({"error": text}))).into_response()
    }
}

/// The agent's routes.
pub(crate) fn router(node: Arc<Node>) -> Router {
    let wrong_method = || async { StatusCode::NOT_FOUND };
    Router::new()
        .route("/health", get(|| async { Json(json!({"status": "OK"})) }).fallback(wrong_method))
        .route("/cluster/api/v2.0/join", post(join::answer).fallback(wrong_method))
        .route("/cluster/api/v1.0/sign-cert", post(sign).fallback(wrong_method))
        .route("/cluster/api/v1.0/configure", post(configure::answer).fallback(wrong_method))
        .route("/cluster/api/v2.0/dqlite/remove", post(remove_member))
        .fallback(|| async { (StatusCode::NOT_FOUND, Json(json!({"error": "Not found"}))) })
        .with_state(node)
}

#[derive(Deserialize)]
struct Signing {
    token: String,
    request: String,
}

async fn sign(State(node): State<Arc<Node>>, Json(signing): Json<Signing>) -> Result<Json<Value>, Refusal> {
    tokens::accept_signing(&node.layout, signing.token.trim())?;
    let certificate = certificates::sign(&node.layout, &signing.request)?;
    Ok(Json(json!({"certificate": certificate})))
}

#[derive(Deserialize)]
struct Removal {
    remove_endpoint: String,
}

/// For Cluster API: known by a token in a file that its own provider leaves on the node.
async fn remove_member(
    State(node): State<Arc<Node>>,
    headers: HeaderMap,
    Json(removal): Json<Removal>,
) -> Result<Json<Value>, Refusal> {
    let expected = read(&node.layout.under("capi/etc/token"))?;
    let given = headers.get("capi-auth-token").and_then(|token| token.to_str().ok()).unwrap_or_default();
    if given != expected.trim() {
        return Err(Refusal::new(401, "invalid token"));
    }
    datastore::members(&node.layout).await?.remove(&removal.remove_endpoint).await?;
    Ok(Json(Value::Null))
}
