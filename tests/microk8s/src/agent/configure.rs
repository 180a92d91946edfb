//! How one node's agent changes arguments and add-ons on another's behalf.

use super::Refusal;
use crate::args::edit;
use crate::daemon::Node;
use crate::layout::Layout;
use crate::pki::tokens;
use crate::services::Service;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(default)]
    callback: String,
    #[serde(default)]
    service: Vec<Changes>,
    #[serde(default)]
    addon: Vec<Addon>,
}

#[derive(Deserialize)]
struct Changes {
    name: String,
    #[serde(default)]
    arguments_update: Vec<BTreeMap<String, String>>,
    #[serde(default)]
    arguments_remove: Vec<String>,
    #[serde(default)]
    restart: Value,
}

#[derive(Deserialize)]
struct Addon {
    name: String,
    #[serde(default)]
    enable: bool,
    #[serde(default)]
    disable: bool,
}

pub(crate) async fn answer(
    State(node): State<Arc<Node>>,
    Json(request): Json<Value>,
) -> Result<Json<Value>, Refusal> {
    let request: Request = serde_json::from_value(request)
        .map_err(|error| Refusal::new(400, format!("failed to decode request: {error}")))?;
    if !tokens::is_callback(&node.layout, &request.callback) {
        return Err(Refusal::new(500, "invalid token"));
    }
    for changes in &request.service {
        change(&node.layout, changes)?;
        if changes.restart == true || changes.restart == "yes" {
            node.services.restart(&node, service_of(&changes.name)).await;
        }
    }
    for addon in &request.addon {
        let wanted = [(addon.enable, "enable"), (addon.disable, "disable")];
        for (_, verb) in wanted.into_iter().filter(|(wanted, _)| *wanted) {
            crate::launch::apply::run(verb, std::iter::once(&addon.name)).await?;
        }
    }
    Ok(Json(json!({"result": "ok"})))
}

fn change(layout: &Layout, changes: &Changes) -> crate::failure::Result<()> {
    let path = layout.args(&changes.name);
    for (flag, value) in changes.arguments_update.iter().flatten() {
        edit::set(&path, flag, Some(value))?;
    }
    for flag in &changes.arguments_remove {
        edit::set(&path, flag, None)?;
    }
    Ok(())
}

/// The service that reads an args file.
fn service_of(file: &str) -> Service {
    Service::named(&format!("daemon-{file}")).unwrap_or(Service::Kubelite)
}
