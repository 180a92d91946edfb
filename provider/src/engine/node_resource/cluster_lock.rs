//! One disruptive change of a cluster at a time, whatever Terraform's `-parallelism` is: one node restarts,
//! joins or leaves, and the next one only once the cluster can bear it.

use super::error::NodeError;
use crate::connection::retry::{Attempt, Deadline};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use tokio::sync::OwnedMutexGuard;

/// The clusters that were changed by this process. What names a cluster is the digest of its certificate
/// authority, which all of its nodes share and any of them can tell without an API.
static LOCKS: LazyLock<Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<()>>>>> = LazyLock::new(Mutex::default);

/// The right to change a cluster; ends when dropped.
#[must_use = "the lock is open to others as soon as this is dropped"]
pub struct ClusterGuard {
    _turn: OwnedMutexGuard<()>,
}

/// Waits for the turn, then until `quorum` says that the cluster can bear the change. A failure of `quorum`
/// that may pass is asked again.
pub async fn acquire<F>(
    cluster: &str,
    deadline: &Deadline,
    quorum: impl Fn() -> F,
) -> Result<ClusterGuard, NodeError>
where
    F: Future<Output = Result<(), NodeError>>,
{
    let lock = {
        let mut locks = LOCKS.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(locks.entry(cluster.to_owned()).or_default())
    };
    let turn = deadline
        .until(|| async {
            match Arc::clone(&lock).try_lock_owned() {
                Ok(turn) => Attempt::Done(Ok(turn)),
                Err(_) => Attempt::Retry(NodeError::new(
                    "waiting for the turn to change the cluster",
                    "Another node of the same cluster is being changed all the time.",
                )),
            }
        })
        .await?;
    deadline
        .reach(|| async {
            match quorum().await {
                Err(failure) if failure.is_transient() => Attempt::Retry(failure),
                judged => Attempt::Done(judged),
            }
        })
        .await?;
    Ok(ClusterGuard { _turn: turn })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;
    use tokio_util::sync::CancellationToken;

    fn minute() -> Deadline {
        Deadline::after(Duration::from_secs(60), &CancellationToken::new())
    }

    async fn bearable() -> Result<(), NodeError> {
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn one_node_of_a_cluster_at_a_time_and_clusters_side_by_side() {
        static INSIDE: AtomicU32 = AtomicU32::new(0);
        static MOST: AtomicU32 = AtomicU32::new(0);
        let nodes = (0..5).map(|_| {
            tokio::spawn(async {
                let guard = acquire("a cluster of five", &minute(), bearable).await.unwrap();
                MOST.fetch_max(INSIDE.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
                let _other = acquire("another cluster", &minute(), bearable).await.unwrap();
                tokio::time::sleep(Duration::from_secs(3)).await;
                INSIDE.fetch_sub(1, Ordering::Relaxed);
                drop(guard);
            })
        });
        for node in nodes.collect::<Vec<_>>() {
            node.await.unwrap();
        }
        assert_eq!(MOST.load(Ordering::Relaxed), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_cluster_that_cannot_bear_it_yet_is_waited_for_and_one_that_never_will_is_refused() {
        let asked = AtomicU32::new(0);
        let recovering = || async {
            match asked.fetch_add(1, Ordering::Relaxed) {
                0..3 => Err(NodeError::new("counting voters", "2 of 3 answer").transient()),
                _ => Ok(()),
            }
        };
        drop(acquire("recovering", &minute(), recovering).await.unwrap());
        assert_eq!(asked.load(Ordering::Relaxed), 4);
        let refused = acquire("small", &minute(), || async {
            Err(NodeError::new("counting voters", "the only voter"))
        })
        .await;
        assert_eq!(refused.err(), Some(NodeError::new("counting voters", "the only voter")));
        drop(acquire("small", &minute(), bearable).await.unwrap());
    }
}
