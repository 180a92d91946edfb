//! Write-only attributes: their values live in the configuration alone and never in a plan or a state.

use super::{each, nested};
use crate::diagnostics::Diagnostics;
use crate::schema::{Attribute, AttributeKind};
use crate::value::{Path, Value};

/// The planned object with the write-only values that the configuration has, for the code that sends them on.
pub(crate) fn fill(attributes: &[Attribute], planned: &Value, config: &Value) -> Value {
    each(attributes, planned, |attribute, value| {
        let written = config.attribute(&attribute.name);
        if attribute.write_only {
            return written.clone();
        }
        nested(attribute, value, &Value::Null, written, |members, _, value, written| {
            fill(members, value, written)
        })
    })
}

/// Finds fault with write-only values: this Terraform would store them.
pub(crate) fn refuse(attributes: &[Attribute], config: &Value, diagnostics: &mut Diagnostics) {
    refuse_within(attributes, config, &Path::root(), diagnostics);
}

fn refuse_within(attributes: &[Attribute], config: &Value, within: &Path, diagnostics: &mut Diagnostics) {
    for attribute in attributes {
        let value = config.attribute(&attribute.name);
        let path = within.clone().attribute(&attribute.name);
        if attribute.write_only && !value.is_null() {
            let detail =
                format!("{path} is write-only, which needs Terraform 1.11 or OpenTofu 1.11 at least.");
            diagnostics.error_at(path, "WriteOnly Attribute Not Allowed", detail);
            continue;
        }
        let AttributeKind::Nested(_, members) = &attribute.kind else { continue };
        match value {
            Value::Object(_) => refuse_within(members, value, &path, diagnostics),
            Value::List(all) => {
                for (index, one) in all.iter().enumerate() {
                    refuse_within(members, one, &path.clone().index(index), diagnostics);
                }
            }
            Value::Map(all) => {
                for (key, one) in all {
                    refuse_within(members, one, &path.clone().key(key), diagnostics);
                }
            }
            // A set holds no write-only values: the schema check sees to it.
            _ => {}
        }
    }
}
