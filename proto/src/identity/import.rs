//! What an import names: an object by its identity, or by an id that is its parts joined by `/`.

use super::{attributes, is_required, shown, type_of};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::model::StringRule;
use crate::provider::TypeName;
use crate::schema::{Attribute, Schema};
use crate::value::{Value, json};
use std::collections::BTreeMap;

/// Which object is to be imported: attributes by name. What was left out is its default, or null.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Identity(BTreeMap<String, Value>);

impl Identity {
    /// An identity of these attributes.
    pub fn new(parts: impl IntoIterator<Item = (String, Value)>) -> Self {
        Self(parts.into_iter().collect())
    }

    /// The attributes.
    pub fn attributes(&self) -> &BTreeMap<String, Value> {
        &self.0
    }

    /// An attribute; null where it is not given.
    pub fn get(&self, name: &str) -> &Value {
        self.0.get(name).unwrap_or(&Value::Null)
    }

    /// A text that is given.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).as_str()
    }

    /// A text that every identity of its type has.
    pub fn part(&self, name: &str) -> String {
        self.text(name).unwrap_or_default().to_owned()
    }

    /// The parts that are given, as an import id has them.
    pub fn id(&self, schema: &Schema) -> String {
        let text = |one: &Attribute| match self.get(&one.name) {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(shown(other)),
        };
        attributes(schema).filter_map(text).collect::<Vec<_>>().join("/")
    }

    /// What an import id names, by the form that all types have unless they say otherwise: the attributes of
    /// the identity in the order of the struct, joined by `/`, without those that need not be given from the
    /// right. Nothing where the id has another number of parts.
    pub fn of_id(schema: &Schema, id: &str) -> Option<Self> {
        let texts: Vec<&str> = id.split('/').collect();
        let form = forms(schema).into_iter().find(|form| form.len() == texts.len())?;
        Self::of_parts(form.into_iter().zip(texts))
    }

    /// The parts of an import id as the values of their attributes; nothing where one is none.
    pub fn of_parts<'a>(parts: impl IntoIterator<Item = (&'a Attribute, &'a str)>) -> Option<Self> {
        let value = |(attribute, text): (&Attribute, &str)| {
            let json = serde_json::Value::from(text).to_string();
            let value = json::decode(json.as_bytes(), &type_of(attribute)).ok()?;
            Some((attribute.name.clone(), value))
        };
        parts.into_iter().map(value).collect::<Option<_>>().map(Self)
    }

    /// How import ids of that form are written: `<host>/<repository>/<name>, or <host>/<name>`.
    pub fn id_forms(schema: &Schema) -> String {
        let written = |form: &Vec<&Attribute>| {
            form.iter().map(|one| format!("<{}>", one.name)).collect::<Vec<_>>().join("/")
        };
        forms(schema).iter().map(written).collect::<Vec<_>>().join(", or ")
    }
}

/// The attributes of which import ids consist, the longest form first.
fn forms(schema: &Schema) -> Vec<Vec<&Attribute>> {
    let mut form: Vec<&Attribute> = attributes(schema).collect();
    let mut forms = vec![form.clone()];
    while let Some(last) = form.iter().rposition(|one| !is_required(one)) {
        form.remove(last);
        if !form.is_empty() {
            forms.push(form.clone());
        }
    }
    forms
}

/// How an import names an object.
#[derive(Clone, Debug)]
pub(crate) enum Wanted {
    /// By an id.
    Id(String),
    /// By an identity.
    Identity(Value),
}

impl Wanted {
    /// For messages.
    fn shown(&self) -> String {
        match self {
            Self::Id(id) => format!("import id {id:?}"),
            Self::Identity(identity) => format!("identity {}", shown(identity)),
        }
    }
}

/// An import id that names no object.
pub(crate) fn names_nothing<T: TypeName>(id: &str, forms: &str) -> Diagnostic {
    let detail = format!("The import id {id:?} does not name an object. It should be {forms}.");
    Diagnostic::error(format!("Unable to import {}", T::TYPE_NAME), detail)
}

/// Completes what an import names and holds each part to the rules of its attribute. `named` are the parts
/// that are given, `forms` how they are written.
pub(crate) fn resolve<T: TypeName>(
    schema: &Schema,
    wanted: &Wanted,
    named: Identity,
    forms: &str,
    rule: StringRule,
) -> Result<Identity, Diagnostics> {
    let failed = |why: String| {
        let expected = match wanted {
            Wanted::Id(_) => format!(" It should be {forms}."),
            Wanted::Identity(_) => String::new(),
        };
        let detail = format!("The {} cannot be: {why}.{expected}", wanted.shown());
        Diagnostics::from(Diagnostic::error(format!("Unable to import {}", T::TYPE_NAME), detail))
    };
    let mut parts = named.0;
    for attribute in attributes(schema) {
        let value = parts.entry(attribute.name.clone()).or_insert(Value::Null);
        if value.is_null() {
            if is_required(attribute) {
                return Err(failed(format!("it gives no `{}`", attribute.name)));
            }
            *value = attribute.default.clone().unwrap_or(Value::Null);
        } else if let Err(error) = (attribute.semantics.validate)(value, rule) {
            return Err(failed(format!("as `{}`, {error}", attribute.name)));
        }
    }
    Ok(Identity(parts))
}

/// Finds fault with an import that brought another object than it was asked for.
pub(crate) fn check_imported<T: TypeName>(
    schema: &Schema,
    wanted: &Identity,
    object: &Value,
) -> Result<(), Diagnostics> {
    let differs = |one: &&Attribute| {
        let (asked, found) = (wanted.get(&one.name), object.attribute(&one.name));
        !asked.is_null() && !(one.semantics.semantic_eq)(asked, found)
    };
    let Some(one) = attributes(schema).find(differs) else { return Ok(()) };
    let detail = format!(
        "The provider was asked for the {} whose `{}` is {}, and imported one whose `{}` is {}. This is always a bug of the \
         provider; please report it.",
        T::TYPE_NAME,
        one.name,
        shown(wanted.get(&one.name)),
        one.name,
        shown(object.attribute(&one.name))
    );
    Err(Diagnostic::error("Provider Bug", detail).into())
}
