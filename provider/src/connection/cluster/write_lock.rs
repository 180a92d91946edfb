//! Writes of one kind, one after the other; and what this run has claimed.

use super::{Kind, ObjectName};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OwnedMutexGuard;

/// The locks of all clusters, by identity: two addresses of one cluster share them.
#[derive(Default)]
pub(super) struct WriteLocks {
    queues: Mutex<HashMap<(String, Kind), Queue>>,
}

/// Who waits for a turn, and the objects that creates of this run stand for.
type Queue = Arc<tokio::sync::Mutex<HashMap<ObjectName, Claim>>>;

/// How a create of this run came to its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// There was none.
    Made,
    /// There was one already, from an earlier run or a controller.
    CarriedOn,
}

impl WriteLocks {
    pub(super) async fn take(&self, cluster_id: &str, kind: &Kind) -> WriteGuard {
        let queue = {
            let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(queues.entry((cluster_id.to_owned(), kind.clone())).or_default())
        };
        WriteGuard { claims: queue.lock_owned().await }
    }
}

/// The right to write objects of one kind, until it is dropped.
pub struct WriteGuard {
    claims: OwnedMutexGuard<HashMap<ObjectName, Claim>>,
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
