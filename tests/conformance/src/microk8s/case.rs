//! Facts as they are written in the files under `microk8s/`.

use crate::facts::{FactError, read};
use serde::Deserialize;

/// In the order in which they are held: the later ones need what the earlier ones leave.
const FILES: &[(&str, &str)] = &[
    ("microk8s/alone", include_str!("../../microk8s/alone.yaml")),
    ("microk8s/together", include_str!("../../microk8s/together.yaml")),
];

/// A fact: commands, and what comes of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it says.
    pub name: String,
    /// Where it was read, or on what it was tried.
    pub source: String,
    /// The day of that.
    pub date: String,
    /// Whether it needs a second node.
    #[serde(default)]
    pub second: bool,
    /// Commands, one after the other.
    pub steps: Vec<Step>,
}

/// A command and what comes of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The script, run by root's `sh` without input. `{first}` and `{second}` are the nodes' names,
    /// `{first.address}` is an IPv4 address, and `{NAME}` is what a step before kept.
    pub run: String,
    /// On which node.
    #[serde(default)]
    pub on: Place,
    /// Exit code.
    pub code: i32,
    /// All of standard output, but for blanks around it.
    #[serde(default)]
    pub stdout: Option<String>,
    /// What is in standard output.
    #[serde(default)]
    pub prints: Vec<String>,
    /// What is in standard error.
    #[serde(default)]
    pub complains: Vec<String>,
    /// Until when it has to be so, in seconds; it is tried again meanwhile.
    #[serde(default)]
    pub within: u64,
    /// A name for what it prints, for the steps that follow.
    #[serde(default)]
    pub keep: Option<String>,
}

/// A node by its place among those that are given.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// The one that stays.
    #[default]
    First,
    /// The one that joins it.
    Second,
}

/// All facts.
pub fn facts() -> Result<Vec<Case>, FactError> {
    read(FILES)
}
