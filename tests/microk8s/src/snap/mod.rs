//! snapd's part: the `snap` command as the daemon answers it.

mod arguments;
mod hooks;
mod lifecycle;
mod listing;
mod services;
pub(crate) mod state;
mod store;

use crate::daemon::Node;
use crate::faults::Fault;
use crate::outcome::Outcome;
use crate::socket::Request;
use arguments::Arguments;
use std::sync::Arc;

const NAME: &str = "microk8s";

/// Carries out one command line.
pub(crate) async fn answer(node: &Arc<Node>, request: Request) -> Outcome {
    let arguments = match Arguments::parse(&request.arguments) {
        Ok(arguments) => arguments,
        Err(outcome) => return outcome,
    };
    match arguments.verb.as_str() {
        "list" => listing::list(node, &arguments),
        "info" => listing::info(node, &arguments),
        "changes" => listing::changes(node),
        "services" => services::list(node, &arguments),
        "get" => listing::get(node, &arguments),
        "version" => Outcome::said("snap    2.68\nsnapd   2.68\nseries  16"),
        "wait" | "watch" => Outcome::silent(0),
        changing => change(node, changing, &arguments, request.root).await,
    }
}

/// What alters the node: for root only, and one at a time.
async fn change(node: &Arc<Node>, verb: &str, arguments: &Arguments, root: bool) -> Outcome {
    if !root {
        return Outcome::complained(1, "error: access denied (try with sudo)");
    }
    // Services are started and stopped by changes of their own kind, which the services' hooks need while
    // another runs.
    match verb {
        "start" | "stop" | "restart" => return services::change(node, verb, arguments).await,
        "install" | "refresh" | "remove" | "revert" | "set" | "unset" => {}
        unknown => {
            return Outcome::complained(
                64,
                format!("error: unknown command \"{unknown}\", see 'snap help'."),
            );
        }
    }
    let other = Fault::ChangeInProgress.is_on(&node.config);
    let running = node.read(|state| state.running_change());
    let (Ok(_guard), None) = (node.change.try_lock(), &other) else {
        let kind = other.filter(|kind| !kind.is_empty()).or(running).unwrap_or_else(|| "auto-refresh".into());
        return Outcome::complained(1, format!("error: snap \"{NAME}\" has \"{kind}\" change in progress"));
    };
    match verb {
        "install" => lifecycle::install(node, arguments).await,
        "refresh" => lifecycle::refresh(node, arguments).await,
        "remove" => lifecycle::remove(node, arguments).await,
        "revert" => lifecycle::revert(node).await,
        _ => lifecycle::set(node, arguments).await,
    }
}
