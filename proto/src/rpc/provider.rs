//! The provider block.

use super::{Shared, received, unreadable};
use crate::diagnostics::Diagnostics;
use crate::model::{Draft, Model};
use crate::plan::check::check_config;
use crate::provider::Provider;
use crate::wire;
use crate::wire::tfplugin6::{configure_provider, validate_provider_config};
use std::sync::{Arc, PoisonError};

type ConfigDraft<P> = <<P as Provider>::Config as Model>::Draft;

impl<P: Provider> Shared<P> {
    pub(super) async fn validate_provider_config(
        &self,
        request: validate_provider_config::Request,
    ) -> Result<validate_provider_config::Response, Diagnostics> {
        let schema = self.served.provider;
        let config = received(request.config.as_ref(), schema.object_type(), "the provider block")?;
        let found =
            check_config::<P::Config>(&config, &schema.attributes, P::validate_string, P::validate_config);
        let found = found.without_lines_of_secrets(schema, &config);
        Ok(validate_provider_config::Response { diagnostics: wire::diagnostics(found) })
    }

    /// May come again in one process, with values that were unknown before; the latest counts.
    pub(super) async fn configure_provider(
        &self,
        request: configure_provider::Request,
    ) -> Result<configure_provider::Response, Diagnostics> {
        let what = "the provider block";
        let schema = self.served.provider;
        let config = received(request.config.as_ref(), schema.object_type(), what)?;
        let draft = ConfigDraft::<P>::decode(&config).map_err(|error| unreadable(what, error))?;
        let configured = P::configure(draft).await;
        let configured = configured.map_err(|found| found.without_lines_of_secrets(schema, &config))?;
        self.start_anew();
        *self.configured.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(configured));
        Ok(configure_provider::Response::default())
    }
}
