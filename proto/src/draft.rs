//! Models before everything is known, and what a plan sets in them.

use crate::model::{AttributeValue, Computed, StringRule};
use crate::schema::AttributeKind;
use crate::value::{Path, Value, ValueError};
use std::ops::Deref;

/// A model before everything is known: every field is a [`DraftValue`]. The derive makes `<Name>Draft` for a
/// model `<Name>`.
pub trait Draft: Clone + Send + Sync + Sized + 'static {
    /// What it becomes once everything is known.
    type Model;

    /// Reads an object any of whose values may be unknown.
    fn decode(object: &Value) -> Result<Self, ValueError>;

    /// The same, where `like` was read from `origin` before: what is equal in both is not read again.
    #[doc(hidden)]
    fn decode_like(object: &Value, like: &Self, origin: &Value) -> Result<Self, ValueError>;

    /// The attributes that were set since it was read.
    #[doc(hidden)]
    fn changes(&self) -> Vec<(&'static str, Value)>;

    /// The model, where everything but computed attributes is known.
    fn known(&self) -> Option<Self::Model>;
}

/// A value that may be known only at apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Knowable<T> {
    /// Known now.
    Known(T),
    /// Known at apply.
    Unknown,
}

impl<T> Knowable<T> {
    /// The value, if it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown => None,
        }
    }

    /// Whether it is known only at apply.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }
}

impl<T> Knowable<Option<T>> {
    /// The value, if it is known and given.
    pub fn given(&self) -> Option<&T> {
        self.known().and_then(Option::as_ref)
    }
}

/// An element, or a member, that may be unknown while all around it is known.
impl<T: AttributeValue> AttributeValue for Knowable<T> {
    const NULLABLE: bool = T::NULLABLE;
    const SENSITIVE: bool = T::SENSITIVE;

    fn kind() -> AttributeKind {
        T::kind()
    }

    fn decode(value: &Value) -> Result<Self, ValueError> {
        match T::decode(value) {
            Ok(known) => Ok(Self::Known(known)),
            Err(_) if !value.is_wholly_known() => Ok(Self::Unknown),
            Err(error) => Err(error),
        }
    }

    fn unknown() -> Option<Self> {
        Some(Self::Unknown)
    }

    fn encode(&self) -> Value {
        self.known().map_or_else(Value::unknown, T::encode)
    }

    fn validate(value: &Value, rule: StringRule) -> Result<(), ValueError> {
        if value.is_wholly_known() { T::validate(value, rule) } else { Self::decode(value).map(drop) }
    }

    fn semantic_eq(a: &Value, b: &Value) -> bool {
        T::semantic_eq(a, b)
    }
}

/// The name of an attribute that there is: only a [`DraftValue`] gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttributeName(&'static str);

impl From<AttributeName> for Path {
    fn from(name: AttributeName) -> Self {
        Self::from(name.0)
    }
}

/// An attribute in a draft. A plan may set it; what is set is what Terraform is answered.
#[derive(Clone, Debug)]
pub struct DraftValue<T> {
    name: &'static str,
    value: Knowable<T>,
    is_set: bool,
}

impl<T> Deref for DraftValue<T> {
    type Target = Knowable<T>;

    fn deref(&self) -> &Knowable<T> {
        &self.value
    }
}

impl<T> DraftValue<T> {
    /// Plans that it stays as it is in the state.
    pub fn use_prior_state(&mut self, prior: T) {
        self.value = Knowable::Known(prior);
        self.is_set = true;
    }

    /// Which attribute it is, for [`Plan::require_replace`](crate::Plan::require_replace).
    pub fn name(&self) -> AttributeName {
        AttributeName(self.name)
    }
}

/// Terraform allows a plan to set only what is computed.
impl<T> DraftValue<Computed<T>> {
    /// Plans its value.
    pub fn set(&mut self, value: T) {
        self.value = Knowable::Known(Computed::Known(value));
        self.is_set = true;
    }

    /// Plans that it is known only at apply.
    pub fn set_unknown(&mut self) {
        self.value = Knowable::Unknown;
        self.is_set = true;
    }
}

/// What the derive calls for a field.
impl<T: AttributeValue> DraftValue<T> {
    /// Reads the attribute `name` of `object`, which may be unknown in part or whole.
    #[doc(hidden)]
    pub fn decode(object: &Value, name: &'static str) -> Result<Self, ValueError> {
        let value = object.attribute(name);
        let known = |value| Self { name, value, is_set: false };
        // A required attribute is null only while core still collects what is missing; nothing can be said
        // about it.
        if value.is_unknown() || (value.is_null() && !T::NULLABLE) {
            return Ok(known(Knowable::Unknown));
        }
        match decode_attribute(object, name) {
            Ok(decoded) => Ok(known(Knowable::Known(decoded))),
            // Only computed members may be unknown in what is known.
            Err(_) if !value.is_wholly_known() => Ok(known(Knowable::Unknown)),
            Err(error) => Err(error),
        }
    }

    /// The same, where `like` was read from `origin` before.
    #[doc(hidden)]
    pub fn decode_like(object: &Value, like: &Self, origin: &Value) -> Result<Self, ValueError> {
        match object.attribute(like.name) == origin.attribute(like.name) && !like.is_set {
            true => Ok(like.clone()),
            false => Self::decode(object, like.name),
        }
    }

    /// What was set.
    #[doc(hidden)]
    pub fn change(&self) -> Option<(&'static str, Value)> {
        self.is_set.then(|| (self.name, self.value.encode()))
    }

    /// The value; nothing where it is unknown and has to be known.
    #[doc(hidden)]
    pub fn to_known(&self) -> Option<T> {
        self.value.known().cloned().or_else(T::unknown)
    }
}

/// Reads the attribute `name` of `object`; what the derive calls for each field of a model.
pub fn decode_attribute<T: AttributeValue>(object: &Value, name: &str) -> Result<T, ValueError> {
    T::decode(object.attribute(name)).map_err(|error| error.within(Path::from(name)))
}
