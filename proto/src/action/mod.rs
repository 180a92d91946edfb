//! What the author of an action implements: something that is done to what there is, and that changes no
//! state of Terraform's.

pub(crate) mod erased;

use crate::context::Context;
use crate::diagnostics::Diagnostics;
use crate::model::Model;
use tokio::sync::mpsc::Sender;

/// An action's behaviour: what Terraform 1.14 does when a resource changes (`action_trigger`), or when it is
/// asked to (`terraform apply -invoke=...`). Implement its methods as `async fn`.
pub trait Action: Send + Sync + 'static {
    /// What configuring the provider made.
    type Provider: Send + Sync + 'static;
    /// The block `config` of an `action` block.
    type Config: Model;

    /// Validates cross-attribute rules of a configuration, offline.
    fn validate_config(config: &<Self::Config as Model>::Draft, diagnostics: &mut Diagnostics) {
        let _ = (config, diagnostics);
    }

    /// Validates a planned invocation; an error forbids it. Values may be unknown. It changes nothing.
    fn plan(
        context: &Context<Self::Provider>,
        config: &<Self::Config as Model>::Draft,
    ) -> impl Future<Output = Result<(), Diagnostics>> + Send {
        let _ = (context, config);
        std::future::ready(Ok(()))
    }

    /// Does it, and says how far it is. When the user presses Ctrl-C, [`Context::cancelled`] says so: it ends
    /// as soon as what it began is whole again.
    fn invoke(
        context: &Context<Self::Provider>,
        config: Self::Config,
        progress: &Progress,
    ) -> impl Future<Output = Result<(), Diagnostics>> + Send;
}

/// Where an action says how far it is.
#[derive(Debug)]
pub struct Progress(Sender<String>);

/// Characters of a message, which is a line at a terminal.
const LIMIT_MESSAGE: usize = 2000;

impl Progress {
    pub(crate) fn new(sender: Sender<String>) -> Self {
        Self(sender)
    }

    /// Shows a message at once.
    pub async fn report(&self, message: impl Into<String>) {
        let mut message: String = message.into();
        if let Some((end, _)) = message.char_indices().nth(LIMIT_MESSAGE) {
            message.truncate(end);
        }
        // Where nobody listens any more, the action is cancelled, and ends by itself.
        let _ = self.0.send(message).await;
    }
}
