//! How data sources read MetalLB's state, and wait for what they want there.

use crate::connection::cluster::{Cluster, ClusterError, ClusterErrorKind};
use crate::engine::wait::{Observation, Wait, WaitError, read};
use crate::session::Session;
use std::future::Future;
use std::time::Duration;
use tfplugin::{Context, Diagnostic, Diagnostics};

/// Where MetalLB is by default.
pub(super) const NAMESPACE: &str = "metallb-system";

/// How long one reading may take, with all lists that it reads and all speakers that it asks.
const READ_WITHIN: Duration = Duration::from_secs(120);

/// What is read, and how long to wait for it.
pub(super) struct Reading<'a> {
    /// As in `the BGP sessions of the speakers`.
    pub(super) noun: &'static str,
    pub(super) cluster: &'a Cluster,
    pub(super) wait: Option<&'a Wait>,
}

impl Reading<'_> {
    /// Reads once; with a `wait`, until nothing is `missing` any more.
    pub(super) async fn take<T, F>(
        &self,
        context: &Context<Session>,
        observe: impl Fn() -> F,
        missing: impl Fn(&T) -> Vec<String>,
    ) -> Result<T, Diagnostics>
    where
        F: Future<Output = Result<T, ClusterError>>,
    {
        let timeout = self.wait.map(Wait::timeout);
        let once = || async {
            let seen = tokio::time::timeout(READ_WITHIN, observe()).await;
            let seen = seen.unwrap_or_else(|_| Err(self.too_long()))?;
            let missing = if timeout.is_some() { missing(&seen) } else { Vec::new() };
            Ok(if missing.is_empty() { Observation::Ready(seen) } else { Observation::Pending(missing) })
        };
        let is_transient = |error: &ClusterError| error.is_transient_on_create();
        let seen = read(timeout, context.cancelled(), once, is_transient).await;
        seen.map_err(|error| self.explain(error, timeout.unwrap_or_default()).into())
    }

    fn too_long(&self) -> ClusterError {
        let answer = format!("it took more than {} s", READ_WITHIN.as_secs());
        let attempt = format!("Reading {}", self.noun);
        ClusterError::new(ClusterErrorKind::Unreachable, attempt, self.cluster.to_string(), answer)
    }

    fn explain(&self, error: WaitError<Vec<String>, ClusterError>, timeout: Duration) -> Diagnostic {
        let summary = format!("Unable to read {} of the {}", self.noun, self.cluster);
        match error {
            WaitError::Failed(error) => {
                let diagnostic = Diagnostic::error(summary, error.detail());
                if error.kind().is_of_the_way() { diagnostic.at("cluster") } else { diagnostic }
            }
            WaitError::NotReady(missing) => {
                let waited =
                    format!("This was the last result before the timeout of {} s.", timeout.as_secs());
                let summary = format!("Not there yet: {} of the {}", self.noun, self.cluster);
                Diagnostic::error(summary, format!("{}\n\n{waited}", missing.join("\n"))).at("wait")
            }
            WaitError::Cancelled => Diagnostic::error(summary, "Interrupted."),
        }
    }
}
