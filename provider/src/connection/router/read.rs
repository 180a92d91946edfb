//! Reading a router that may be busy or away.

use super::api::Api;
use super::error::RouterError;
use super::timing::Timing;
use super::tree::{ConfigPath, ConfigTree};
use crate::connection::retry::{Deadline, GaveUp, Verdict};
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
    patience: Patience,
) -> Result<ConfigTree, RouterError> {
    let begun = Instant::now();
    let most = patience.reach.max(patience.busy);
    let deadline = Deadline::after(most, &CancellationToken::new());
    let answer = deadline.reach(|| async {
        match api.show_config(root).await {
            Ok(tree) => Verdict::Final(Ok(tree)),
            Err(error) => {
                let patience = match error {
                    RouterError::Internal { .. } => patience.busy,
                    _ if error.is_transient() => patience.reach,
                    _ => Duration::ZERO,
                };
                match begun.elapsed() < patience {
                    true => Verdict::Again(error),
                    false => Verdict::Final(Err(error)),
                }
            }
        }
    });
    answer.await.map_err(|problem| match problem {
        GaveUp::Failed(error) | GaveUp::TimedOut(error) => error,
        GaveUp::Cancelled => RouterError::Cancelled,
    })
}
