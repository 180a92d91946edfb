//! Finds fault with a configuration, attribute by attribute and then as a whole.

use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::model::{Draft, Model, StringRule};
use crate::plan::{effective_config, write_only};
use crate::schema::{Attribute, AttributeKind, Mode, Nesting};
use crate::value::{Path, Value, ValueError};

/// Finds fault with each attribute alone, each plain string by `rule`, then calls `between` if a draft of the
/// whole can be read.
pub(crate) fn check_config<M: Model>(
    config: &Value,
    attributes: &[Attribute],
    rule: StringRule,
    between: impl FnOnce(&M::Draft, &mut Diagnostics),
) -> Diagnostics {
    let mut found = Diagnostics::new();
    let effective = effective_config(attributes, config);
    check_attributes(attributes, config, &effective, &Path::root(), rule, &mut found);
    if !found.has_errors() {
        match M::Draft::decode(&effective) {
            Ok(draft) => between(&draft, &mut found),
            Err(error) => found.push(invalid(error)),
        }
    }
    found
}

/// `written` says what the author gave, `effective` what comes of it.
fn check_attributes(
    attributes: &[Attribute],
    written: &Value,
    effective: &Value,
    within: &Path,
    rule: StringRule,
    diagnostics: &mut Diagnostics,
) {
    for attribute in attributes {
        write_only::check_forms(attribute, written, within, diagnostics);
        let (value, effective) = (written.attribute(&attribute.name), effective.attribute(&attribute.name));
        let path = within.clone().attribute(&attribute.name);
        if value.is_null() || value.is_unknown() {
            continue;
        }
        if attribute.mode == Mode::Computed {
            let detail = format!("{path} is set by the provider. Remove it from the configuration.");
            diagnostics.error_at(path, "Invalid Configuration for Read-Only Attribute", detail);
            continue;
        }
        if let Some(reason) = &attribute.deprecated {
            diagnostics.warning_at(path.clone(), "Attribute Deprecated", reason.clone());
        }
        let errors_before = diagnostics.count_errors();
        check_members(attribute, value, effective, &path, rule, diagnostics);
        // A fault of a member is reported there.
        if value.is_wholly_known()
            && diagnostics.count_errors() == errors_before
            && let Err(error) = (attribute.semantics.validate)(effective, rule)
        {
            diagnostics.push(invalid(error.within(path)));
        }
    }
}

fn check_members(
    attribute: &Attribute,
    value: &Value,
    effective: &Value,
    path: &Path,
    rule: StringRule,
    diagnostics: &mut Diagnostics,
) {
    let AttributeKind::Nested(nesting, members) = &attribute.kind else { return };
    match (nesting, value, effective) {
        (Nesting::Single, Value::Object(_), _) => {
            check_attributes(members, value, effective, path, rule, diagnostics)
        }
        (Nesting::List, Value::List(all), Value::List(effective)) => {
            for (index, (one, effective)) in all.iter().zip(effective).enumerate() {
                check_attributes(members, one, effective, &path.clone().index(index), rule, diagnostics);
            }
        }
        (Nesting::Map, Value::Map(all), Value::Map(effective)) => {
            for ((key, one), effective) in all.iter().zip(effective.values()) {
                check_attributes(members, one, effective, &path.clone().key(key), rule, diagnostics);
            }
        }
        (Nesting::Set, Value::Set(all), Value::Set(effective)) => {
            let mut inside = Diagnostics::new();
            for (one, effective) in all.iter().zip(effective) {
                check_attributes(members, one, effective, &Path::root(), rule, &mut inside);
            }
            // A path stops at a set.
            inside.into_iter().for_each(|mut one| {
                one.attribute = Some(path.clone());
                diagnostics.push(one);
            });
        }
        _ => {}
    }
}

/// A value that does not fit, as a message for the author.
pub(crate) fn invalid(error: ValueError) -> Diagnostic {
    let detail = format!("{}: {}.", error.path, error.message);
    Diagnostic::error("Invalid Attribute Value", detail).at(error.path)
}
