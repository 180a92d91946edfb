//! What a type's configuration looks like, and what planning has to know about each attribute.

mod check;

pub(crate) use check::{Block, SchemaError, check, is_dynamic_in_set};

use crate::model::StringRule;
use crate::value::{Type, Value};
use std::collections::BTreeMap;
use std::fmt;

/// Schema of a provider block, a resource or a data source.
#[derive(Clone, Debug)]
pub struct Schema {
    /// Version of the stored state, 0 unless an upgrade was ever needed.
    pub version: i64,
    /// What it is, in Markdown, for its users.
    pub description: String,
    /// Its attributes, in the order of the struct.
    pub attributes: Vec<Attribute>,
    object_type: Type,
}

impl Schema {
    /// A schema; the derive makes one for each model, once.
    pub fn new(version: i64, description: &str, attributes: Vec<Attribute>) -> Self {
        let object_type = object_type(&attributes);
        Self { version, description: description.to_owned(), attributes, object_type }
    }

    /// The attribute of that name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// The type of the whole block.
    pub fn object_type(&self) -> &Type {
        &self.object_type
    }
}

/// The names of the write-only form of an attribute and of its version.
pub(crate) fn write_only_names(of: &str) -> (String, String) {
    (format!("{of}_wo"), format!("{of}_wo_version"))
}

/// The first paragraph of a description without Markdown's code marks: what search results and lists of types
/// show.
pub(crate) fn summary(description: &str) -> String {
    description.split("\n\n").next().unwrap_or_default().replace('`', "")
}

/// What of an object with these attributes is not to be shown.
pub fn secrets<'a>(attributes: &[Attribute], object: &'a Value) -> Vec<&'a Value> {
    attributes.iter().flat_map(|one| one.secrets(object.attribute(&one.name))).collect()
}

/// The type of an object with these attributes.
pub fn object_type(attributes: &[Attribute]) -> Type {
    Type::Object(
        attributes.iter().map(|one| (one.name.clone(), one.kind.value_type())).collect::<BTreeMap<_, _>>(),
    )
}

/// Who sets an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The configuration, always.
    Required,
    /// The configuration; optional.
    Optional,
    /// The configuration; the provider where that is silent.
    OptionalComputed,
    /// The provider.
    Computed,
}

/// How the members of a nested attribute are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nesting {
    /// One object.
    Single,
    /// Objects in order.
    List,
    /// Objects without order.
    Set,
    /// Objects by key.
    Map,
}

/// How an attribute that is a part of an object's identity may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityPart {
    /// Not at all: another value is another object.
    Fixed,
    /// With the configuration, in place: an address, which leads to an object and is not it.
    Mutable,
}

/// A plain type, or an object whose members are attributes themselves.
#[derive(Clone, Debug)]
pub enum AttributeKind {
    /// A value of a type.
    Type(Type),
    /// Members with their own documentation and rules.
    Nested(Nesting, Vec<Attribute>),
}

impl AttributeKind {
    /// The type of values of this kind.
    pub fn value_type(&self) -> Type {
        match self {
            Self::Type(plain) => plain.clone(),
            Self::Nested(Nesting::Single, members) => object_type(members),
            Self::Nested(Nesting::List, members) => Type::List(Box::new(object_type(members))),
            Self::Nested(Nesting::Set, members) => Type::Set(Box::new(object_type(members))),
            Self::Nested(Nesting::Map, members) => Type::Map(Box::new(object_type(members))),
        }
    }
}

/// Rules that come from an attribute's Rust type, so that equality and validity never need matching code.
#[derive(Clone, Copy)]
pub struct ValueSemantics {
    /// Why a known, non-null value is not acceptable, where its plain strings are held to a rule.
    pub validate: fn(&Value, StringRule) -> Result<(), crate::value::ValueError>,
    /// Whether two values are equal, however they are written.
    pub semantic_eq: fn(&Value, &Value) -> bool,
    /// The value in the one spelling of all that are equal to it.
    pub canonicalize: fn(&Value) -> Value,
}

impl fmt::Debug for ValueSemantics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ValueSemantics")
    }
}

/// One attribute.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// Name in the configuration.
    pub name: String,
    /// What it is, unit, range, default, in Markdown.
    pub description: String,
    /// Its type.
    pub kind: AttributeKind,
    /// Who sets it.
    pub mode: Mode,
    /// Whether null is one of its Rust type's values.
    pub nullable: bool,
    /// Hidden in Terraform's output.
    pub sensitive: bool,
    /// Only in the configuration, never in state.
    pub write_only: bool,
    /// Its value may be given in two more attributes instead, see [`Attribute::write_only_form`].
    pub has_write_only_form: bool,
    /// The attribute that this one is a write-only form of, or the version of one. Typed code meets neither.
    pub form_of: Option<String>,
    /// Why not to use it any more.
    pub deprecated: Option<String>,
    /// The value where the configuration gives none.
    pub default: Option<Value>,
    /// A computed value that stays as it is unless the provider's own plan says otherwise.
    pub use_state_for_unknown: bool,
    /// Optional and computed, and always known: where the configuration gives none and never gave one, what
    /// is there stays; where it gave one before, none is planned.
    pub adopt: bool,
    /// A change needs a new object.
    pub requires_replace: bool,
    /// Whether it is a part of what an object is, and imported by.
    pub identity: Option<IdentityPart>,
    /// At most how many times it is written as a block, `name { ... }`; none where it is an argument. What
    /// new types have is arguments; blocks are for schemas that others decided.
    pub block: Option<u32>,
    /// What its Rust type knows.
    pub semantics: ValueSemantics,
}

impl Attribute {
    /// An attribute of the Rust type `T` with nothing special about it.
    pub fn of<T: crate::model::AttributeValue>(name: &str, mode: Mode, description: &str) -> Self {
        Self {
            name: name.to_owned(),
            description: description.to_owned(),
            kind: T::kind(),
            mode,
            nullable: T::NULLABLE,
            sensitive: T::SENSITIVE,
            write_only: false,
            has_write_only_form: false,
            form_of: None,
            deprecated: None,
            default: None,
            use_state_for_unknown: false,
            adopt: false,
            requires_replace: false,
            identity: None,
            block: None,
            semantics: ValueSemantics {
                validate: T::validate,
                semantic_eq: T::semantic_eq,
                canonicalize: T::canonicalize,
            },
        }
    }

    /// The two attributes in which a configuration may give the value and keep it out of plan and state:
    /// `<name>_wo`, which is write-only, and `<name>_wo_version`, a number whose change says that the value
    /// did. Both are given or none, and then the attribute itself is not. Typed code finds the value in the
    /// attribute itself, at plan and at apply; the state holds the version alone.
    pub fn write_only_form(&self) -> [Attribute; 2] {
        let Self { name, .. } = self;
        let (form, version) = write_only_names(name);
        let of = Some(name.clone());
        let form_text = format!(
            "`{name}` as a write-only argument, which is in no plan and in no state: it needs Terraform or OpenTofu 1.11. It is sent \
             with every change of the resource; change `{version}` to send a new one. Not together with `{name}`."
        );
        let version_text = format!("Version of `{form}`, which requires it: a number of your own.");
        [
            Attribute {
                name: form,
                description: form_text,
                mode: Mode::Optional,
                sensitive: true,
                write_only: true,
                form_of: of.clone(),
                has_write_only_form: false,
                adopt: false,
                ..self.clone()
            },
            Attribute {
                form_of: of,
                ..Attribute::of::<Option<i64>>(&version, Mode::Optional, &version_text)
            },
        ]
    }

    /// What of a value of this attribute is not to be shown: all of it where it is sensitive or write-only,
    /// or those of its members that are. What is null or unknown shows nothing.
    pub fn secrets<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        match (&self.kind, value) {
            (_, Value::Null | Value::Unknown(_)) => Vec::new(),
            _ if self.sensitive || self.write_only => vec![value],
            (AttributeKind::Nested(_, members), Value::List(all) | Value::Set(all)) => {
                all.iter().flat_map(|one| secrets(members, one)).collect()
            }
            (AttributeKind::Nested(_, members), Value::Map(all)) => {
                all.values().flat_map(|one| secrets(members, one)).collect()
            }
            (AttributeKind::Nested(_, members), one) => secrets(members, one),
            _ => Vec::new(),
        }
    }

    /// Whether the provider may set it.
    pub fn is_computed(&self) -> bool {
        matches!(self.mode, Mode::Computed | Mode::OptionalComputed)
    }
}
