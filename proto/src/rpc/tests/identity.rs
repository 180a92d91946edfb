//! Identities on the wire: beside every answer, never changed by accident, and never of a type without one.

use crate::rpc::{Service, Shared};
use crate::value::{Value, json};
use crate::wire::tfplugin6::provider_server::Provider as _;
use crate::wire::tfplugin6::{self as pb, DynamicValue, ResourceIdentityData};
use crate::{Context, Diagnostics, Identity, Model, Provider, Registry, Resource, identity};
use serde_json::json;
use std::sync::Arc;
use tonic::Request;

/// The provider block.
#[derive(Clone, Debug, Model)]
struct Block {}

/// A book on a shelf.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "test_book")]
struct Book {
    /// Where it is.
    #[attribute(optional, identity(mutable))]
    shelf: Option<String>,
    /// Its title.
    #[attribute(required, requires_replace, identity)]
    title: String,
    /// Pages.
    #[attribute(optional)]
    pages: Option<i64>,
}

/// A thing without identity.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "test_plain")]
struct Plain {
    /// Its title.
    #[attribute(required)]
    title: String,
}

struct Library;

impl Provider for Library {
    type Config = Block;
    type Configured = ();
    const NAME: &'static str = "test";

    fn registry() -> Registry<()> {
        Registry::default().resource::<Book>().resource::<Plain>()
    }

    async fn configure(_: BlockDraft) -> Result<(), Diagnostics> {
        Ok(())
    }
}

macro_rules! stored_as_planned {
    ($model:ident, $read:expr $(, $import:item)?) => {
        impl Resource for $model {
            type Provider = ();
            type Model = $model;
            type Private = ();

            async fn create(_: &Context<()>, planned: $model, (): &mut ()) -> Result<$model, Diagnostics> {
                Ok(planned)
            }

            async fn read(_: &Context<()>, prior: $model, (): &mut ()) -> Result<Option<$model>, Diagnostics> {
                Ok($read(prior))
            }

            async fn update(
                _: &Context<()>,
                _: $model,
                planned: $model,
                (): &mut (),
            ) -> Result<$model, Diagnostics> {
                Ok(planned)
            }

            async fn delete(_: &Context<()>, _: $model, (): ()) -> Result<(), Diagnostics> {
                Ok(())
            }

            $($import)?
        }
    };
}

/// What a book of these pages is read as.
fn read(prior: Book) -> Option<Book> {
    match prior.pages {
        Some(1) => Some(Book { title: "another".to_owned(), ..prior }),
        Some(2) => Some(Book { shelf: Some("elsewhere".to_owned()), ..prior }),
        Some(3) => None,
        _ => Some(prior),
    }
}

stored_as_planned!(Plain, Some);
stored_as_planned!(
    Book,
    read,
    async fn import_state(_: &Context<()>, identity: &Identity, (): &mut ()) -> Result<Book, Diagnostics> {
        let title = match identity.part("title").as_str() {
            "swapped" => "another".to_owned(),
            title => title.to_owned(),
        };
        Ok(Book { shelf: identity.text("shelf").map(str::to_owned), title, pages: Some(9) })
    }
);

async fn service() -> Service<Library> {
    let service = Service::new(Arc::new(Shared::default()));
    let request = pb::configure_provider::Request { config: value(json!({})), ..Default::default() };
    service.configure_provider(Request::new(request)).await.unwrap();
    service
}

fn value(json: serde_json::Value) -> Option<DynamicValue> {
    Some(DynamicValue { msgpack: Vec::new(), json: json.to_string().into_bytes() })
}

fn data(json: serde_json::Value) -> Option<ResourceIdentityData> {
    (!json.is_null()).then(|| ResourceIdentityData { identity_data: value(json) })
}

fn told(found: &[pb::Diagnostic]) -> String {
    found.iter().map(|one| format!("{}: {}\n", one.summary, one.detail)).collect()
}

/// What was answered, as JSON; null where nothing was.
fn shown(data: Option<ResourceIdentityData>) -> serde_json::Value {
    let of = identity::value_type(Book::schema()).unwrap();
    let envelope = data.and_then(|data| data.identity_data);
    let value = crate::wire::from_dynamic(envelope.as_ref(), &of).unwrap();
    serde_json::from_str(&json::encode_untyped(&value)).unwrap()
}

fn book(shelf: &str, title: &str, pages: i64) -> serde_json::Value {
    json!({"shelf": shelf, "title": title, "pages": pages})
}

#[tokio::test]
async fn the_schemas_say_what_an_import_needs_and_only_of_types_that_have_an_identity() {
    let service = service().await;
    let request = pb::get_resource_identity_schemas::Request {};
    let schemas = service.get_resource_identity_schemas(Request::new(request)).await.unwrap().into_inner();
    assert_eq!(schemas.identity_schemas.keys().collect::<Vec<_>>(), ["test_book"]);
    let book = &schemas.identity_schemas["test_book"];
    let attribute = |at: usize| {
        let one = &book.identity_attributes[at];
        (one.name.as_str(), one.required_for_import, one.optional_for_import, one.description.as_str())
    };
    assert_eq!(attribute(0), ("shelf", false, true, "Where it is."));
    assert_eq!(attribute(1), ("title", true, false, "Its title."));
    assert_eq!(book.identity_attributes.len(), 2);
    assert!(book.identity_attributes.iter().all(|one| one.r#type == b"\"string\""));
}

#[tokio::test]
async fn a_plan_and_an_apply_answer_the_identity_and_a_destroy_none() {
    let service = service().await;
    let plan = async |prior: serde_json::Value, wanted: serde_json::Value| {
        let request = pb::plan_resource_change::Request {
            type_name: "test_book".to_owned(),
            prior_state: value(prior),
            proposed_new_state: value(wanted.clone()),
            config: value(wanted),
            ..Default::default()
        };
        let answer = service.plan_resource_change(Request::new(request)).await.unwrap().into_inner();
        assert_eq!(told(&answer.diagnostics), "");
        shown(answer.planned_identity)
    };
    let null = || serde_json::Value::Null;
    assert_eq!(plan(null(), book("a", "x", 9)).await, json!({"shelf": "a", "title": "x"}));
    // An address changes in place, and what is replaced is another object.
    assert_eq!(plan(book("a", "x", 9), book("b", "x", 9)).await, json!({"shelf": "b", "title": "x"}));
    assert_eq!(plan(book("a", "x", 9), book("a", "y", 9)).await, json!({"shelf": "a", "title": "y"}));
    assert_eq!(plan(book("a", "x", 9), null()).await, null());

    let apply = async |planned: serde_json::Value, identity: serde_json::Value| {
        let request = pb::apply_resource_change::Request {
            type_name: "test_book".to_owned(),
            prior_state: value(null()),
            planned_state: value(planned.clone()),
            config: value(planned),
            planned_identity: data(identity),
            ..Default::default()
        };
        let answer = service.apply_resource_change(Request::new(request)).await.unwrap().into_inner();
        (shown(answer.new_identity), told(&answer.diagnostics))
    };
    let identity = json!({"shelf": "a", "title": "x"});
    assert_eq!(apply(book("a", "x", 9), identity.clone()).await, (identity.clone(), String::new()));
    assert_eq!(apply(book("a", "x", 9), null()).await, (identity, String::new()));
    let (stored, told) = apply(book("a", "x", 9), json!({"shelf": "a", "title": "y"})).await;
    assert_eq!(stored, null());
    assert!(
        told.contains("changed between plan and apply: its `title` was \"y\", and is \"x\" now"),
        "{told}"
    );
}

#[tokio::test]
async fn an_update_that_does_not_know_the_address_yet_keeps_the_identity() {
    let service = service().await;
    let object = |shelf: Value| {
        let members = [("shelf", shelf), ("title", Value::String("x".to_owned())), ("pages", Value::Null)];
        let object = Value::Object(members.map(|(name, value)| (name.to_owned(), value)).into());
        Some(crate::wire::to_dynamic(&object, Book::schema().object_type()).unwrap())
    };
    let request = pb::plan_resource_change::Request {
        type_name: "test_book".to_owned(),
        prior_state: object(Value::String("a".to_owned())),
        proposed_new_state: object(Value::unknown()),
        config: object(Value::unknown()),
        ..Default::default()
    };
    let answer = service.plan_resource_change(Request::new(request)).await.unwrap().into_inner();
    assert_eq!(told(&answer.diagnostics), "");
    assert_eq!(shown(answer.planned_identity), json!({"shelf": "a", "title": "x"}));
}

#[tokio::test]
async fn a_read_gives_old_states_an_identity_and_refuses_another_one() {
    let service = service().await;
    let read = async |state: serde_json::Value, identity: serde_json::Value| {
        let request = pb::read_resource::Request {
            type_name: "test_book".to_owned(),
            current_state: value(state),
            current_identity: data(identity),
            ..Default::default()
        };
        let answer = service.read_resource(Request::new(request)).await.unwrap().into_inner();
        let state =
            crate::wire::from_dynamic(answer.new_state.as_ref(), Book::schema().object_type()).unwrap();
        (
            shown(answer.new_identity),
            told(&answer.diagnostics),
            state.attribute("title").as_str().map(str::to_owned),
        )
    };
    let none = serde_json::Value::Null;
    let same = json!({"shelf": "a", "title": "x"});
    let title = Some("x".to_owned());
    let expected = (same.clone(), String::new(), title.clone());
    assert_eq!(read(book("a", "x", 9), none.clone()).await, expected);
    assert_eq!(read(book("a", "x", 9), same.clone()).await, expected);
    assert_eq!(read(book("a", "x", 3), same.clone()).await, (none.clone(), String::new(), None));
    for (pages, part) in
        [(1, "`title` was \"x\", and is \"another\" now"), (2, "`shelf` was \"a\", and is \"elsewhere\" now")]
    {
        let (_, told, kept) = read(book("a", "x", pages), same.clone()).await;
        assert!(told.starts_with("Unexpected Identity Change: The identity of this test_book"), "{told}");
        assert!(told.contains(&format!("changed when it was read: its {part}")), "{told}");
        assert_eq!(kept, title, "the state is kept");
    }
}

#[tokio::test]
async fn an_import_by_id_and_one_by_identity_are_one() {
    let service = service().await;
    let import = async |type_name: &str, id: &str, identity: serde_json::Value| {
        let request = pb::import_resource_state::Request {
            type_name: type_name.to_owned(),
            id: id.to_owned(),
            identity: data(identity),
            ..Default::default()
        };
        let mut answer = service.import_resource_state(Request::new(request)).await.unwrap().into_inner();
        let imported = answer.imported_resources.pop();
        (told(&answer.diagnostics), imported.map(|one| (one.state.unwrap().msgpack, shown(one.identity))))
    };
    let none = || serde_json::Value::Null;
    let (told, by_id) = import("test_book", "a/x", none()).await;
    assert_eq!(told, "");
    let (told, by_identity) = import("test_book", "", json!({"shelf": "a", "title": "x"})).await;
    assert_eq!((told.as_str(), &by_identity), ("", &by_id));
    assert_eq!(by_id.unwrap().1, json!({"shelf": "a", "title": "x"}));
    let (_, short) = import("test_book", "x", none()).await;
    assert_eq!(short.unwrap().1, json!({"shelf": null, "title": "x"}));

    for (type_name, id, identity, expected) in [
        (
            "test_book",
            "a/b/c",
            none(),
            "\"a/b/c\" does not name an object. It should be <shelf>/<title>, or <title>.",
        ),
        ("test_book", "", json!({"shelf": "a"}), "it gives no `title`"),
        ("test_book", "swapped", none(), "asked for the test_book whose `title` is \"swapped\""),
        ("test_plain", "x", none(), "does not support import"),
    ] {
        let (told, imported) = import(type_name, id, identity).await;
        assert!(told.contains(expected) && imported.is_none(), "{told}");
    }
}

#[tokio::test]
async fn a_type_without_identity_answers_none() {
    let service = service().await;
    let state = value(json!({"title": "x"}));
    let request = pb::read_resource::Request {
        type_name: "test_plain".to_owned(),
        current_state: state.clone(),
        ..Default::default()
    };
    let read = service.read_resource(Request::new(request)).await.unwrap().into_inner();
    assert!(read.new_identity.is_none() && read.new_state.is_some());
    let request = pb::plan_resource_change::Request {
        type_name: "test_plain".to_owned(),
        proposed_new_state: state.clone(),
        config: state,
        ..Default::default()
    };
    let plan = service.plan_resource_change(Request::new(request)).await.unwrap().into_inner();
    assert!(plan.planned_identity.is_none() && plan.planned_state.is_some());
    let raw = pb::RawState { json: b"{}".to_vec(), ..Default::default() };
    let request = pb::upgrade_resource_identity::Request {
        type_name: "test_plain".to_owned(),
        version: 0,
        raw_identity: Some(raw),
    };
    let upgraded = service.upgrade_resource_identity(Request::new(request)).await.unwrap().into_inner();
    assert!(told(&upgraded.diagnostics).contains("A test_plain has no identity"));
}

#[tokio::test]
async fn a_stored_identity_of_this_version_is_answered_as_it_is() {
    let service = service().await;
    let raw = pb::RawState { json: br#"{"shelf":"a","title":"x"}"#.to_vec(), ..Default::default() };
    let request = pb::upgrade_resource_identity::Request {
        type_name: "test_book".to_owned(),
        version: 0,
        raw_identity: Some(raw),
    };
    let upgraded = service.upgrade_resource_identity(Request::new(request)).await.unwrap().into_inner();
    assert_eq!(shown(upgraded.upgraded_identity), json!({"shelf": "a", "title": "x"}));
}
