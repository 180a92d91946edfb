//! What an operational command of the router says, now or once it says what one waits for.

pub(super) mod bgp_neighbors;
mod bgp_summary;
mod route_diagnosis;
mod routes;
mod routing_table;

pub use bgp_summary::BgpSummary;
pub use routes::Routes;

use crate::connection::ConnectionError;
use crate::connection::router::{Router, RouterError};
use crate::engine::router_config::Subject;
use crate::engine::wait::{Observation, WaitError, read};
use std::future::Future;
use std::time::Duration;
use tfplugin::{Diagnostic, Value};
use tokio_util::sync::CancellationToken;

/// Something that the router shows.
pub(super) struct OpCommand {
    /// What it is about, in messages.
    pub(super) noun: &'static str,
    /// The command, as typed on the router.
    pub(super) command: &'static [&'static str],
}

/// Why there is no answer, or not the one that is waited for.
#[derive(Debug)]
pub(super) enum Unready<T> {
    /// The router did not answer.
    Router(RouterError),
    /// It answered something else.
    Unreadable(String),
    /// It answered, and this is not all that is waited for.
    NotYet(T),
}

impl<T> Unready<T> {
    /// Whether a wait goes on after it.
    fn is_transient(&self) -> bool {
        match self {
            Self::Router(error) => error.is_transient(),
            Self::Unreadable(_) | Self::NotYet(_) => true,
        }
    }
}

impl OpCommand {
    /// Asks once.
    pub(super) async fn ask<T, N>(
        &self,
        router: &Router,
        parse: impl Fn(&str) -> Result<T, serde_json::Error>,
    ) -> Result<T, Unready<N>> {
        let printed = router.show(self.command).await.map_err(Unready::Router)?;
        // Where a daemon does not run or knows nothing, FRR prints nothing, a sentence or a warning.
        let text = match printed.trim() {
            nothing if nothing.is_empty() || nothing.starts_with('%') => "{}",
            text => text,
        };
        parse(text).map_err(|problem| {
            let beginning: String = printed.trim().chars().take(200).collect();
            Unready::Unreadable(format!("{beginning} ({problem})"))
        })
    }

    /// What was seen last where the wait was in vain; else why nothing was.
    pub(super) fn not_yet<T>(
        &self,
        router: &Router,
        gave_up: WaitError<T, Unready<T>>,
    ) -> Result<T, Diagnostic> {
        let path = format!("show {}", self.command.join(" "));
        let subject = Subject { noun: self.noun, key: "", path: &path, fields: &[], object: &Value::Null };
        match gave_up {
            WaitError::NotReady(seen) | WaitError::Failed(Unready::NotYet(seen)) => Ok(seen),
            WaitError::Failed(Unready::Router(error)) => Err(subject.failed("read", router, &error)),
            WaitError::Failed(Unready::Unreadable(what)) => {
                let detail = format!(
                    "`{path}` at {} printed something else than expected: {what}\n\nVyOS 1.4 or later is needed. If its \
                     routing daemon is down, `restart bgp`, `restart zebra` or the like on the router starts it.",
                    router.url()
                );
                Err(Diagnostic::error(subject.unable("read", router), detail))
            }
            WaitError::Cancelled => Err(Diagnostic::error(
                subject.unable("read", router),
                "Interrupted. The next run asks again.",
            )),
        }
    }
}

/// A wait in vain: what is not ready, what was asked about it, and what each part is missing.
pub(super) fn not_ready(router: &Router, what: &str, asked: &str, missing: &[String]) -> Diagnostic {
    let detail = format!(
        "{asked}:\n\n    {}\n\nIf it only takes longer, give `wait.timeout` more time.",
        missing.join("\n    ")
    );
    Diagnostic::error(format!("{what} of router {:?} are not ready", router.name()), detail).at("wait")
}

/// Reads once; with a timeout, until what is read is ready.
pub(super) async fn look<T, N, F>(
    timeout: Option<Duration>,
    cancelled: &CancellationToken,
    mut once: impl FnMut() -> F,
) -> Result<T, WaitError<N, Unready<N>>>
where
    F: Future<Output = Result<T, Unready<N>>>,
{
    let observe = || {
        let seen = once();
        async {
            match seen.await {
                Ok(seen) => Ok(Observation::Ready(seen)),
                Err(Unready::NotYet(missing)) => Ok(Observation::Pending(missing)),
                Err(error) => Err(error),
            }
        }
    };
    read(timeout, cancelled, observe, Unready::is_transient).await
}
