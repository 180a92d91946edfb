//! Lists, sets and maps as the Rust types of attributes.

use crate::model::{AttributeValue, StringRule};
use crate::schema::{AttributeKind, Nesting};
use crate::value::{Path, Type, Value, ValueError};
use std::collections::BTreeMap;

impl<T: AttributeValue> AttributeValue for Vec<T> {
    fn kind() -> AttributeKind {
        match T::kind() {
            AttributeKind::Type(element) => AttributeKind::Type(Type::List(Box::new(element))),
            AttributeKind::Nested(Nesting::Single, members) => AttributeKind::Nested(Nesting::List, members),
            nested @ AttributeKind::Nested(..) => {
                AttributeKind::Type(Type::List(Box::new(nested.value_type())))
            }
        }
    }

    fn decode(value: &Value) -> Result<Self, ValueError> {
        let Value::List(elements) = value else { return Err(ValueError::wrong_kind("a list", value)) };
        let decode = |(at, element)| {
            T::decode(element).map_err(|error: ValueError| error.within(Path::root().index(at)))
        };
        elements.iter().enumerate().map(decode).collect()
    }

    fn encode(&self) -> Value {
        Value::List(self.iter().map(T::encode).collect())
    }

    fn validate(value: &Value, rule: StringRule) -> Result<(), ValueError> {
        let Value::List(elements) = value else { return Err(ValueError::wrong_kind("a list", value)) };
        elements.iter().enumerate().try_for_each(|(at, element)| {
            T::validate(element, rule).map_err(|error| error.within(Path::root().index(at)))
        })
    }

    fn semantic_eq(a: &Value, b: &Value) -> bool {
        match (a, b) {
            (Value::List(a), Value::List(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| T::semantic_eq(a, b))
            }
            _ => false,
        }
    }

    fn canonicalize(value: &Value) -> Value {
        match value {
            Value::List(all) => Value::List(all.iter().map(T::canonicalize).collect()),
            other => other.clone(),
        }
    }
}

/// Elements without order and without repetition.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Set<T>(pub Vec<T>);

impl<T: AttributeValue> AttributeValue for Set<T> {
    fn kind() -> AttributeKind {
        match T::kind() {
            AttributeKind::Type(element) => AttributeKind::Type(Type::Set(Box::new(element))),
            AttributeKind::Nested(Nesting::Single, members) => AttributeKind::Nested(Nesting::Set, members),
            nested @ AttributeKind::Nested(..) => {
                AttributeKind::Type(Type::Set(Box::new(nested.value_type())))
            }
        }
    }

    fn decode(value: &Value) -> Result<Self, ValueError> {
        let Value::Set(elements) = value else { return Err(ValueError::wrong_kind("a set", value)) };
        elements
            .iter()
            .map(|element| T::decode(element).map_err(|error| ValueError::new(error.message)))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    fn encode(&self) -> Value {
        Value::Set(self.0.iter().map(T::encode).collect())
    }

    fn validate(value: &Value, rule: StringRule) -> Result<(), ValueError> {
        let Value::Set(elements) = value else { return Err(ValueError::wrong_kind("a set", value)) };
        elements.iter().try_for_each(|element| {
            T::validate(element, rule).map_err(|error| ValueError::new(error.message))
        })
    }

    fn semantic_eq(a: &Value, b: &Value) -> bool {
        match (a, b) {
            (Value::Set(one), Value::Set(other)) => {
                one.len() == other.len() && Self::canonicalize(a) == Self::canonicalize(b)
            }
            _ => false,
        }
    }

    fn canonicalize(value: &Value) -> Value {
        match value {
            Value::Set(all) => Value::Set(all.iter().map(T::canonicalize).collect()),
            other => other.clone(),
        }
    }
}

impl<T: AttributeValue> AttributeValue for BTreeMap<String, T> {
    fn kind() -> AttributeKind {
        match T::kind() {
            AttributeKind::Type(element) => AttributeKind::Type(Type::Map(Box::new(element))),
            AttributeKind::Nested(Nesting::Single, members) => AttributeKind::Nested(Nesting::Map, members),
            nested @ AttributeKind::Nested(..) => {
                AttributeKind::Type(Type::Map(Box::new(nested.value_type())))
            }
        }
    }

    fn decode(value: &Value) -> Result<Self, ValueError> {
        let Value::Map(elements) = value else { return Err(ValueError::wrong_kind("a map", value)) };
        let mut decoded = Self::new();
        for (key, element) in elements {
            let element = T::decode(element).map_err(|error| error.within(Path::root().key(key)))?;
            decoded.insert(key.clone(), element);
        }
        Ok(decoded)
    }

    fn encode(&self) -> Value {
        let mut encoded = BTreeMap::new();
        for (key, element) in self {
            encoded.insert(key.clone(), element.encode());
        }
        Value::Map(encoded)
    }

    fn validate(value: &Value, rule: StringRule) -> Result<(), ValueError> {
        let Value::Map(elements) = value else { return Err(ValueError::wrong_kind("a map", value)) };
        elements.iter().try_for_each(|(key, element)| {
            rule(key)
                .map_err(ValueError::new)
                .and_then(|()| T::validate(element, rule))
                .map_err(|error| error.within(Path::root().key(key)))
        })
    }

    fn semantic_eq(a: &Value, b: &Value) -> bool {
        match (a, b) {
            (Value::Map(a), Value::Map(b)) => {
                a.len() == b.len()
                    && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| T::semantic_eq(a, b)))
            }
            _ => false,
        }
    }

    fn canonicalize(value: &Value) -> Value {
        canonical_map(value, T::canonicalize)
    }
}

/// Compiled once: collecting into a map brings a sort along, for each type of what is collected.
fn canonical_map(value: &Value, canonicalize: fn(&Value) -> Value) -> Value {
    match value {
        Value::Map(all) => {
            Value::Map(all.iter().map(|(key, one)| (key.clone(), canonicalize(one))).collect())
        }
        other => other.clone(),
    }
}
