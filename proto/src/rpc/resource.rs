//! Managed resources as they are: their configuration, their stored state, what they are now.

use super::deferred::deferred;
use super::identity::{answered_identity, received_identity};
use super::{Shared, answered, flatmap, received};
use crate::diagnostics::Diagnostics;
use crate::identity::Wanted;
use crate::plan::erased::Stored;
use crate::plan::{generated, write_only};
use crate::provider::Provider;
use crate::value::Value;
use crate::wire;
use crate::wire::tfplugin6::import_resource_state::ImportedResource;
use crate::wire::tfplugin6::{
    generate_resource_config, import_resource_state, read_resource, upgrade_resource_state,
    validate_resource_config,
};

impl<P: Provider> Shared<P> {
    pub(super) async fn validate_resource_config(
        &self,
        request: validate_resource_config::Request,
    ) -> Result<validate_resource_config::Response, Diagnostics> {
        let resource = self.resource(&request.type_name)?;
        let schema = resource.schema();
        let config = received(request.config.as_ref(), schema.object_type(), "the configuration")?;
        let mut found = resource.validate_config(&config, P::validate_string);
        if !request.client_capabilities.is_some_and(|client| client.write_only_attributes_allowed) {
            write_only::refuse(&schema.attributes, &config, &mut found);
        }
        let found = found.without_lines_of_secrets(schema, &config);
        Ok(validate_resource_config::Response { diagnostics: wire::diagnostics(found) })
    }

    pub(super) async fn upgrade_resource_state(
        &self,
        request: upgrade_resource_state::Request,
    ) -> Result<upgrade_resource_state::Response, Diagnostics> {
        let resource = self.resource(&request.type_name)?;
        let Some(raw) = request.raw_state.filter(|raw| raw.flatmap.is_empty()) else {
            return Err(flatmap(&request.type_name));
        };
        let state = resource.upgrade(request.version, &raw.json)?;
        Ok(upgrade_resource_state::Response {
            upgraded_state: Some(answered(&state, resource.schema().object_type())?),
            ..Default::default()
        })
    }

    pub(super) async fn read_resource(
        &self,
        request: read_resource::Request,
    ) -> Result<read_resource::Response, Diagnostics> {
        let resource = self.resource(&request.type_name)?;
        let of = resource.schema().object_type();
        let object = received(request.current_state.as_ref(), of, "the stored state")?;
        let identity = received_identity(resource.schema(), request.current_identity)?;
        let prior = Stored { object, identity, private: request.private };
        let context = self.context_for(request.client_capabilities, request.provider_meta.as_ref())?;
        let (stored, found) = resource.read(&context, prior).await;
        let deferred = deferred(&context, &found);
        let found = found.without_lines_of_secrets(resource.schema(), &stored.object);
        Ok(read_resource::Response {
            new_state: Some(answered(&stored.object, of)?),
            new_identity: answered_identity(resource.schema(), &stored.identity)?,
            private: stored.private,
            diagnostics: wire::diagnostics(found),
            deferred,
        })
    }

    pub(super) async fn generate_resource_config(
        &self,
        request: generate_resource_config::Request,
    ) -> Result<generate_resource_config::Response, Diagnostics> {
        let resource = self.resource(&request.type_name)?;
        let schema = resource.schema();
        // Null where a listed object came without its attributes.
        let object = received(request.state.as_ref(), schema.object_type(), "the state")?;
        let config = generated::config_of(&schema.attributes, &object);
        Ok(generate_resource_config::Response {
            config: Some(answered(&config, schema.object_type())?),
            diagnostics: Vec::new(),
        })
    }

    pub(super) async fn import_resource_state(
        &self,
        request: import_resource_state::Request,
    ) -> Result<import_resource_state::Response, Diagnostics> {
        let resource = self.resource(&request.type_name)?;
        let of = resource.schema().object_type();
        let wanted = match received_identity(resource.schema(), request.identity)? {
            Value::Null => Wanted::Id(request.id),
            identity => Wanted::Identity(identity),
        };
        let context = self.context_for(request.client_capabilities, None)?;
        let (stored, found) = resource.import(&context, wanted, P::validate_string).await;
        let deferred = deferred(&context, &found);
        let imported_resources = match stored.object.is_null() {
            true => Vec::new(),
            false => vec![ImportedResource {
                type_name: request.type_name,
                state: Some(answered(&stored.object, of)?),
                identity: answered_identity(resource.schema(), &stored.identity)?,
                private: stored.private,
            }],
        };
        Ok(import_resource_state::Response {
            imported_resources,
            diagnostics: wire::diagnostics(found),
            deferred,
        })
    }
}
