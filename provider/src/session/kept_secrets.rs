//! One warning for all secrets of a run that stay though the configuration does not give them.
//!
//! Terraform plans each object in a call of its own, many at a time, and does not say which is the last. So
//! the first call that has something to report waits until no other comes for a moment, and reports for all.

use crate::connection::retry::poll;
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tfplugin::{Context, Diagnostic, Path};

/// No other call comes after so long without one. Between two calls of one run lies a read at most, which
/// objects of one target share.
const QUIET: Duration = Duration::from_millis(500);
/// A report waits no longer than this; it holds one of Terraform's ten places meanwhile.
const MOST: Duration = Duration::from_secs(5);

/// The secrets of this run.
#[derive(Default)]
pub struct KeptSecrets {
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// All so far.
    all: BTreeSet<String>,
    /// Those that are not reported yet.
    unreported: BTreeSet<String>,
    is_waiting: bool,
}

impl KeptSecrets {
    /// Reports which attributes of an object are kept, or leaves that to a call that waits already. `place`
    /// says which object it is and where. An object that is `replaced` loses them.
    pub async fn report<P>(&self, context: &Context<P>, kept: &[Path], place: &str, replaced: bool) {
        let note = if replaced { " (not in the new object that replaces it)" } else { "" };
        if !self.add(kept.iter().map(|path| format!("`{path}` of {place}{note}"))) {
            return;
        }
        // Terraform's wish to stop ends the wait, not the report.
        context.cancelled().run_until_cancelled(self.all_have_come()).await;
        let unreported = {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.is_waiting = false;
            std::mem::take(&mut seen.unreported)
        };
        context.warn(warning(&unreported));
    }

    /// Adds secrets; whether the call that does so is the one to report them.
    fn add(&self, secrets: impl IntoIterator<Item = String>) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        for secret in secrets {
            if seen.all.insert(secret.clone()) {
                seen.unreported.insert(secret);
            }
        }
        !seen.unreported.is_empty() && !std::mem::replace(&mut seen.is_waiting, true)
    }

    /// Waits until none was added for a moment.
    async fn all_have_come(&self) {
        let mut before = None;
        let has_grown = || {
            let now = Some(self.seen.lock().unwrap_or_else(PoisonError::into_inner).unreported.len());
            let is_quiet = std::mem::replace(&mut before, now) == now;
            async move {
                Ok::<_, Infallible>(if is_quiet { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
            }
        };
        let Ok(()) = poll(QUIET, MOST, has_grown).await;
    }
}

fn warning(all: &BTreeSet<String>) -> Diagnostic {
    let lines: Vec<_> = all.iter().map(String::as_str).collect();
    let detail = format!(
        "The configuration does not give these secrets, and never gave them, so they stay as they are:\n\n    {}\n\n\
         Terraform leaves secrets out of configurations that it generates. Give them to have them managed; `\"\"` is to have \
         none.",
        lines.join("\n    ")
    );
    Diagnostic::warning("Secrets stay that the configuration does not give", detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tokio::time::Instant;
    use tokio_util::sync::CancellationToken;

    async fn report(secrets: &KeptSecrets, context: &Context<()>, object: &str) {
        secrets.report(context, &[Path::from("password")], object, false).await;
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_come_close_to_each_other_are_one_warning() {
        let (secrets, stop) = (KeptSecrets::default(), CancellationToken::new());
        let contexts = [(); 3].map(|()| Context::new(Arc::new(()), stop.clone()));
        let begin = Instant::now();
        let later = async {
            tokio::time::sleep(QUIET / 2).await;
            report(&secrets, &contexts[1], "b").await;
            assert_eq!(begin.elapsed(), QUIET / 2, "who comes second does not wait");
        };
        tokio::join!(report(&secrets, &contexts[0], "a"), later);
        assert_eq!(begin.elapsed(), QUIET * 2, "the first waits once more, as the second came meanwhile");
        let [first, second, third] = contexts;
        let first: Vec<_> = first.take_diagnostics().into_iter().collect();
        assert_eq!(first.len(), 1);
        assert!(first[0].detail.contains("`password` of a\n    `password` of b\n"), "{}", first[0].detail);
        // What was reported once is not reported again.
        report(&secrets, &third, "a").await;
        assert!(second.take_diagnostics().is_empty() && third.take_diagnostics().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn ctrl_c_ends_the_wait_and_not_the_report() {
        let (secrets, stop) = (KeptSecrets::default(), CancellationToken::new());
        let context = Context::new(Arc::new(()), stop.clone());
        stop.cancel();
        let begin = Instant::now();
        report(&secrets, &context, "a").await;
        assert_eq!(begin.elapsed(), Duration::ZERO);
        assert_eq!(context.take_diagnostics().into_iter().count(), 1);
    }
}
