//! What the provider offers: names, schemas, optional parts of the protocol.

use super::Shared;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::provider::Provider;
use crate::schema::Schema;
use crate::wire;
use crate::wire::tfplugin6::get_metadata::{
    ActionMetadata, DataSourceMetadata, EphemeralMetadata, FunctionMetadata, ListResourceMetadata,
    ResourceMetadata,
};
use crate::wire::tfplugin6::{
    self as pb, ActionSchema, ServerCapabilities, get_metadata, get_provider_schema,
};

fn of_action((name, schema): (String, pb::Schema)) -> (String, ActionSchema) {
    (name, ActionSchema { schema: Some(schema) })
}

fn capabilities() -> ServerCapabilities {
    ServerCapabilities {
        plan_destroy: true,
        get_provider_schema_optional: true,
        move_resource_state: true,
        generate_resource_config: true,
    }
}

impl<P: Provider> Shared<P> {
    pub(super) async fn get_metadata(
        &self,
        _: get_metadata::Request,
    ) -> Result<get_metadata::Response, Diagnostics> {
        let table = &self.served.registry;
        let resource = |name: &&str| ResourceMetadata { type_name: (*name).to_owned() };
        let data_source = |name: &&str| DataSourceMetadata { type_name: (*name).to_owned() };
        let ephemeral = |name: &&str| EphemeralMetadata { type_name: (*name).to_owned() };
        let list_resource = |name: &&str| ListResourceMetadata { type_name: (*name).to_owned() };
        let action = |name: &&str| ActionMetadata { type_name: (*name).to_owned() };
        let function = |name: &&str| FunctionMetadata { name: (*name).to_owned() };
        Ok(get_metadata::Response {
            server_capabilities: Some(capabilities()),
            resources: table.resources.keys().map(resource).collect(),
            data_sources: table.data_sources.keys().map(data_source).collect(),
            ephemeral_resources: table.ephemeral_resources.keys().map(ephemeral).collect(),
            list_resources: table.list_resources.keys().map(list_resource).collect(),
            actions: table.actions.keys().map(action).collect(),
            functions: table.functions.keys().map(function).collect(),
            ..Default::default()
        })
    }

    pub(super) async fn get_provider_schema(
        &self,
        _: get_provider_schema::Request,
    ) -> Result<get_provider_schema::Response, Diagnostics> {
        let served = &*self.served;
        // Core says little about a schema that it refuses, so the rule is named here.
        let mut found = Diagnostics::new();
        for (name, error) in served.registry.violations(served.provider) {
            let detail = format!(
                "In the schema of {name}, {error}. This is always a bug of the provider; please report it."
            );
            found.push(Diagnostic::error("Provider Bug", detail));
        }
        let encode = |(name, schema): (&str, &Schema)| (name.to_owned(), wire::schema(schema));
        Ok(get_provider_schema::Response {
            provider: Some(wire::schema(served.provider)),
            resource_schemas: served.registry.resources().map(encode).collect(),
            data_source_schemas: served.registry.data_sources().map(encode).collect(),
            ephemeral_resource_schemas: served.registry.ephemeral_resources().map(encode).collect(),
            list_resource_schemas: served.registry.list_resources().map(encode).collect(),
            action_schemas: served.registry.actions().map(encode).map(of_action).collect(),
            functions: self.function_signatures(),
            provider_meta: served.registry.provider_meta.map(wire::schema),
            diagnostics: wire::diagnostics(found),
            server_capabilities: Some(capabilities()),
            ..Default::default()
        })
    }
}
