//! Trying again: to reach a target, one API call, until a condition holds. All that waits for a time is here.
//! Every loop is bounded by a deadline, jittered, and ends when Terraform asks the provider to stop. An
//! attempt that begins in time is let end, as half of it may be done: what it asks has a limit of its own.

use rand::RngExt;
use std::future::Future;
use std::ops::ControlFlow;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// When to give up.
#[derive(Clone, Debug)]
pub struct Deadline {
    at: Instant,
    cancelled: CancellationToken,
}

/// Whether another try may help.
#[derive(Debug)]
pub enum Attempt<T, E> {
    /// It worked, or failed for good.
    Done(Result<T, E>),
    /// It may work later; what was seen now.
    Retry(E),
}

/// Why a wait ended without success.
#[derive(Debug, thiserror::Error)]
pub enum RetryError<E> {
    /// It failed for good.
    #[error("{0}")]
    Failed(E),
    /// Time is up; what was seen last.
    #[error("{0}")]
    TimedOut(E),
    /// Terraform asked the provider to stop.
    #[error("interrupted; the next apply resumes here")]
    Cancelled,
}

/// Nobody waits longer, whatever a configuration says: an instant beyond what the clock can hold would be a
/// panic.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);

fn from_now(timeout: Duration) -> Instant {
    Instant::now() + timeout.min(LONGEST)
}

impl Deadline {
    /// Gives up `timeout` from now, or when `cancelled` is.
    pub fn after(timeout: Duration, cancelled: &CancellationToken) -> Self {
        Self { at: from_now(timeout), cancelled: cancelled.clone() }
    }

    /// Time that is left.
    pub fn remaining(&self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    /// The same, but no longer than `timeout` from now.
    #[must_use]
    pub fn within(&self, timeout: Duration) -> Self {
        Self { at: self.at.min(from_now(timeout)), cancelled: self.cancelled.clone() }
    }

    /// The same, but that much earlier, where that leaves half of the time at least.
    #[must_use]
    pub fn earlier(&self, by: Duration) -> Self {
        let earlier = self.at.checked_sub(by).filter(|_| self.remaining() >= by.saturating_mul(2));
        Self { at: earlier.unwrap_or(self.at), cancelled: self.cancelled.clone() }
    }

    /// What `work` gives, unless time is up or Terraform asks the provider to stop before.
    pub async fn bound<T>(&self, work: impl Future<Output = T>) -> Result<T, RetryError<()>> {
        tokio::select! {
            done = tokio::time::timeout(self.remaining(), work) => done.map_err(|_| RetryError::TimedOut(())),
            () = self.cancelled.cancelled() => Err(RetryError::Cancelled),
        }
    }

    /// Tries to reach a target: quickly at first, then every few seconds.
    pub async fn reach<T, E, F>(&self, attempt: impl FnMut() -> F) -> Result<T, RetryError<E>>
    where
        F: Future<Output = Attempt<T, E>>,
    {
        self.repeat(Pace { first: Duration::from_millis(250), most: Duration::from_secs(5) }, attempt).await
    }

    /// Repeats one API call that failed for a passing reason.
    pub async fn call<T, E, F>(&self, attempt: impl FnMut() -> F) -> Result<T, RetryError<E>>
    where
        F: Future<Output = Attempt<T, E>>,
    {
        self.repeat(Pace { first: Duration::from_millis(200), most: Duration::from_secs(2) }, attempt).await
    }

    /// Waits until a condition holds.
    pub async fn until<T, E, F>(&self, attempt: impl FnMut() -> F) -> Result<T, RetryError<E>>
    where
        F: Future<Output = Attempt<T, E>>,
    {
        self.repeat(Pace { first: Duration::from_millis(200), most: Duration::from_secs(1) }, attempt).await
    }

    async fn repeat<T, E, F>(&self, pace: Pace, mut attempt: impl FnMut() -> F) -> Result<T, RetryError<E>>
    where
        F: Future<Output = Attempt<T, E>>,
    {
        let mut length = pace.first;
        loop {
            let attempt = tokio::select! {
                attempt = attempt() => attempt,
                () = self.cancelled.cancelled() => return Err(RetryError::Cancelled),
            };
            let seen = match attempt {
                Attempt::Done(Ok(done)) => return Ok(done),
                Attempt::Done(Err(error)) => return Err(RetryError::Failed(error)),
                Attempt::Retry(seen) => seen,
            };
            let jittered = length.mul_f64(rand::rng().random_range(0.8..1.2));
            if jittered >= self.remaining() {
                return Err(RetryError::TimedOut(seen));
            }
            tokio::select! {
                () = pause(jittered) => {}
                () = self.cancelled.cancelled() => return Err(RetryError::Cancelled),
            }
            length = (length * 2).min(pace.most);
        }
    }
}

/// Repeats `attempt` every `every` while it goes on; what it says in the end, or said last when `limit` is
/// over.
pub async fn poll<T, E, F>(every: Duration, limit: Duration, mut attempt: impl FnMut() -> F) -> Result<T, E>
where
    F: Future<Output = Result<ControlFlow<T, T>, E>>,
{
    let begin = Instant::now();
    loop {
        match attempt().await? {
            ControlFlow::Continue(_) if begin.elapsed() + every <= limit => pause(every).await,
            ControlFlow::Break(said) | ControlFlow::Continue(said) => return Ok(said),
        }
    }
}

/// Gives another side the time that it is known to need.
pub async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}

struct Pace {
    first: Duration,
    most: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test(start_paused = true)]
    async fn gives_up_at_the_deadline_and_says_what_it_saw_last() {
        let tries = AtomicU32::new(0);
        let deadline = Deadline::after(Duration::from_secs(3), &CancellationToken::new());
        let result: Result<(), _> =
            deadline.until(|| async { Attempt::Retry(tries.fetch_add(1, Ordering::Relaxed)) }).await;
        let seen = tries.load(Ordering::Relaxed);
        assert!(seen > 2, "{seen}");
        assert!(matches!(result, Err(RetryError::TimedOut(last)) if last == seen - 1));
    }

    #[tokio::test]
    async fn the_longest_duration_that_can_be_written_is_a_deadline_too() {
        let deadline = Deadline::after(Duration::MAX, &CancellationToken::new());
        assert!(deadline.remaining() > LONGEST / 2);
        assert!(deadline.within(Duration::MAX).remaining() > LONGEST / 2);
    }

    #[tokio::test(start_paused = true)]
    async fn polls_until_it_is_told_or_the_limit() {
        let (second, tries) = (Duration::from_secs(1), AtomicU32::new(0));
        let third = || async {
            let count = tries.fetch_add(1, Ordering::Relaxed) + 1;
            Ok::<_, ()>(if count < 3 { ControlFlow::Continue(count) } else { ControlFlow::Break(count) })
        };
        assert_eq!(poll(second, second * 10, third).await, Ok(3));
        let never = || async { Ok::<_, ()>(ControlFlow::Continue(7)) };
        let begin = Instant::now();
        assert_eq!(poll(second, second * 10, never).await, Ok(7));
        assert_eq!(begin.elapsed(), second * 10);
        assert_eq!(
            poll(second, second, || async { Err::<ControlFlow<()>, _>("broken") }).await,
            Err("broken")
        );
    }

    #[tokio::test(start_paused = true)]
    async fn stops_when_terraform_asks() {
        let cancelled = CancellationToken::new();
        let deadline = Deadline::after(Duration::from_secs(3600), &cancelled);
        cancelled.cancel();
        let result: Result<(), RetryError<()>> = deadline.reach(|| async { Attempt::Retry(()) }).await;
        assert!(matches!(result, Err(RetryError::Cancelled)));
    }
}
