//! How data sources look at MetalLB, and wait for what they look for.

use crate::connection::cluster::{Cluster, ClusterError, ClusterErrorKind};
use crate::connection::retry::{Attempt, Deadline, RetryError};
use crate::session::Session;
use std::future::Future;
use std::time::Duration;
use tfplugin::types::Semantic;
use tfplugin::{Context, Diagnostic, Diagnostics};

/// Where MetalLB is where nobody says otherwise.
pub(super) const NAMESPACE: &str = "metallb-system";

/// How long one look may take, with all lists that it reads and all speakers that it asks.
const LOOK_WITHIN: Duration = Duration::from_secs(120);

/// What there is to look at, and how long to wait for it.
pub(super) struct Look<'a> {
    /// As in `the BGP sessions of the speakers`.
    pub(super) noun: &'static str,
    pub(super) cluster: &'a Cluster,
    pub(super) wait: Option<&'a Semantic<Duration>>,
}

/// Why a look has to be taken again.
enum Unfinished {
    Call(ClusterError),
    /// Each a sentence.
    Missing(Vec<String>),
}

impl Look<'_> {
    /// Looks once; where there is a wait, until nothing is `missing` any more.
    pub(super) async fn take<T, F>(
        &self,
        context: &Context<Session>,
        observe: impl Fn() -> F,
        missing: impl Fn(&T) -> Vec<String>,
    ) -> Result<T, Diagnostics>
    where
        F: Future<Output = Result<T, ClusterError>>,
    {
        let timeout = self.wait.map(|text| *text.value()).unwrap_or_default();
        let deadline = Deadline::after(timeout, context.cancelled());
        let seen = deadline
            .until(|| async {
                let seen = tokio::time::timeout(LOOK_WITHIN, observe()).await.unwrap_or_else(|_| {
                    let answer = format!("it took more than {} s", LOOK_WITHIN.as_secs());
                    let attempt = format!("Reading {}", self.noun);
                    Err(ClusterError::new(
                        ClusterErrorKind::Unreachable,
                        attempt,
                        self.cluster.to_string(),
                        answer,
                    ))
                });
                match seen {
                    Ok(seen) => match (self.wait, missing(&seen)) {
                        (Some(_), missing) if !missing.is_empty() => {
                            Attempt::Retry(Unfinished::Missing(missing))
                        }
                        _ => Attempt::Done(Ok(seen)),
                    },
                    Err(error) if self.wait.is_some() && error.kind().is_transient_on_create() => {
                        Attempt::Retry(Unfinished::Call(error))
                    }
                    Err(error) => Attempt::Done(Err(Unfinished::Call(error))),
                }
            })
            .await;
        seen.map_err(|gave_up| self.explain(gave_up, timeout).into())
    }

    fn explain(&self, gave_up: RetryError<Unfinished>, timeout: Duration) -> Diagnostic {
        let summary = format!("Unable to read {} of the {}", self.noun, self.cluster);
        match gave_up {
            RetryError::Failed(Unfinished::Call(error)) | RetryError::TimedOut(Unfinished::Call(error)) => {
                let diagnostic = Diagnostic::error(summary, error.detail());
                if error.kind().is_of_the_way() { diagnostic.at("cluster") } else { diagnostic }
            }
            RetryError::Failed(Unfinished::Missing(missing))
            | RetryError::TimedOut(Unfinished::Missing(missing)) => {
                let waited = format!("That is what was seen last, after {} s.", timeout.as_secs());
                let summary = format!("Not there yet: {} of the {}", self.noun, self.cluster);
                Diagnostic::error(summary, format!("{}\n\n{waited}", missing.join("\n"))).at("wait")
            }
            RetryError::Cancelled => Diagnostic::error(summary, "Interrupted."),
        }
    }
}
