//! Which commands make a router's configuration look as planned, by the table of [`Field`]s.

use super::mapping::{Field, Kind, ValueFormat};
use super::subtree;
use super::translate::{DISABLE, element, to_config, words};
use crate::connection::router::{Command, ConfigPath, ConfigTree, Operation};
use std::collections::BTreeSet;
use tfplugin::Value;

/// What an object shall be and what it was, as far as Terraform knows.
#[derive(Clone, Copy)]
pub(super) struct Change<'a> {
    /// What it shall be.
    pub(super) planned: &'a Value,
    /// What it was; null where it is new.
    pub(super) prior: &'a Value,
    /// The container that paths are below.
    pub(super) root: &'a ConfigPath,
}

impl Change<'_> {
    fn attribute(self, name: &str) -> Self {
        Self { planned: self.planned.attribute(name), prior: self.prior.attribute(name), ..self }
    }

    fn element(self, form: ValueFormat, key: &str) -> Self {
        let of = |map| element(form, map, key).unwrap_or(&Value::Null);
        Self { planned: of(self.planned), prior: of(self.prior), ..self }
    }
}

/// Commands that change an object.
#[derive(Default)]
pub(super) struct Changes {
    /// All of them.
    pub(super) commands: Vec<Command>,
    /// Those that take away what no plan showed: what others put into a map or set that was null until now.
    pub(super) unseen: Vec<Command>,
}

impl Changes {
    fn extend(&mut self, other: Self) {
        self.commands.extend(other.commands);
        self.unseen.extend(other.unseen);
    }
}

/// The commands that make `current` look as planned, as far as the fields go. What others own stays.
pub(super) fn changes(
    fields: &[Field],
    current: &ConfigTree,
    change: Change<'_>,
    within: &[String],
) -> Changes {
    let wanted = to_config(fields, change.planned);
    let nothing = ConfigTree::default();
    let mut found = Changes::default();
    for field in fields {
        let path: ConfigPath =
            within.iter().cloned().chain(field.path.iter().map(|word| (*word).to_owned())).collect();
        let (node, target) = (current.at(field.path), wanted.at(field.path));
        let change = change.attribute(field.attribute);
        let commands = &mut found.commands;
        match field.kind {
            Kind::Leaf(form) => {
                let (old, new) = (canonical_words(form, node), canonical_words(form, target));
                if old != new {
                    // Without the value: it may be a secret.
                    commands.extend(node.map(|_| Command::delete(path.clone())));
                    commands.extend(new.iter().map(|word| Command::set(joined(&path, word))));
                }
            }
            Kind::MultiLeaf(form) => found.extend(word_changes(form, node, target, change, &path)),
            Kind::Valueless | Kind::TriState | Kind::PresenceNode(_)
                if node.is_some() && target.is_none() =>
            {
                commands.push(Command::delete(path));
            }
            Kind::Valueless => commands.extend(target.filter(|_| node.is_none()).map(|_| Command::set(path))),
            Kind::TriState => match (node, target) {
                (Some(node), Some(target)) => {
                    let path = joined(&path, DISABLE);
                    match [node, target].map(|side| side.at(&[DISABLE]).is_some()) {
                        [true, false] => commands.push(Command::delete(path)),
                        [false, true] => commands.push(Command::set(path)),
                        _ => {}
                    }
                }
                (_, target) => commands.extend(target.iter().flat_map(|target| creation(target, &path))),
            },
            Kind::PresenceNode(members) => match (node, target) {
                (None, Some(target)) => commands.extend(creation(target, &path)),
                (Some(node), Some(_)) => found.extend(changes(members, node, change, &path)),
                (_, None) => {}
            },
            Kind::Node(members) => {
                found.extend(changes(members, node.unwrap_or(&nothing), change, &path));
            }
            Kind::TagNode(form, members) => {
                found.extend(tag_changes(form, members, node, target, change, &path))
            }
            Kind::Subtree(left_alone) => {
                let (node, target) = (node.unwrap_or(&nothing), target.unwrap_or(&nothing));
                commands.extend(subtree::Part { root: change.root, left_alone }.changes(node, target, &path));
            }
        }
    }
    Changes { commands: without_repetition(found.commands), ..found }
}

/// Deletes of what an earlier delete takes along are left out: with `strict` they would be errors.
fn without_repetition(commands: Vec<Command>) -> Vec<Command> {
    let mut kept: Vec<Command> = Vec::new();
    for command in commands {
        let gone = |other: &Command| {
            (other.operation, command.operation) == (Operation::Delete, Operation::Delete)
                && command.path.starts_with(&other.path)
        };
        if !kept.iter().any(gone) {
            kept.push(command);
        }
    }
    kept
}

fn word_changes(
    form: ValueFormat,
    node: Option<&ConfigTree>,
    target: Option<&ConfigTree>,
    change: Change<'_>,
    path: &ConfigPath,
) -> Changes {
    let Some(node) = node else {
        let new = canonical_words(form, target);
        let commands = new.iter().map(|word| Command::set(joined(path, word))).collect();
        return Changes { commands, ..Changes::default() };
    };
    let (old, new) = (canonical_words(form, Some(node)), canonical_words(form, target));
    let before: BTreeSet<String> = match change.prior {
        Value::Set(words) => words.iter().filter_map(|word| form.word(word)).collect(),
        _ => BTreeSet::new(),
    };
    let goes = |word: &&str| {
        let word = form.canonical(word);
        // Null: not ours, but for what the state had.
        if change.planned.is_null() { before.contains(&word) } else { !new.contains(&word) }
    };
    let gone: Vec<_> = words(Some(node)).filter(goes).collect();
    let is_ours = !(change.planned.is_null() && change.prior.is_null());
    let mut commands: Vec<_> = match new.is_empty() && is_ours && gone.len() == node.children().count() {
        true => vec![Command::delete(path.clone())],
        false => gone.into_iter().map(|word| Command::delete(joined(path, word))).collect(),
    };
    let unseen = if change.prior.is_null() { commands.clone() } else { Vec::new() };
    commands.extend(new.difference(&old).map(|word| Command::set(joined(path, word))));
    Changes { commands, unseen }
}

fn tag_changes(
    form: ValueFormat,
    members: &[Field],
    node: Option<&ConfigTree>,
    target: Option<&ConfigTree>,
    change: Change<'_>,
    path: &ConfigPath,
) -> Changes {
    let mut found = Changes::default();
    let wanted = |key: &str| target.and_then(|target| target.at(&[form.canonical(key)]));
    let mut there = BTreeSet::new();
    for (key, below) in node.into_iter().flat_map(ConfigTree::children) {
        match wanted(key) {
            Some(_) if there.insert(form.canonical(key)) => {
                found.extend(changes(members, below, change.element(form, key), &joined(path, key)));
            }
            // Not ours, and the state never had it.
            None if change.planned.is_null() && element(form, change.prior, key).is_none() => {}
            // Not wanted, or a second spelling of one that is.
            _ => found.commands.push(Command::delete(joined(path, key))),
        }
    }
    if change.prior.is_null() {
        let deletes = found.commands.iter().filter(|one| one.operation == Operation::Delete);
        found.unseen = deletes.cloned().collect();
    }
    for (key, target) in target.into_iter().flat_map(ConfigTree::children) {
        if !there.contains(key) {
            found.commands.extend(creation(target, &joined(path, key)));
        }
    }
    found
}

/// The commands that take an object away.
pub(super) fn removal(
    fields: &[Field],
    node: &ConfigTree,
    root: &ConfigPath,
    path: &ConfigPath,
) -> Vec<Command> {
    let mut sections = fields.iter().filter_map(|field| match field.kind {
        Kind::Subtree(left_alone) => Some(subtree::Part { root, left_alone }),
        _ => None,
    });
    match sections.next() {
        Some(part) => part.removal(node, path),
        None => vec![Command::delete(path.clone())],
    }
}

/// What of a node is the author's business: without what VyOS itself wrote there and `before` does not speak
/// of.
pub(super) fn visible(
    fields: &[Field],
    node: &ConfigTree,
    root: &ConfigPath,
    path: &ConfigPath,
    before: &Value,
) -> ConfigTree {
    let mut seen = node.clone();
    for field in fields {
        if let Kind::Subtree(left_alone) = field.kind {
            let spoken_of = subtree::tree(before.attribute(field.attribute));
            let path = [root.as_slice(), path].concat();
            let below = subtree::visible(left_alone, node, &spoken_of, &path).unwrap_or_default();
            seen.graft(field.path, below);
        }
    }
    seen
}

/// The commands that make everything in `wanted` below `within`, and `within` itself.
pub(super) fn creation(wanted: &ConfigTree, within: &[String]) -> Vec<Command> {
    if wanted.is_empty() {
        return vec![Command::set(within.to_vec())];
    }
    wanted.ends().into_iter().map(|end| Command::set([within, &end].concat())).collect()
}

fn canonical_words(form: ValueFormat, node: Option<&ConfigTree>) -> BTreeSet<String> {
    words(node).map(|word| form.canonical(word)).collect()
}

fn joined(path: &[String], word: &str) -> ConfigPath {
    path.iter().cloned().chain([word.to_owned()]).collect()
}

#[cfg(test)]
mod tests;
