//! One warning for all secrets of a run that stay though the configuration does not give them.
//!
//! Terraform plans each object in a call of its own, many at a time, and tells nobody which is the last. So
//! the first that has something to tell waits until no other comes for a moment, and tells it all.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tfplugin::{Context, Diagnostic, Path};
use tokio::time::{Instant, sleep};

/// Nobody else comes. Between two calls of one run lies a read at most, which objects of one target share.
const QUIET: Duration = Duration::from_millis(500);
/// What is told waits no longer than this; it holds one of Terraform's ten places meanwhile.
const MOST: Duration = Duration::from_secs(5);

/// The secrets of this run.
#[derive(Default)]
pub struct KeptSecrets {
    heard: Mutex<Heard>,
}

#[derive(Default)]
struct Heard {
    /// Of all so far.
    all: BTreeSet<String>,
    /// Not told yet.
    left: BTreeSet<String>,
    someone_waits: bool,
}

impl KeptSecrets {
    /// Tells which attributes of an object are kept, or leaves it to another that waits already. `place` says
    /// which object and where. One that is `replaced` loses them.
    pub async fn tell<P>(&self, context: &Context<P>, kept: &[Path], place: &str, replaced: bool) {
        let goes = if replaced { " (not in the new object that replaces it)" } else { "" };
        if !self.is_first(kept.iter().map(|path| format!("`{path}` of {place}{goes}"))) {
            return;
        }
        let end = Instant::now() + MOST;
        let mut known = self.count();
        loop {
            tokio::select! {
                () = sleep(QUIET) => {}
                () = context.cancelled().cancelled() => break,
            }
            let now = self.count();
            if now == known || Instant::now() >= end {
                break;
            }
            known = now;
        }
        let all = {
            let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
            heard.someone_waits = false;
            std::mem::take(&mut heard.left)
        };
        context.warn(warning(&all));
    }

    /// Whether the one who says this is the one to tell it.
    fn is_first(&self, what: impl IntoIterator<Item = String>) -> bool {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        for one in what {
            if heard.all.insert(one.clone()) {
                heard.left.insert(one);
            }
        }
        !heard.left.is_empty() && !std::mem::replace(&mut heard.someone_waits, true)
    }

    fn count(&self) -> usize {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).left.len()
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
