//! `microk8s remove-node`.

use super::microk8s::WORKER;
use super::{Context, cluster};
use crate::failure::Result;
use crate::outcome::Outcome;
use crate::services::datastore;
use std::net::IpAddr;

pub(crate) async fn run(context: &Context, arguments: &[String]) -> Result<Outcome> {
    let usage =
        "Usage: microk8s remove-node [OPTIONS] NODE\nTry 'microk8s remove-node -h' for help.\n\nError: ";
    if context.layout.is_worker() {
        return Ok(Outcome::said_with(1, format!("{WORKER}\nPlease use microk8s leave.")));
    }
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (name, force) = match words.as_slice() {
        [] => return Ok(Outcome::said_with(1, "Please provide the node you want to remove.")),
        ["--force"] => return Ok(Outcome::complained(2, format!("{usage}Missing argument 'NODE'."))),
        ["--force", _] => {
            return Ok(Outcome::said_with(1, "Please provide the node and the optional --force flag."));
        }
        [name] => (*name, false),
        [name, "--force"] => (*name, true),
        [_, unknown, ..] => return Ok(Outcome::complained(2, format!("{usage}No such option: {unknown}"))),
    };
    let kubectl = context.kubectl();
    // An address of a node stands for its name.
    let by_address = match name.parse::<IpAddr>() {
        Ok(address) => {
            let nodes = cluster::nodes(context).await?;
            nodes.into_iter().find(|(_, known)| *known == address).map(|(name, _)| name)
        }
        Err(_) => None,
    };
    let name = by_address.as_deref().unwrap_or(name);
    let found = match kubectl.run(&["get", "node", name], "").await {
        Ok(_) => cluster::nodes(context).await?.into_iter().find(|(known, _)| known == name),
        Err(failure) => return unknown(context, name, force, &failure.to_string()).await,
    };
    let member = match found {
        Some((_, address)) => member_at(context, address),
        None => None,
    };
    if let Some(member) = member {
        if !force {
            return Ok(Outcome::said_with(
                1,
                format!(
                    "Removal failed. Node {name} is registered with dqlite. Please, run first 'microk8s leave' on the \
                     departing node. \nIf the node is not available anymore and will never attempt to join the cluster \
                     in the future use the '--force' flag \nto unregister the node while removing it."
                ),
            ));
        }
        datastore::members(&context.layout).await?.remove(&member).await?;
    }
    kubectl.run(&["delete", "no", name], "").await?;
    Ok(Outcome::silent(0))
}

/// The datastore's address of the node whose first internal address is `address`.
fn member_at(context: &Context, address: IpAddr) -> Option<String> {
    let members = datastore::cluster_members(&context.layout);
    members.into_iter().map(|member| member.address).find(|member| datastore::ip_of(member) == Some(address))
}

/// A node that Kubernetes does not know may still be a member of the datastore.
async fn unknown(context: &Context, name: &str, force: bool, reason: &str) -> Result<Outcome> {
    let mut outcome = Outcome::said_with(1, format!("Node {name} does not exist in Kubernetes."));
    outcome.stderr = format!("{reason}\n");
    let address = name.parse().ok().filter(|_| force);
    let Some(address) = address else { return Ok(outcome) };
    outcome.stdout.push_str(&format!("Attempting to remove {name} from dqlite.\n"));
    if let Some(member) = member_at(context, address) {
        outcome.stdout.push_str("Removing node entry found in dqlite.\n");
        datastore::members(&context.layout).await?.remove(&member).await?;
    }
    Ok(outcome)
}
