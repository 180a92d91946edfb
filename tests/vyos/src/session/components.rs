//! Which components a commit touches, and in what order.

use crate::schema::Schema;
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
        let mut paths = vec![component.path.clone()];
        if component.per_key {
            let words = || component.path.iter().map(String::as_str);
            let sides = [running.get(words()), candidate.get(words())];
            let mut keys: Vec<&str> =
                sides.into_iter().flatten().flat_map(Node::children).map(|(key, _)| key).collect();
            keys.sort_unstable();
            keys.dedup();
            paths = keys
                .into_iter()
                .map(|key| component.path.iter().cloned().chain([key.to_owned()]).collect())
                .collect();
        }
        for path in paths {
            let before = running.get(path.iter().map(String::as_str));
            let after = candidate.get(path.iter().map(String::as_str));
            if before == after {
                continue;
            }
            let list = if after.is_none() { &mut deleted } else { &mut changed };
            list.push(Change { path, deleted: after.is_none() });
        }
    }
    deleted.reverse();
    deleted.append(&mut changed);
    deleted
}
