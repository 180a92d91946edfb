//! How long a router is waited for.

use std::time::Duration;

/// Waits and patience of one router's actor.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    /// Calls that core starts at the same moment arrive within this time of each other. It is no window: it begins
    /// anew with every call and is small beside a commit, which takes seconds.
    pub(super) gather: Duration,
    /// The same while a removal waits: what a renamed `for_each` key puts in its place comes a call later than the
    /// removal, and in a later commit the object would be gone meanwhile.
    pub(super) gather_removals: Duration,
    /// After a refusal VyOS is for about a second wrong about the nodes of the discarded change.
    pub(super) after_refusal: Duration,
    /// Between two tries while another session holds the commit lock.
    pub(super) lock: Duration,
    /// How long a commit lock is waited for.
    pub(super) lock_patience: Duration,
    /// How long a router that does not answer is waited for when something is to be written.
    pub(super) reach_patience: Duration,
    /// How long a caller who declined (the object is there already, or something is left below it) is kept, in case
    /// the removal that makes it possible is on its way.
    pub(super) decline_patience: Duration,
    /// How long what a read found serves the other reads of the same refresh. A write ends it.
    pub(super) refresh: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            gather: Duration::from_millis(10),
            gather_removals: Duration::from_millis(100),
            after_refusal: Duration::from_secs(2),
            lock: Duration::from_secs(1),
            lock_patience: Duration::from_secs(180),
            reach_patience: Duration::from_secs(20),
            decline_patience: Duration::from_secs(1),
            refresh: Duration::from_secs(5),
        }
    }
}
