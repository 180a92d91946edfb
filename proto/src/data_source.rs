//! What the author of a data source implements.

use crate::context::Context;
use crate::diagnostics::Diagnostics;
use crate::model::Model;

/// A data source's behaviour. Implement [`DataSource::read`] as `async fn`.
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
    fn read(
        context: &Context<Self::Provider>,
        config: Self::Model,
    ) -> impl Future<Output = Result<Self::Model, Diagnostics>> + Send;
}
