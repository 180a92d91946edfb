//! The locks of one run: what is changed by one at a time, whatever Terraform's `-parallelism` is.
//!
//! A cluster is named in two ways, because two things are locked. A change that its nodes have to bear (one
//! restarts, joins or leaves) often begins while no API server answers, so its cluster is named by what any
//! node's disk has: the certificate authority. A write of an object is checked by admission webhooks against
//! the objects that the API server has, so its cluster is named by what that answers. Neither waits for the
//! other: a rollout of minutes holds up no write.

use super::{Kind, ObjectName};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OwnedMutexGuard;

/// All locks of a run, shared by whatever leads to a cluster.
#[derive(Default)]
pub struct ClusterLocks {
    /// By the digest of the cluster's certificate authority.
    changes: Registry<String, ()>,
    /// By the cluster's UID and the kind: two addresses of one cluster share them.
    writes: Registry<(String, Kind), Claims>,
}

/// The right to change the nodes of a cluster, until it is dropped.
#[must_use = "the lock is open to others as soon as this is dropped"]
#[derive(Debug)]
pub struct ChangeGuard {
    _guard: OwnedMutexGuard<()>,
}

/// The right to write objects of one kind, until it is dropped.
#[must_use = "the lock is open to others as soon as this is dropped"]
pub struct WriteGuard {
    claims: OwnedMutexGuard<Claims>,
}

/// The objects that creates of this run stand for.
type Claims = HashMap<ObjectName, Claim>;

/// How a create of this run came to its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// There was none.
    Made,
    /// There was one already, from an earlier run or a controller.
    CarriedOn,
}

impl ClusterLocks {
    /// Waits for the turn to change nodes of the cluster whose certificate authority has this digest. Who
    /// waits longest is next. Needs no API.
    pub async fn change(&self, authority: &str) -> ChangeGuard {
        ChangeGuard { _guard: self.changes.acquire(authority.to_owned()).await }
    }

    /// Waits until no other write of the kind is under way in the cluster with this UID.
    pub(super) async fn write(&self, cluster_id: &str, kind: &Kind) -> WriteGuard {
        WriteGuard { claims: self.writes.acquire((cluster_id.to_owned(), kind.clone())).await }
    }
}

impl WriteGuard {
    /// Notes that a create of this run stands for the object.
    pub fn claim(&mut self, name: &ObjectName, claim: Claim) {
        self.claims.insert(name.clone(), claim);
    }

    /// Whether a create of this run stands for the object, and how it came to it.
    pub fn claimed(&self, name: &ObjectName) -> Option<Claim> {
        self.claims.get(name).copied()
    }

    /// Notes that the object goes.
    pub fn release(&mut self, name: &ObjectName) {
        self.claims.remove(name);
    }
}

/// Locks by name, each made when it is first asked for, with what only its holder may see.
struct Registry<K, T> {
    locks: Mutex<HashMap<K, Arc<tokio::sync::Mutex<T>>>>,
}

impl<K, T> Default for Registry<K, T> {
    fn default() -> Self {
        Self { locks: Mutex::default() }
    }
}

impl<K: Eq + Hash, T: Default> Registry<K, T> {
    async fn acquire(&self, name: K) -> OwnedMutexGuard<T> {
        let lock = {
            let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(locks.entry(name).or_default())
        };
        lock.lock_owned().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::timeout;

    const POOL: Kind = Kind::namespaced("metallb.io", "v1beta1", "IPAddressPool");
    const PEER: Kind = Kind::namespaced("metallb.io", "v1beta2", "BGPPeer");

    /// Whether a lock is had at once.
    async fn is_free<T>(lock: impl Future<Output = T>) -> bool {
        timeout(Duration::ZERO, lock).await.is_ok()
    }

    #[tokio::test]
    async fn one_waits_for_another_of_the_same_scope_and_name_only() {
        let locks = ClusterLocks::default();
        let change = locks.change("a").await;
        let write = locks.write("a", &POOL).await;
        assert!(!is_free(locks.change("a")).await);
        assert!(!is_free(locks.write("a", &POOL)).await);
        assert!(is_free(locks.change("b")).await);
        assert!(is_free(locks.write("a", &PEER)).await);
        assert!(is_free(locks.write("b", &POOL)).await);
        drop((change, write));
        assert!(is_free(locks.change("a")).await);
        assert!(is_free(locks.write("a", &POOL)).await);
    }

    #[tokio::test]
    async fn claims_are_seen_by_the_next_holder() {
        let locks = ClusterLocks::default();
        let name = ObjectName { kind: POOL, namespace: "metallb-system".into(), name: "pool".into() };
        locks.write("a", &POOL).await.claim(&name, Claim::Made);
        let mut guard = locks.write("a", &POOL).await;
        assert_eq!(guard.claimed(&name), Some(Claim::Made));
        guard.release(&name);
        drop(guard);
        assert_eq!(locks.write("a", &POOL).await.claimed(&name), None);
        assert_eq!(locks.write("b", &POOL).await.claimed(&name), None);
    }
}
