//! What objects are, beside their state.

use super::{Shared, answered, received};
use crate::diagnostics::Diagnostics;
use crate::identity::{self, is_required, type_of};
use crate::plan::erased::ErasedResource;
use crate::provider::Provider;
use crate::schema::{Attribute, Schema};
use crate::value::Value;
use crate::wire::tfplugin6::resource_identity_schema::IdentityAttribute;
use crate::wire::tfplugin6::{
    ResourceIdentityData, ResourceIdentitySchema, get_resource_identity_schemas, upgrade_resource_identity,
};

impl<P: Provider> Shared<P> {
    pub(super) async fn get_resource_identity_schemas(
        &self,
        _: get_resource_identity_schemas::Request,
    ) -> Result<get_resource_identity_schemas::Response, Diagnostics> {
        let with_identity =
            self.served.registry.resources.iter().filter(|(_, one)| identity::has_one(one.schema()));
        let identity_schemas =
            with_identity.map(|(name, one)| ((*name).to_owned(), schema(&**one))).collect();
        Ok(get_resource_identity_schemas::Response { identity_schemas, diagnostics: Vec::new() })
    }

    pub(super) async fn upgrade_resource_identity(
        &self,
        request: upgrade_resource_identity::Request,
    ) -> Result<upgrade_resource_identity::Response, Diagnostics> {
        let resource = self.resource(&request.type_name)?;
        let json = request.raw_identity.unwrap_or_default().json;
        let identity = resource.upgrade_identity(request.version, &json)?;
        let upgraded_identity = answered_identity(resource.schema(), &identity)?;
        Ok(upgrade_resource_identity::Response { upgraded_identity, diagnostics: Vec::new() })
    }
}

fn schema<P>(resource: &dyn ErasedResource<P>) -> ResourceIdentitySchema {
    let attribute = |one: &Attribute| IdentityAttribute {
        name: one.name.clone(),
        r#type: type_of(one).to_json().to_string().into_bytes(),
        required_for_import: is_required(one),
        optional_for_import: !is_required(one),
        description: one.description.clone(),
    };
    ResourceIdentitySchema {
        version: resource.identity_version(),
        identity_attributes: identity::attributes(resource.schema()).map(attribute).collect(),
    }
}

/// Reads an identity that core sent; null where it sent none.
pub(super) fn received_identity(
    schema: &Schema,
    data: Option<ResourceIdentityData>,
) -> Result<Value, Diagnostics> {
    match (identity::value_type(schema), data.and_then(|data| data.identity_data)) {
        (Some(of), Some(data)) => received(Some(&data), &of, "the identity"),
        _ => Ok(Value::Null),
    }
}

/// Writes an identity for core; nothing where there is none. Core panics at one of a type that has none.
pub(super) fn answered_identity(
    schema: &Schema,
    identity: &Value,
) -> Result<Option<ResourceIdentityData>, Diagnostics> {
    let Some(of) = identity::value_type(schema).filter(|_| !identity.is_null()) else { return Ok(None) };
    Ok(Some(ResourceIdentityData { identity_data: Some(answered(identity, &of)?) }))
}
