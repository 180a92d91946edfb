//! Faults that tests switch on, and counters of what happened.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, watch};

/// Everything that can be made to go wrong. The default is a router that works.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Another session holds the commit lock.
    pub commit_locked: bool,
    /// What is answered instead of asking the API.
    pub answer: Option<Answer>,
    /// Commits succeed, but the answer is the proxy's 504.
    pub timeout_after_commit: bool,
    /// How long after a discarded session every `set` answers a bare `Set failed`.
    pub set_failed_after_discard: Option<Duration>,
    /// How long commits take, instead of what the configuration of the router says.
    pub commit_delay: Option<Duration>,
    /// 1.4 sends what its conf scripts say. By default it does not: vyos-configd runs them, as on every
    /// installed router, and their words go to its journal, so that a refusal is `[[protocols bgp]] failed`
    /// and nothing more (VyOS task T6326, mended in 1.5 rolling from 2024-09-20 on). Now and then a script
    /// runs by itself, and the words are there.
    pub reasons: bool,
    /// Connections are dropped, the ones that stand and every new one.
    pub drop_connections: bool,
}

/// An answer that the API did not give.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// 413, 502, 503 and 504 as the proxy gives them; 401 as the API gives it, and any other with an error.
    pub status: u16,
    /// The error in the API's envelope. Without one the proxy answers, or the API about the key.
    #[serde(default)]
    pub error: Option<String>,
    /// How many requests get it; without a number all do.
    #[serde(default)]
    pub times: Option<u32>,
}

/// What happened since the process started.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Counters {
    /// Requests that reached the router, whatever the answer.
    pub requests: u64,
    /// Commits that ran, also without a change.
    pub commits: u64,
    /// Configurations written to a file.
    pub saves: u64,
    /// How often the router booted.
    pub boots: u64,
}

#[derive(Default)]
struct State {
    faults: Faults,
    counters: Counters,
    discarded: Option<Instant>,
}

/// The switches of one router.
#[derive(Default)]
pub(crate) struct Switches {
    state: Mutex<State>,
    power: Notify,
    /// Counts how often all connections were cut.
    cut: watch::Sender<u64>,
}

impl Switches {
    /// Puts these faults in the place of the ones before.
    pub(crate) fn set(&self, faults: Faults) {
        if faults.drop_connections {
            self.cut_connections();
        }
        self.state().faults = faults;
    }

    /// The counters now.
    pub(crate) fn counters(&self) -> Counters {
        self.state().counters
    }

    /// Turns the router off and on again.
    pub(crate) fn power_cycle(&self) {
        self.power.notify_one();
    }

    /// Waits until the router is turned off and on.
    pub(crate) async fn powered(&self) {
        self.power.notified().await;
    }

    /// Ends every connection that stands.
    pub(crate) fn cut_connections(&self) {
        self.cut.send_modify(|count| *count += 1);
    }

    /// Changes whenever connections are to be cut.
    pub(crate) fn cuts(&self) -> watch::Receiver<u64> {
        self.cut.subscribe()
    }

    /// Whether new connections are to be dropped.
    pub(crate) fn drops_connections(&self) -> bool {
        self.state().faults.drop_connections
    }

    /// Counts a request and gives what it gets instead of an answer.
    pub(crate) fn request(&self) -> Option<Answer> {
        let mut state = self.state();
        state.counters.requests += 1;
        let answer = state.faults.answer.as_mut()?;
        let given = answer.clone();
        if let Some(times) = answer.times.as_mut() {
            *times = times.saturating_sub(1);
            if *times == 0 {
                state.faults.answer = None;
            }
        }
        Some(given)
    }

    /// Whether a 1.4 sends what its conf scripts say.
    pub(crate) fn gives_reasons(&self) -> bool {
        self.state().faults.reasons
    }

    /// Whether another session holds the commit lock.
    pub(crate) fn is_commit_locked(&self) -> bool {
        self.state().faults.commit_locked
    }

    /// Whether a commit is to be answered with a timeout.
    pub(crate) fn times_out(&self) -> bool {
        self.state().faults.timeout_after_commit
    }

    /// How long a commit takes, if tests say so.
    pub(crate) fn commit_delay(&self) -> Option<Duration> {
        self.state().faults.commit_delay
    }

    /// Notes that a session was discarded.
    pub(crate) fn discarded(&self) {
        self.state().discarded = Some(Instant::now());
    }

    /// Whether `set` fails for no reason, because a session was discarded a moment ago.
    pub(crate) fn is_settling(&self) -> bool {
        let state = self.state();
        match (state.faults.set_failed_after_discard, state.discarded) {
            (Some(window), Some(then)) => then.elapsed() < window,
            _ => false,
        }
    }

    /// Counts a commit.
    pub(crate) fn count_commit(&self) {
        self.state().counters.commits += 1;
    }

    /// Counts a save.
    pub(crate) fn count_save(&self) {
        self.state().counters.saves += 1;
    }

    /// Counts a boot.
    pub(crate) fn count_boot(&self) {
        self.state().counters.boots += 1;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
