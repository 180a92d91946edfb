//! The planning pipeline: a pure function of schema, configuration and prior state.
//!
//! Order, as Terraform's own framework has it, behind what is adopted: defaults, write-only values out,
//! spelling, unknowns for what is computed, values of the prior state, replacement. The resource's own hook
//! comes after.

pub(crate) mod adopted;
pub(crate) mod check;
pub(crate) mod ephemeral;
pub(crate) mod erased;
pub(crate) mod generated;
#[cfg(test)]
mod guard_rail_tests;
mod imported;
mod moved;
#[cfg(test)]
mod once_tests;
mod stored;
#[cfg(test)]
mod tests;
pub(crate) mod write_only;

use crate::schema::{Attribute, AttributeKind, Mode, Nesting};
use crate::value::{Path, Value};
use std::collections::BTreeMap;

/// A plan before the resource's own hook.
#[derive(Debug)]
pub(crate) struct Planned {
    /// The planned object.
    pub(crate) object: Value,
    /// Attributes whose change needs a new object.
    pub(crate) replace: Vec<Path>,
}

/// Plans a create (`prior` null) or an update of an object with these `attributes`.
pub(crate) fn plan(attributes: &[Attribute], prior: &Value, proposed: &Value, config: &Value) -> Planned {
    let mut object = apply_defaults(attributes, prior, proposed, config);
    let replace = if object == *prior {
        Vec::new()
    } else {
        object = mark_unknown(attributes, &object, config);
        object = use_prior_state(attributes, prior, &object, config);
        replacements(attributes, prior, &object)
    };
    Planned { object, replace }
}

/// A configuration as typed code reads it: defaults in, and what is computed unknown.
pub(crate) fn effective_config(attributes: &[Attribute], config: &Value) -> Value {
    write_only::fill(attributes, &plan(attributes, &Value::Null, config, config).object, config)
}

/// Defaults in, write-only values out, and the prior spelling of what means the same.
fn apply_defaults(attributes: &[Attribute], prior: &Value, proposed: &Value, config: &Value) -> Value {
    each(attributes, proposed, &|attribute, value| {
        let (before, written) = (prior.attribute(&attribute.name), config.attribute(&attribute.name));
        if attribute.write_only {
            return Value::Null;
        }
        if written.is_null()
            && let Some(default) = &attribute.default
        {
            return default.clone();
        }
        if written.is_wholly_known()
            && !written.is_null()
            && !before.is_null()
            && (attribute.semantics.semantic_eq)(before, written)
        {
            return before.clone();
        }
        match (&attribute.kind, value, before) {
            (AttributeKind::Nested(Nesting::Set, members), Value::Set(all), Value::Set(before))
                if attribute.mode != Mode::Computed =>
            {
                Value::Set(apply_defaults_to_elements(members, before, all))
            }
            _ => nested(attribute, value, before, written, &apply_defaults),
        }
    })
}

/// Elements of a set have no key, so an element that was there before in other words is found by what it
/// means.
fn apply_defaults_to_elements(members: &[Attribute], prior: &[Value], proposed: &[Value]) -> Vec<Value> {
    let mut left: Vec<&Value> = prior.iter().collect();
    let mut one = |proposed: &Value| {
        let settled = apply_defaults(members, &Value::Null, proposed, proposed);
        match left.iter().position(|prior| means_same(members, prior, &settled)) {
            Some(at) => left.swap_remove(at).clone(),
            None => settled,
        }
    };
    proposed.iter().map(&mut one).collect()
}

/// Whether `prior` is what is written, apart from spelling and from what the provider computed.
fn means_same(members: &[Attribute], prior: &Value, written: &Value) -> bool {
    members.iter().all(|member| {
        let (before, written) = (prior.attribute(&member.name), written.attribute(&member.name));
        match &member.kind {
            _ if written.is_null() => member.is_computed() || before.is_null(),
            _ if before.is_null() || !written.is_wholly_known() => false,
            AttributeKind::Nested(Nesting::Single, members) => means_same(members, before, written),
            _ => (member.semantics.semantic_eq)(before, written),
        }
    })
}

/// Something changes, so what is computed and not configured is known only at apply.
fn mark_unknown(attributes: &[Attribute], planned: &Value, config: &Value) -> Value {
    each(attributes, planned, &|attribute, value| {
        let written = config.attribute(&attribute.name);
        if attribute.is_computed() && written.is_null() && attribute.default.is_none() && !attribute.adopt {
            return Value::unknown();
        }
        nested(attribute, value, &Value::Null, written, &|members, _, value, written| {
            mark_unknown(members, value, written)
        })
    })
}

/// Computed values that do not change with the rest stay what they were.
fn use_prior_state(attributes: &[Attribute], prior: &Value, planned: &Value, config: &Value) -> Value {
    if prior.is_null() {
        return planned.clone();
    }
    each(attributes, planned, &|attribute, value| {
        let (before, written) = (prior.attribute(&attribute.name), config.attribute(&attribute.name));
        if attribute.use_state_for_unknown && value.is_unknown() && written.is_null() {
            return before.clone();
        }
        nested(attribute, value, before, written, &use_prior_state)
    })
}

fn replacements(attributes: &[Attribute], prior: &Value, planned: &Value) -> Vec<Path> {
    let mut found = Vec::new();
    if !prior.is_null() {
        replacements_within(attributes, prior, planned, &Path::root(), &mut found);
    }
    found
}

/// Members of a set have no path of their own, so that only the whole of it can ask for a new object.
fn replacements_within(
    attributes: &[Attribute],
    prior: &Value,
    planned: &Value,
    within: &Path,
    found: &mut Vec<Path>,
) {
    for attribute in attributes {
        let (before, after) = (prior.attribute(&attribute.name), planned.attribute(&attribute.name));
        let path = within.clone().attribute(&attribute.name);
        if before == after {
            continue;
        }
        if attribute.requires_replace {
            found.push(path);
            continue;
        }
        let AttributeKind::Nested(_, members) = &attribute.kind else { continue };
        match (before, after) {
            (Value::Object(_), Value::Object(_)) => {
                replacements_within(members, before, after, &path, found);
            }
            (Value::List(before), Value::List(after)) => {
                for (at, (before, after)) in before.iter().zip(after).enumerate() {
                    replacements_within(members, before, after, &path.clone().index(at), found);
                }
            }
            (Value::Map(before), Value::Map(after)) => {
                for (key, before) in before {
                    let after = after.get(key).unwrap_or(&Value::Null);
                    if !after.is_null() {
                        replacements_within(members, before, after, &path.clone().key(key), found);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Maps every attribute of a known object; anything else stays as it is. Compiled once for all that call it,
/// as is what follows: a copy for each costs kilobytes.
fn each(attributes: &[Attribute], object: &Value, map: &dyn Fn(&Attribute, &Value) -> Value) -> Value {
    let Value::Object(_) = object else { return object.clone() };
    let mapped = attributes
        .iter()
        .map(|attribute| (attribute.name.clone(), map(attribute, object.attribute(&attribute.name))))
        .collect();
    Value::Object(mapped)
}

/// What becomes of an object with these members, from its prior state, its value and its configuration.
type MapMembers<'a> = dyn Fn(&[Attribute], &Value, &Value, &Value) -> Value + 'a;

/// Goes into the members of a nested attribute, matching elements as core does: lists by index, maps by key.
fn nested(
    attribute: &Attribute,
    value: &Value,
    prior: &Value,
    config: &Value,
    map: &MapMembers<'_>,
) -> Value {
    let AttributeKind::Nested(nesting, members) = &attribute.kind else { return value.clone() };
    // What only the provider sets has no configuration to go along.
    if attribute.mode == Mode::Computed {
        return value.clone();
    }
    let at = |elements: &Value, index: usize| match elements {
        Value::List(all) => all.get(index).cloned().unwrap_or(Value::Null),
        _ => Value::Null,
    };
    let by = |elements: &Value, key: &str| match elements {
        Value::Map(all) => all.get(key).cloned().unwrap_or(Value::Null),
        _ => Value::Null,
    };
    match (nesting, value) {
        (Nesting::Single, Value::Object(_)) => map(members, prior, value, config),
        (Nesting::List, Value::List(all)) => Value::List(
            all.iter().enumerate().map(|(i, one)| map(members, &at(prior, i), one, &at(config, i))).collect(),
        ),
        (Nesting::Map, Value::Map(all)) => Value::Map(
            all.iter()
                .map(|(key, one)| (key.clone(), map(members, &by(prior, key), one, &by(config, key))))
                .collect::<BTreeMap<_, _>>(),
        ),
        // Elements of a set are their own configuration: core matched them before it proposed them.
        (Nesting::Set, Value::Set(all)) => {
            Value::Set(all.iter().map(|one| map(members, &Value::Null, one, one)).collect())
        }
        _ => value.clone(),
    }
}

/// What was read or applied, in the spelling that was there before where it means the same, member by member.
pub(crate) fn keep_spelling(attributes: &[Attribute], before: &Value, after: Value) -> Value {
    each(attributes, &after, &|attribute, value| {
        let known = before.attribute(&attribute.name);
        if known.is_wholly_known() && !known.is_null() && (attribute.semantics.semantic_eq)(known, value) {
            return known.clone();
        }
        let AttributeKind::Nested(nesting, members) = &attribute.kind else { return value.clone() };
        match (nesting, known, value) {
            (Nesting::Single, Value::Object(_), Value::Object(_)) => {
                keep_spelling(members, known, value.clone())
            }
            (Nesting::List, Value::List(before), Value::List(after)) => {
                let one = |(at, one): (usize, &Value)| {
                    keep_spelling(members, before.get(at).unwrap_or(&Value::Null), one.clone())
                };
                Value::List(after.iter().enumerate().map(one).collect())
            }
            (Nesting::Map, Value::Map(before), Value::Map(after)) => {
                let one = |(key, one): (&String, &Value)| {
                    (
                        key.clone(),
                        keep_spelling(members, before.get(key).unwrap_or(&Value::Null), one.clone()),
                    )
                };
                Value::Map(after.iter().map(one).collect())
            }
            (Nesting::Set, Value::Set(before), Value::Set(after)) => {
                let mut left: Vec<&Value> = before.iter().collect();
                let mut one =
                    |one: &Value| match left.iter().position(|before| may_become(members, before, one)) {
                        Some(at) => keep_spelling(members, left.swap_remove(at), one.clone()),
                        None => one.clone(),
                    };
                Value::Set(after.iter().map(&mut one).collect())
            }
            _ => value.clone(),
        }
    })
}

/// Whether an element of a set may be what came of the element `before`, of which parts may have been
/// unknown.
fn may_become(members: &[Attribute], before: &Value, after: &Value) -> bool {
    members.iter().all(|member| {
        let (before, after) = (before.attribute(&member.name), after.attribute(&member.name));
        !before.is_wholly_known()
            || before == after
            || (!before.is_null() && (member.semantics.semantic_eq)(before, after))
    })
}
