//! The planning pipeline as a pure function: what becomes unknown, what stays, what is replaced.

use super::*;
use crate::types::Semantic;
use crate::{Computed, Model, Number};

/// A port of a machine.
#[derive(Clone, Debug, Model)]
struct Port {
    /// Its number.
    #[attribute(required)]
    number: u16,
    /// Its protocol.
    #[attribute(default = "tcp".to_owned())]
    protocol: String,
    /// Who listens.
    #[attribute(computed, use_state_for_unknown)]
    listener: Computed<Option<String>>,
}

/// A machine.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "test_machine")]
struct Machine {
    /// Its name.
    #[attribute(required, requires_replace)]
    name: String,
    /// Where it is.
    #[attribute(optional)]
    address: Option<Semantic<std::net::IpAddr>>,
    /// Its ports.
    #[attribute(optional)]
    ports: Option<Vec<Port>>,
    /// A secret that is never stored.
    #[attribute(optional, write_only)]
    #[expect(dead_code, reason = "planning looks at the schema and the values")]
    token: Option<String>,
    /// What the machine itself says.
    #[attribute(computed)]
    version: Computed<String>,
    /// What never changes.
    #[attribute(computed, use_state_for_unknown)]
    id: Computed<String>,
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn number(number: i64) -> Value {
    Value::Number(Number::from(number))
}

fn object<const N: usize>(pairs: [(&str, Value); N]) -> Value {
    Value::Object(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// A machine of which only `pairs` are not null.
fn machine<const N: usize>(pairs: [(&str, Value); N]) -> Value {
    let mut attributes: BTreeMap<String, Value> =
        Machine::schema().attributes.iter().map(|attribute| (attribute.name.clone(), Value::Null)).collect();
    attributes.extend(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Value::Object(attributes)
}

fn stored() -> Value {
    machine([
        ("name", text("a")),
        ("address", text("2001:db8::1")),
        ("version", text("1")),
        ("id", text("x")),
    ])
}

/// Proposes as core does: the configuration, and the prior value of what is computed.
fn planned(prior: &Value, config: Value) -> Planned {
    let mut proposed = config.clone();
    if let Value::Object(attributes) = &mut proposed {
        for name in ["version", "id"] {
            attributes.insert(name.to_owned(), prior.attribute(name).clone());
        }
    }
    plan(&Machine::schema().attributes, prior, &proposed, &config)
}

#[test]
fn a_create_has_defaults_and_unknowns() {
    let port = object([("number", number(80)), ("protocol", Value::Null), ("listener", Value::Null)]);
    let planned = planned(&Value::Null, machine([("name", text("a")), ("ports", Value::List(vec![port]))]));
    assert!(planned.object.attribute("version").is_unknown() && planned.object.attribute("id").is_unknown());
    let Value::List(ports) = planned.object.attribute("ports") else { panic!("{:?}", planned.object) };
    assert_eq!(ports[0].attribute("protocol"), &text("tcp"));
    assert!(ports[0].attribute("listener").is_unknown());
    assert!(planned.replace.is_empty());
}

#[test]
fn nothing_changed_plans_nothing() {
    let planned = planned(&stored(), machine([("name", text("a")), ("address", text("2001:db8::1"))]));
    assert_eq!(planned.object, stored());
    assert!(planned.replace.is_empty());
}

#[test]
fn another_spelling_of_the_same_address_plans_nothing() {
    let planned = planned(&stored(), machine([("name", text("a")), ("address", text("2001:DB8:0::1"))]));
    assert_eq!(planned.object, stored());
}

#[test]
fn a_change_makes_what_is_computed_unknown_but_keeps_what_is_kept() {
    let planned = planned(&stored(), machine([("name", text("a")), ("address", text("2001:db8::2"))]));
    assert!(planned.object.attribute("version").is_unknown());
    assert_eq!(planned.object.attribute("id"), &text("x"));
    assert!(planned.replace.is_empty());
}

#[test]
fn an_unknown_address_is_an_update_in_place() {
    let planned = planned(&stored(), machine([("name", text("a")), ("address", Value::unknown())]));
    assert!(planned.object.attribute("address").is_unknown());
    assert_eq!(planned.object.attribute("id"), &text("x"));
    assert!(planned.replace.is_empty());
}

#[test]
fn a_new_name_needs_a_new_machine_and_so_may_an_unknown_one() {
    for name in [text("b"), Value::unknown()] {
        let planned = planned(&stored(), machine([("name", name)]));
        assert_eq!(planned.replace, [Path::from("name")]);
    }
}

/// A machine whose schema others decided.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "test_guest")]
struct Guest {
    /// Its disks.
    #[attribute(block(max_items = 2))]
    disks: Vec<Disk>,
}

/// A disk.
#[derive(Clone, Debug, Model)]
struct Disk {
    /// What it begins with.
    #[attribute(required, requires_replace)]
    image: String,
    /// Its size.
    #[attribute(default = 8u16)]
    size: u16,
}

#[test]
fn a_new_object_may_be_needed_because_of_a_part_of_it() {
    let disk = |image: Value, size: i64| object([("image", image), ("size", number(size))]);
    let guest = |disks: Vec<Value>| object([("disks", Value::List(disks))]);
    let prior = guest(vec![disk(text("a"), 8), disk(text("b"), 8)]);
    let planned = |config: &Value| plan(&Guest::schema().attributes, &prior, config, config);
    let image = Path::from("disks").index(1).attribute("image");
    let replaced = planned(&guest(vec![disk(text("a"), 8), disk(Value::unknown(), 8)]));
    assert_eq!(replaced.replace, [image]);
    let grown = planned(&guest(vec![disk(text("a"), 9)]));
    assert!(grown.replace.is_empty() && grown.object != prior);
}

#[test]
fn a_write_only_value_is_never_planned() {
    let planned = planned(&Value::Null, machine([("name", text("a")), ("token", text("secret"))]));
    assert_eq!(planned.object.attribute("token"), &Value::Null);
}

#[test]
fn a_known_element_keeps_its_computed_members_when_another_is_added() {
    let port = |at: i64, listener: Value| {
        object([("number", number(at)), ("protocol", text("tcp")), ("listener", listener)])
    };
    let written =
        |at: i64| object([("number", number(at)), ("protocol", Value::Null), ("listener", Value::Null)]);
    let prior = machine([
        ("name", text("a")),
        ("ports", Value::List(vec![port(80, text("nginx"))])),
        ("id", text("x")),
    ]);
    let config = machine([("name", text("a")), ("ports", Value::List(vec![written(80), written(443)]))]);
    let planned = planned(&prior, config);
    let Value::List(ports) = planned.object.attribute("ports") else { panic!("{:?}", planned.object) };
    assert_eq!(ports[0], port(80, text("nginx")));
    assert!(ports[1].attribute("listener").is_unknown());
}

#[test]
fn what_was_read_keeps_the_authors_spelling() {
    let before = machine([("name", text("a")), ("address", text("2001:DB8::1"))]);
    let read = |address: &str| machine([("name", text("a")), ("address", text(address))]);
    assert_eq!(keep_spelling(&Machine::schema().attributes, &before, read("2001:db8::1")), before);
    let moved = keep_spelling(&Machine::schema().attributes, &before, read("2001:db8::2"));
    assert_eq!(moved.attribute("address"), &text("2001:db8::2"));
}
