//! Commit: one component after the other, keeping those that succeed.

use super::components::{Change, changes};
use super::wrap::wrapped;
use super::{Session, rewrite};
use crate::config::Version;
use crate::render::{self, Section};
use crate::tree::Node;
use crate::verify::{self, Proposal};

/// Why a request changed less than it asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommitError {
    /// A command was refused; nothing was committed.
    #[error("{0}")]
    Set(String),
    /// Another session commits; nothing was committed.
    #[error("Configuration system temporarily locked due to another commit in progress\n")]
    Locked,
    /// Some components failed; the others are committed.
    #[error("{0}")]
    Failed(String),
}

/// What one component's script did.
struct Script {
    /// What it printed.
    output: String,
    failed: bool,
}

impl Session {
    /// Makes the candidate run. Gives what the scripts printed.
    pub(super) async fn commit(&self) -> Result<String, CommitError> {
        if self.switches.is_commit_locked() {
            self.discard();
            return Err(CommitError::Locked);
        }
        let (running, candidate) = {
            let trees = self.trees();
            (trees.running.clone(), trees.candidate.clone())
        };
        self.switches.count_commit();
        let changes = changes(&self.schema, &running, &candidate);
        if running != candidate {
            tokio::time::sleep(self.commit_delay()).await;
        }
        let mut scripts = Vec::new();
        for change in &changes {
            scripts.push(self.script(change, &running, &candidate).await);
        }
        if self.version() == Version::V1_5 {
            self.render_all(&changes, &mut scripts, &running, &candidate).await;
        }
        let mut outcome = candidate;
        let mut printed = String::new();
        let mut failed = false;
        for (change, script) in changes.iter().zip(&scripts) {
            printed.push_str(&report(change, script));
            if script.failed {
                failed = true;
                outcome.put(&change.path, running.get(change.path.iter().map(String::as_str)).cloned());
            } else {
                rewrite::passwords(&change.path, &mut outcome);
            }
        }
        {
            let mut trees = self.trees();
            trees.running = outcome.clone();
            trees.candidate = outcome;
        }
        if failed {
            self.switches.discarded();
            return Err(CommitError::Failed(printed + "Commit failed\n"));
        }
        Ok(printed)
    }

    /// Verifies one component and, before 1.5, renders it.
    async fn script(&self, change: &Change, running: &Node, candidate: &Node) -> Script {
        let proposal = Proposal { running, candidate, version: self.version(), kernel: self.config.frr };
        let report = verify::component(&change.path, &proposal);
        let mut output: String = report
            .warnings
            .iter()
            .map(|warning| format!("\n{}\n\n", wrapped(&format!("WARNING: {warning}"), 70)))
            .collect();
        if let Some(error) = report.error {
            if self.version() == Version::V1_4 && !self.switches.gives_reasons() {
                return Script { output: String::new(), failed: true };
            }
            output.push_str(&wrapped(&error, 72));
            output.push('\n');
            return Script { output, failed: true };
        }
        if self.version() == Version::V1_4
            && let Some(section) = Section::of(&change.path)
        {
            let text = render::section(section, candidate, self.version());
            if let Some(frr) = self.frr.read().await.as_ref()
                && let Err(said) = frr.apply(&[section], &text).await
            {
                output.push_str(&wrapped(&said, 72));
                output.push('\n');
                return Script { output, failed: true };
            }
        }
        Script { output, failed: false }
    }

    /// From 1.5 on the last script renders everything at once.
    async fn render_all(&self, changes: &[Change], scripts: &mut [Script], running: &Node, candidate: &Node) {
        let mut result = candidate.clone();
        let mut last = None;
        for (change, script) in changes.iter().zip(scripts.iter_mut()) {
            if script.failed {
                result.put(&change.path, running.get(change.path.iter().map(String::as_str)).cloned());
            } else if Section::of(&change.path).is_some() {
                last = Some(script);
            }
        }
        let Some(script) = last else { return };
        let text: String =
            Section::ALL.iter().map(|section| render::section(*section, &result, self.version())).collect();
        if let Some(frr) = self.frr.read().await.as_ref()
            && let Err(said) = frr.apply(Section::ALL, &text).await
        {
            let explained = format!(
                "The system encountered an error while rendering the new routing daemon configuration. To ensure network stability, the previous configuration was kept. {said}"
            );
            script.output.push_str(&wrapped(&explained, 72));
            script.output.push('\n');
            script.failed = true;
        }
    }
}

fn report(change: &Change, script: &Script) -> String {
    let path = change.path.join(" ");
    let mut text = String::new();
    if !script.output.is_empty() {
        text.push_str(&format!("[ {path} ]\n{}\n", script.output));
    }
    if script.failed && change.deleted {
        text.push_str(&format!("delete [ {path} ] failed\n"));
    } else if script.failed {
        text.push_str(&format!("[[{path}]] failed\n"));
    }
    text
}
