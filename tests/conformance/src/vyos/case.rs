//! Facts as they are written in the files under `vyos/`.

use crate::facts::{FactError, read};
use serde::Deserialize;
use serde_json::Value;

const FILES: &[(&str, &str)] = &[
    ("vyos/answers", include_str!("../../vyos/answers.yaml")),
    ("vyos/commit", include_str!("../../vyos/commit.yaml")),
    ("vyos/reading", include_str!("../../vyos/reading.yaml")),
    ("vyos/set", include_str!("../../vyos/set.yaml")),
];

/// A fact: what is sent, and what comes back.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it says.
    pub name: String,
    /// Where it was read, or on what it was tried.
    pub source: String,
    /// The day of that.
    pub date: String,
    /// Releases that it is about; without any, all.
    #[serde(default)]
    pub releases: Vec<String>,
    /// Paths that it writes. They are not there before, and gone after it.
    #[serde(default)]
    pub below: Vec<String>,
    /// Whether it saves the configuration, which a real router does only where it is asked for.
    #[serde(default)]
    pub saves: bool,
    /// Requests, one after the other.
    pub steps: Vec<Step>,
}

/// A request and its answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// `set` and `delete` lines, sent as one request; a word with blanks is in single quotes.
    #[serde(default)]
    pub configure: Option<Vec<String>>,
    /// The same, as several requests at the same time, each of which is answered so.
    #[serde(default)]
    pub together: Option<Vec<Vec<String>>>,
    /// A path, read with `showConfig`.
    #[serde(default)]
    pub show: Option<String>,
    /// Any other request.
    #[serde(default)]
    pub post: Option<Post>,
    /// HTTP status.
    pub status: u16,
    /// The text of a refusal, whatever blanks and line breaks are between its words.
    #[serde(default)]
    pub error: Option<String>,
    /// What comes back.
    #[serde(default)]
    pub data: Option<Value>,
    /// Components that fail, in the order in which that is told.
    #[serde(default)]
    pub failed: Option<Vec<String>>,
    /// What a release says besides that gives reasons (from 1.5 on).
    #[serde(default)]
    pub reason: Option<String>,
}

/// A request in full.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Post {
    /// Such as `/retrieve`.
    pub endpoint: String,
    /// The field `data`; text is sent as it is.
    #[serde(default)]
    pub data: Option<Value>,
    /// A key in place of the right one; an empty one is left out.
    #[serde(default)]
    pub key: Option<String>,
}

/// All facts.
pub fn facts() -> Result<Vec<Case>, FactError> {
    read(FILES)
}

impl Case {
    /// Whether it is about a release, such as `1.5-rolling-202602130022`.
    pub fn is_about(&self, release: &str) -> bool {
        self.releases.is_empty() || self.releases.iter().any(|one| release.starts_with(one.as_str()))
    }
}
