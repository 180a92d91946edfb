//! The context of one call.

use crate::diagnostics::{Diagnostic, Diagnostics};
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// What one call works with: the configured provider, cancellation, and a place for warnings.
pub struct Context<P> {
    provider: Arc<P>,
    cancelled: CancellationToken,
    diagnostics: Mutex<Diagnostics>,
}

impl<P> Context<P> {
    /// A context for one call.
    pub fn new(provider: Arc<P>, cancelled: CancellationToken) -> Self {
        Self { provider, cancelled, diagnostics: Mutex::default() }
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
    /// at once.
    pub(crate) async fn unless_stopped<T>(
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
