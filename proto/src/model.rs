//! From values to Rust types and back. Types that implement [`Model`] cannot hold an unknown value, except where a
//! field says so itself ([`Computed`], or elements that are [`Knowable`]); a [`Draft`] is the same struct before everything is known.

pub use crate::collections::Set;

use crate::schema::{Attribute, AttributeKind};
use crate::value::{Number, Path, Type, Value};

/// Why a value does not fit, and where in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ValueError {
    /// From the value that was decoded to the part at fault.
    pub path: Path,
    /// What is wrong and what would be right.
    pub message: String,
}

impl ValueError {
    /// A fault of the value itself.
    pub fn new(message: impl Into<String>) -> Self {
        Self { path: Path::root(), message: message.into() }
    }

    pub(crate) fn wrong_kind(wanted: &str, value: &Value) -> Self {
        Self::new(format!("a {wanted} is needed here, this is {}", value.kind()))
    }

    /// The same fault, seen from one level further out.
    #[must_use]
    pub fn within(mut self, outer: Path) -> Self {
        self.path = outer.join(self.path);
        self
    }
}

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

    /// The value to store.
    fn encode(&self) -> Value;

    /// Finds fault with a known value of a configuration, beyond what is asked of one that was stored.
    fn validate(value: &Value) -> Result<(), ValueError> {
        Self::decode(value).map(drop)
    }

    /// Whether two known values mean the same.
    fn semantic_eq(a: &Value, b: &Value) -> bool {
        a == b
    }

    /// The value in the one spelling of all that mean the same, so that sets of many can be compared. A type with a `same` of
    /// its own that is an element of sets has one.
    fn canonicalize(value: &Value) -> Value {
        value.clone()
    }
}

/// A struct whose fields are attributes; implemented by the derive macros.
pub trait Model: Clone + Send + Sync + Sized + 'static {
    /// The same fields, known or not.
    type Draft: Draft;

    /// The struct's documentation.
    fn description() -> &'static str;

    /// The fields as attributes, in order.
    fn attributes() -> Vec<Attribute>;

    /// Reads an object all of whose values are known, except computed ones.
    fn decode(object: &Value) -> Result<Self, ValueError>;

    /// The object to store.
    fn encode(&self) -> Value;
}

/// A [`Model`] before everything is known: every field is [`Knowable`].
pub trait Draft: Clone + Send + Sync + Sized + 'static {
    /// Reads an object any of whose values may be unknown.
    fn decode(object: &Value) -> Result<Self, ValueError>;
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

    fn encode(&self) -> Value {
        self.known().map_or_else(Value::unknown, T::encode)
    }

    fn semantic_eq(a: &Value, b: &Value) -> bool {
        T::semantic_eq(a, b)
    }
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

    fn encode(&self) -> Value {
        self.known().map_or_else(Value::unknown, T::encode)
    }

    fn validate(value: &Value) -> Result<(), ValueError> {
        if value.is_unknown() { Ok(()) } else { T::validate(value) }
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

    fn validate(value: &Value) -> Result<(), ValueError> {
        if value.is_null() { Ok(()) } else { T::validate(value) }
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
        value.as_str().map(str::to_owned).ok_or_else(|| ValueError::wrong_kind("string", value))
    }

    fn encode(&self) -> Value {
        Value::String(self.clone())
    }

    fn validate(value: &Value) -> Result<(), ValueError> {
        one_line(&Self::decode(value)?)
    }
}

/// What is one line to a person may be two to a shell, a router or a file, and an escape moves a terminal's cursor.
pub(crate) fn one_line(text: &str) -> Result<(), ValueError> {
    match text.chars().find(|one| one.is_control()) {
        Some(found) => Err(ValueError::new(format!(
            "the text has the control character U+{:04X} in it; one line of plain text is needed here",
            u32::from(found)
        ))),
        None => Ok(()),
    }
}

impl AttributeValue for bool {
    fn kind() -> AttributeKind {
        AttributeKind::Type(Type::Bool)
    }

    fn decode(value: &Value) -> Result<Self, ValueError> {
        match value {
            Value::Bool(set) => Ok(*set),
            _ => Err(ValueError::wrong_kind("bool", value)),
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
                let Value::Number(number) = value else { return Err(ValueError::wrong_kind("number", value)) };
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

/// Decodes the attribute `name` of `object`; what the derive macros call for each field.
pub fn decode_attribute<T: AttributeValue>(object: &Value, name: &str) -> Result<T, ValueError> {
    T::decode(object.attribute(name)).map_err(|error| error.within(Path::from(name)))
}

/// Decodes the attribute `name` of `object`, which may be unknown in part or whole.
pub fn decode_knowable<T: AttributeValue>(object: &Value, name: &str) -> Result<Knowable<T>, ValueError> {
    let value = object.attribute(name);
    // A required attribute is null only while core still collects what is missing; nothing can be said about it.
    if value.is_unknown() || (value.is_null() && !T::NULLABLE) {
        return Ok(Knowable::Unknown);
    }
    match decode_attribute(object, name) {
        Ok(known) => Ok(Knowable::Known(known)),
        // Only computed members may be unknown in what is known.
        Err(_) if !value.is_wholly_known() => Ok(Knowable::Unknown),
        Err(error) => Err(error),
    }
}
