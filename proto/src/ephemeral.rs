//! What the author of an ephemeral resource implements.

use crate::context::Context;
use crate::diagnostics::Diagnostics;
use crate::model::Model;
use serde::{Serialize, de::DeserializeOwned};
use std::time::SystemTime;

/// A type that is open while Terraform runs and stored nowhere: a token, a decrypted file, a tunnel.
/// Terraform opens it at plan and again at apply, once everything in its configuration is known, and closes
/// it when nothing needs it any more. Opening should be cheap.
///
/// Implement its methods as `async fn`.
pub trait EphemeralResource: Send + Sync + 'static {
    /// What configuring the provider made.
    type Provider: Send + Sync + 'static;
    /// Its attributes: what the configuration gives, and what opening fills in.
    type Model: Model;
    /// What renewing and closing need; Terraform keeps it in memory.
    type Private: Default + Serialize + DeserializeOwned + Send + Sync + 'static;

    /// Validates cross-attribute rules of a configuration, offline.
    fn validate_config(config: &<Self::Model as Model>::Draft, diagnostics: &mut Diagnostics) {
        let _ = (config, diagnostics);
    }

    /// Opens it and fills in what is computed: `Ok(config.into())`, or
    /// `Ok(Opened::from(config).renew_at(time))`.
    fn open(
        context: &Context<Self::Provider>,
        config: Self::Model,
        private: &mut Self::Private,
    ) -> impl Future<Output = Result<Opened<Self::Model>, Diagnostics>> + Send;

    /// Keeps it open for longer, at the time that was asked for, and says when to do so again. Default: once,
    /// with nothing to do.
    fn renew(
        context: &Context<Self::Provider>,
        private: &mut Self::Private,
    ) -> impl Future<Output = Result<Option<SystemTime>, Diagnostics>> + Send {
        let _ = (context, private);
        std::future::ready(Ok(None))
    }

    /// Closes it. Terraform hands over what `open` left in `private`, without what `renew` made of it.
    /// Default: there is nothing to close.
    fn close(
        context: &Context<Self::Provider>,
        private: Self::Private,
    ) -> impl Future<Output = Result<(), Diagnostics>> + Send {
        let _ = (context, private);
        std::future::ready(Ok(()))
    }
}

/// An ephemeral resource that is open.
#[derive(Clone, Debug)]
pub struct Opened<M> {
    pub(crate) result: M,
    pub(crate) renew_at: Option<SystemTime>,
}

/// Open for the whole run.
impl<M> From<M> for Opened<M> {
    fn from(result: M) -> Self {
        Self { result, renew_at: None }
    }
}

impl<M> Opened<M> {
    /// Open until `time` at least, when Terraform renews it if it still needs it.
    #[must_use]
    pub fn renew_at(self, time: SystemTime) -> Self {
        Self { renew_at: Some(time), ..self }
    }
}
