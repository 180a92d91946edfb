//! How data sources look at MetalLB, and wait for what they look for.

use crate::connection::cluster::{Cluster, ClusterError, ClusterErrorKind};
use crate::connection::retry::{Deadline, GaveUp, Verdict};
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
        let patience = self.wait.map(|text| *text.value()).unwrap_or_default();
        let deadline = Deadline::after(patience, context.cancelled());
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
                            Verdict::Again(Unfinished::Missing(missing))
                        }
                        _ => Verdict::Final(Ok(seen)),
                    },
                    Err(error) if self.wait.is_some() && error.kind().may_come() => {
                        Verdict::Again(Unfinished::Call(error))
                    }
                    Err(error) => Verdict::Final(Err(Unfinished::Call(error))),
                }
            })
            .await;
        seen.map_err(|gave_up| self.explain(gave_up, patience).into())
    }

    fn explain(&self, gave_up: GaveUp<Unfinished>, patience: Duration) -> Diagnostic {
        let summary = format!("Unable to read {} of the {}", self.noun, self.cluster);
        match gave_up {
            GaveUp::Failed(Unfinished::Call(error)) | GaveUp::TimedOut(Unfinished::Call(error)) => {
                let diagnostic = Diagnostic::error(summary, error.detail());
                if error.kind().is_of_the_way() { diagnostic.at("cluster") } else { diagnostic }
            }
            GaveUp::Failed(Unfinished::Missing(missing)) | GaveUp::TimedOut(Unfinished::Missing(missing)) => {
                let waited = format!("That is what was seen last, after {} s.", patience.as_secs());
                let summary = format!("Not there yet: {} of the {}", self.noun, self.cluster);
                Diagnostic::error(summary, format!("{}\n\n{waited}", missing.join("\n"))).at("wait")
            }
            GaveUp::Cancelled => Diagnostic::error(summary, "Interrupted."),
        }
    }
}
