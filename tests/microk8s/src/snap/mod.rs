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
use std::time::Duration;

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
        "wait" => Outcome::silent(0),
        "watch" => watch(node, &arguments).await,
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
    if arguments.has("no-wait") {
        return no_wait(node, verb, arguments).await;
    }
    carry_out(node, verb, arguments).await
}

/// Waits for a change to end, and says how it failed.
async fn watch(node: &Node, arguments: &Arguments) -> Outcome {
    let id = arguments.names.first().map_or("", String::as_str);
    let place = id.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    loop {
        let change = node.read(|state| place.and_then(|place| state.changes.get(place).cloned()));
        match change {
            None => return Outcome::complained(1, format!("error: cannot find change with id \"{id}\"")),
            Some(change) if change.ended.is_none() => tokio::time::sleep(LOOK).await,
            Some(change) if change.status == "Done" => return Outcome::silent(0),
            Some(change) => return Outcome::complained(1, change.said),
        }
    }
}

const LOOK: Duration = Duration::from_millis(50);

/// Says the id of the change as soon as there is one; what is refused before is said as ever.
async fn no_wait(node: &Arc<Node>, verb: &str, arguments: &Arguments) -> Outcome {
    let count = || node.read(|state| state.changes.len());
    let before = count();
    let (owned, verb, arguments) = (Arc::clone(node), verb.to_owned(), arguments.clone());
    let work = tokio::spawn(async move { carry_out(&owned, &verb, &arguments).await });
    while count() == before && !work.is_finished() {
        tokio::time::sleep(LOOK).await;
    }
    match count() {
        after if after > before => Outcome::said(after.to_string()),
        _ => work.await.unwrap_or_else(|error| Outcome::complained(1, format!("error: {error}"))),
    }
}

async fn carry_out(node: &Arc<Node>, verb: &str, arguments: &Arguments) -> Outcome {
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
