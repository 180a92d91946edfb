//! Played time.

use crate::connection::retry::Deadline;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A time limit that nothing reaches.
pub(crate) fn deadline() -> Deadline {
    Deadline::after(Duration::from_secs(7200), &CancellationToken::new())
}

/// What comes of work in played time, which has to come within a minute: it is about what can never be.
pub(crate) async fn promptly<T>(work: impl Future<Output = T>) -> T {
    let limit = Duration::from_secs(60);
    tokio::time::timeout(limit, work)
        .await
        .unwrap_or_else(|_| panic!("it is waited for longer than {limit:?}"))
}
