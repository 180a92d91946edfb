//! Configurations written as JSON, read as strictly as Terraform reads its own language.

use super::RuleViolation;
use crate::schema::{Attribute, AttributeKind, Mode, Nesting};
use crate::value::{Path, Type, Value, json};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Stands for a value that is known only at apply, of any type.
pub const UNKNOWN: &str = "${unknown}";

/// Reads a configuration of a block with these `attributes`.
pub(crate) fn read(attributes: &[Attribute], config: &Json) -> Result<Value, RuleViolation> {
    object(attributes, config, &Path::root())
}

fn object(attributes: &[Attribute], config: &Json, within: &Path) -> Result<Value, RuleViolation> {
    let Json::Object(given) = config else {
        return Err(RuleViolation::new(within.clone(), "an object is needed here"));
    };
    let unsupported = |name: &&String| !attributes.iter().any(|attribute| attribute.name == **name);
    if let Some(name) = given.keys().find(unsupported) {
        return Err(RuleViolation::new(
            within.clone().attribute(name),
            "an argument of this name is not expected here",
        ));
    }
    let one = |attribute: &Attribute| {
        let path = within.clone().attribute(&attribute.name);
        let value = match given.get(&attribute.name) {
            None | Some(Json::Null) if attribute.mode == Mode::Required => {
                return Err(RuleViolation::new(path, "this argument is required, but no value was given"));
            }
            None if attribute.block.is_some() => Value::List(Vec::new()),
            None | Some(Json::Null) => Value::Null,
            Some(given) => value(&attribute.kind, given, &path)?,
        };
        Ok((attribute.name.clone(), value))
    };
    attributes.iter().map(one).collect::<Result<_, _>>().map(Value::Object)
}

/// Reads one value; [`UNKNOWN`] is an unknown one.
pub(super) fn value(kind: &AttributeKind, given: &Json, path: &Path) -> Result<Value, RuleViolation> {
    let wrong = |what: &str| RuleViolation::new(path.clone(), format!("a {what} is needed here"));
    match (kind, given) {
        (_, Json::String(text)) if text == UNKNOWN => Ok(Value::unknown()),
        (AttributeKind::Type(Type::Dynamic), given) => Ok(with_unknowns(json::from_plain(given))),
        (AttributeKind::Type(of), given) => match json::decode(given.to_string().as_bytes(), of) {
            Ok(value) => Ok(with_unknowns(value)),
            Err(error) => Err(RuleViolation::new(path.clone().join(error.path), error.message)),
        },
        (AttributeKind::Nested(Nesting::Single, members), given) => object(members, given, path),
        (AttributeKind::Nested(nesting @ (Nesting::List | Nesting::Set), members), Json::Array(all)) => {
            let one = |(index, one)| object(members, one, &path.clone().index(index));
            let all = all.iter().enumerate().map(one).collect::<Result<_, _>>()?;
            Ok(if *nesting == Nesting::List { Value::List(all) } else { Value::Set(all) })
        }
        (AttributeKind::Nested(Nesting::Map, members), Json::Object(all)) => {
            let one = |(key, one): (&String, &Json)| {
                Ok((key.clone(), object(members, one, &path.clone().key(key))?))
            };
            all.iter().map(one).collect::<Result<BTreeMap<_, _>, _>>().map(Value::Map)
        }
        (AttributeKind::Nested(Nesting::List, _), _) => Err(wrong("list")),
        (AttributeKind::Nested(Nesting::Set, _), _) => Err(wrong("set")),
        (AttributeKind::Nested(Nesting::Map, _), _) => Err(wrong("map")),
    }
}

/// Elements may be unknown too.
fn with_unknowns(value: Value) -> Value {
    match value {
        Value::String(text) if text == UNKNOWN => Value::unknown(),
        Value::List(all) => Value::List(all.into_iter().map(with_unknowns).collect()),
        Value::Set(all) => Value::Set(all.into_iter().map(with_unknowns).collect()),
        Value::Map(all) => Value::Map(all.into_iter().map(|(key, one)| (key, with_unknowns(one))).collect()),
        Value::Tuple(all) => Value::Tuple(all.into_iter().map(with_unknowns).collect()),
        Value::Object(all) => {
            Value::Object(all.into_iter().map(|(key, one)| (key, with_unknowns(one))).collect())
        }
        Value::Dynamic(inner) => Value::Dynamic(Box::new((inner.0, with_unknowns(inner.1)))),
        other => other,
    }
}
