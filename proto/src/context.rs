//! The context of one call.

use crate::diagnostics::{Diagnostic, Diagnostics, OrError};
use crate::model::Model;
use crate::value::Value;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// What one call works with: the configured provider, cancellation, and a place for warnings.
pub struct Context<P> {
    provider: Arc<P>,
    cancelled: CancellationToken,
    diagnostics: Mutex<Diagnostics>,
    deferral: Mutex<Option<Deferral>>,
    may_defer: bool,
    meta: Value,
}

/// Why a call waits for a later run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deferral {
    /// A value of the type's own configuration is known only at apply.
    ConfigUnknown,
    /// A value of the provider block is known only at apply.
    ProviderConfigUnknown,
    /// What it needs is not there yet.
    AbsentPrerequisite,
}

impl<P> Context<P> {
    /// A context for one call.
    pub fn new(provider: Arc<P>, cancelled: CancellationToken) -> Self {
        Self {
            provider,
            cancelled,
            diagnostics: Mutex::default(),
            deferral: Mutex::default(),
            may_defer: false,
            meta: Value::Null,
        }
    }

    /// The same, of a module whose `provider_meta` block says this.
    pub(crate) fn of_module(self, meta: Value) -> Self {
        Self { meta, ..self }
    }

    /// What the `provider_meta` block of the module says whose resource or data source this is; nothing where
    /// it has none. `M` is the type that the registry has for it.
    pub fn meta<M: Model>(&self) -> Result<Option<M>, Diagnostics> {
        match &self.meta {
            Value::Null => Ok(None),
            meta => M::decode(meta).map(Some).or_error("Unable to read the `provider_meta` block"),
        }
    }

    /// The same, of a client that may take "in a later run" for an answer.
    pub(crate) fn may_defer(self, may_defer: bool) -> Self {
        Self { may_defer, ..self }
    }

    /// Leaves a plan, a read or an import to a later run: `return Err(context.defer(why, "..."))`, where
    /// `what` names the value that is unknown or the object that is absent. Nothing is reported then. A
    /// client that has no later runs gets an error instead that names it: every Terraform but an experimental
    /// one, every OpenTofu, and every client at apply.
    #[must_use = "the call ends with it"]
    pub fn defer(&self, why: Deferral, what: &str) -> Diagnostics {
        if self.may_defer {
            *self.deferral.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
            return Diagnostics::new();
        }
        let (summary, state) = match why {
            Deferral::ConfigUnknown => ("Unknown value", "is known only after apply"),
            Deferral::ProviderConfigUnknown => {
                ("Unknown value in the provider block", "in the provider block is known only after apply")
            }
            Deferral::AbsentPrerequisite => ("Missing prerequisite", "is not there yet"),
        };
        let detail = format!(
            "{what} {state}, but is needed now. This client cannot defer a part of a run: apply what it depends on first, with \
             `-target`, and then everything."
        );
        Diagnostic::error(summary, detail).into()
    }

    /// Why the call is left to a later run, if it is.
    pub(crate) fn take_deferral(&self) -> Option<Deferral> {
        self.deferral.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// What configuring the provider made.
    pub fn provider(&self) -> &Arc<P> {
        &self.provider
    }

    /// Cancelled when the user presses Ctrl-C.
    pub fn cancelled(&self) -> &CancellationToken {
        &self.cancelled
    }

    /// The result of `reading`, or an error when the user presses Ctrl-C first: a call that only reads ends
    /// at once. Reads and plans of resources and data sources are wrapped in it already.
    pub async fn unless_stopped<T>(
        &self,
        reading: impl Future<Output = Result<T, Diagnostics>>,
    ) -> Result<T, Diagnostics> {
        tokio::select! {
            // A reading that is complete is returned: a plan that waits for nothing is never cut short.
            biased;
            read = reading => read,
            () = self.cancelled.cancelled() => {
                let detail = "Terraform asked the provider to stop while it was reading. Nothing was changed by it.";
                Err(Diagnostic::error("Interrupted", detail).into())
            }
        }
    }

    /// Adds a diagnostic that does not stop the call.
    pub fn warn(&self, diagnostic: Diagnostic) {
        self.diagnostics.lock().unwrap_or_else(PoisonError::into_inner).push(diagnostic);
    }

    /// The diagnostics so far.
    pub fn take_diagnostics(&self) -> Diagnostics {
        std::mem::take(&mut *self.diagnostics.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
