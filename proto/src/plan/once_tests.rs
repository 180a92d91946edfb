//! One plan of an object reads no value twice, stores none twice, and builds no schema.

use super::erased::{ErasedResource, Stored, TypedResource};
use crate::schema::AttributeKind;
use crate::testing::proposed;
use crate::value::{Type, Value, ValueError};
use crate::{AttributeValue, Computed, Context, Diagnostics, Held, Model, Plan, Resource};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

thread_local! {
    static COUNTS: RefCell<BTreeMap<String, usize>> = const { RefCell::new(BTreeMap::new()) };
}

fn count(what: &str, text: &str) {
    COUNTS.with_borrow_mut(|counts| *counts.entry(format!("{what} {text}")).or_default() += 1);
}

/// Text that counts what is done with it.
#[derive(Clone, Debug, PartialEq)]
struct Counted(String);

impl AttributeValue for Counted {
    fn kind() -> AttributeKind {
        count("schema", "");
        AttributeKind::Type(Type::String)
    }

    fn decode(value: &Value) -> Result<Self, ValueError> {
        let text = value.as_str().ok_or_else(|| ValueError::new("no text"))?;
        count("decoded", text);
        Ok(Self(text.to_owned()))
    }

    fn encode(&self) -> Value {
        count("encoded", &self.0);
        Value::String(self.0.clone())
    }
}

/// A thing.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "test_counted")]
struct Thing {
    /// Its name.
    #[attribute(required)]
    name: Counted,
    /// Its size.
    #[attribute(default = Counted("default".to_owned()))]
    size: Counted,
    /// Its parts.
    #[attribute(optional)]
    parts: Option<Vec<Part>>,
    /// A secret.
    #[attribute(optional, write_only)]
    #[expect(dead_code, reason = "planning reads the draft")]
    secret: Option<Counted>,
    /// What the provider says.
    #[attribute(computed)]
    said: Computed<Counted>,
    /// What never changes.
    #[attribute(computed, use_state_for_unknown)]
    id: Computed<Counted>,
}

/// A part.
#[derive(Clone, Debug, Model)]
struct Part {
    /// What is in it.
    #[attribute(required)]
    content: Counted,
}

macro_rules! things {
    ($name:ident, $model:ty) => {
        struct $name;

        impl Resource for $name {
            type Provider = ();
            type Model = $model;
            type Private = ();

            async fn modify_plan(_: &Context<()>, plan: &mut Plan<$model, ()>) -> Result<(), Diagnostics> {
                assert_eq!(plan.planned.secret.given().map(|secret| secret.0.as_str()), Some("s"));
                plan.planned.said.set(Counted("planned".to_owned()));
                Ok(())
            }

            async fn create(_: &Context<()>, planned: $model, (): &mut ()) -> Result<$model, Diagnostics> {
                Ok(planned)
            }

            async fn read(
                _: &Context<()>,
                prior: $model,
                (): &mut (),
            ) -> Result<Option<$model>, Diagnostics> {
                Ok(Some(prior))
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
        }
    };
}

things!(Things, Thing);
things!(HeldThings, Held<Thing>);

fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

/// Plans an update of every attribute, and answers what was done.
async fn planned<R: Resource<Provider = ()>>() -> (Value, BTreeMap<String, usize>)
where
    R::Model: crate::provider::TypeName,
{
    let parts = |all: &[&str]| Value::List(all.iter().map(|one| object([("content", text(one))])).collect());
    let prior = object([
        ("name", text("a")),
        ("size", text("old size")),
        ("parts", parts(&["old part"])),
        ("secret", Value::Null),
        ("said", text("old said")),
        ("id", text("i")),
    ]);
    let config = object([
        ("name", text("b")),
        ("size", Value::Null),
        ("parts", parts(&["x", "y"])),
        ("secret", text("s")),
        ("said", Value::Null),
        ("id", Value::Null),
    ]);
    let resource = TypedResource::<R>::new();
    let proposal = proposed(&resource.schema().attributes, &prior, &config);
    COUNTS.with_borrow_mut(BTreeMap::clear);
    let context = Context::new(Arc::new(()), CancellationToken::new());
    let stored = Stored { object: prior, identity: Value::Null, private: Vec::new() };
    let (change, found) = resource.plan(&context, stored, &proposal, &config).await;
    assert!(found.is_empty(), "{found:?}");
    (change.object, COUNTS.with_borrow(Clone::clone))
}

#[tokio::test]
async fn every_value_of_a_plan_is_read_once_and_only_what_is_set_is_written() {
    let (object, counts) = planned::<Things>().await;
    let prior = ["a", "old size", "old part", "old said"];
    // Configured or planned, it is the same value. The id is in the state and in the plan.
    let (new, both) = (["b", "default", "x", "y", "s"], ["i", "i"]);
    let mut expected: BTreeMap<String, usize> = BTreeMap::from([("encoded planned".to_owned(), 1)]);
    for text in prior.into_iter().chain(new).chain(both) {
        *expected.entry(format!("decoded {text}")).or_default() += 1;
    }
    assert_eq!(counts, expected);
    assert_eq!(object.attribute("said"), &text("planned"));
    assert!(object.attribute("secret").is_null(), "a write-only value is in no plan");
}

#[tokio::test]
async fn a_held_state_is_not_read_at_all() {
    let (_, counts) = planned::<HeldThings>().await;
    assert!(!counts.keys().any(|what| what.contains("old")), "{counts:?}");
    assert!(counts.values().all(|count| *count == 1), "{counts:?}");
}

#[test]
fn a_schema_is_built_once() {
    let schema = Thing::schema();
    assert!(std::ptr::eq(schema, Thing::schema()) && std::ptr::eq(schema, Held::<Thing>::schema()));
    COUNTS.with_borrow_mut(BTreeMap::clear);
    assert_eq!(Part::kind().value_type(), Part::schema().object_type().clone());
    assert!(COUNTS.with_borrow(BTreeMap::is_empty));
}
