//! What an object is: those of its attributes that `#[attribute(identity)]` marks. Terraform keeps them
//! beside the state, and `import` blocks name an object by them.
//!
//! The marks are the only declaration: the identity's schema, its values and the form of import ids follow
//! from them.

mod import;
#[cfg(test)]
mod tests;

pub use import::Identity;
pub(crate) use import::{Wanted, check_imported, names_nothing, resolve};

use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::provider::TypeName;
use crate::schema::{Attribute, AttributeKind, IdentityPart, Schema};
use crate::value::{Type, Value, ValueError, json};
use std::cmp::Ordering;

/// The attributes that are an object's identity, in the order of the struct.
pub fn attributes(schema: &Schema) -> impl Iterator<Item = &Attribute> + Clone {
    schema.attributes.iter().filter(|one| one.identity.is_some())
}

/// Whether an import has to give an attribute of an identity: whether nothing else says what it is.
pub fn is_required(attribute: &Attribute) -> bool {
    !attribute.nullable && attribute.default.is_none()
}

/// Whether a type's objects have an identity.
pub(crate) fn has_one(schema: &Schema) -> bool {
    attributes(schema).next().is_some()
}

/// The type of an identity; nothing where the type of the object has none.
pub(crate) fn value_type(schema: &Schema) -> Option<Type> {
    let members = attributes(schema).map(|one| (one.name.clone(), one.kind.value_type()));
    let members: std::collections::BTreeMap<_, _> = members.collect();
    (!members.is_empty()).then_some(Type::Object(members))
}

/// The identity of an object, unknown where its attributes are; null where there is no object, or where its
/// type has no identity. Of all spellings of a value it has one, however the author writes it.
pub(crate) fn of(schema: &Schema, object: &Value) -> Value {
    let Value::Object(all) = object else { return Value::Null };
    let one = |attribute: &Attribute| {
        let value = all.get(&attribute.name).unwrap_or(&Value::Null);
        (attribute.name.clone(), (attribute.semantics.canonicalize)(value))
    };
    let members: std::collections::BTreeMap<_, _> = attributes(schema).map(one).collect();
    if members.is_empty() { Value::Null } else { Value::Object(members) }
}

/// The identity of an object that is changed in place: what of it is not known yet is as it was `before`.
pub(crate) fn or_before(planned: Value, before: &Value) -> Value {
    let Value::Object(members) = planned else { return planned };
    let one = |(name, value): (String, Value)| {
        let value = if value.is_wholly_known() { value } else { before.attribute(&name).clone() };
        (name, value)
    };
    Value::Object(members.into_iter().map(one).collect())
}

/// Which parts of an identity may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Changing {
    /// None: the object is read, or made as it was planned.
    Nothing,
    /// Those that change with the configuration.
    Mutable,
}

/// Finds fault with an object that is another one than before by accident. What was not known may become
/// anything.
pub(crate) fn check_unchanged(
    type_name: &str,
    schema: &Schema,
    before: &Value,
    after: &Value,
    changing: Changing,
    when: &str,
) -> Result<(), Diagnostic> {
    if before.is_null() || after.is_null() {
        return Ok(());
    }
    let may = |one: &Attribute| changing == Changing::Mutable && one.identity == Some(IdentityPart::Mutable);
    let changed = attributes(schema).filter(|one| !may(one)).find_map(|one| {
        let (before, after) = (before.attribute(&one.name), after.attribute(&one.name));
        (before.is_wholly_known() && before != after).then_some((one, before, after))
    });
    let Some((attribute, before, after)) = changed else { return Ok(()) };
    let name = &attribute.name;
    let detail = format!(
        "The identity of this {type_name} changed {when}: its `{name}` was {}, and is {} now. That would be another object, so \
         nothing of it is stored. This is a bug of the provider, unless another program changed the state; please report it. To \
         go on with the object that is there now, take this one out of the state (`terraform state rm`) and import that.",
        shown(before),
        shown(after)
    );
    Err(Diagnostic::error("Unexpected Identity Change", detail).at(name.as_str()))
}

/// A part of an identity, for a message.
fn shown(value: &Value) -> String {
    if value.is_unknown() { "unknown".to_owned() } else { json::encode_untyped(value) }
}

/// An identity as JSON, stored with version `version` of its schema, as the schema has it today.
pub(crate) fn upgrade<T: TypeName>(schema: &Schema, version: i64, json: &[u8]) -> Result<Value, Diagnostics> {
    let (name, now) = (T::TYPE_NAME, T::IDENTITY_VERSION);
    let failed =
        |why: String| Diagnostics::from(Diagnostic::error("Unable to read the stored identity", why));
    let misfit = |error: ValueError| {
        failed(format!(
            "The stored identity of this {name} does not fit: {error}. Another version of this provider stored it. Use that \
             one; or take the object out of the state (`terraform state rm`) and import it again."
        ))
    };
    let Some(of) = value_type(schema) else {
        return Err(failed(format!("A {name} has no identity in this version of the provider.")));
    };
    match version.cmp(&now) {
        Ordering::Equal => json::decode(json, &of).map_err(misfit),
        Ordering::Greater => Err(failed(format!(
            "The identity of this {name} was stored with version {version} of its schema; this version of the provider reads \
             versions up to {now}. Use the version of the provider that stored it, or a later one."
        ))),
        Ordering::Less => {
            let Value::Object(mut members) = json::decode_untyped(json).map_err(misfit)? else {
                return Err(misfit(ValueError::new("it is not an object")));
            };
            T::upgrade_identity(version, &mut members).map_err(|why| {
                failed(format!(
                    "The identity of this {name}, stored with version {version} of its schema: {why}"
                ))
            })?;
            let upgraded = json::encode_untyped(&Value::Object(members));
            json::decode(upgraded.as_bytes(), &of).map_err(misfit)
        }
    }
}

/// The type of one attribute of an identity. The schema check sees to it that it is plain.
pub(crate) fn type_of(attribute: &Attribute) -> Type {
    match &attribute.kind {
        AttributeKind::Type(of) => of.clone(),
        nested => nested.value_type(),
    }
}
