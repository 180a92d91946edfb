//! The new state that core proposes to a provider: the configuration, and what the provider computed before.

use crate::schema::{Attribute, AttributeKind, Mode, Nesting};
use crate::value::Value;
use std::collections::BTreeMap;

/// What core proposes for an object with these `attributes`, of which `prior` is stored and `config` written.
pub(crate) fn proposed(attributes: &[Attribute], prior: &Value, config: &Value) -> Value {
    let Value::Object(_) = config else { return config.clone() };
    let one = |attribute: &Attribute| {
        let (before, written) = (prior.attribute(&attribute.name), config.attribute(&attribute.name));
        let value = match &attribute.kind {
            _ if attribute.is_computed() && written.is_null() => {
                // The author took away what only an author can have put there.
                if was_written(attribute, before) { Value::Null } else { before.clone() }
            }
            AttributeKind::Nested(nesting, members) => nested(*nesting, members, before, written),
            AttributeKind::Type(_) => written.clone(),
        };
        (attribute.name.clone(), value)
    };
    Value::Object(attributes.iter().map(one).collect())
}

fn nested(nesting: Nesting, members: &[Attribute], prior: &Value, config: &Value) -> Value {
    match (nesting, config) {
        (Nesting::Single, Value::Object(_)) => proposed(members, prior, config),
        (Nesting::List, Value::List(all)) => {
            let before = |index| match prior {
                Value::List(prior) => prior.get(index).unwrap_or(&Value::Null),
                _ => &Value::Null,
            };
            Value::List(all.iter().enumerate().map(|(at, one)| proposed(members, before(at), one)).collect())
        }
        (Nesting::Map, Value::Map(all)) => {
            let none = BTreeMap::new();
            let before = if let Value::Map(prior) = prior { prior } else { &none };
            let one = |(key, one): (&String, &Value)| {
                (key.clone(), proposed(members, before.get(key).unwrap_or(&Value::Null), one))
            };
            Value::Map(all.iter().map(one).collect())
        }
        (Nesting::Set, Value::Set(all)) => {
            let mut left: Vec<&Value> = match prior {
                Value::Set(prior) => prior.iter().collect(),
                _ => Vec::new(),
            };
            let mut one = |written: &Value| {
                let found = left.iter().position(|prior| may_come_from(members, prior, written));
                let before = found.map_or(&Value::Null, |at| left.swap_remove(at));
                proposed(members, before, written)
            };
            Value::Set(all.iter().map(&mut one).collect())
        }
        _ => config.clone(),
    }
}

/// Whether `prior` differs from what is written only in what the provider computed.
fn may_come_from(members: &[Attribute], prior: &Value, written: &Value) -> bool {
    members.iter().all(|member| {
        let (prior, written) = (prior.attribute(&member.name), written.attribute(&member.name));
        if prior == written || (member.is_computed() && written.is_null() && !was_written(member, prior)) {
            return true;
        }
        match (&member.kind, prior, written) {
            (AttributeKind::Nested(Nesting::Single, members), Value::Object(_), Value::Object(_)) => {
                may_come_from(members, prior, written)
            }
            (AttributeKind::Nested(_, members), Value::List(prior), Value::List(written))
            | (AttributeKind::Nested(_, members), Value::Set(prior), Value::Set(written)) => {
                prior.len() == written.len()
                    && prior
                        .iter()
                        .zip(written)
                        .all(|(prior, written)| may_come_from(members, prior, written))
            }
            (AttributeKind::Nested(_, members), Value::Map(prior), Value::Map(written)) => {
                prior.len() == written.len()
                    && written.iter().all(|(key, written)| {
                        prior.get(key).is_some_and(|prior| may_come_from(members, prior, written))
                    })
            }
            _ => false,
        }
    })
}

/// Whether a nested attribute that its author may leave to the provider holds what the provider never sets.
fn was_written(attribute: &Attribute, prior: &Value) -> bool {
    let AttributeKind::Nested(_, members) = &attribute.kind else { return false };
    if attribute.mode != Mode::OptionalComputed {
        return false;
    }
    let holds = |object: &Value| {
        members.iter().any(|member| !member.is_computed() && !object.attribute(&member.name).is_null())
    };
    match prior {
        Value::Object(_) => holds(prior),
        Value::List(all) | Value::Set(all) => all.iter().any(holds),
        Value::Map(all) => all.values().any(holds),
        _ => false,
    }
}
