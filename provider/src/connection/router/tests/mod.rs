//! The actor against a scripted router: how many commits and saves, and who gets which error.

mod blaming;
mod busy;
mod merging;
mod peer;
mod trouble;

use super::Router;
use super::command::Command;
use super::error::RouterErrorKind;
use super::timing::Timing;
use super::tree::{ConfigPath, ConfigTree};
use super::write::{Purpose, Veto, Write};
use peer::{Fault, Peer, quick, settings, start, start_with};
use std::sync::Arc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

fn words(path: &str) -> ConfigPath {
    path.split_whitespace().map(str::to_owned).collect()
}

/// A write of a neighbor with one leaf, or of its removal.
fn neighbor(purpose: Purpose, address: &str, leaf: &str, claim: &str) -> Write {
    let (below, leaf) = (words(&format!("neighbor {address}")), words(leaf));
    let here = below.clone();
    let changes = move |tree: &ConfigTree| {
        let leaf_path = [here.clone(), leaf.clone()].concat();
        Ok(match (purpose, tree.at(&here)) {
            (Purpose::Remove, None) => vec![],
            (Purpose::Remove, Some(_)) => vec![Command::delete(here.clone())],
            (Purpose::Put, _) if tree.at(&leaf_path).is_some() => vec![],
            (Purpose::Put, None) => vec![Command::set(leaf_path)],
            (Purpose::Put, Some(_)) => return Err(Veto::new("it is there already")),
        })
    };
    Write {
        root: words("protocols bgp"),
        subject: [words("protocols bgp"), below].concat(),
        purpose,
        claim: claim.to_owned(),
        changes: Box::new(changes),
        also_reads: Vec::new(),
        post_checks: Vec::new(),
        cancelled: CancellationToken::new(),
    }
}

fn put(address: &str, leaf: &str) -> Write {
    neighbor(Purpose::Put, address, leaf, address)
}

fn remove(address: &str) -> Write {
    neighbor(Purpose::Remove, address, "", address)
}

/// Does all at once, as core does; answers by number.
async fn all(router: &Arc<Router>, writes: Vec<Write>) -> Vec<Result<Arc<ConfigTree>, RouterErrorKind>> {
    let mut tasks = JoinSet::new();
    for (number, write) in writes.into_iter().enumerate() {
        let router = Arc::clone(router);
        tasks.spawn(async move { (number, router.write(write).await) });
    }
    let mut done = tasks.join_all().await;
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result.map_err(|error| error.kind().clone())).collect()
}

fn neighbors(peer: &Peer) -> usize {
    peer.config.at(&["protocols", "bgp", "neighbor"]).map_or(0, |all| all.children().count())
}

/// As VyOS does: every neighbor needs a remote-as, and the first without one is named.
fn remote_as_required(proposed: &ConfigTree) -> Option<String> {
    let neighbors = proposed.at(&["protocols", "bgp", "neighbor"])?;
    let mut warning = String::new();
    for (address, below) in neighbors.children() {
        warning.push_str(&format!("WARNING: BGP neighbor \"{address}\" requires address-family!\n\n"));
        if below.at(&["remote-as"]).is_none() {
            return Some(format!("\n{warning}Neighbor \"{address}\" remote-as must be set!"));
        }
    }
    None
}
