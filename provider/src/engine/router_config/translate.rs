//! Between attributes and configuration, by the table of [`Field`]s: what an object should look like on the router,
//! what the router's looks like as attributes, and which commands lead from one to the other.

use super::mapping::{Field, Form, Kind};
use super::section;
use crate::connection::router::{Command, ConfigPath, ConfigTree, Operation};
use std::collections::{BTreeMap, BTreeSet};
use tfplugin::Value;

/// What a [`Kind::Switch`] may hold.
const DISABLE: &str = "disable";
const SWITCH: &[Field] = &[Field::flag(DISABLE, &[DISABLE])];

/// The configuration of an object with these attributes, in canonical spelling.
pub(super) fn to_config(fields: &[Field], object: &Value) -> ConfigTree {
    let mut tree = ConfigTree::default();
    for field in fields {
        let value = object.attribute(field.attribute);
        match (&field.kind, value) {
            (Kind::Value(form), value) => {
                if let Some(word) = form.word(value) {
                    insert(&mut tree, field.path, &[&word]);
                }
            }
            (Kind::Words(form), Value::Set(words)) => {
                for word in words.iter().filter_map(|word| form.word(word)) {
                    insert(&mut tree, field.path, &[&word]);
                }
            }
            (Kind::Flag | Kind::Switch, Value::Bool(true)) => tree.insert(field.path),
            (Kind::Switch, Value::Bool(false)) => insert(&mut tree, field.path, &[DISABLE]),
            (Kind::Presence(members) | Kind::Group(members), Value::Object(_)) => {
                let below = to_config(members, value);
                if matches!(field.kind, Kind::Presence(_)) || !below.is_empty() {
                    tree.graft(field.path, below);
                }
            }
            (Kind::Tags(form, members), Value::Map(all)) => {
                for (key, one) in all {
                    let path: Vec<_> = field.path.iter().map(|word| (*word).to_owned()).collect();
                    tree.graft(&[path, vec![form.canonical(key)]].concat(), to_config(members, one));
                }
            }
            (Kind::Section, value) => tree.graft(field.path, section::tree(value)),
            _ => {}
        }
    }
    tree
}

/// The attributes of an object that looks like this on the router. What no field speaks of is not ours.
pub(super) fn from_config(fields: &[Field], tree: &ConfigTree) -> BTreeMap<String, Value> {
    let value = |field: &Field| {
        let node = tree.at(field.path);
        let words = || node.into_iter().flat_map(ConfigTree::children);
        match field.kind {
            Kind::Flag => Value::Bool(node.is_some()),
            Kind::Switch => node.map_or(Value::Null, |node| Value::Bool(node.at(&[DISABLE]).is_none())),
            Kind::Value(form) => words().next().map_or(Value::Null, |(word, _)| form.value(word)),
            Kind::Words(form) => {
                let all: Vec<_> = words().map(|(word, _)| form.value(word)).collect();
                if all.is_empty() { Value::Null } else { Value::Set(all) }
            }
            Kind::Presence(members) => {
                node.map_or(Value::Null, |node| Value::Object(from_config(members, node)))
            }
            Kind::Group(members) => match node.map(|node| Value::Object(from_config(members, node))) {
                Some(object) if !to_config(members, &object).is_empty() => object,
                _ => Value::Null,
            },
            Kind::Tags(_, members) => {
                let all: BTreeMap<_, _> = words()
                    .map(|(key, node)| (key.to_owned(), Value::Object(from_config(members, node))))
                    .collect();
                if all.is_empty() { Value::Null } else { Value::Map(all) }
            }
            Kind::Section => node.map_or(Value::Null, section::value),
        }
    };
    fields.iter().map(|field| (field.attribute.to_owned(), value(field))).collect()
}

/// What was read, in the words of `before` wherever both are the same configuration.
pub(super) fn in_words_of(
    fields: &[Field],
    before: &Value,
    read: BTreeMap<String, Value>,
) -> BTreeMap<String, Value> {
    let read = Value::Object(read);
    let value = |field: &Field| {
        let one = std::slice::from_ref(field);
        let kept =
            !before.attribute(field.attribute).is_null() && to_config(one, before) == to_config(one, &read);
        let source = if kept { before } else { &read };
        let value = match field.kind {
            Kind::Section if !kept => {
                section::in_words_of(before.attribute(field.attribute), &to_config(one, &read))
            }
            _ => source.attribute(field.attribute).clone(),
        };
        (field.attribute.to_owned(), value)
    };
    fields.iter().map(value).collect()
}

/// The commands that make `current` look like `wanted`, as far as the fields go. What others own stays.
pub(super) fn changes(
    fields: &[Field],
    current: &ConfigTree,
    wanted: &ConfigTree,
    within: &[String],
) -> Vec<Command> {
    let nothing = ConfigTree::default();
    let mut commands = Vec::new();
    for field in fields {
        let path: ConfigPath =
            within.iter().cloned().chain(field.path.iter().map(|word| (*word).to_owned())).collect();
        let (node, target) = (current.at(field.path), wanted.at(field.path));
        let kind = match field.kind {
            Kind::Switch => Kind::Presence(SWITCH),
            other => other,
        };
        match kind {
            Kind::Value(form) => {
                let (old, new) = (canonical_words(form, node), canonical_words(form, target));
                if old != new {
                    // Without the value: it may be a secret.
                    commands.extend(node.map(|_| Command::delete(path.clone())));
                    commands.extend(new.iter().map(|word| Command::set(joined(&path, word))));
                }
            }
            Kind::Words(form) => {
                let (old, new) = (canonical_words(form, node), canonical_words(form, target));
                let gone = words(node).filter(|word| !new.contains(&form.canonical(word)));
                match new.is_empty() {
                    true => commands.extend(node.map(|_| Command::delete(path.clone()))),
                    false => commands.extend(gone.map(|word| Command::delete(joined(&path, word)))),
                }
                commands.extend(new.difference(&old).map(|word| Command::set(joined(&path, word))));
            }
            Kind::Flag | Kind::Presence(_) if node.is_some() && target.is_none() => {
                commands.push(Command::delete(path));
            }
            Kind::Flag => commands.extend(target.filter(|_| node.is_none()).map(|_| Command::set(path))),
            Kind::Presence(members) => match (node, target) {
                (None, Some(target)) => commands.extend(creation(target, &path)),
                (Some(node), Some(target)) => commands.extend(changes(members, node, target, &path)),
                (_, None) => {}
            },
            Kind::Group(members) => {
                commands.extend(changes(members, node.unwrap_or(&nothing), target.unwrap_or(&nothing), &path))
            }
            Kind::Tags(form, members) => commands.extend(tag_changes(form, members, node, target, &path)),
            // As a presence, above.
            Kind::Switch => {}
            Kind::Section => {
                commands.extend(section::changes(node.unwrap_or(&nothing), target.unwrap_or(&nothing), &path))
            }
        }
    }
    without_repetition(commands)
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

fn tag_changes(
    form: Form,
    members: &[Field],
    node: Option<&ConfigTree>,
    target: Option<&ConfigTree>,
    path: &ConfigPath,
) -> Vec<Command> {
    let mut commands = Vec::new();
    let wanted = |key: &str| target.and_then(|target| target.at(&[form.canonical(key)]));
    let mut there = BTreeSet::new();
    for (key, below) in node.into_iter().flat_map(ConfigTree::children) {
        match wanted(key) {
            Some(target) if there.insert(form.canonical(key)) => {
                commands.extend(changes(members, below, target, &joined(path, key)));
            }
            // Not wanted, or a second spelling of one that is.
            _ => commands.push(Command::delete(joined(path, key))),
        }
    }
    for (key, target) in target.into_iter().flat_map(ConfigTree::children) {
        if !there.contains(key) {
            commands.extend(creation(target, &joined(path, key)));
        }
    }
    commands
}

/// The commands that make everything in `wanted` below `within`, and `within` itself.
pub(super) fn creation(wanted: &ConfigTree, within: &[String]) -> Vec<Command> {
    if wanted.is_empty() {
        return vec![Command::set(within.to_vec())];
    }
    wanted.ends().into_iter().map(|end| Command::set([within, &end].concat())).collect()
}

fn insert(tree: &mut ConfigTree, path: &[&str], below: &[&str]) {
    tree.insert(&[path, below].concat());
}

fn words(node: Option<&ConfigTree>) -> impl Iterator<Item = &str> {
    node.into_iter().flat_map(ConfigTree::children).map(|(word, _)| word)
}

fn canonical_words(form: Form, node: Option<&ConfigTree>) -> BTreeSet<String> {
    words(node).map(|word| form.canonical(word)).collect()
}

fn joined(path: &[String], word: &str) -> ConfigPath {
    path.iter().cloned().chain([word.to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const MEMBERS: &[Field] = &[
        Field::value("route_map", &["route-map", "import"], Form::Text),
        Field::flag("soft", &["soft-reconfiguration", "inbound"]),
    ];
    const FIELDS: &[Field] = &[
        Field::value("remote_as", &["remote-as"], Form::Decimal),
        Field::value("hops", &["ebgp-multihop"], Form::Number),
        Field::words("sources", &["source"], Form::Network),
        Field::flag("shutdown", &["shutdown"]),
        Field::switch("passive", &["passive"]),
        Field::group("timers", &["timers"], &[Field::value("holdtime", &["holdtime"], Form::Number)]),
        Field::presence("ipv6", &["address-family", "ipv6-unicast"], MEMBERS),
        Field::tags("networks", &["network"], Form::Network, MEMBERS),
    ];

    fn object(members: &[(&str, Value)]) -> Value {
        Value::Object(members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
    }

    fn number(value: i64) -> Value {
        Value::Number(value.into())
    }

    fn text(value: &str) -> Value {
        Value::String(value.to_owned())
    }

    fn tree(json: serde_json::Value) -> ConfigTree {
        ConfigTree::from_json(&json)
    }

    fn lines(commands: Vec<Command>) -> Vec<String> {
        commands.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn attributes_and_configuration_are_two_forms_of_one_thing() {
        let networks = [(
            "2001:DB8:0::/48".to_owned(),
            object(&[("route_map", text("RM")), ("soft", Value::Bool(false))]),
        )];
        let object = object(&[
            ("remote_as", text("0065001")),
            ("hops", number(2)),
            ("sources", Value::Set(vec![text("2001:DB8::/32"), text("192.0.2.0/24")])),
            ("shutdown", Value::Bool(true)),
            ("passive", Value::Bool(false)),
            ("timers", object(&[("holdtime", number(9))])),
            ("ipv6", object(&[("route_map", Value::Null), ("soft", Value::Bool(true))])),
            ("networks", Value::Map(networks.into())),
        ]);
        let config = to_config(FIELDS, &object);
        let expected = tree(json!({
            "remote-as": "65001", "ebgp-multihop": "2", "source": ["192.0.2.0/24", "2001:db8::/32"], "shutdown": {},
            "passive": {"disable": {}}, "timers": {"holdtime": "9"},
            "address-family": {"ipv6-unicast": {"soft-reconfiguration": {"inbound": {}}}},
            "network": {"2001:db8::/48": {"route-map": {"import": "RM"}}},
        }));
        assert_eq!(config.ends(), expected.ends());
        let read = from_config(FIELDS, &config);
        assert_eq!(read.get("remote_as"), Some(&text("65001")));
        assert_eq!(Value::Object(in_words_of(FIELDS, &object, read)), object);
    }

    #[test]
    fn what_an_earlier_delete_left_behind_is_nothing() {
        let read = from_config(
            FIELDS,
            &tree(json!({"timers": {}, "network": {}, "source": {}, "timers-of-others": {"x": "1"}})),
        );
        for attribute in ["timers", "networks", "sources", "ipv6", "remote_as"] {
            assert_eq!(read.get(attribute), Some(&Value::Null), "{attribute}");
        }
        assert_eq!(read.get("shutdown"), Some(&Value::Bool(false)));
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
        let mut commands = lines(changes(FIELDS, &current, &wanted, &["n".to_owned()]));
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
        assert!(changes(FIELDS, &wanted, &wanted, &[]).is_empty());
    }

    #[test]
    fn a_container_that_disables_is_no_container_that_enables() {
        let said = [
            (Value::Null, json!({})),
            (Value::Bool(true), json!({"passive": {}})),
            (Value::Bool(false), json!({"passive": {"disable": {}}})),
        ];
        for (value, config) in &said {
            let read = from_config(FIELDS, &tree(config.clone()));
            assert_eq!(read.get("passive"), Some(value), "{config}");
            let made = to_config(FIELDS, &object(&[("passive", value.clone())]));
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
            assert_eq!(lines(changes(FIELDS, current, wanted, &[])), expected);
        }
    }

    #[test]
    fn a_container_that_goes_takes_all_below_with_it() {
        let current = tree(json!({"address-family": {"ipv6-unicast": {"route-map": {"import": "RM"}}}}));
        let gone = lines(changes(FIELDS, &current, &ConfigTree::default(), &[]));
        assert_eq!(gone, ["delete address-family ipv6-unicast"]);
        let words = tree(json!({"source": ["192.0.2.0/24", "198.51.100.0/24"]}));
        let gone = lines(changes(FIELDS, &words, &ConfigTree::default(), &[]));
        assert_eq!(gone, ["delete source"], "no empty leaf is left");
        let bare = tree(json!({"address-family": {"ipv6-unicast": {}}}));
        let made = lines(changes(FIELDS, &ConfigTree::default(), &bare, &[]));
        assert_eq!(made, ["set address-family ipv6-unicast"]);
    }
}
