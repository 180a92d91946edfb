//! `snap services`, `start`, `stop` and `restart`.

use super::NAME;
use super::arguments::Arguments;
use super::listing::{row, table};
use crate::daemon::Node;
use crate::outcome::Outcome;
use crate::services::Service;
use std::sync::Arc;

/// The services that the names mean: the whole snap's, or single ones.
fn chosen(node: &Node, arguments: &Arguments) -> Result<Vec<Service>, Outcome> {
    let installed = node.read(|state| state.installed.is_some());
    let mut services = Vec::new();
    for name in &arguments.names {
        match Service::named(name) {
            _ if !installed => {
                let snap = name.split('.').next().unwrap_or_default();
                return Err(Outcome::complained(1, format!("error: snap \"{snap}\" not found")));
            }
            Some(service) if name.contains('.') => services.push(service),
            _ if name == NAME => services.extend(Service::ALL),
            _ => {
                let (snap, app) = name.split_once('.').unwrap_or((name, ""));
                let reason = if snap == NAME {
                    format!("error: snap \"{snap}\" has no service \"{app}\"")
                } else {
                    format!("error: snap \"{snap}\" not found")
                };
                return Err(Outcome::complained(1, reason));
            }
        }
    }
    Ok(services)
}

pub(crate) fn list(node: &Node, arguments: &Arguments) -> Outcome {
    let services = match chosen(node, arguments) {
        Ok(services) if arguments.names.is_empty() => {
            if node.read(|state| state.installed.is_none()) {
                return Outcome::complained(0, "There are no services provided by installed snaps.");
            }
            drop(services);
            Service::ALL.to_vec()
        }
        Ok(services) => services,
        Err(outcome) => return outcome,
    };
    let mut rows = vec![row(&["Service", "Startup", "Current", "Notes"])];
    for service in services {
        let startup = if node.read(|state| state.is_enabled(service)) { "enabled" } else { "disabled" };
        let current = if node.services.is_active(service) { "active" } else { "inactive" };
        rows.push(row(&[&service.identifier(), startup, current, "-"]));
    }
    Outcome::said(table(&rows))
}

pub(crate) async fn change(node: &Arc<Node>, verb: &str, arguments: &Arguments) -> Outcome {
    if arguments.names.is_empty() {
        return Outcome::complained(
            1,
            "error: the required argument `<service> (at least 1 argument)` was not provided",
        );
    }
    let mut services = match chosen(node, arguments) {
        Ok(services) => services,
        Err(outcome) => return outcome,
    };
    if verb == "stop" {
        // An API server whose datastore has gone first takes its time to end.
        services.reverse();
    }
    let whole = arguments.names.iter().any(|name| name == NAME);
    let recorded = node.update(|state| {
        for service in &services {
            if arguments.has("disable") {
                state.disabled.insert(service.name().to_owned());
            } else if arguments.has("enable") {
                state.disabled.remove(service.name());
            }
        }
    });
    if let Err(failure) = recorded {
        return Outcome::complained(1, format!("error: {failure}"));
    }
    for service in services {
        let runs = node.services.is_active(service);
        match verb {
            "start" => node.services.start(node, service).await,
            "stop" => node.services.stop(service).await,
            // Of a whole snap only what runs is restarted; a single service that does not run is started.
            _ if runs || !whole => node.services.restart(node, service).await,
            _ => {}
        }
    }
    Outcome::said(match verb {
        "start" => "Started.",
        "stop" => "Stopped.",
        _ => "Restarted.",
    })
}
