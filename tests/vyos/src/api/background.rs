//! Operations that a request left running (1.5, `in_background=true`).

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use super::answer::{Answer, Refusal, success};

/// One operation as it is shown.
#[derive(Clone, Debug, Serialize)]
struct Operation {
    op_id: String,
    created_at: u64,
    started_at: Option<u64>,
    finished_at: Option<u64>,
    status: &'static str,
    result: Option<String>,
    error: Option<String>,
}

#[derive(Serialize)]
struct Shown {
    operation: Operation,
}

/// All operations since the API started.
#[derive(Clone, Default)]
pub(super) struct Operations {
    known: Arc<Mutex<BTreeMap<String, Operation>>>,
}

impl Operations {
    /// Starts work and answers at once.
    pub(super) fn start(
        &self,
        work: impl Future<Output = Result<String, String>> + Send + 'static,
    ) -> Answer {
        let operation = {
            let mut known = self.known();
            let operation = Operation {
                op_id: format!("00000000-0000-4000-8000-{:012x}", known.len() + 1),
                created_at: now(),
                started_at: None,
                finished_at: None,
                status: "queued",
                result: None,
                error: None,
            };
            known.insert(operation.op_id.clone(), operation.clone());
            operation
        };
        let (operations, id) = (self.clone(), operation.op_id.clone());
        drop(tokio::spawn(async move {
            operations.change(&id, |operation| {
                operation.status = "running";
                operation.started_at = Some(now());
            });
            let outcome = work.await;
            operations.change(&id, |operation| {
                operation.finished_at = Some(now());
                match outcome {
                    Ok(said) => {
                        operation.status = "succeeded";
                        operation.result = Some(said);
                    }
                    Err(said) => {
                        operation.status = "failed";
                        operation.error = Some(said);
                    }
                }
            });
        }));
        success(&Shown { operation })
    }

    /// Shows the operation that the query names.
    pub(super) fn answer(&self, query: &str) -> Result<Answer, Refusal> {
        let id = query.split('&').find_map(|pair| pair.strip_prefix("op_id=")).unwrap_or_default();
        let operation = self.known().get(id).cloned();
        operation
            .map(|operation| success(&Shown { operation }))
            .ok_or_else(|| Refusal::new(404, format!("Operation '{id}' not found")))
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut Operation)) {
        if let Some(operation) = self.known().get_mut(id) {
            change(operation);
        }
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, Operation>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map(|since| since.as_secs()).unwrap_or_default()
}
