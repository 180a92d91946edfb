//! What bites every provider first, where no other test meets it: types of nested attributes, objects with
//! all of their attributes, blocks that are never null.

use crate::testing::{Action, Harness};
use crate::value::{Type, Value, msgpack};
use crate::wire::tfplugin6::schema as pb;
use crate::{Computed, Context, Diagnostics, Model, MovedState, Provider, Registry, Resource, wire};
use serde_json::json;
use std::collections::BTreeMap;

/// A guest with nested attributes and blocks of every kind that there is.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "test_guest", version = 1, upgrade = same)]
struct Guest {
    /// Its name.
    #[attribute(required)]
    name: String,
    /// Where it is.
    #[attribute(optional)]
    place: Option<Part>,
    /// Its parts.
    #[attribute(optional)]
    parts: Option<Vec<Part>>,
    /// Its parts by name.
    #[attribute(optional)]
    named: Option<BTreeMap<String, Part>>,
    /// What the provider found.
    #[attribute(computed)]
    found: Computed<Vec<String>>,
    /// Its disks.
    #[attribute(block(max_items = 3))]
    disks: Vec<Disk>,
}

/// A part.
#[derive(Clone, Debug, Model)]
struct Part {
    /// What it is.
    #[attribute(required)]
    kind: String,
    /// What it is made of.
    #[attribute(optional)]
    inner: Option<Vec<Inner>>,
}

/// A part of a part.
#[derive(Clone, Debug, Model)]
struct Inner {
    /// How large it is.
    #[attribute(optional)]
    size: Option<u8>,
}

/// A disk.
#[derive(Clone, Debug, Model)]
struct Disk {
    /// What it begins with.
    #[attribute(required)]
    image: String,
    /// Its bounds.
    #[attribute(block(max_items = 1))]
    bounds: Vec<Inner>,
}

fn same(_: i64, _: &mut BTreeMap<String, Value>) -> Result<(), String> {
    Ok(())
}

/// Nothing.
#[derive(Clone, Debug, Model)]
struct Block {}

struct Test;

impl Provider for Test {
    type Config = Block;
    type Configured = ();
    const NAME: &'static str = "test";

    fn registry() -> Registry<()> {
        Registry::default().resource::<Guest>()
    }

    async fn configure(_: BlockDraft) -> Result<(), Diagnostics> {
        Ok(())
    }
}

impl Resource for Guest {
    type Provider = ();
    type Model = Guest;
    type Private = ();

    async fn create(_: &Context<()>, planned: Guest, (): &mut ()) -> Result<Guest, Diagnostics> {
        Ok(Guest { found: Vec::new().into(), ..planned })
    }

    async fn read(_: &Context<()>, prior: Guest, (): &mut ()) -> Result<Option<Guest>, Diagnostics> {
        Ok(Some(prior))
    }

    async fn update(_: &Context<()>, _: Guest, planned: Guest, (): &mut ()) -> Result<Guest, Diagnostics> {
        Ok(Guest { found: Vec::new().into(), ..planned })
    }

    async fn delete(_: &Context<()>, _: Guest, (): ()) -> Result<(), Diagnostics> {
        Ok(())
    }
}

/// Attributes, below each other too, and how many of them have members.
fn check(attributes: &[pb::Attribute]) -> usize {
    let one = |one: &pb::Attribute| {
        let members = one.nested_type.as_ref();
        assert_ne!(one.r#type.is_empty(), members.is_none(), "{} has both or neither", one.name);
        if members.is_none() {
            let of = serde_json::from_slice(&one.r#type).unwrap();
            assert!(Type::from_json(&of).is_ok(), "{}", one.name);
        }
        members.map_or(0, |of| 1 + check(&of.attributes))
    };
    attributes.iter().map(one).sum()
}

fn check_block(block: &pb::Block) -> usize {
    let inner = block.block_types.iter().filter_map(|one| one.block.as_ref()).map(check_block);
    check(&block.attributes) + inner.sum::<usize>()
}

#[test]
fn an_attribute_has_a_type_or_members_and_never_both() {
    let sent = wire::schema(Guest::schema()).block.unwrap();
    assert_eq!(sent.block_types.len(), 1);
    assert_eq!(check_block(&sent), 6, "place, parts and named have members, and each an inner one that has");
}

#[test]
fn an_object_on_the_wire_has_every_attribute() {
    let of = Guest::schema().object_type();
    let short = Value::Object([("name".to_owned(), Value::String("a".to_owned()))].into());
    let bytes = msgpack::encode(&short, of).unwrap();
    // A map of six, each by name.
    assert_eq!(bytes[0], 0x86);
    let text = String::from_utf8_lossy(&bytes);
    for one in &Guest::schema().attributes {
        assert!(text.contains(&one.name), "{}", one.name);
    }
    let more = Value::Object([("nome".to_owned(), Value::Null)].into());
    assert!(msgpack::encode(&more, of).is_err());
}

/// No list of blocks in the guest is null.
fn has_blocks(guest: &Value) -> bool {
    let Value::List(disks) = guest.attribute("disks") else { return false };
    disks.iter().all(|disk| matches!(disk.attribute("bounds"), Value::List(_)))
}

#[tokio::test]
async fn blocks_are_empty_and_never_null() {
    let terraform = Harness::<Test>::new(&json!({})).await.unwrap();
    for config in [json!({"name": "a"}), json!({"name": "a", "disks": [{"image": "x"}]})] {
        let planned = terraform.plan("test_guest", None, &config).await.unwrap();
        assert!(has_blocks(&planned.object), "{:?}", planned.object);
        let made = terraform.create("test_guest", &config).await.unwrap();
        assert!(has_blocks(&made.object), "{:?}", made.object);
    }
    // States from before there were such blocks, today's, an earlier one and one that is taken over.
    let lacks = json!({"name": "a", "found": [], "disks": [{"image": "x"}]});
    let source =
        MovedState { provider: "x/y/z", type_name: "test_guest", version: 0, private: b"null".as_slice() };
    for state in [
        terraform.stored("test_guest", 0, &json!({"name": "a", "found": []}), b""),
        terraform.stored("test_guest", 0, &lacks, b""),
        terraform.stored("test_guest", 1, &lacks, b""),
        terraform.moved("test_guest", &source, &lacks),
    ] {
        let state = state.unwrap();
        assert!(has_blocks(&state.object), "{:?}", state.object);
        let (read, _) = terraform.read(&state).await.unwrap();
        assert!(has_blocks(&read.unwrap().object));
    }
    let state = terraform.stored("test_guest", 1, &lacks, b"").unwrap();
    let config = json!({"name": "a", "disks": [{"image": "x"}]});
    let planned = terraform.plan("test_guest", Some(&state), &config).await.unwrap();
    assert_eq!(planned.action, Action::NoOp);
}
