//! What one terraform command printed, as data.

use serde_json::Value;
use std::fmt;

/// What terraform does with a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Makes it.
    Create,
    /// Changes it in place.
    Update,
    /// Makes a new one instead.
    Replace,
    /// Takes it away.
    Delete,
    /// Reads a data source at apply.
    Read,
    /// Takes up something that exists.
    Import,
    /// Leaves it, though something about it moved.
    NoOp,
}

/// A resource and what happens to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Such as `metallb_bgp_peer.edge`.
    pub address: String,
    /// What terraform does.
    pub action: Action,
}

/// A message to the person at the terminal.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// Whether it is an error; a warning otherwise.
    pub error: bool,
    /// Its first line.
    pub summary: String,
    /// The rest.
    pub detail: String,
    /// The resource, where it is about one.
    pub address: String,
    /// The line of the configuration that it points at, blanks trimmed.
    pub code: String,
}

/// One command's outcome.
pub struct Run {
    /// Whether terraform was content.
    pub success: bool,
    messages: Vec<Value>,
    /// All of standard output and standard error, for failing tests to show.
    pub text: String,
}

impl Run {
    pub(crate) fn new(success: bool, stdout: &[u8], stderr: &[u8]) -> Self {
        let stdout = String::from_utf8_lossy(stdout);
        let messages = stdout.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        Self { success, messages, text: format!("{stdout}{}", String::from_utf8_lossy(stderr)) }
    }

    fn of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> + 'a {
        self.messages.iter().filter(move |message| message["type"] == kind)
    }

    /// What is planned, data sources that are read at apply left out.
    pub fn changes(&self) -> Vec<Change> {
        self.of("planned_change").filter_map(|message| change(&message["change"])).collect()
    }

    /// What was found to have moved since the last run.
    pub fn drift(&self) -> Vec<Change> {
        self.of("resource_drift").filter_map(|message| change(&message["change"])).collect()
    }

    /// What is planned for the resource at `address`.
    pub fn action(&self, address: &str) -> Option<Action> {
        self.changes().into_iter().find(|change| change.address == address).map(|change| change.action)
    }

    /// All messages to the person.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        self.of("diagnostic").map(|message| diagnostic(&message["diagnostic"])).collect()
    }

    /// Errors alone.
    pub fn errors(&self) -> Vec<Diagnostic> {
        self.diagnostics().into_iter().filter(|one| one.error).collect()
    }

    /// Warnings alone.
    pub fn warnings(&self) -> Vec<Diagnostic> {
        self.diagnostics().into_iter().filter(|one| !one.error).collect()
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "success: {}", self.success)?;
        for one in self.diagnostics() {
            writeln!(f, "{one:?}")?;
        }
        for change in self.changes() {
            writeln!(f, "{change:?}")?;
        }
        f.write_str(if self.messages.is_empty() { &self.text } else { "" })
    }
}

fn change(change: &Value) -> Option<Change> {
    let action = match change["action"].as_str()? {
        "create" => Action::Create,
        "update" => Action::Update,
        "replace" => Action::Replace,
        "delete" => Action::Delete,
        "import" => Action::Import,
        "noop" if change["importing"].is_object() => Action::Import,
        "noop" => Action::NoOp,
        _ => Action::Read,
    };
    let address = change["resource"]["addr"].as_str()?.to_owned();
    (action != Action::Read).then_some(Change { address, action })
}

fn diagnostic(message: &Value) -> Diagnostic {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Diagnostic {
        error: message["severity"] == "error",
        summary: text(&message["summary"]),
        detail: text(&message["detail"]),
        address: text(&message["address"]),
        code: text(&message["snippet"]["code"]).trim().to_owned(),
    }
}
