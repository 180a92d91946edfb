//! One LIST per kind and namespace, shared by all who read at the same time.

use super::{ClusterError, Kind};
use kube::core::DynamicObject;
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long an answer serves others: a refresh reads all objects of a kind within moments.
const SERVES_FOR: Duration = Duration::from_secs(10);

/// The objects of a kind in a namespace.
pub(super) type Listed = Arc<Vec<DynamicObject>>;

type Slot = Arc<tokio::sync::Mutex<Option<(Instant, Listed)>>>;

/// Answers by kind and namespace.
#[derive(Default)]
pub(super) struct Lists {
    slots: Mutex<HashMap<(Kind, String), Slot>>,
}

impl Lists {
    /// The answer of a moment ago, or a new one. Whoever comes while `list` is under way waits for it.
    pub(super) async fn get<F>(&self, kind: &Kind, namespace: &str, list: F) -> Result<Listed, ClusterError>
    where
        F: Future<Output = Result<Vec<DynamicObject>, ClusterError>>,
    {
        let slot = {
            let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(slots.entry((kind.clone(), namespace.to_owned())).or_default())
        };
        let mut answer = slot.lock().await;
        if let Some((at, listed)) = answer.as_ref()
            && at.elapsed() < SERVES_FOR
        {
            return Ok(Arc::clone(listed));
        }
        let listed = Arc::new(list.await?);
        *answer = Some((Instant::now(), Arc::clone(&listed)));
        Ok(listed)
    }

    /// Something of this kind was written. An answer that is under way may be from before, and is not found any more.
    pub(super) fn drop_kind(&self, kind: &Kind) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.retain(|(of, _), _| of != kind);
    }
}
