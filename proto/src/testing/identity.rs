//! What core asks of an identity.

use super::outcome::violation;
use super::{Failure, Harness, RuleViolation};
use crate::identity::{Wanted, attributes, is_required, value_type};
use crate::provider::Provider;
use crate::schema::Schema;
use crate::value::{Value, json, msgpack};
use serde_json::Value as Json;

/// What keeps an identity from being stored.
pub(super) fn identity_faults(schema: &Schema, identity: &Value) -> Vec<RuleViolation> {
    let Some(of) = value_type(schema).filter(|_| !identity.is_null()) else { return Vec::new() };
    if !identity.is_wholly_known() {
        return vec![violation("returned an identity with unknown values")];
    }
    match msgpack::encode(identity, &of).and_then(|bytes| msgpack::decode(&bytes, &of)) {
        Ok(back) if back == *identity => Vec::new(),
        _ => vec![violation("returned an identity that does not match its schema")],
    }
}

/// Reads the identity of an `import` block.
pub(super) fn read_identity(schema: &Schema, given: &Json) -> Result<Value, RuleViolation> {
    let of = value_type(schema).ok_or_else(|| violation("the type has no identity to import by"))?;
    let identity = json::decode(given.to_string().as_bytes(), &of)
        .map_err(|error| RuleViolation::new(error.path, error.message))?;
    let missing = attributes(schema).find(|one| is_required(one) && identity.attribute(&one.name).is_null());
    match missing {
        Some(one) => {
            Err(RuleViolation::new(one.name.as_str().into(), "an identity has to give this attribute"))
        }
        None => Ok(identity),
    }
}

impl<P: Provider> Harness<P> {
    /// The identity that an import id names, complete, without looking for the object.
    pub fn identity_of_id(&self, type_name: &str, id: &str) -> Result<Value, Failure> {
        let wanted = Wanted::Id(id.to_owned());
        Ok(self.resource(type_name)?.identity_of(&self.context(), &wanted, P::validate_string)?)
    }

    /// The identity of an `import` block, complete, without looking for the object.
    pub fn identity_of(&self, type_name: &str, identity: &Json) -> Result<Value, Failure> {
        let resource = self.resource(type_name)?;
        let wanted = Wanted::Identity(read_identity(resource.schema(), identity)?);
        Ok(resource.identity_of(&self.context(), &wanted, P::validate_string)?)
    }
}
