//! What core asks of an object before it stores it.

use super::RuleViolation;
use super::outcome::violation;
use crate::schema::{Attribute, AttributeKind, Schema};
use crate::value::{Value, msgpack};

/// What keeps an object from being stored.
pub(super) fn may_be_stored(schema: &Schema, object: &Value) -> Vec<RuleViolation> {
    let mut faults = Vec::new();
    if object.is_null() {
        return faults;
    }
    for attribute in &schema.attributes {
        if !object.attribute(&attribute.name).is_wholly_known() {
            faults.push(RuleViolation::new(
                attribute.name.as_str().into(),
                "all values must be known after apply",
            ));
        }
    }
    write_only_faults(&schema.attributes, object, &mut faults);
    faults.extend(survives_wire(schema, object).err());
    faults
}

fn write_only_faults(attributes: &[Attribute], object: &Value, faults: &mut Vec<RuleViolation>) {
    for attribute in attributes {
        let value = object.attribute(&attribute.name);
        if attribute.write_only && !value.is_null() {
            let message = "write-only attributes cannot be read back from the provider";
            faults.push(RuleViolation::new(attribute.name.as_str().into(), message));
        }
        if let AttributeKind::Nested(_, members) = &attribute.kind {
            match value {
                Value::Object(_) => write_only_faults(members, value, faults),
                Value::List(all) | Value::Set(all) => {
                    all.iter().for_each(|one| write_only_faults(members, one, faults))
                }
                Value::Map(all) => all.values().for_each(|one| write_only_faults(members, one, faults)),
                _ => {}
            }
        }
    }
}

/// Whether core would read the very same object.
pub(super) fn survives_wire(schema: &Schema, object: &Value) -> Result<(), RuleViolation> {
    let of = schema.object_type();
    let there_and_back = msgpack::encode(object, of).and_then(|bytes| msgpack::decode(&bytes, of));
    match there_and_back {
        Ok(back) if back == *object => Ok(()),
        Ok(_) => Err(violation("core would read another object than the provider wrote")),
        Err(error) => Err(RuleViolation::new(error.path, error.message)),
    }
}
