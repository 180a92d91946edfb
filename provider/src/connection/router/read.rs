//! Reading a router that may be busy or away.

use super::api::Api;
use super::error::RouterErrorKind;
use super::timing::Timing;
use super::tree::{ConfigPath, ConfigTree};
use crate::connection::retry::{Attempt, Deadline, RetryError};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long a read is tried again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// While nobody answers.
    pub(super) reach: Duration,
    /// While the API says that it failed inside, as it does whenever somebody's change is being committed.
    pub(super) busy: Duration,
}

impl Patience {
    /// Of whoever is about to write.
    pub(super) fn of(timing: &Timing) -> Self {
        Self { reach: timing.reach_patience, busy: timing.lock_patience }
    }
}

/// What the router holds below one root.
pub(super) async fn below(
    api: &Api,
    root: &ConfigPath,
    timeout: Patience,
) -> Result<ConfigTree, RouterErrorKind> {
    let begun = Instant::now();
    let most = timeout.reach.max(timeout.busy);
    let deadline = Deadline::after(most, &CancellationToken::new());
    let answer = deadline.reach(|| async {
        match api.show_config(root).await {
            Ok(tree) => Attempt::Done(Ok(tree)),
            Err(error) => {
                let timeout = match error {
                    RouterErrorKind::Internal { .. } => timeout.busy,
                    _ if error.class().is_transient() => timeout.reach,
                    _ => Duration::ZERO,
                };
                match begun.elapsed() < timeout {
                    true => Attempt::Retry(error),
                    false => Attempt::Done(Err(error)),
                }
            }
        }
    });
    answer.await.map_err(|problem| match problem {
        RetryError::Failed(error) | RetryError::TimedOut(error) => error,
        RetryError::Cancelled => RouterErrorKind::Cancelled,
    })
}
