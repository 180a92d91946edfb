//! One disruptive change of a cluster at a time: one node restarts, joins or leaves, and the next one only
//! once the cluster can bear it.

use super::error::NodeError;
use crate::connection::cluster::{ChangeGuard, ClusterLocks};
use crate::connection::retry::{Attempt, Deadline, RetryError};

/// Waits for the turn, then until `quorum` says that the cluster can bear the change. A failure of `quorum`
/// that may pass is asked again. `cluster` is the digest of its certificate authority, which all of its nodes
/// share and any of them can tell without an API.
pub async fn acquire<F>(
    locks: &ClusterLocks,
    cluster: &str,
    deadline: &Deadline,
    quorum: impl Fn() -> F,
) -> Result<ChangeGuard, NodeError>
where
    F: Future<Output = Result<(), NodeError>>,
{
    let guard = deadline.bound(locks.change(cluster)).await.map_err(|gave_up| match gave_up {
        RetryError::Cancelled => NodeError::interrupted(),
        RetryError::Failed(()) | RetryError::TimedOut(()) => {
            NodeError::from(RetryError::TimedOut(NodeError::new(
                "waiting for the turn to change the cluster",
                "Another node of the same cluster is being changed all the time.",
            )))
        }
    })?;
    deadline
        .reach(|| async {
            match quorum().await {
                Err(failure) if failure.is_transient() => Attempt::Retry(failure),
                judged => Attempt::Done(judged),
            }
        })
        .await?;
    Ok(guard)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
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
        let locks = Arc::<ClusterLocks>::default();
        let nodes = (0..5).map(|_| {
            let locks = Arc::clone(&locks);
            tokio::spawn(async move {
                let guard = acquire(&locks, "a cluster of five", &minute(), bearable).await.unwrap();
                MOST.fetch_max(INSIDE.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
                let _other = acquire(&locks, "another cluster", &minute(), bearable).await.unwrap();
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
        let (locks, asked) = (ClusterLocks::default(), AtomicU32::new(0));
        let recovering = || async {
            match asked.fetch_add(1, Ordering::Relaxed) {
                0..3 => Err(NodeError::new("counting voters", "2 of 3 answer").transient()),
                _ => Ok(()),
            }
        };
        drop(acquire(&locks, "recovering", &minute(), recovering).await.unwrap());
        assert_eq!(asked.load(Ordering::Relaxed), 4);
        let refused = acquire(&locks, "small", &minute(), || async {
            Err(NodeError::new("counting voters", "the only voter"))
        })
        .await;
        assert_eq!(refused.err(), Some(NodeError::new("counting voters", "the only voter")));
        drop(acquire(&locks, "small", &minute(), bearable).await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_that_does_not_come_ends_with_the_deadline_or_with_ctrl_c() {
        let (locks, stop) = (ClusterLocks::default(), CancellationToken::new());
        let _held = acquire(&locks, "busy", &minute(), bearable).await.unwrap();
        let text = |failure: NodeError| failure.into_diagnostic("x").detail;
        let late = text(acquire(&locks, "busy", &minute(), bearable).await.unwrap_err());
        assert!(late.contains("Another node of the same cluster"), "{late}");
        assert!(late.contains("`timeouts` sets how long to wait"), "{late}");
        stop.cancel();
        let stopped = Deadline::after(Duration::from_secs(60), &stop);
        let stopped = text(acquire(&locks, "busy", &stopped, bearable).await.unwrap_err());
        assert!(stopped.contains("The next apply resumes here."), "{stopped}");
    }
}
