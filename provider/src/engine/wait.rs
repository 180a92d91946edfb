//! Data sources that read the current state, or wait until it is as it is wanted.

use crate::connection::retry::{Attempt, Deadline, RetryError};
use std::future::Future;
use std::time::Duration;
use tfplugin::Model;
use tfplugin::types::Semantic;
use tokio_util::sync::CancellationToken;

/// How long is waited where `wait` gives no time.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

/// How long to wait.
#[derive(Clone, Debug, Model)]
pub struct Wait {
    /// How long to wait, such as `2m`. Default: 1 minute.
    #[attribute(optional)]
    timeout: Option<Semantic<Duration>>,
}

impl Wait {
    /// How long to wait.
    pub fn timeout(&self) -> Duration {
        timeout(&self.timeout)
    }
}

/// The time that the `timeout` of a `wait` gives.
pub fn timeout(given: &Option<Semantic<Duration>>) -> Duration {
    given.as_ref().map_or(DEFAULT_TIMEOUT, |timeout| *timeout.value())
}

/// What was read.
#[derive(Debug)]
pub enum Observation<T, W> {
    /// All that is waited for.
    Ready(T),
    /// Not all of it; what is missing.
    Pending(W),
}

/// Why nothing was read, or not what was waited for.
#[derive(Debug)]
pub enum WaitError<W, E> {
    /// It could not be read.
    Failed(E),
    /// The time is up; what was missing last.
    NotReady(W),
    /// Terraform asked the provider to stop.
    Cancelled,
}

/// Reads once; with a timeout, until what is read is ready. An error that `is_transient` does not end a wait.
///
/// `observe` must report [`Observation::Ready`] where nothing is waited for.
pub async fn read<T, W, E, F>(
    timeout: Option<Duration>,
    cancelled: &CancellationToken,
    mut observe: impl FnMut() -> F,
    is_transient: impl Fn(&E) -> bool,
) -> Result<T, WaitError<W, E>>
where
    F: Future<Output = Result<Observation<T, W>, E>>,
{
    let is_transient = &is_transient;
    let deadline = Deadline::after(timeout.unwrap_or_default(), cancelled);
    let read = deadline.until(|| {
        let observed = observe();
        async move {
            match observed.await {
                Ok(Observation::Ready(read)) => Attempt::Done(Ok(read)),
                Ok(Observation::Pending(why)) => Attempt::Retry(WaitError::NotReady(why)),
                Err(error) if timeout.is_some() && is_transient(&error) => {
                    Attempt::Retry(WaitError::Failed(error))
                }
                Err(error) => Attempt::Done(Err(WaitError::Failed(error))),
            }
        }
    });
    read.await.map_err(|error| match error {
        RetryError::Failed(error) | RetryError::TimedOut(error) => error,
        RetryError::Cancelled => WaitError::Cancelled,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// Reads until the third time, which `says`.
    async fn third(
        timeout: Option<Duration>,
        says: fn(u32) -> Result<Observation<u32, u32>, &'static str>,
    ) -> Result<u32, WaitError<u32, &'static str>> {
        let reads = AtomicU32::new(0);
        let observe = || async { says(reads.fetch_add(1, Ordering::Relaxed) + 1) };
        read(timeout, &CancellationToken::new(), observe, |error| *error == "busy").await
    }

    #[tokio::test(start_paused = true)]
    async fn waits_until_it_is_ready_and_says_what_was_missing_last() {
        let ready =
            |count| Ok(if count < 3 { Observation::Pending(count) } else { Observation::Ready(count) });
        let long = Some(Duration::from_secs(60));
        assert!(matches!(third(long, ready).await, Ok(3)));
        assert!(matches!(third(None, ready).await, Err(WaitError::NotReady(1))));
        let busy = |count| if count < 3 { Err("busy") } else { Ok(Observation::Ready(count)) };
        assert!(matches!(third(long, busy).await, Ok(3)));
        assert!(matches!(third(None, busy).await, Err(WaitError::Failed("busy"))));
        assert!(matches!(third(long, |_| Err("broken")).await, Err(WaitError::Failed("broken"))));
        assert!(matches!(third(long, |_| Ok(Observation::Pending(7))).await, Err(WaitError::NotReady(7))));
    }
}
