//! Write-only attributes, and write-only forms of others: their values live in the configuration alone and
//! never in a plan or a state.

use super::{each, nested};
use crate::diagnostics::Diagnostics;
use crate::schema::{Attribute, AttributeKind, write_only_names};
use crate::value::{Path, Value};

/// The planned object with the write-only values that the configuration has, for the code that sends them on.
pub(crate) fn fill(attributes: &[Attribute], planned: &Value, config: &Value) -> Value {
    each(attributes, planned, &|attribute, value| {
        let written = config.attribute(&attribute.name);
        if attribute.write_only {
            return written.clone();
        }
        if let Some(form) = written_form(attribute, config) {
            return form.clone();
        }
        nested(attribute, value, &Value::Null, written, &|members, _, value, written| {
            fill(members, value, written)
        })
    })
}

/// An object of typed code as it is stored, where it was stored or planned as `before`: without write-only
/// values, and with the versions of write-only forms, which typed code does not have.
pub(crate) fn withhold(attributes: &[Attribute], before: &Value, object: &Value) -> Value {
    each(attributes, object, &|attribute, value| {
        let earlier = before.attribute(&attribute.name);
        match &attribute.form_of {
            _ if attribute.write_only => Value::Null,
            Some(_) => earlier.clone(),
            None if has_form(attribute, before) => Value::Null,
            None => nested(attribute, value, &Value::Null, earlier, &|members, _, value, earlier| {
                withhold(members, earlier, value)
            }),
        }
    })
}

/// What a configuration gives in the write-only form of an attribute.
fn written_form<'a>(attribute: &Attribute, config: &'a Value) -> Option<&'a Value> {
    let form = || config.attribute(&write_only_names(&attribute.name).0);
    attribute.has_write_only_form.then(form).filter(|form| !form.is_null())
}

/// Whether a configuration gives an attribute in its write-only form, or a state or plan says that one did.
pub(crate) fn has_form(attribute: &Attribute, object: &Value) -> bool {
    attribute.has_write_only_form && !object.attribute(&write_only_names(&attribute.name).1).is_null()
}

/// Finds fault with an attribute that is given in more than one form, or in half of one.
pub(crate) fn check_forms(
    attribute: &Attribute,
    written: &Value,
    within: &Path,
    diagnostics: &mut Diagnostics,
) {
    if !attribute.has_write_only_form {
        return;
    }
    let (form, version) = write_only_names(&attribute.name);
    let given = |name: &str| !written.attribute(name).is_null();
    let mut fault = |at: &str, detail: String| {
        diagnostics.error_at(within.clone().attribute(at), "Invalid Attribute Combination", detail);
    };
    match (given(&attribute.name), given(&form), given(&version)) {
        (true, true, _) => fault(&form, format!("Give {form} or {}, not both.", attribute.name)),
        (_, true, false) => fault(
            &form,
            format!(
                "{form} requires {version}, a number of your own: its change says that there is a new value."
            ),
        ),
        (_, false, true) => {
            fault(&version, format!("{version} is the version of {form}, which is not given."))
        }
        _ => {}
    }
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
