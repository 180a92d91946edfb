//! What a target that does not answer costs a run: one wait and one warning, however many resources it has.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long one failure to connect answers for everything that asks in the meantime.
pub(super) const REMEMBERED_FOR: Duration = Duration::from_secs(30);

/// The last failure of a target, for as long as it stands for what else is asked there.
pub(super) struct RecentFailure<E> {
    holds: Duration,
    last: Mutex<Option<(Instant, E)>>,
}

impl<E: Clone> RecentFailure<E> {
    /// None yet. One that comes stands for `holds`.
    pub(super) fn lasting(holds: Duration) -> Self {
        Self { holds, last: Mutex::default() }
    }

    /// It failed now.
    pub(super) fn record(&self, error: &E) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), error.clone()));
    }

    /// It answered, or has to be asked anew.
    pub(super) fn clear(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The failure of a moment ago, for those who would rather not wait for it again.
    pub(super) fn get(&self) -> Option<E> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().filter(|(at, _)| at.elapsed() < self.holds).map(|(_, error)| error.clone())
    }
}

impl<E: Clone> Default for RecentFailure<E> {
    fn default() -> Self {
        Self::lasting(REMEMBERED_FOR)
    }
}

/// Whether a run has warned of a target yet.
#[derive(Default)]
pub(super) struct WarnOnce {
    warned: AtomicBool,
}

impl WarnOnce {
    /// Whether the warning is still due; true once.
    pub(super) fn is_due(&self) -> bool {
        !self.warned.swap(true, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_failure_stands_for_a_while_and_not_beyond_an_answer() {
        let failure = RecentFailure::default();
        assert_eq!(failure.get(), None);
        failure.record(&"away");
        tokio::time::advance(REMEMBERED_FOR - Duration::from_millis(1)).await;
        assert_eq!(failure.get(), Some("away"));
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(failure.get(), None);
        failure.record(&"away again");
        assert_eq!(failure.get(), Some("away again"));
        failure.clear();
        assert_eq!(failure.get(), None);
    }

    #[test]
    fn a_warning_is_due_once() {
        let warning = WarnOnce::default();
        assert_eq!([warning.is_due(), warning.is_due()], [true, false]);
    }
}
