//! What an earlier run stored, perhaps with another version of the provider. Nothing of it is replaced
//! silently.

use super::{each, nested};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::provider::TypeName;
use crate::schema::{Attribute, AttributeKind, Mode, Schema};
use crate::value::ValueError;
use crate::value::{Value, json};
use serde::de::DeserializeOwned;
use std::cmp::Ordering;
use std::collections::BTreeMap;

const SUMMARY: &str = "Unable to read the stored state";

/// A state as JSON, stored with schema version `version`, as the schema has it today.
pub(super) fn upgrade<T: TypeName>(schema: &Schema, version: i64, json: &[u8]) -> Result<Value, Diagnostics> {
    let (name, now) = (T::TYPE_NAME, schema.version);
    let failed = |why: String| Diagnostics::from(Diagnostic::error(SUMMARY, why));
    match version.cmp(&now) {
        Ordering::Equal => object(schema, json).map_err(|error| unreadable(name, error).into()),
        Ordering::Greater => Err(failed(format!(
            "The state of this {name} was stored with schema version {version}; this version of the provider reads \
             versions up to {now}. Use the version of the provider that stored it, or a later one."
        ))),
        Ordering::Less => {
            let stored = json::decode_untyped(json).map_err(|error| unreadable(name, error))?;
            let Value::Object(mut attributes) = stored else {
                return Err(unreadable(name, ValueError::new("it is not an object")).into());
            };
            T::upgrade(version, &mut attributes).map_err(|why| {
                failed(format!("The state of this {name}, stored with schema version {version}: {why}"))
            })?;
            let upgraded = json::encode_untyped(&Value::Object(attributes));
            object(schema, upgraded.as_bytes()).map_err(|error| unreadable(name, error).into())
        }
    }
}

/// An object as JSON. Blocks that it lacks are none: core knows no null in their place.
pub(super) fn object(schema: &Schema, json: &[u8]) -> Result<Value, ValueError> {
    json::decode(json, schema.object_type()).map(|object| with_blocks(&schema.attributes, &object))
}

fn with_blocks(attributes: &[Attribute], object: &Value) -> Value {
    each(attributes, object, &|attribute, value| match (attribute.block, value) {
        (Some(_), Value::Null) => Value::List(Vec::new()),
        _ => nested(attribute, value, &Value::Null, &Value::Null, &|members, _, value, _| {
            with_blocks(members, value)
        }),
    })
}

/// A stored object that does not fit.
pub(super) fn unreadable(type_name: &str, error: ValueError) -> Diagnostic {
    let at = match error.path.steps() {
        [] => String::new(),
        _ => format!(" at `{}`", error.path),
    };
    let detail = format!(
        "The stored state of this {type_name} does not fit{at}: {error}. Another version of this provider stored it, or \
         another provider with a type of that name. Use the one that stored it; or take the object out of the state \
         (`terraform state rm`) and import it again."
    );
    Diagnostic::error(SUMMARY, detail).at(error.path)
}

/// Private state; none where nothing was stored.
pub(super) fn private<P: Default + DeserializeOwned>(type_name: &str, bytes: &[u8]) -> Result<P, Diagnostic> {
    if bytes.is_empty() {
        return Ok(P::default());
    }
    let mut unknown = None;
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = serde_ignored::deserialize(&mut reader, |path| unknown = Some(path.to_string()));
    let why = match (read, unknown) {
        (Ok(read), None) => return Ok(read),
        (_, Some(unknown)) => format!("its `{unknown}` is not known"),
        (Err(error), None) => error.to_string(),
    };
    let detail = format!(
        "What the provider keeps beside the state of this {type_name} cannot be read: {why}. Another version of this \
         provider stored it, or another provider. The object is not changed, because its private state would be \
         lost. Use the version that stored it; or take the object out of the state (`terraform state rm`) and import it \
         again."
    );
    Err(Diagnostic::error("Unable to read the private state", detail))
}

/// A stored object with something in each place where its Rust type has no null: it lacks what was not there
/// yet when it was stored. Typed code needs a value to start from; it is never stored unless it was read.
pub(super) fn completed(attributes: &[Attribute], object: &Value) -> Value {
    let Value::Object(all) = object else { return object.clone() };
    let mut all = all.clone();
    for attribute in attributes {
        let value = all.entry(attribute.name.clone()).or_insert(Value::Null);
        *value = match (&*value, &attribute.default) {
            (Value::Null, Some(default)) => default.clone(),
            (Value::Null, None) if attribute.mode == Mode::Computed && !attribute.nullable => {
                Value::unknown()
            }
            (value, _) => completed_members(&attribute.kind, value),
        };
    }
    Value::Object(all)
}

fn completed_members(kind: &AttributeKind, value: &Value) -> Value {
    let AttributeKind::Nested(_, members) = kind else { return value.clone() };
    let each = |all: &[Value]| all.iter().map(|one| completed(members, one)).collect();
    match value {
        Value::List(all) => Value::List(each(all)),
        Value::Set(all) => Value::Set(each(all)),
        Value::Map(all) => {
            let one = |(key, one): (&String, &Value)| (key.clone(), completed(members, one));
            Value::Map(all.iter().map(one).collect::<BTreeMap<_, _>>())
        }
        one => completed(members, one),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Computed;
    use crate::{Model, Value};
    use serde::Deserialize;

    /// A thing that was called otherwise once, and had no color.
    #[derive(Clone, Debug, Model)]
    #[resource(type_name = "test_thing", version = 2, upgrade = rename)]
    struct Thing {
        /// Its name.
        #[attribute(required)]
        name: String,
        /// How much there is.
        #[attribute(optional)]
        amount: Option<i64>,
        /// Its color.
        #[attribute(default = "red".to_owned())]
        color: String,
        /// What the provider says.
        #[attribute(computed)]
        said: Computed<String>,
        /// Its parts.
        #[attribute(optional)]
        parts: Option<BTreeMap<String, Part>>,
    }

    /// A part.
    #[derive(Clone, Debug, Model)]
    struct Part {
        /// Whether it is loose.
        #[attribute(default = false)]
        loose: bool,
    }

    /// `title` became `name` with version 1, amounts came as text until version 2.
    fn rename(version: i64, state: &mut BTreeMap<String, Value>) -> Result<(), String> {
        if version < 1
            && let Some(title) = state.remove("title")
        {
            state.insert("name".to_owned(), title);
        }
        if let Some(Value::String(amount)) = state.get("amount") {
            let amount = amount.parse().map_err(|_| format!("`amount` is {amount:?}"))?;
            state.insert("amount".to_owned(), Value::Number(amount));
        }
        Ok(())
    }

    fn thing() -> &'static Schema {
        Thing::schema()
    }

    fn upgraded(version: i64, json: &str) -> Result<Value, String> {
        upgrade::<Thing>(thing(), version, json.as_bytes()).map_err(|found| {
            found.iter().map(|one| format!("{}: {}", one.summary, one.detail)).collect::<String>()
        })
    }

    #[test]
    fn an_earlier_state_becomes_todays_without_losing_a_digit() {
        let state =
            upgraded(0, r#"{"title":"x","amount":"12345678901234567890123","color":"blue"}"#).unwrap();
        assert_eq!(state.attribute("name").as_str(), Some("x"));
        assert_eq!(state.attribute("color").as_str(), Some("blue"));
        assert_eq!(*state.attribute("amount"), Value::Number("12345678901234567890123".parse().unwrap()));
        let state = upgraded(1, r#"{"name":"x","parts":{"a":{"loose":true}}}"#).unwrap();
        assert_eq!(state.attribute("name").as_str(), Some("x"));
        let same = upgraded(2, r#"{"name":"x","parts":{"a":{"loose":true}}}"#).unwrap();
        assert_eq!(state, same);
    }

    #[test]
    fn what_a_state_lacks_is_null_and_never_a_default() {
        let state = upgraded(0, r#"{"title":"x","parts":{"a":{}}}"#).unwrap();
        assert!(state.attribute("color").is_null());
        let Value::Map(parts) = state.attribute("parts") else { panic!("{state:?}") };
        assert!(parts["a"].attribute("loose").is_null());
        // Typed code has something to start from.
        let model = Thing::decode(&completed(&thing().attributes, &state)).unwrap();
        assert_eq!((model.color.as_str(), &model.said), ("red", &Computed::Pending));
        assert!(!model.parts.unwrap()["a"].loose);
    }

    #[test]
    fn what_cannot_be_read_is_an_error_that_says_so() {
        for (version, json, expected) in [
            (
                3,
                r#"{"name":"x"}"#,
                "stored with schema version 3; this version of the provider reads versions up to 2",
            ),
            (2, r#"{"name":"x","colour":"blue"}"#, "the attribute \"colour\" is not known"),
            (
                2,
                r#"{"name":"x","parts":{"a":{"tight":1}}}"#,
                "at `parts[\"a\"]`: the attribute \"tight\" is not known",
            ),
            (1, r#"{"name":"x","amount":"many"}"#, "stored with schema version 1: `amount` is \"many\""),
            (1, "[]", "it is not an object"),
            (2, r#"{"name":{}}"#, "at `name`"),
        ] {
            let told = upgraded(version, json).unwrap_err();
            assert!(told.starts_with("Unable to read the stored state"), "{told}");
            assert!(told.contains(expected), "{told}");
        }
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    struct Private {
        #[serde(default)]
        claim: String,
    }

    #[test]
    fn private_state_is_read_or_refused_and_never_replaced() {
        let read = |bytes: &str| private::<Private>("test_thing", bytes.as_bytes());
        assert_eq!(read("").unwrap(), Private::default());
        assert_eq!(read("{}").unwrap(), Private::default());
        assert_eq!(read(r#"{"claim":"x"}"#).unwrap().claim, "x");
        assert_eq!(private::<()>("test_thing", b"null"), Ok(()));
        for (bytes, expected) in [
            (r#"{"claim":"x","schema_version":"1"}"#, "its `schema_version` is not known"),
            (r#"{"claim":["x"]}"#, "invalid type"),
            ("x", "expected value"),
        ] {
            let told = read(bytes).unwrap_err();
            assert!(told.detail.contains(expected), "{told:?}");
        }
    }
}
