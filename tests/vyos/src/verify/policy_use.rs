//! Whether what is taken out of `policy` is still in use by a protocol.

use std::collections::BTreeSet;

use super::{Check, Proposal};
use crate::config::Version;
use crate::tree::Node;

const KINDS: &[&str] = &[
    "access-list",
    "access-list6",
    "as-path-list",
    "community-list",
    "extcommunity-list",
    "large-community-list",
    "prefix-list",
    "prefix-list6",
    "route-map",
];

/// 1.4 looks only at kinds of which an object is left, and not at all if nothing is left of `policy`.
pub(super) fn verify(policy: Option<&Node>, proposal: &Proposal<'_>) -> Check {
    let Some(protocols) = proposal.candidate.child("protocols") else { return Ok(()) };
    let before = proposal.running.child("policy");
    for kind in KINDS {
        let left = policy.and_then(|policy| policy.child(kind));
        if proposal.version == Version::V1_4 && left.is_none() {
            continue;
        }
        let mut used = BTreeSet::new();
        collect(kind, protocols, &mut used);
        for name in used {
            let is_left = |kind: &str| {
                policy.and_then(|policy| policy.child(kind)).is_some_and(|list| list.child(name).is_some())
            };
            // A neighbor of either family names its list under `prefix-list`.
            let is_other_family = *kind == "prefix-list" && is_left("prefix-list6");
            let was_there = |kind: &str| {
                before.and_then(|policy| policy.child(kind)).is_some_and(|list| list.child(name).is_some())
            };
            let deleted = proposal.version == Version::V1_4 || was_there(kind);
            if deleted && !is_left(kind) && !is_other_family {
                return Err(format!("Can not delete {kind} \"{name}\", still in use!"));
            }
        }
    }
    Ok(())
}

/// Every name that stands under a node called like the kind, at any depth.
fn collect<'tree>(kind: &str, node: &'tree Node, used: &mut BTreeSet<&'tree str>) {
    for (name, child) in node.children() {
        if name == kind {
            used.extend(child.values.iter().map(String::as_str));
            for (_, direction) in child.children() {
                used.extend(direction.values.iter().map(String::as_str));
            }
        }
        collect(kind, child, used);
    }
}
