//! Values as Terraform means them: null, unknown, numbers of any precision, and collections.

mod error;
pub(crate) mod json;
pub(crate) mod msgpack;
mod number;
mod order;
mod path;
#[cfg(test)]
mod tests;
mod types;

pub use error::ValueError;
pub use json::{from_plain, to_plain, to_plain_with};
pub use number::Number;
pub use path::{Path, Step};
pub use types::Type;

use order::sorted;
use std::borrow::Cow;
use std::collections::BTreeMap;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// How deep a value that comes from outside may be. Deeper ones are not met in real configurations.
const LIMIT_DEPTH: usize = 100;
/// How many values one message may hold, so that a few bytes each cannot fill the memory.
const LIMIT_VALUES: usize = 4_000_000;

/// Text in the form in which core compares it, Unicode normal form C.
fn normal_form(text: &str) -> Cow<'_, str> {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        IsNormalized::No | IsNormalized::Maybe => Cow::Owned(text.nfc().collect()),
    }
}

/// What is promised about a value that is not known yet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Refinement {
    /// `Some(false)`: certainly not null.
    pub null: Option<bool>,
    /// A string that certainly begins so.
    pub prefix: Option<String>,
    /// Lower bound of a number, and whether the bound itself is possible.
    pub lower: Option<(Number, bool)>,
    /// Upper bound of a number, and whether the bound itself is possible.
    pub upper: Option<(Number, bool)>,
    /// Least length of a collection.
    pub shortest: Option<i64>,
    /// Greatest length of a collection.
    pub longest: Option<i64>,
}

/// A value of any type. Objects hold every attribute of their type, absent ones as null.
#[derive(Clone, Debug)]
pub enum Value {
    /// Nothing was given.
    Null,
    /// To be known at apply.
    Unknown(Box<Refinement>),
    /// `true` or `false`.
    Bool(bool),
    /// A number of any size and precision.
    Number(Number),
    /// Text in Unicode normal form C.
    String(String),
    /// Elements in order.
    List(Vec<Value>),
    /// Elements without order.
    Set(Vec<Value>),
    /// A fixed number of elements, each of its own type.
    Tuple(Vec<Value>),
    /// Elements by key.
    Map(BTreeMap<String, Value>),
    /// Attributes by name.
    Object(BTreeMap<String, Value>),
    /// A value that brings its type along.
    Dynamic(Box<(Type, Value)>),
}

impl Value {
    /// An unknown value without promises.
    pub fn unknown() -> Self {
        Self::Unknown(Box::default())
    }

    /// Whether nothing was given.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether this very value is unknown.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }

    /// Whether nothing in it is unknown.
    pub fn is_wholly_known(&self) -> bool {
        match self {
            Self::Unknown(_) => false,
            Self::List(all) | Self::Set(all) | Self::Tuple(all) => all.iter().all(Self::is_wholly_known),
            Self::Map(all) | Self::Object(all) => all.values().all(Self::is_wholly_known),
            Self::Dynamic(inner) => inner.1.is_wholly_known(),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) => true,
        }
    }

    /// The attribute of an object; null where this is no object or lacks it.
    pub fn attribute(&self, name: &str) -> &Value {
        match self {
            Self::Object(attributes) => attributes.get(name).unwrap_or(&Value::Null),
            _ => &Value::Null,
        }
    }

    /// The part at a path; nothing where a step leads nowhere. Elements of a set have no path.
    pub fn at(&self, path: &Path) -> Option<&Value> {
        path.steps().iter().try_fold(self, |value, step| match (step, value) {
            (Step::Attribute(name), Self::Object(all)) => all.get(name),
            (Step::Key(key), Self::Map(all)) => all.get(key),
            (Step::Index(index), Self::List(all)) => all.get(*index),
            _ => None,
        })
    }

    /// [`Value::at`], to change it.
    pub(crate) fn at_mut(&mut self, path: &Path) -> Option<&mut Value> {
        path.steps().iter().try_fold(self, |value, step| match (step, value) {
            (Step::Attribute(name), Self::Object(all)) => all.get_mut(name),
            (Step::Key(key), Self::Map(all)) => all.get_mut(key),
            (Step::Index(index), Self::List(all)) => all.get_mut(*index),
            _ => None,
        })
    }

    /// The text, if this is a known string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// What kind of value this is, in Terraform's words, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Unknown(_) => "unknown",
            Self::Bool(_) => "bool",
            Self::Number(_) => "number",
            Self::String(_) => "string",
            Self::List(_) => "list",
            Self::Set(_) => "set",
            Self::Tuple(_) => "tuple",
            Self::Map(_) => "map",
            Self::Object(_) => "object",
            Self::Dynamic(_) => "dynamic",
        }
    }
}

/// Equality as core sees it: refinements do not count, sets have no order.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) | (Self::Unknown(_), Self::Unknown(_)) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Number(a), Self::Number(b)) => a == b,
            (Self::String(a), Self::String(b)) => a == b,
            (Self::List(a), Self::List(b)) | (Self::Tuple(a), Self::Tuple(b)) => a == b,
            (Self::Set(a), Self::Set(b)) => a.len() == b.len() && sorted(a) == sorted(b),
            (Self::Map(a), Self::Map(b)) | (Self::Object(a), Self::Object(b)) => a == b,
            (Self::Dynamic(a), Self::Dynamic(b)) => a == b,
            _ => false,
        }
    }
}
