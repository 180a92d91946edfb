//! How long a router is waited for.

use std::time::Duration;

/// Waits and timeouts of one router's actor.
#[derive(Clone, Debug)]
pub(super) struct Timing {
    /// How long the next call is waited for when something is to be written. It is no window: it begins anew
    /// with every call, and is small beside a commit.
    pub(super) gather: Gather,
    /// The least of it while a removal waits: what a renamed `for_each` key puts in its place comes a call
    /// later than the removal, and in a later commit the object would be gone meanwhile.
    pub(super) gather_removals: Duration,
    /// After a refusal VyOS is for about a second wrong about the nodes of the discarded change.
    pub(super) after_refusal: Duration,
    /// Before the next try while another session holds the commit lock or is at work otherwise, at first.
    pub(super) lock: Duration,
    /// How long a commit lock is waited for, and an API that fails as it does while somebody commits: commits
    /// of large configurations take minutes.
    pub(super) lock_patience: Duration,
    /// How long a router that does not answer is waited for when something is to be written.
    pub(super) reach_patience: Duration,
    /// How long a caller who vetoed (the object is there already, or something is left below it) is kept, in
    /// case the removal that makes it possible is on its way.
    pub(super) veto_patience: Duration,
    /// How long what a read found serves the other reads of the same refresh. A write ends it.
    pub(super) refresh: Duration,
}

/// Core starts the next call when one is answered, so the callers of one commit come back close to each
/// other; how close depends on how busy the machine is. A commit costs seconds, so waiting a small part of
/// one for who may still come costs little, and a commit that is saved much.
#[derive(Clone, Debug)]
pub(super) struct Gather {
    /// While nobody knows how long a commit takes here.
    pub(super) first: Duration,
    /// At least, however fast commits are.
    pub(super) least: Duration,
    /// At most, however slow they are.
    pub(super) most: Duration,
    /// At most while fewer came than the last commit answered.
    pub(super) most_expected: Duration,
}

/// What part of a commit a call is waited for.
const PART_OF_COMMIT: u32 = 20;
/// The same while fewer came than the last commit answered.
const PART_WHEN_EXPECTED: u32 = 6;

impl Gather {
    /// How long the next call is waited for, after commits that took so long; `expected` where the last
    /// commit answered more callers than have come back.
    pub(super) fn pause(&self, commit: Option<Duration>, expected: bool) -> Duration {
        let Some(commit) = commit else { return self.first };
        match expected {
            true => (commit / PART_WHEN_EXPECTED).clamp(self.least, self.most_expected),
            false => (commit / PART_OF_COMMIT).clamp(self.least, self.most),
        }
    }
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            gather: Gather {
                first: Duration::from_millis(150),
                least: Duration::from_millis(10),
                most: Duration::from_millis(250),
                most_expected: Duration::from_millis(500),
            },
            gather_removals: Duration::from_millis(100),
            // The stand-in is right at once.
            after_refusal: Duration::from_millis(if cfg!(test) { 20 } else { 2000 }),
            lock: Duration::from_secs(1),
            lock_patience: Duration::from_secs(180),
            reach_patience: Duration::from_secs(20),
            veto_patience: Duration::from_secs(1),
            refresh: Duration::from_secs(5),
        }
    }
}
