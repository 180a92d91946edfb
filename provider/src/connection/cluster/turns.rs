//! Writes of one kind, one after the other; and what this run has claimed.

use super::{Kind, ObjectName};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OwnedMutexGuard;

/// Turns of all clusters, by identity: two addresses of one cluster share them.
#[derive(Default)]
pub(super) struct Turns {
    queues: Mutex<HashMap<(String, Kind), Queue>>,
}

/// Who waits for a turn, and the objects that this run has made or taken over.
type Queue = Arc<tokio::sync::Mutex<HashSet<ObjectName>>>;

impl Turns {
    pub(super) async fn take(&self, cluster_id: &str, kind: Kind) -> Turn {
        let queue = {
            let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(queues.entry((cluster_id.to_owned(), kind)).or_default())
        };
        Turn { claimed: queue.lock_owned().await }
    }
}

/// The right to write objects of one kind, until it is dropped.
pub struct Turn {
    claimed: OwnedMutexGuard<HashSet<ObjectName>>,
}

impl Turn {
    /// Notes that a create of this run stands for the object; false if one did already.
    pub fn claim(&mut self, name: &ObjectName) -> bool {
        self.claimed.insert(name.clone())
    }

    /// Whether a create of this run stands for the object.
    pub fn is_claimed(&self, name: &ObjectName) -> bool {
        self.claimed.contains(name)
    }

    /// Notes that the object is gone.
    pub fn release(&mut self, name: &ObjectName) {
        self.claimed.remove(name);
    }
}
