//! Core's own checks of plans and results, in core's own terms.

use crate::schema::{Attribute, AttributeKind, Mode, Nesting};
use crate::value::{Path, Refinement, Value};
use std::fmt;

/// A rule of core's that was violated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleViolation {
    /// Where.
    pub path: Path,
    /// Which, and how.
    pub message: String,
}

impl RuleViolation {
    /// A violation at `path`.
    pub fn new(path: Path, message: impl Into<String>) -> Self {
        Self { path, message: message.into() }
    }
}

impl fmt::Display for RuleViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// What is wrong with a plan of a create or an update (core: `AssertPlanValid`).
pub(crate) fn plan_faults(
    attributes: &[Attribute],
    prior: &Value,
    config: &Value,
    planned: &Value,
) -> Vec<RuleViolation> {
    let mut faults = Vec::new();
    planned_object(attributes, prior, config, planned, &Path::root(), &mut faults);
    faults
}

fn planned_object(
    attributes: &[Attribute],
    prior: &Value,
    config: &Value,
    planned: &Value,
    path: &Path,
    faults: &mut Vec<RuleViolation>,
) {
    match (config.is_null(), planned.is_null()) {
        (false, true) => {
            faults.push(RuleViolation::new(path.clone(), "planned for absence but config wants existence"))
        }
        (true, false) => {
            faults.push(RuleViolation::new(path.clone(), "planned for existence but config wants absence"))
        }
        (true, true) => {}
        (false, false) if planned.is_unknown() => {
            faults.push(RuleViolation::new(path.clone(), "planned unknown for configured value"));
        }
        (false, false) => {
            for attribute in attributes {
                let name = &attribute.name;
                let of = [prior.attribute(name), config.attribute(name), planned.attribute(name)];
                planned_attribute(attribute, of, &path.clone().attribute(name), faults);
            }
        }
    }
}

fn planned_attribute(attribute: &Attribute, of: [&Value; 3], path: &Path, faults: &mut Vec<RuleViolation>) {
    let [prior, config, planned] = of;
    let mut fault = |message: &str| faults.push(RuleViolation::new(path.clone(), message));
    if attribute.write_only {
        if !planned.is_null() {
            fault("planned value for write-only attribute is not null");
        }
        return;
    }
    let accepted = planned == config;
    let kept = planned == prior && !prior.is_null() && !config.is_null();
    let free = attribute.mode == Mode::Computed || (attribute.is_computed() && config.is_null());
    if accepted || kept || free {
        return;
    }
    if config.is_null() {
        return fault("planned value for a non-computed attribute");
    }
    match &attribute.kind {
        AttributeKind::Nested(nesting, members) => planned_nested(*nesting, members, of, path, faults),
        AttributeKind::Type(_) if prior.is_null() => fault("planned value does not match config value"),
        AttributeKind::Type(_) => fault("planned value does not match config value nor prior value"),
    }
}

fn planned_nested(
    nesting: Nesting,
    members: &[Attribute],
    of: [&Value; 3],
    path: &Path,
    faults: &mut Vec<RuleViolation>,
) {
    let [prior, config, planned] = of;
    let mut fault = |message: String| faults.push(RuleViolation::new(path.clone(), message));
    match (nesting, config, planned) {
        (_, Value::Unknown(_), _) => {}
        (_, _, Value::Unknown(_)) => fault("planned unknown for configured value".to_owned()),
        (Nesting::Single, ..) => planned_object(members, prior, config, planned, path, faults),
        (Nesting::List, Value::List(config), Value::List(planned))
        | (Nesting::Set, Value::Set(config), Value::Set(planned))
            if config.len() != planned.len() =>
        {
            fault(format!(
                "count in plan ({}) disagrees with count in config ({})",
                planned.len(),
                config.len()
            ));
        }
        (Nesting::List, Value::List(config), Value::List(planned)) => {
            let before = |index| match prior {
                Value::List(prior) => prior.get(index).unwrap_or(&Value::Null),
                _ => &Value::Null,
            };
            for (at, (config, planned)) in config.iter().zip(planned).enumerate() {
                planned_object(members, before(at), config, planned, &path.clone().index(at), faults);
            }
        }
        (Nesting::Map, Value::Map(config), Value::Map(planned)) => {
            if let Some(key) = planned.keys().find(|key| !config.contains_key(*key)) {
                return fault(format!("map key {key:?} from plan is not present in config"));
            }
            for (key, config) in config {
                let before = match prior {
                    Value::Map(prior) => prior.get(key).unwrap_or(&Value::Null),
                    _ => &Value::Null,
                };
                let planned = planned.get(key).unwrap_or(&Value::Null);
                planned_object(members, before, config, planned, &path.clone().key(key), faults);
            }
        }
        // Elements of a set have no identity: which comes from which is unknown.
        (Nesting::Set, Value::Set(_), Value::Set(_)) => {}
        _ => fault("planned value does not match config value".to_owned()),
    }
}

/// Where a result does not keep to its plan (core: `AssertObjectCompatible`).
pub(crate) fn result_faults(planned: &Value, actual: &Value) -> Vec<RuleViolation> {
    let mut faults = Vec::new();
    compatible(planned, actual, &Path::root(), &mut faults);
    faults
}

fn compatible(planned: &Value, actual: &Value, path: &Path, faults: &mut Vec<RuleViolation>) {
    let mut fault = |message: String| faults.push(RuleViolation::new(path.clone(), message));
    match (planned, actual) {
        (Value::Unknown(promises), actual) => {
            if !keeps(promises, actual) {
                fault(format!("final value {actual:?} does not conform to planning placeholder"));
            }
        }
        (Value::Null, Value::Null) => {}
        (Value::Null, _) => fault("was null, but now has a value".to_owned()),
        (_, Value::Null) => fault("had a value, but now null".to_owned()),
        (Value::Object(planned), Value::Object(actual)) => {
            for (name, planned) in planned {
                let actual = actual.get(name).unwrap_or(&Value::Null);
                compatible(planned, actual, &path.clone().attribute(name), faults);
            }
        }
        (Value::List(planned), Value::List(actual)) | (Value::Tuple(planned), Value::Tuple(actual)) => {
            for index in actual.len()..planned.len() {
                fault(format!("element {index} has vanished"));
            }
            for index in planned.len()..actual.len() {
                fault(format!("new element {index} has appeared"));
            }
            for (index, (planned, actual)) in planned.iter().zip(actual).enumerate() {
                compatible(planned, actual, &path.clone().index(index), faults);
            }
        }
        (Value::Map(planned), Value::Map(actual)) => {
            for key in actual.keys().filter(|key| !planned.contains_key(*key)) {
                fault(format!("new element {key:?} has appeared"));
            }
            for (key, planned) in planned {
                match actual.get(key) {
                    Some(actual) => compatible(planned, actual, &path.clone().key(key), faults),
                    None => {
                        faults.push(RuleViolation::new(path.clone(), format!("element {key:?} has vanished")))
                    }
                }
            }
        }
        (Value::Set(planned), Value::Set(actual)) => {
            let fits = |planned: &Value, actual: &Value| {
                let mut faults = Vec::new();
                compatible(planned, actual, path, &mut faults);
                faults.is_empty()
            };
            if planned.iter().any(|planned| !actual.iter().any(|actual| fits(planned, actual))) {
                fault("a planned set element does not correlate with any element in actual".to_owned());
            }
            if actual.iter().any(|actual| !planned.iter().any(|planned| fits(planned, actual))) {
                fault("an actual set element does not correlate with any element in plan".to_owned());
            }
        }
        (planned, actual) if planned == actual => {}
        (planned, actual) => fault(format!("was {planned:?}, but now {actual:?}")),
    }
}

/// Whether a value is what was promised of it while it was unknown.
fn keeps(promises: &Refinement, actual: &Value) -> bool {
    let Refinement { null, prefix, lower, upper, shortest, longest } = promises;
    let length = match actual {
        Value::List(all) | Value::Set(all) => Some(all.len()),
        Value::Map(all) => Some(all.len()),
        _ => None,
    };
    let length = length.and_then(|length| i64::try_from(length).ok());
    let number = match actual {
        Value::Number(number) => Some(number),
        _ => None,
    };
    null.is_none_or(|null| null == actual.is_null())
        && prefix.as_ref().is_none_or(|prefix| actual.as_str().is_none_or(|text| text.starts_with(prefix)))
        && shortest.is_none_or(|least| length.is_none_or(|length| length >= least))
        && longest.is_none_or(|most| length.is_none_or(|length| length <= most))
        && lower.as_ref().is_none_or(|(bound, inclusive)| {
            number.is_none_or(|number| number > bound || (*inclusive && number == bound))
        })
        && upper.as_ref().is_none_or(|(bound, inclusive)| {
            number.is_none_or(|number| number < bound || (*inclusive && number == bound))
        })
}
