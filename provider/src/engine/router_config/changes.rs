//! Which commands make a router's configuration look as planned, by the table of [`Field`]s.

use super::mapping::{Field, Form, Kind};
use super::section;
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

    fn element(self, form: Form, key: &str) -> Self {
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
            Kind::Value(form) => {
                let (old, new) = (canonical_words(form, node), canonical_words(form, target));
                if old != new {
                    // Without the value: it may be a secret.
                    commands.extend(node.map(|_| Command::delete(path.clone())));
                    commands.extend(new.iter().map(|word| Command::set(joined(&path, word))));
                }
            }
            Kind::Words(form) => found.extend(word_changes(form, node, target, change, &path)),
            Kind::Flag | Kind::Switch | Kind::Presence(_) if node.is_some() && target.is_none() => {
                commands.push(Command::delete(path));
            }
            Kind::Flag => commands.extend(target.filter(|_| node.is_none()).map(|_| Command::set(path))),
            Kind::Switch => match (node, target) {
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
            Kind::Presence(members) => match (node, target) {
                (None, Some(target)) => commands.extend(creation(target, &path)),
                (Some(node), Some(_)) => found.extend(changes(members, node, change, &path)),
                (_, None) => {}
            },
            Kind::Group(members) => {
                found.extend(changes(members, node.unwrap_or(&nothing), change, &path));
            }
            Kind::Tags(form, members) => {
                found.extend(tag_changes(form, members, node, target, change, &path))
            }
            Kind::Section(left_alone) => {
                let (node, target) = (node.unwrap_or(&nothing), target.unwrap_or(&nothing));
                commands.extend(section::Part { root: change.root, left_alone }.changes(node, target, &path));
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
    form: Form,
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
    form: Form,
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
        Kind::Section(left_alone) => Some(section::Part { root, left_alone }),
        _ => None,
    });
    match sections.next() {
        Some(part) => part.removal(node, path),
        None => vec![Command::delete(path.clone())],
    }
}

/// What of a node is the author's business: without what VyOS itself wrote there and `before` does not speak of.
pub(super) fn visible(
    fields: &[Field],
    node: &ConfigTree,
    root: &ConfigPath,
    path: &ConfigPath,
    before: &Value,
) -> ConfigTree {
    let mut seen = node.clone();
    for field in fields {
        if let Kind::Section(left_alone) = field.kind {
            let spoken_of = section::tree(before.attribute(field.attribute));
            let path = [root.as_slice(), path].concat();
            let below = section::visible(left_alone, node, &spoken_of, &path).unwrap_or_default();
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

fn canonical_words(form: Form, node: Option<&ConfigTree>) -> BTreeSet<String> {
    words(node).map(|word| form.canonical(word)).collect()
}

fn joined(path: &[String], word: &str) -> ConfigPath {
    path.iter().cloned().chain([word.to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    use super::super::translate::tests::{FIELDS, object as object_of, tree};
    use super::super::translate::{Reading, from_config};
    use super::*;
    use serde_json::json;

    fn value(tree: &ConfigTree) -> Value {
        Value::Object(from_config(FIELDS, tree, Reading::Whole))
    }

    /// What leads from one configuration to another, all of which the state knows.
    fn lines(current: &ConfigTree, wanted: &ConfigTree, within: &[String]) -> Vec<String> {
        let (planned, prior) = (value(wanted), value(current));
        let change = Change { planned: &planned, prior: &prior, root: &Vec::new() };
        let found = changes(FIELDS, current, change, within);
        assert_eq!(found.unseen, []);
        found.commands.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_update_touches_only_what_differs_and_nothing_of_others() {
        let current = tree(json!({
            "remote-as": "65001", "port": "1179", "shutdown": {}, "timers": {"holdtime": "9", "connect": "5"},
            "address-family": {"ipv6-unicast": {"weight": "7"}}, "network": {"2001:DB8::/48": {}, "2001:db8:1::/48": {}},
            "source": ["2001:DB8::/32", "192.0.2.0/24"],
        }));
        let wanted = tree(json!({
            "remote-as": "65001", "address-family": {"ipv6-unicast": {"route-map": {"import": "RM"}}},
            "network": {"2001:db8::/48": {}, "2001:db8:2::/48": {}},
            "source": ["198.51.100.0/24", "2001:db8::/32"],
        }));
        let mut commands = lines(&current, &wanted, &["n".to_owned()]);
        commands.sort();
        assert_eq!(
            commands,
            [
                "delete n network 2001:db8:1::/48",
                "delete n shutdown",
                "delete n source 192.0.2.0/24",
                "delete n timers holdtime",
                "set n address-family ipv6-unicast route-map import RM",
                "set n network 2001:db8:2::/48",
                "set n source 198.51.100.0/24",
            ]
        );
        assert!(lines(&wanted, &wanted, &[]).is_empty());
    }

    #[test]
    fn a_container_that_goes_takes_all_below_with_it() {
        let current = tree(json!({"address-family": {"ipv6-unicast": {"route-map": {"import": "RM"}}}}));
        let gone = lines(&current, &ConfigTree::default(), &[]);
        assert_eq!(gone, ["delete address-family ipv6-unicast"]);
        let words = tree(json!({"source": ["192.0.2.0/24", "198.51.100.0/24"]}));
        let gone = lines(&words, &ConfigTree::default(), &[]);
        assert_eq!(gone, ["delete source"], "no empty leaf is left");
        let bare = tree(json!({"address-family": {"ipv6-unicast": {}}}));
        let made = lines(&ConfigTree::default(), &bare, &[]);
        assert_eq!(made, ["set address-family ipv6-unicast"]);
    }

    #[test]
    fn a_container_that_disables_is_no_container_that_enables() {
        let said = [
            (Value::Null, json!({})),
            (Value::Bool(true), json!({"passive": {}})),
            (Value::Bool(false), json!({"passive": {"disable": {}}})),
        ];
        for (value, config) in &said {
            let read = from_config(FIELDS, &tree(config.clone()), Reading::Whole);
            assert_eq!(read.get("passive"), Some(value), "{config}");
            let made = to_config(FIELDS, &object_of(&[("passive", value.clone())]));
            assert_eq!(made.ends(), tree(config.clone()).ends(), "{value:?}");
        }
        let [none, on, off] = said.map(|(_, config)| tree(config));
        for (current, wanted, expected) in [
            (&none, &on, &["set passive"][..]),
            (&none, &off, &["set passive disable"]),
            (&on, &off, &["set passive disable"]),
            (&off, &on, &["delete passive disable"]),
            (&on, &none, &["delete passive"]),
            (&off, &none, &["delete passive"]),
            (&off, &off, &[]),
        ] {
            assert_eq!(lines(current, wanted, &[]), expected);
        }
    }

    /// Every map and set of every type, with the fields that lead to it.
    fn maps(fields: &'static [Field], within: &[&'static Field], found: &mut Vec<Vec<&'static Field>>) {
        for field in fields {
            let chain = [within, &[field]].concat();
            match field.kind {
                Kind::Presence(members) | Kind::Group(members) => maps(members, &chain, found),
                Kind::Tags(_, members) => {
                    found.push(chain.clone());
                    maps(members, &chain, found);
                }
                Kind::Words(_) => found.push(chain),
                Kind::Value(_) | Kind::Flag | Kind::Switch | Kind::Section(_) => {}
            }
        }
    }

    /// Two keys or words of a form.
    fn two(form: Form) -> [&'static str; 2] {
        match form {
            Form::Text | Form::Path => ["a", "b"],
            Form::Address => ["10.0.0.1", "10.0.0.2"],
            Form::Network => ["10.1.0.0/16", "10.2.0.0/16"],
            _ => ["10", "20"],
        }
    }

    fn form(field: &Field) -> Form {
        match field.kind {
            Kind::Tags(form, _) | Kind::Words(form) => form,
            _ => Form::Text,
        }
    }

    /// An object that has these members in the last field of a chain, or null there.
    fn object(chain: &[&Field], members: Option<&[&str]>) -> Value {
        let Some((field, rest)) = chain.split_first() else { return Value::Null };
        let map = |keys: &[&str], below: &Value| {
            Value::Map(keys.iter().map(|key| ((*key).to_owned(), below.clone())).collect())
        };
        let value = match (&field.kind, rest) {
            (Kind::Words(_), _) => members.map_or(Value::Null, |words| {
                Value::Set(words.iter().map(|word| Value::String((*word).to_owned())).collect())
            }),
            (Kind::Tags(..), []) => members.map_or(Value::Null, |keys| map(keys, &Value::Object([].into()))),
            (Kind::Tags(form, _), _) => map(&two(*form)[..1], &object(rest, members)),
            _ => object(rest, members),
        };
        Value::Object([(field.attribute.to_owned(), value)].into())
    }

    fn config(chain: &[&Field], members: &[&str]) -> ConfigTree {
        let mut path = Vec::new();
        for (at, field) in chain.iter().enumerate() {
            path.extend(field.path.iter().copied());
            if let (Kind::Tags(form, _), true) = (field.kind, at + 1 < chain.len()) {
                path.push(two(form)[0]);
            }
        }
        let mut tree = ConfigTree::default();
        tree.insert(&path);
        members.iter().for_each(|member| tree.insert(&[path.as_slice(), &[*member]].concat()));
        tree
    }

    #[test]
    fn null_is_not_ours_in_every_map_and_set_of_every_type() {
        let mut count = 0;
        for (name, declaration) in crate::vyos::DECLARATIONS {
            let mut all = Vec::new();
            maps(declaration.fields, &[], &mut all);
            for chain in all {
                count += 1;
                let told = chain.iter().map(|field| field.attribute).collect::<Vec<_>>().join(".");
                let [ours, theirs] = two(form(chain.last().unwrap()));
                let both = config(&chain, &[ours, theirs]);
                let lines = |prior: Option<&[&str]>, planned: Option<&[&str]>| {
                    let (prior, planned) = (object(&chain, prior), object(&chain, planned));
                    let change = Change { planned: &planned, prior: &prior, root: &Vec::new() };
                    let found = changes(declaration.fields, &both, change, &[]);
                    let last = |one: &Command| format!("{:?} {}", one.operation, one.path.last().unwrap());
                    let [commands, unseen] =
                        [found.commands, found.unseen].map(|all| all.iter().map(last).collect::<Vec<_>>());
                    (commands, unseen)
                };
                let nothing = (Vec::new(), Vec::new());
                assert_eq!(lines(None, None), nothing, "{name} {told}: not ours");
                let gone = vec![format!("Delete {ours}")];
                assert_eq!(lines(Some(&[ours]), None), (gone, vec![]), "{name} {told}: what the state had");
                let gone = vec![format!("Delete {theirs}")];
                assert_eq!(
                    lines(Some(&[ours]), Some(&[ours])),
                    (gone.clone(), vec![]),
                    "{name} {told}: drift"
                );
                assert_eq!(
                    lines(None, Some(&[ours])),
                    (gone.clone(), gone),
                    "{name} {told}: for the first time"
                );
                assert_eq!(lines(None, Some(&[ours, theirs])), nothing, "{name} {told}: all of it");

                let before = object(&chain, None);
                let read = Value::Object(from_config(declaration.fields, &both, Reading::Ours(&before)));
                let mut seen = &read;
                for (at, field) in chain.iter().enumerate() {
                    seen = seen.attribute(field.attribute);
                    if at + 1 < chain.len()
                        && let Value::Map(all) = seen
                    {
                        seen = all.values().next().unwrap();
                    }
                }
                assert!(seen.is_null(), "{name} {told} shows what is not ours: {seen:?}");
            }
        }
        assert!(count >= 20, "{count}");
    }
}
