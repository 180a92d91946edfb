//! What snapd remembers of the node.

use super::store::Build;
use crate::failure::{Result, Tried};
use crate::layout::{Layout, create};
use crate::services::Service;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::SystemTime;

/// The installed snap, if any, and what happened to it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) installed: Option<Build>,
    /// The channel that is followed.
    pub(crate) channel: String,
    /// The build before the last refresh.
    pub(crate) previous: Option<Build>,
    /// Until when general refreshes are held; `forever` for good.
    pub(crate) hold: Option<String>,
    /// Names of services that are not started at boot.
    pub(crate) disabled: BTreeSet<String>,
    pub(crate) changes: Vec<Change>,
    /// The `config` option of `snap set`.
    pub(crate) config: Option<String>,
}

/// A change, as `snap changes` lists it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Change {
    pub(crate) kind: String,
    pub(crate) summary: String,
    pub(crate) status: String,
    pub(crate) started: SystemTime,
    pub(crate) ended: Option<SystemTime>,
    /// What it said where it failed.
    #[serde(default)]
    pub(crate) said: String,
}

impl State {
    fn file(layout: &Layout) -> PathBuf {
        layout.under("var/lib/snapd/stand-in.json")
    }

    pub(crate) fn load(layout: &Layout) -> Result<Self> {
        let path = Self::file(layout);
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                let read = serde_json::from_str::<Self>(&text);
                let mut state = read.tried(|| format!("Cannot understand {}", path.display()))?;
                // The real one goes on where it lost its power.
                state.end(Some(
                    "error: the machine lost its power, and a lab's snapd does not resume changes".into(),
                ));
                Ok(state)
            }
            Err(_) => Ok(Self::default()),
        }
    }

    pub(crate) fn save(&self, layout: &Layout) -> Result<()> {
        let path = Self::file(layout);
        if let Some(directory) = path.parent() {
            create(directory)?;
        }
        let text = serde_json::to_string_pretty(self).tried(|| "Cannot write snapd's state".into())?;
        // A node may lose its power at any time: never leave half a file.
        let draft = path.with_extension("new");
        std::fs::write(&draft, text).tried(|| format!("Cannot write {}", draft.display()))?;
        std::fs::rename(&draft, &path).tried(|| format!("Cannot replace {}", path.display()))
    }

    pub(crate) fn is_enabled(&self, service: Service) -> bool {
        self.installed.is_some() && !self.disabled.contains(service.name())
    }

    /// The kind of the change that has not ended.
    pub(crate) fn running_change(&self) -> Option<String> {
        self.changes.iter().rev().find(|change| change.status == "Doing").map(|change| change.kind.clone())
    }

    pub(crate) fn begin(&mut self, kind: &str, summary: String) {
        let started = SystemTime::now();
        self.changes.push(Change {
            kind: kind.into(),
            summary,
            status: "Doing".into(),
            started,
            ended: None,
            said: String::new(),
        });
    }

    pub(crate) fn end(&mut self, failed: Option<String>) {
        let done = failed.is_none();
        if let Some(change) = self.changes.iter_mut().rev().find(|change| change.status == "Doing") {
            change.status = if done { "Done" } else { "Error" }.into();
            change.ended = Some(SystemTime::now());
            change.said = failed.unwrap_or_default();
        }
    }
}
