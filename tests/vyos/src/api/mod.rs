//! VyOS's HTTP API: the proxy in front, the framework behind it, and the endpoints.

mod answer;
mod background;
mod body;
mod config_file;
mod configure;
mod endpoint;
mod info;
mod operational;
mod python;
mod request;
mod retrieve;

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request};

use crate::config::Version;
use crate::session::Session;
use answer::{Answer, Refusal, detail, page, redirect};
use background::Operations;
use endpoint::{Action, Endpoint};

/// The API of one router.
pub(crate) struct Api {
    session: Arc<Session>,
    operations: Operations,
}

const MEGABYTE: usize = 1024 * 1024;

impl Api {
    pub(crate) fn new(session: Arc<Session>) -> Self {
        Self { session, operations: Operations::default() }
    }

    /// Answers one request, whatever it is.
    pub(crate) async fn answer(self: Arc<Self>, request: Request<Body>) -> Answer {
        let version = self.session.version();
        if let Some(fault) = self.session.switches.request() {
            return match (fault.status, fault.error) {
                (status, Some(error)) => Refusal::new(status, error).answer(version),
                (401, None) => request::unauthorized().answer(version),
                (status, None) => page(status),
            };
        }
        let path = request.uri().path().to_owned();
        if !endpoint::is_passed(&path, version) {
            return page(404);
        }
        let running = self.session.running();
        let (head, body) = request.into_parts();
        let limit =
            running.value("service https request-body-size-limit").and_then(|limit| limit.parse().ok());
        let Ok(raw) = to_bytes(body, limit.unwrap_or(1) * MEGABYTE).await else { return page(413) };
        if !running.has("service https api") {
            return page(503);
        }
        if version == Version::V1_5 && !running.has("service https api rest") {
            return detail(404, "Not Found");
        }
        let Some(endpoint) = endpoint::find(&path, version) else {
            let trimmed = path.trim_end_matches('/');
            return match endpoint::find(trimmed, version) {
                Some(_) => redirect(trimmed),
                None => detail(404, "Not Found"),
            };
        };
        let method = if endpoint.is_open { Method::GET } else { Method::POST };
        if head.method != method {
            return detail(405, "Method Not Allowed");
        }
        let query = head.uri.query().unwrap_or_default().to_owned();
        let mut call = request::Call::default();
        if !endpoint.is_open {
            let sent = body::read(&head.headers, raw).await;
            call = match request::read(endpoint, version, &sent) {
                Ok(call) => call,
                Err(request::Malformed::Unreadable) => {
                    return detail(400, "There was an error parsing the body");
                }
                Err(request::Malformed::Refused(refusal)) => return refusal.answer(version),
            };
            let mut keys = running.each("service https api keys id").map(|(_, id)| id.value("key"));
            if !keys.any(|key| key == Some(&call.key)) {
                return request::unauthorized().answer(version);
            }
        }
        // The router goes on when its client is gone, so the work is a task of its own.
        match tokio::spawn(self.dispatch(endpoint, call, query)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(refusal)) => refusal.answer(version),
            Err(_) => Refusal::internal().answer(version),
        }
    }

    async fn dispatch(
        self: Arc<Self>,
        endpoint: &'static Endpoint,
        call: request::Call,
        query: String,
    ) -> Result<Answer, Refusal> {
        match endpoint.action {
            Action::Configure | Action::ConfigureSection => {
                configure::answer(&self, endpoint.action, call, &query).await
            }
            Action::Retrieve => retrieve::answer(&self.session, &call.command()),
            Action::BackgroundOperations => self.operations.answer(&query),
            Action::ConfigFile => config_file::answer(&self.session, &call.command()).await,
            Action::Show => operational::show(&self.session, &call.command()).await,
            Action::Reset => operational::reset(&self.session, &call.command()).await,
            Action::Reboot => {
                self.session.switches.power_cycle();
                Ok(answer::success(&""))
            }
            Action::Info => info::answer(&self.session, &query),
        }
    }
}

/// The words of a command's path.
fn words(command: &serde_json::Map<String, serde_json::Value>) -> Vec<String> {
    let path = command.get("path").and_then(serde_json::Value::as_array);
    path.into_iter().flatten().filter_map(|word| word.as_str().map(str::to_owned)).collect()
}

/// A field of a command that is a string.
fn field<'command>(
    command: &'command serde_json::Map<String, serde_json::Value>,
    name: &str,
) -> Option<&'command str> {
    command.get(name)?.as_str()
}

/// The refusal of an operation that the endpoint does not know.
fn unknown_operation(command: &serde_json::Map<String, serde_json::Value>) -> Refusal {
    Refusal::bad(format!("'{}' is not a valid operation", field(command, "op").unwrap_or_default()))
}
