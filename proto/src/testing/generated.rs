//! The configuration that Terraform generates for an object.

use super::{Failure, Harness, State};
use crate::plan::generated::config_of;
use crate::provider::Provider;
use crate::value::to_plain;
use serde_json::Value as Json;

impl<P: Provider> Harness<P> {
    /// What `-generate-config-out` writes for an object: a configuration without what is null.
    pub fn generated(&self, state: &State) -> Result<Json, Failure> {
        let attributes = &self.resource(&state.type_name)?.schema().attributes;
        let config = to_plain(&config_of(attributes, &state.object));
        Ok(without_null(config.map_err(|error| super::RuleViolation::new(error.path, error.message))?))
    }
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
