//! What the author of a data source implements.

use crate::context::Context;
use crate::diagnostics::Diagnostics;
use crate::model::Model;
use async_trait::async_trait;

/// A data source's behaviour.
#[async_trait]
pub trait DataSource: Send + Sync + 'static {
    /// What configuring the provider made.
    type Provider: Send + Sync + 'static;
    /// Its attributes.
    type Model: Model;

    /// Validates cross-attribute rules of a configuration, offline.
    fn validate_config(config: &<Self::Model as Model>::Draft, diagnostics: &mut Diagnostics) {
        let _ = (config, diagnostics);
    }

    /// Fills in what is computed.
    async fn read(context: &Context<Self::Provider>, config: Self::Model)
    -> Result<Self::Model, Diagnostics>;
}
