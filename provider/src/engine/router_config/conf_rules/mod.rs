//! What the conf scripts of VyOS refuse in a node that an object writes, as far as the configuration alone
//! decides it: the `raise ConfigError` of each `verify()` of `vyos/vyos-1x: src/conf_mode @ sagitta`, which
//! are the same on circinus. Not here are names that lead nowhere (`references`) and what needs the running
//! system (VRF devices, addresses, MTUs).

mod conditions;
mod table;

use super::references::fits;
use crate::connection::router::{ConfigPath, ConfigTree};
use conditions::value;
use std::collections::BTreeSet;
use table::RULES;

/// A refusal of a script.
struct Rule {
    /// The node, from the top; `*` is any word.
    node: &'static str,
    refused: Refused,
    /// The script, and what it says.
    source: &'static str,
}

/// When a node is refused.
#[derive(Clone, Copy)]
enum Refused {
    /// Without any of these leaves.
    Without(&'static [&'static str]),
    /// With both of these below it.
    Both(&'static str, &'static str),
    /// With the first and without the second below it.
    Alone(&'static str, &'static str),
    /// With more than one below this.
    Several(&'static str),
    /// Where this finds a leaf at fault, and what is wrong then.
    If(fn(&Node<'_>) -> Option<&'static str>, &'static str),
}

/// A node of the configuration that a commit would leave.
struct Node<'a> {
    path: &'a [String],
    tree: &'a ConfigTree,
    outcome: &'a ConfigTree,
}

/// The first fault of a node that one of these paths leads through: the leaf that is to blame, and what to
/// say of it.
pub(super) fn fault(own: &[ConfigPath], outcome: &ConfigTree) -> Option<(ConfigPath, String)> {
    let mut seen = BTreeSet::new();
    let nodes = own.iter().flat_map(|path| (1..=path.len()).filter_map(|length| path.get(..length)));
    nodes.filter(|path| seen.insert(*path)).find_map(|path| {
        let node = Node { path, tree: outcome.at(path)?, outcome };
        RULES.iter().filter(|rule| fits(rule.node, path)).find_map(|rule| rule.broken_by(&node))
    })
}

impl Rule {
    fn broken_by(&self, node: &Node<'_>) -> Option<(ConfigPath, String)> {
        let (path, has) = (node.path.join(" "), |words: &str| node.at(words).is_some());
        let (leaf, told) = match self.refused {
            Refused::Without(leaves) if !leaves.iter().any(|leaf| has(leaf)) => {
                let told = format!("`{path}` has no {}, and VyOS refuses it without.", leaves.join(" or "));
                return Some((node.below(leaves.first()?), told));
            }
            Refused::Both(one, other) if has(one) && has(other) => (
                other,
                format!("`{path}` has {one} and {other}, which exclude each other. Leave out one of them."),
            ),
            Refused::Alone(one, other) if has(one) && !has(other) => {
                (one, format!("`{path}` has {one}, which needs {other} beside it. Set that too."))
            }
            Refused::Several(leaf) if node.at(leaf).is_some_and(|all| all.children().count() > 1) => {
                (leaf, format!("`{path}` has more than one {leaf}. Leave out all but one."))
            }
            Refused::If(finds, wrong) => (finds(node)?, format!("`{path}`: {wrong}.")),
            _ => return None,
        };
        Some((node.below(leaf), format!("{told} VyOS refuses it ({}).", self.source)))
    }
}

impl<'a> Node<'a> {
    /// The path of a leaf below it.
    fn below(&self, leaf: &str) -> ConfigPath {
        self.path.iter().cloned().chain(leaf.split(' ').map(str::to_owned)).collect()
    }

    fn at(&self, words: &str) -> Option<&'a ConfigTree> {
        self.tree.at(&words.split(' ').collect::<Vec<_>>())
    }

    /// The value of a leaf.
    fn value(&self, words: &str) -> Option<&'a str> {
        value(self.at(words))
    }

    /// Of the BGP that it belongs to.
    fn bgp(&self, words: &[&str]) -> Option<&'a ConfigTree> {
        self.outcome.at(&["protocols", "bgp"])?.at(words)
    }

    fn group(&self) -> Option<&'a ConfigTree> {
        self.bgp(&["peer-group", self.value("peer-group")?])
    }

    /// The AS that a neighbor has itself, or of its group.
    fn remote_as(&self) -> Option<&'a str> {
        self.value("remote-as").or_else(|| value(self.group()?.at(&["remote-as"])))
    }

    /// Whether an AS is the router's own.
    fn is_inside(&self, remote_as: &str) -> bool {
        remote_as == "internal" || Some(remote_as) == value(self.bgp(&["system-as"]))
    }
}

#[cfg(test)]
mod tests;
