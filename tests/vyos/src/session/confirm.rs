//! Commit-confirm (1.5): a commit that is taken back unless it is confirmed in time.

use std::sync::{Arc, PoisonError};

use tokio::task::JoinHandle;

use super::Session;
use crate::tree::Node;

/// A commit that waits to be confirmed.
pub(super) struct Pending {
    timer: JoinHandle<()>,
}

/// Why there is nothing to confirm, or nothing more.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum ConfirmError {
    /// No commit waits.
    #[error("No confirm pending")]
    Nothing,
    /// One waits already.
    #[error("Another confirm is pending")]
    Another,
}

impl Session {
    /// Refuses a second commit-confirm before the first is confirmed.
    pub(crate) fn check_no_confirm(&self) -> Result<(), ConfirmError> {
        let pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        if pending.as_ref().is_some_and(|pending| !pending.timer.is_finished()) {
            return Err(ConfirmError::Another);
        }
        Ok(())
    }

    /// Starts the clock after a commit. `before` is what ran before it.
    pub(crate) fn await_confirm(self: &Arc<Self>, minutes: u32, before: Node) -> String {
        let reload = self.running().value("system config-management commit-confirm action") == Some("reload");
        let session = Arc::clone(self);
        let wait = self.config.minute * minutes;
        let timer = tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            if reload {
                session.roll_back(before).await;
            } else {
                session.switches.power_cycle();
            }
        });
        *self.pending.lock().unwrap_or_else(PoisonError::into_inner) = Some(Pending { timer });
        let action = if reload { "reload" } else { "reboot" };
        format!("Initialized commit-confirm; {minutes} minutes to confirm before {action}\n")
    }

    /// Nothing waits to be confirmed after a reboot.
    pub(super) fn forget_confirm(&self) {
        if let Some(pending) = self.pending.lock().unwrap_or_else(PoisonError::into_inner).take() {
            pending.timer.abort();
        }
    }

    /// Keeps what was committed.
    pub(crate) fn confirm(&self) -> Result<String, ConfirmError> {
        let pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner).take();
        match pending {
            Some(pending) if !pending.timer.is_finished() => {
                pending.timer.abort();
                Ok("Reload timer stopped\n".to_owned())
            }
            _ => Err(ConfirmError::Nothing),
        }
    }
}
