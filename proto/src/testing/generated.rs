//! The configuration that Terraform generates for an object.

use super::{Failure, Harness, State};
use crate::plan::generated::config_of;
use crate::provider::Provider;
use crate::schema::{Attribute, AttributeKind};
use crate::value::{Value, to_plain};
use serde_json::Value as Json;

impl<P: Provider> Harness<P> {
    /// What `-generate-config-out` writes for an object: a configuration without what is null, and without
    /// secrets.
    pub fn generated(&self, state: &State) -> Result<Json, Failure> {
        let attributes = &self.resource(&state.type_name)?.schema().attributes;
        let config = to_plain(&without_secrets(attributes, &config_of(attributes, &state.object)));
        Ok(without_null(config.map_err(|error| super::RuleViolation::new(error.path, error.message))?))
    }
}

/// Whatever the provider returns, core hides what its schema calls sensitive.
fn without_secrets(attributes: &[Attribute], object: &Value) -> Value {
    let Value::Object(all) = object else { return object.clone() };
    let one = |attribute: &Attribute| {
        let value = all.get(&attribute.name).unwrap_or(&Value::Null);
        let value = match (&attribute.kind, value) {
            _ if attribute.sensitive => Value::Null,
            (AttributeKind::Nested(_, members), Value::Map(all)) => {
                let each = all.iter().map(|(key, one)| (key.clone(), without_secrets(members, one)));
                Value::Map(each.collect())
            }
            (AttributeKind::Nested(_, members), Value::List(all)) => {
                Value::List(all.iter().map(|one| without_secrets(members, one)).collect())
            }
            (AttributeKind::Nested(_, members), Value::Set(all)) => {
                Value::Set(all.iter().map(|one| without_secrets(members, one)).collect())
            }
            (AttributeKind::Nested(_, members), one) => without_secrets(members, one),
            (AttributeKind::Type(_), one) => one.clone(),
        };
        (attribute.name.clone(), value)
    };
    Value::Object(attributes.iter().map(one).collect())
}

fn without_null(json: Json) -> Json {
    match json {
        Json::Object(all) => {
            let given = all.into_iter().filter(|(_, one)| !one.is_null());
            Json::Object(given.map(|(name, one)| (name, without_null(one))).collect())
        }
        Json::Array(all) => Json::Array(all.into_iter().map(without_null).collect()),
        other => other,
    }
}
