//! Attributes to the fields of an object's `spec` and back. The schema says what each value is, so no type
//! brings code.

use super::super::ClusterObject;
use crate::engine::read_scope::ReadScope;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use tfplugin::Value;
use tfplugin::schema::{Attribute, AttributeKind, Nesting};
use tfplugin::value::Type;
use tfplugin::value::to_plain;

/// Attributes that say where an object is and not what.
const ADDRESS: [&str; 4] = ["cluster", "name", "namespace", "timeouts"];

/// Attributes that are fields of `metadata`: maps of which other keys belong to others.
pub(super) const METADATA: [&str; 2] = ["annotations", "labels"];

/// The attributes of a type that are fields of `spec`.
pub(in super::super) struct Fields {
    pub(in super::super) attributes: Vec<&'static Attribute>,
    irregular: &'static [(&'static str, &'static str)],
}

impl Fields {
    pub(in super::super) fn of<T: ClusterObject>() -> Self {
        let aside = |attribute: &Attribute| {
            let name = attribute.name.as_str();
            ADDRESS.contains(&name)
                || METADATA.contains(&name)
                || T::PROVIDER_ONLY.contains(&name)
                || attribute.form_of.is_some()
        };
        let attributes = T::schema().attributes.iter().filter(|attribute| !aside(attribute)).collect();
        Self { attributes, irregular: T::FIELD_NAMES }
    }

    /// The fields to send; what is not given, or only the API server knows, is left out.
    pub(in super::super) fn to_spec(&self, object: &Value) -> Map<String, Json> {
        self.members_to_json(self.attributes.iter().copied(), object)
    }

    /// Reads a spec. What an attribute has no form for is null, and named in `misfits`.
    pub(in super::super) fn read_spec(
        &self,
        spec: &Json,
        scope: ReadScope<'_>,
        misfits: &mut Vec<String>,
    ) -> BTreeMap<String, Value> {
        self.read_members(self.attributes.iter().copied(), spec, scope, "spec", misfits)
    }

    /// The attribute that a path such as `spec.addresses[0]` is about.
    pub(in super::super) fn attribute_at(&self, path: &str) -> Option<&Attribute> {
        let field = path.strip_prefix("spec.")?.split(['.', '[']).next()?;
        self.attributes.iter().copied().find(|attribute| self.field(attribute) == field)
    }

    /// The attributes that adopt what is there, and their fields as those of a field manager are written.
    /// None is nested.
    pub(in super::super) fn adopted(&self) -> Vec<(String, String)> {
        let adopts = self.attributes.iter().filter(|attribute| attribute.adopt);
        adopts.map(|attribute| (attribute.name.clone(), format!("f:{}", self.field(attribute)))).collect()
    }

    /// The names of fields that `before` has and `after` lacks.
    pub(in super::super) fn dropped(&self, before: &Value, after: &Value) -> Vec<String> {
        let dropped = |attribute: &&&Attribute| {
            !before.attribute(&attribute.name).is_null() && after.attribute(&attribute.name).is_null()
        };
        self.attributes.iter().filter(dropped).map(|attribute| self.field(attribute)).collect()
    }

    pub(in super::super) fn field(&self, attribute: &Attribute) -> String {
        let irregular = self.irregular.iter().find(|(name, _)| *name == attribute.name);
        irregular.map_or_else(|| camel_case(&attribute.name), |(_, field)| (*field).to_owned())
    }

    fn members_to_json<'a>(
        &self,
        attributes: impl IntoIterator<Item = &'a Attribute>,
        object: &Value,
    ) -> Map<String, Json> {
        let given = |attribute: &&Attribute| {
            let value = object.attribute(&attribute.name);
            !value.is_null() && !value.is_unknown()
        };
        attributes
            .into_iter()
            .filter(given)
            .map(|one| (self.field(one), self.to_json(&one.kind, object.attribute(&one.name))))
            .collect()
    }

    fn to_json(&self, kind: &AttributeKind, value: &Value) -> Json {
        // Numbers of typed attributes are whole ones of 64 bits at most.
        let AttributeKind::Nested(_, members) = kind else { return to_plain(value).unwrap_or_default() };
        match value {
            Value::List(all) | Value::Set(all) => {
                all.iter().map(|one| Json::Object(self.members_to_json(members, one))).collect()
            }
            Value::Map(all) => all
                .iter()
                .map(|(key, one)| (key.clone(), Json::Object(self.members_to_json(members, one))))
                .collect(),
            _ => Json::Object(self.members_to_json(members, value)),
        }
    }

    fn read_members<'a>(
        &self,
        attributes: impl IntoIterator<Item = &'a Attribute>,
        json: &Json,
        scope: ReadScope<'_>,
        path: &str,
        misfits: &mut Vec<String>,
    ) -> BTreeMap<String, Value> {
        let mut read = |attribute: &Attribute| {
            let field = self.field(attribute);
            let scope = scope.attribute(&attribute.name);
            let found = json.get(&field).filter(|found| !found.is_null());
            let value = match (found, &attribute.default) {
                // Absent means the default, to every reader of such an object.
                (None, Some(default)) => default.clone(),
                (None, None) => absent(scope),
                (Some(_), None) if scope.is_not_ours() => Value::Null,
                (Some(found), _) => {
                    let path = format!("{path}.{field}");
                    let read = self.read_value(&attribute.kind, found, scope, &path, misfits);
                    read.unwrap_or_else(|told| {
                        misfits.push(if attribute.sensitive { unfit_secret(&path) } else { told });
                        Value::Null
                    })
                }
            };
            (attribute.name.clone(), value)
        };
        attributes.into_iter().map(&mut read).collect()
    }

    fn read_value(
        &self,
        kind: &AttributeKind,
        json: &Json,
        scope: ReadScope<'_>,
        path: &str,
        misfits: &mut Vec<String>,
    ) -> Result<Value, String> {
        let (nesting, members) = match kind {
            AttributeKind::Type(of) => return read_plain(of, json, scope, path),
            AttributeKind::Nested(nesting, members) => (nesting, members),
        };
        // Lists are one value to the API server: whoever sets one element owns them all.
        let mut whole =
            |one: &Json| Value::Object(self.read_members(members, one, ReadScope::Full, path, misfits));
        match (nesting, json) {
            (Nesting::Single, Json::Object(_)) => {
                Ok(Value::Object(self.read_members(members, json, scope, path, misfits)))
            }
            (Nesting::List, Json::Array(all)) => listed(all, scope, Value::List, |one| Ok(whole(one))),
            (Nesting::Set, Json::Array(all)) => listed(all, scope, Value::Set, |one| Ok(whole(one))),
            (Nesting::Map, Json::Object(all)) => {
                let mut read = |(key, one): (&String, &Json)| (key.clone(), whole(one));
                Ok(Value::Map(all.iter().map(&mut read).collect()))
            }
            _ => Err(unfit(json, "of another shape", path)),
        }
    }
}

/// Nothing is there. Where we sent an empty list, that means the same.
fn absent(scope: ReadScope<'_>) -> Value {
    match scope {
        ReadScope::Owned(empty @ (Value::List(all) | Value::Set(all))) if all.is_empty() => empty.clone(),
        ReadScope::Owned(empty @ Value::Map(all)) if all.is_empty() => empty.clone(),
        _ => Value::Null,
    }
}

/// A list. To those who take over an object, an empty one is none.
fn listed(
    all: &[Json],
    scope: ReadScope<'_>,
    collect: fn(Vec<Value>) -> Value,
    one: impl FnMut(&Json) -> Result<Value, String>,
) -> Result<Value, String> {
    if all.is_empty() && matches!(scope, ReadScope::Full) {
        return Ok(Value::Null);
    }
    all.iter().map(one).collect::<Result<_, _>>().map(collect)
}

fn read_plain(of: &Type, json: &Json, scope: ReadScope<'_>, path: &str) -> Result<Value, String> {
    match (of, json) {
        (Type::String, Json::String(text)) => Ok(Value::String(text.clone())),
        // A field that takes either, such as a port: `IntOrString`.
        (Type::String, Json::Number(number)) => Ok(Value::String(number.to_string())),
        (Type::Bool, Json::Bool(set)) => Ok(Value::Bool(*set)),
        (Type::Number, Json::Number(number)) => {
            number.to_string().parse().map(Value::Number).map_err(|_| unfit(json, "not a number", path))
        }
        (Type::List(of), Json::Array(all)) => {
            listed(all, scope, Value::List, |one| read_plain(of, one, scope, path))
        }
        (Type::Set(of), Json::Array(all)) => {
            listed(all, scope, Value::Set, |one| read_plain(of, one, scope, path))
        }
        (Type::Map(of), Json::Object(all)) => {
            let read = |(key, one): (&String, &Json)| Ok((key.clone(), read_plain(of, one, scope, path)?));
            all.iter().map(read).collect::<Result<_, String>>().map(Value::Map)
        }
        _ => Err(unfit(json, "of another type", path)),
    }
}

fn unfit(json: &Json, what: &str, path: &str) -> String {
    format!("{path} is {json}, which is {what} than this provider knows the field to be")
}

fn unfit_secret(path: &str) -> String {
    format!("{path} is a secret of another kind than this provider knows the field to be")
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let mut field = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        field.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        field.push_str(letters.as_str());
    }
    field
}
