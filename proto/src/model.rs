//! From values to Rust types and back. Types that implement [`Model`] cannot hold an unknown value, except
//! where a field says so itself ([`Computed`], or elements that are [`Knowable`]); a [`Draft`] is the same
//! struct before everything is known.

pub use crate::collections::Set;
pub use crate::draft::{Draft, DraftValue, Knowable};

use crate::schema::{Attribute, AttributeKind, Nesting, Schema};
use crate::value::{Number, Type, Value, ValueError};

/// What a provider asks of each plain string of a configuration:
/// [`Provider::validate_string`](crate::Provider::validate_string).
pub type StringRule = fn(&str) -> Result<(), String>;

/// A Rust type that one attribute's value becomes.
pub trait AttributeValue: Clone + Send + Sync + Sized + 'static {
    /// Whether null is one of its values.
    const NULLABLE: bool = false;
    /// Whether Terraform hides it.
    const SENSITIVE: bool = false;

    /// The type in the schema.
    fn kind() -> AttributeKind;

    /// Reads a known value.
    fn decode(value: &Value) -> Result<Self, ValueError>;

    /// What stands for a value that is known only at apply; `None` where the type has nothing for it.
    fn unknown() -> Option<Self> {
        None
    }

    /// The value to store.
    fn encode(&self) -> Value;

    /// Validates a known value of a configuration, beyond what a stored one has to be. Each plain string in
    /// it is held to `rule`.
    fn validate(value: &Value, rule: StringRule) -> Result<(), ValueError> {
        let _ = rule;
        Self::decode(value).map(drop)
    }

    /// Whether two known values mean the same.
    fn semantic_eq(a: &Value, b: &Value) -> bool {
        a == b
    }

    /// The value in the one spelling of all that mean the same, so that sets of many can be compared. A type
    /// with a `same` of its own that is an element of sets has one.
    fn canonicalize(value: &Value) -> Value {
        value.clone()
    }
}

/// A struct whose fields are attributes; see [`derive@Model`].
pub trait Model: Clone + Send + Sync + Sized + 'static {
    /// The same fields, known or not.
    type Draft: Draft;

    /// The attributes with their documentation; built once.
    fn schema() -> &'static Schema;

    /// Reads an object all of whose values are known, except computed ones.
    fn decode(object: &Value) -> Result<Self, ValueError>;

    /// The object to store.
    fn encode(&self) -> Value;
}

/// A model is an attribute's value too: an object with attributes of its own.
impl<M: Model> AttributeValue for M {
    fn kind() -> AttributeKind {
        AttributeKind::Nested(Nesting::Single, M::schema().attributes.clone())
    }

    fn decode(value: &Value) -> Result<Self, ValueError> {
        match value {
            Value::Object(_) => <M as Model>::decode(value),
            _ => Err(ValueError::wrong_kind("an object", value)),
        }
    }

    fn encode(&self) -> Value {
        Model::encode(self)
    }

    fn semantic_eq(a: &Value, b: &Value) -> bool {
        M::schema()
            .attributes
            .iter()
            .all(|one| (one.semantics.semantic_eq)(a.attribute(&one.name), b.attribute(&one.name)))
    }

    fn canonicalize(value: &Value) -> Value {
        canonical_object(&M::schema().attributes, value)
    }
}

/// Compiled once, not for each model and each attribute that holds one.
fn canonical_object(attributes: &[Attribute], value: &Value) -> Value {
    let Value::Object(_) = value else { return value.clone() };
    let one = |one: &Attribute| (one.name.clone(), (one.semantics.canonicalize)(value.attribute(&one.name)));
    Value::Object(attributes.iter().map(one).collect())
}

/// A computed attribute's field: what the provider has to fill in before it answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Computed<T> {
    /// Not computed yet.
    Pending,
    /// Computed, or kept from before.
    Known(T),
}

impl<T> Computed<T> {
    /// The value, if there is one already.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Pending => None,
        }
    }
}

impl<T> From<T> for Computed<T> {
    fn from(value: T) -> Self {
        Self::Known(value)
    }
}

impl<T: AttributeValue> AttributeValue for Computed<T> {
    const NULLABLE: bool = T::NULLABLE;
    const SENSITIVE: bool = T::SENSITIVE;

    fn kind() -> AttributeKind {
        T::kind()
    }

    fn decode(value: &Value) -> Result<Self, ValueError> {
        if value.is_unknown() { Ok(Self::Pending) } else { T::decode(value).map(Self::Known) }
    }

    fn unknown() -> Option<Self> {
        Some(Self::Pending)
    }

    fn encode(&self) -> Value {
        self.known().map_or_else(Value::unknown, T::encode)
    }

    fn validate(value: &Value, rule: StringRule) -> Result<(), ValueError> {
        if value.is_unknown() { Ok(()) } else { T::validate(value, rule) }
    }

    fn semantic_eq(a: &Value, b: &Value) -> bool {
        T::semantic_eq(a, b)
    }

    fn canonicalize(value: &Value) -> Value {
        T::canonicalize(value)
    }
}

impl<T: AttributeValue> AttributeValue for Option<T> {
    const NULLABLE: bool = true;
    const SENSITIVE: bool = T::SENSITIVE;

    fn kind() -> AttributeKind {
        T::kind()
    }

    fn decode(value: &Value) -> Result<Self, ValueError> {
        if value.is_null() { Ok(None) } else { T::decode(value).map(Some) }
    }

    fn encode(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::encode)
    }

    fn validate(value: &Value, rule: StringRule) -> Result<(), ValueError> {
        if value.is_null() { Ok(()) } else { T::validate(value, rule) }
    }

    fn semantic_eq(a: &Value, b: &Value) -> bool {
        match (a.is_null(), b.is_null()) {
            (true, true) => true,
            (false, false) => T::semantic_eq(a, b),
            _ => false,
        }
    }

    fn canonicalize(value: &Value) -> Value {
        T::canonicalize(value)
    }
}

impl AttributeValue for String {
    fn kind() -> AttributeKind {
        AttributeKind::Type(Type::String)
    }

    fn decode(value: &Value) -> Result<Self, ValueError> {
        value.as_str().map(str::to_owned).ok_or_else(|| ValueError::wrong_kind("a string", value))
    }

    fn encode(&self) -> Value {
        Value::String(self.clone())
    }

    fn validate(value: &Value, rule: StringRule) -> Result<(), ValueError> {
        rule(&Self::decode(value)?).map_err(ValueError::new)
    }
}

impl AttributeValue for bool {
    fn kind() -> AttributeKind {
        AttributeKind::Type(Type::Bool)
    }

    fn decode(value: &Value) -> Result<Self, ValueError> {
        match value {
            Value::Bool(set) => Ok(*set),
            _ => Err(ValueError::wrong_kind("a bool", value)),
        }
    }

    fn encode(&self) -> Value {
        Value::Bool(*self)
    }
}

macro_rules! whole_numbers {
    ($($rust:ty),*) => {$(
        impl AttributeValue for $rust {
            fn kind() -> AttributeKind {
                AttributeKind::Type(Type::Number)
            }

            fn decode(value: &Value) -> Result<Self, ValueError> {
                let Value::Number(number) = value else { return Err(ValueError::wrong_kind("a number", value)) };
                number.as_i64().and_then(|whole| <$rust>::try_from(whole).ok()).ok_or_else(|| {
                    ValueError::new(format!(
                        "{number} is not a whole number from {} to {}", <$rust>::MIN, <$rust>::MAX
                    ))
                })
            }

            fn encode(&self) -> Value {
                Value::Number(Number::from(i64::from(*self)))
            }
        }
    )*};
}

whole_numbers!(i64, u32, u16, u8);

/// A number with all of its digits.
impl AttributeValue for Number {
    fn kind() -> AttributeKind {
        AttributeKind::Type(Type::Number)
    }

    fn decode(value: &Value) -> Result<Self, ValueError> {
        match value {
            Value::Number(number) => Ok(number.clone()),
            _ => Err(ValueError::wrong_kind("a number", value)),
        }
    }

    fn encode(&self) -> Value {
        Value::Number(self.clone())
    }
}
