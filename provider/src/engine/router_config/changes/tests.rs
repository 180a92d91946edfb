//! Commands for objects that are new, that changed, and that others put something into.

use super::super::translate::from_config;
use super::super::translate::tests::{FIELDS, object as object_of, tree};
use super::*;
use crate::engine::read_scope::ReadScope;
use serde_json::json;

fn value(tree: &ConfigTree) -> Value {
    Value::Object(from_config(FIELDS, tree, ReadScope::Full))
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
        let read = from_config(FIELDS, &tree(config.clone()), ReadScope::Full);
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
            Kind::PresenceNode(members) | Kind::Node(members) => maps(members, &chain, found),
            Kind::TagNode(_, members) => {
                found.push(chain.clone());
                maps(members, &chain, found);
            }
            Kind::MultiLeaf(_) => found.push(chain),
            Kind::Leaf(_) | Kind::Valueless | Kind::TriState | Kind::Subtree(_) => {}
        }
    }
}

/// Two keys or words of a form.
fn two(form: ValueFormat) -> [&'static str; 2] {
    match form {
        ValueFormat::Text | ValueFormat::Path => ["a", "b"],
        ValueFormat::Address => ["10.0.0.1", "10.0.0.2"],
        ValueFormat::Network => ["10.1.0.0/16", "10.2.0.0/16"],
        _ => ["10", "20"],
    }
}

fn form(field: &Field) -> ValueFormat {
    match field.kind {
        Kind::TagNode(form, _) | Kind::MultiLeaf(form) => form,
        _ => ValueFormat::Text,
    }
}

/// An object that has these members in the last field of a chain, or null there.
fn object(chain: &[&Field], members: Option<&[&str]>) -> Value {
    let Some((field, rest)) = chain.split_first() else { return Value::Null };
    let map = |keys: &[&str], below: &Value| {
        Value::Map(keys.iter().map(|key| ((*key).to_owned(), below.clone())).collect())
    };
    let value = match (&field.kind, rest) {
        (Kind::MultiLeaf(_), _) => members.map_or(Value::Null, |words| {
            Value::Set(words.iter().map(|word| Value::String((*word).to_owned())).collect())
        }),
        (Kind::TagNode(..), []) => members.map_or(Value::Null, |keys| map(keys, &Value::Object([].into()))),
        (Kind::TagNode(form, _), _) => map(&two(*form)[..1], &object(rest, members)),
        _ => object(rest, members),
    };
    Value::Object([(field.attribute.to_owned(), value)].into())
}

fn config(chain: &[&Field], members: &[&str]) -> ConfigTree {
    let mut path = Vec::new();
    for (at, field) in chain.iter().enumerate() {
        path.extend(field.path.iter().copied());
        if let (Kind::TagNode(form, _), true) = (field.kind, at + 1 < chain.len()) {
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
    for (name, layout) in crate::vyos::layouts() {
        let mut all = Vec::new();
        maps(layout.fields, &[], &mut all);
        for chain in all {
            count += 1;
            let told = chain.iter().map(|field| field.attribute).collect::<Vec<_>>().join(".");
            let [ours, theirs] = two(form(chain.last().unwrap()));
            let both = config(&chain, &[ours, theirs]);
            let lines = |prior: Option<&[&str]>, planned: Option<&[&str]>| {
                let (prior, planned) = (object(&chain, prior), object(&chain, planned));
                let change = Change { planned: &planned, prior: &prior, root: &Vec::new() };
                let found = changes(layout.fields, &both, change, &[]);
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
            assert_eq!(lines(Some(&[ours]), Some(&[ours])), (gone.clone(), vec![]), "{name} {told}: drift");
            assert_eq!(lines(None, Some(&[ours])), (gone.clone(), gone), "{name} {told}: for the first time");
            assert_eq!(lines(None, Some(&[ours, theirs])), nothing, "{name} {told}: all of it");

            let before = object(&chain, None);
            let read = Value::Object(from_config(layout.fields, &both, ReadScope::Owned(&before)));
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
