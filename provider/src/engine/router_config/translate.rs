//! Between attributes and configuration, by the table of [`Field`]s: what an object should look like on the
//! router, what the router's looks like as attributes, and which commands lead from one to the other.

use super::mapping::{Field, Kind, ValueFormat};
use super::subtree;
use crate::connection::router::ConfigTree;
use crate::engine::read_scope::ReadScope;
use std::collections::BTreeMap;
use tfplugin::{Path, Value};

/// What a [`Kind::TriState`] may hold.
pub(super) const DISABLE: &str = "disable";

/// The configuration of an object with these attributes, in canonical spelling.
pub(super) fn to_config(fields: &[Field], object: &Value) -> ConfigTree {
    let mut tree = ConfigTree::default();
    for field in fields {
        let value = object.attribute(field.attribute);
        match (&field.kind, value) {
            (Kind::Leaf(form), value) => {
                if let Some(word) = form.word(value) {
                    insert(&mut tree, field.path, &[&word]);
                }
            }
            (Kind::MultiLeaf(form), Value::Set(words)) => {
                for word in words.iter().filter_map(|word| form.word(word)) {
                    insert(&mut tree, field.path, &[&word]);
                }
            }
            (Kind::Valueless | Kind::TriState, Value::Bool(true)) => tree.insert(field.path),
            (Kind::TriState, Value::Bool(false)) => insert(&mut tree, field.path, &[DISABLE]),
            (Kind::PresenceNode(members) | Kind::Node(members), Value::Object(_)) => {
                let below = to_config(members, value);
                if matches!(field.kind, Kind::PresenceNode(_)) || !below.is_empty() {
                    tree.graft(field.path, below);
                }
            }
            (Kind::TagNode(form, members), Value::Map(all)) => {
                for (key, one) in all {
                    let path: Vec<_> = field.path.iter().map(|word| (*word).to_owned()).collect();
                    tree.graft(&[path, vec![form.canonical(key)]].concat(), to_config(members, one));
                }
            }
            (Kind::Subtree(_), value) => tree.graft(field.path, subtree::tree(value)),
            _ => {}
        }
    }
    tree
}

/// What was not there before is seen as it is.
fn or_whole(scope: ReadScope<'_>) -> ReadScope<'_> {
    if scope.is_not_ours() { ReadScope::Full } else { scope }
}

/// How the element of a map is read: one that was not there before is seen as it is.
fn of_element<'a>(scope: ReadScope<'a>, form: ValueFormat, key: &str) -> ReadScope<'a> {
    match scope {
        ReadScope::Owned(before) => element(form, before, key).map_or(ReadScope::Full, ReadScope::Owned),
        ReadScope::Full => ReadScope::Full,
    }
}

/// The element of a map by its key, however that is spelled.
pub(super) fn element<'a>(form: ValueFormat, map: &'a Value, key: &str) -> Option<&'a Value> {
    let Value::Map(all) = map else { return None };
    entry(form, all, key).map(|(_, one)| one)
}

/// The same with the key as the map spells it. Most maps hold it as it is asked for: only others have all
/// keys spelled anew.
pub(super) fn entry<'a>(
    form: ValueFormat,
    all: &'a BTreeMap<String, Value>,
    key: &str,
) -> Option<(&'a String, &'a Value)> {
    all.get_key_value(key).or_else(|| {
        let key = form.canonical(key);
        all.iter().find(|(other, _)| form.canonical(other) == key)
    })
}

/// The attributes of an object that looks like this on the router. What no field speaks of is not ours.
pub(super) fn from_config(
    fields: &[Field],
    tree: &ConfigTree,
    scope: ReadScope<'_>,
) -> BTreeMap<String, Value> {
    let value = |field: &Field| {
        let node = tree.at(field.path);
        let words = || node.into_iter().flat_map(ConfigTree::children);
        let scope = scope.attribute(field.attribute);
        match field.kind {
            Kind::Valueless => Value::Bool(node.is_some()),
            Kind::TriState => node.map_or(Value::Null, |node| Value::Bool(node.at(&[DISABLE]).is_none())),
            Kind::Leaf(form) => words().next().map_or(Value::Null, |(word, _)| form.value(word)),
            Kind::MultiLeaf(_) | Kind::TagNode(..) if scope.is_not_ours() => Value::Null,
            Kind::MultiLeaf(form) => {
                let all: Vec<_> = words().map(|(word, _)| form.value(word)).collect();
                if all.is_empty() { Value::Null } else { Value::Set(all) }
            }
            Kind::PresenceNode(members) => {
                node.map_or(Value::Null, |node| Value::Object(from_config(members, node, or_whole(scope))))
            }
            Kind::Node(members) => match node.map(|node| Value::Object(from_config(members, node, scope))) {
                Some(object) if !to_config(members, &object).is_empty() => object,
                _ => Value::Null,
            },
            Kind::TagNode(form, members) => {
                let one = |(key, node): (&str, &ConfigTree)| {
                    let read = from_config(members, node, of_element(scope, form, key));
                    (key.to_owned(), Value::Object(read))
                };
                let all: BTreeMap<_, _> = words().map(one).collect();
                if all.is_empty() { Value::Null } else { Value::Map(all) }
            }
            Kind::Subtree(_) => node.map_or(Value::Null, subtree::value),
        }
    };
    fields.iter().map(|field| (field.attribute.to_owned(), value(field))).collect()
}

/// Attributes whose value on the router they have no form for, such as a word in place of a number, and that
/// value.
pub(super) fn misfits(fields: &[Field], tree: &ConfigTree, within: &Path) -> Vec<(Path, String)> {
    let mut found = Vec::new();
    for field in fields {
        let path = within.clone().attribute(field.attribute);
        let node = tree.at(field.path);
        match (field.kind, node) {
            (Kind::Leaf(form), node) => {
                let word = words(node).next().filter(|word| form.value(word).is_null());
                found.extend(word.map(|word| (path, word.to_owned())));
            }
            (Kind::PresenceNode(members) | Kind::Node(members), Some(node)) => {
                found.extend(misfits(members, node, &path));
            }
            (Kind::TagNode(_, members), Some(node)) => {
                let below = node.children();
                found.extend(below.flat_map(|(key, node)| misfits(members, node, &path.clone().key(key))));
            }
            _ => {}
        }
    }
    found
}

/// What was read, in the words of `before` wherever both are the same configuration.
pub(super) fn preserve_spelling(
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
            Kind::Subtree(_) if !kept => {
                subtree::preserve_spelling(before.attribute(field.attribute), &to_config(one, &read))
            }
            _ => source.attribute(field.attribute).clone(),
        };
        (field.attribute.to_owned(), value)
    };
    fields.iter().map(value).collect()
}

fn insert(tree: &mut ConfigTree, path: &[&str], below: &[&str]) {
    tree.insert(&[path, below].concat());
}

pub(super) fn words(node: Option<&ConfigTree>) -> impl Iterator<Item = &str> {
    node.into_iter().flat_map(ConfigTree::children).map(|(word, _)| word)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use serde_json::json;

    const MEMBERS: &[Field] = &[
        Field::leaf("route_map", &["route-map", "import"], ValueFormat::Text),
        Field::valueless("soft", &["soft-reconfiguration", "inbound"]),
    ];
    pub(in super::super) const FIELDS: &[Field] = &[
        Field::leaf("remote_as", &["remote-as"], ValueFormat::Decimal),
        Field::leaf("hops", &["ebgp-multihop"], ValueFormat::Number),
        Field::multi_leaf("sources", &["source"], ValueFormat::Network),
        Field::valueless("shutdown", &["shutdown"]),
        Field::tri_state("passive", &["passive"]),
        Field::node("timers", &["timers"], &[Field::leaf("holdtime", &["holdtime"], ValueFormat::Number)]),
        Field::presence_node("ipv6", &["address-family", "ipv6-unicast"], MEMBERS),
        Field::tag_node("networks", &["network"], ValueFormat::Network, MEMBERS),
    ];

    pub(in super::super) fn object(members: &[(&str, Value)]) -> Value {
        Value::Object(members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
    }

    fn number(value: i64) -> Value {
        Value::Number(value.into())
    }

    fn text(value: &str) -> Value {
        Value::String(value.to_owned())
    }

    pub(in super::super) fn tree(json: serde_json::Value) -> ConfigTree {
        ConfigTree::from_json(&json)
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
        let read = from_config(FIELDS, &config, ReadScope::Full);
        assert_eq!(read.get("remote_as"), Some(&text("65001")));
        assert_eq!(Value::Object(preserve_spelling(FIELDS, &object, read)), object);
    }

    #[test]
    fn what_an_earlier_delete_left_behind_is_nothing() {
        let read = from_config(
            FIELDS,
            &tree(json!({"timers": {}, "network": {}, "source": {}, "timers-of-others": {"x": "1"}})),
            ReadScope::Full,
        );
        for attribute in ["timers", "networks", "sources", "ipv6", "remote_as"] {
            assert_eq!(read.get(attribute), Some(&Value::Null), "{attribute}");
        }
        assert_eq!(read.get("shutdown"), Some(&Value::Bool(false)));
    }
}
