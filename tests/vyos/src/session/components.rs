//! Which components a commit touches, and in what order.

use std::collections::BTreeSet;

use crate::schema::{ComponentKind, Schema};
use crate::tree::Node;

/// A component that differs between what runs and what is proposed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Change {
    /// Where its subtree is.
    pub(super) path: Vec<String>,
    /// Whether the subtree is gone.
    pub(super) deleted: bool,
}

/// Deleted components in reverse order, then the others in order.
pub(super) fn changes(schema: &Schema, running: &Node, candidate: &Node) -> Vec<Change> {
    let mut deleted = Vec::new();
    let mut changed = Vec::new();
    for component in schema.components() {
        let inner: Vec<&[String]> =
            schema.components().iter().filter_map(|other| inside(component, other)).collect();
        for path in paths(&component.path, &[running, candidate]) {
            let own =
                |root: &Node| root.get(path.iter().map(String::as_str)).map(|node| without(node, &inner));
            let (before, after) = (own(running), own(candidate));
            if before == after {
                continue;
            }
            let list = if after.is_none() { &mut deleted } else { &mut changed };
            list.push(Change { path: path.clone(), deleted: after.is_none() });
        }
    }
    deleted.reverse();
    deleted.append(&mut changed);
    deleted
}

/// Where another component is inside of one, from that.
fn inside<'kind>(component: &ComponentKind, other: &'kind ComponentKind) -> Option<&'kind [String]> {
    other.path.strip_prefix(component.path.as_slice()).filter(|rest| !rest.is_empty())
}

/// A node without what other components commit of it.
fn without(node: &Node, inner: &[&[String]]) -> Node {
    let mut own = node.clone();
    for pattern in inner {
        for path in paths(pattern, &[node]) {
            if let Some((last, parents)) = path.split_last()
                && let Some(parent) = own.get_mut(parents.iter().map(String::as_str))
            {
                parent.remove(last);
            }
        }
    }
    own
}

/// The paths that a pattern stands for: `*` is any key that is there on one of the sides.
fn paths(pattern: &[String], sides: &[&Node]) -> Vec<Vec<String>> {
    let mut found: Vec<Vec<String>> = vec![Vec::new()];
    for word in pattern {
        let below = |path: &Vec<String>| -> Vec<Vec<String>> {
            let words = || path.iter().map(String::as_str);
            let keys: BTreeSet<&str> = match word.as_str() {
                "*" => {
                    let nodes = sides.iter().filter_map(|side| side.get(words()));
                    nodes.flat_map(Node::children).map(|(key, _)| key).collect()
                }
                name => BTreeSet::from([name]),
            };
            let longer = |key: &str| words().chain([key]).map(str::to_owned).collect();
            keys.into_iter().map(longer).collect()
        };
        found = found.iter().flat_map(below).collect();
    }
    found
}
