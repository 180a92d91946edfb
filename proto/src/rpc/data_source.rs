//! Data sources.

use super::deferred::deferred;
use super::{Shared, answered, received};
use crate::diagnostics::Diagnostics;
use crate::plan::effective_config;
use crate::provider::Provider;
use crate::wire::diagnostics;
use crate::wire::tfplugin6::{read_data_source, validate_data_resource_config};

impl<P: Provider> Shared<P> {
    pub(super) async fn validate_data_resource_config(
        &self,
        request: validate_data_resource_config::Request,
    ) -> Result<validate_data_resource_config::Response, Diagnostics> {
        let data_source = self.data_source(&request.type_name)?;
        let of = data_source.schema().object_type();
        let config = received(request.config.as_ref(), of, "the configuration")?;
        let found = data_source.validate_config(&config, P::validate_string);
        let found = found.without_lines_of_secrets(data_source.schema(), &config);
        Ok(validate_data_resource_config::Response { diagnostics: diagnostics(found) })
    }

    pub(super) async fn read_data_source(
        &self,
        request: read_data_source::Request,
    ) -> Result<read_data_source::Response, Diagnostics> {
        let data_source = self.data_source(&request.type_name)?;
        let of = data_source.schema().object_type();
        let config = received(request.config.as_ref(), of, "the configuration")?;
        let context = self.context_for(request.client_capabilities, request.provider_meta.as_ref())?;
        let (state, found) = data_source.read(&context, &config).await;
        let deferred = deferred(&context, &found);
        let state = match deferred {
            Some(_) => effective_config(&data_source.schema().attributes, &config),
            None => state,
        };
        let found = found.without_lines_of_secrets(data_source.schema(), &config);
        Ok(read_data_source::Response {
            state: Some(answered(&state, of)?),
            diagnostics: diagnostics(found),
            deferred,
        })
    }
}
