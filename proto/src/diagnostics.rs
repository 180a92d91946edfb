//! What a provider reports to the user: errors and warnings, each on an attribute where there is one.

use crate::schema::Schema;
use crate::value::{Path, Step, Value};

/// Whether Terraform stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The operation failed.
    Error,
    /// The operation continues; the user should know.
    Warning,
}

/// One message. It may repeat what another machine said as it is: on the way to Terraform, characters that a
/// terminal would obey (control characters but tab and newline, and those that turn the direction of writing)
/// are spelt out, `\u{1b}` for ESC. Secrets are the caller's to leave out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// One line, `Unable to <action> <thing>`.
    pub summary: String,
    /// What was tried, where, what came back, what to do next.
    pub detail: String,
    /// The attribute at fault, relative to the resource's block.
    pub attribute: Option<Path>,
}

impl Diagnostic {
    /// An error without an attribute.
    pub fn error(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { severity: Severity::Error, summary: summary.into(), detail: detail.into(), attribute: None }
    }

    /// A warning without an attribute.
    pub fn warning(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, summary: summary.into(), detail: detail.into(), attribute: None }
    }

    /// The same message, pointing at `attribute`.
    #[must_use]
    pub fn at(mut self, attribute: impl Into<Path>) -> Self {
        self.attribute = Some(attribute.into());
        self
    }

    /// Says in words what Terraform is not told as a path.
    pub(crate) fn name_in_detail(&mut self, path: &Path) {
        let text = path.to_string();
        if !self.detail.contains(&text) {
            self.detail.push_str(&format!("\n\nThis is about {text}."));
        }
    }
}

/// Turns what went wrong elsewhere into what the user is shown.
pub trait OrError<T> {
    /// An error with this summary, whose detail is what came back.
    fn or_error(self, summary: &str) -> Result<T, Diagnostics>;
}

impl<T, E: std::fmt::Display> OrError<T> for Result<T, E> {
    fn or_error(self, summary: &str) -> Result<T, Diagnostics> {
        self.map_err(|error| Diagnostic::error(summary, error.to_string()).into())
    }
}

/// Messages in the order they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Nothing found yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a message; one that is there already is not repeated.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if !self.0.contains(&diagnostic) {
            self.0.push(diagnostic);
        }
    }

    /// Adds an error on an attribute.
    pub fn error_at(
        &mut self,
        attribute: impl Into<Path>,
        summary: impl Into<String>,
        detail: impl Into<String>,
    ) {
        self.push(Diagnostic::error(summary, detail).at(attribute));
    }

    /// Adds a warning on an attribute.
    pub fn warning_at(
        &mut self,
        attribute: impl Into<Path>,
        summary: impl Into<String>,
        detail: impl Into<String>,
    ) {
        self.push(Diagnostic::warning(summary, detail).at(attribute));
    }

    /// Takes over the messages of another run.
    pub fn append(&mut self, other: Diagnostics) {
        for diagnostic in other.0 {
            self.push(diagnostic);
        }
    }

    /// Beside a message about an attribute Terraform prints its lines in the configuration, as they are
    /// written there. Where a secret may be among them, the message is about the whole block instead, and
    /// names the attribute.
    #[must_use]
    pub(crate) fn without_lines_of_secrets(mut self, schema: &Schema, config: &Value) -> Self {
        for one in &mut self.0 {
            let Some(Step::Attribute(name)) = one.attribute.as_ref().and_then(|path| path.steps().first())
            else {
                continue;
            };
            let secret =
                schema.attribute(name).is_some_and(|it| !it.secrets(config.attribute(name)).is_empty());
            if secret && let Some(path) = one.attribute.take() {
                one.name_in_detail(&path);
            }
        }
        self
    }

    /// Whether any of them stops Terraform.
    pub fn has_errors(&self) -> bool {
        self.count_errors() > 0
    }

    /// How many of them stop Terraform.
    pub(crate) fn count_errors(&self) -> usize {
        self.0.iter().filter(|one| one.severity == Severity::Error).count()
    }

    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The messages.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Model;
    use crate::types::Secret;
    use crate::value::json;

    /// An account.
    #[derive(Clone, Debug, Model)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Account {
        /// Its name.
        #[attribute(required)]
        name: String,
        /// Its password.
        #[attribute(optional)]
        password: Option<Secret>,
        /// Its token, stored nowhere.
        #[attribute(optional, write_only)]
        token: Option<String>,
        /// How it gets in.
        #[attribute(optional)]
        ways: Option<Vec<Way>>,
    }

    /// One way in.
    #[derive(Clone, Debug, Model)]
    struct Way {
        /// Of what kind.
        #[attribute(required)]
        kind: String,
        /// Its key.
        #[attribute(optional)]
        key: Option<Secret>,
    }

    #[test]
    fn a_message_about_lines_that_may_hold_a_secret_is_about_the_block() {
        let way = Path::from("ways").index(0).attribute("kind");
        let at = |path: &Path, config: serde_json::Value| {
            let config =
                json::decode(config.to_string().as_bytes(), Account::schema().object_type()).unwrap();
            let found = Diagnostics::from(Diagnostic::error("x", "It is wrong.").at(path.clone()));
            let found = found.without_lines_of_secrets(Account::schema(), &config);
            let one = found.into_iter().next().unwrap();
            (one.attribute.is_some(), one.detail)
        };
        let kept = (true, "It is wrong.".to_owned());
        let moved = |what: &str| (false, format!("It is wrong.\n\nThis is about {what}."));
        for (path, config, expected) in [
            (&"name".into(), serde_json::json!({"name": "a", "password": "b"}), &kept),
            (&"password".into(), serde_json::json!({"name": "a", "password": "b"}), &moved("password")),
            (&"token".into(), serde_json::json!({"name": "a", "token": "b"}), &moved("token")),
            (
                &way,
                serde_json::json!({"name": "a", "ways": [{"kind": "c", "key": "d"}]}),
                &moved("ways[0].kind"),
            ),
            // Nothing is given that could be shown.
            (&"password".into(), serde_json::json!({"name": "a"}), &kept),
            (&way, serde_json::json!({"name": "a", "ways": [{"kind": "c"}]}), &kept),
        ] {
            assert_eq!(&at(path, config.clone()), expected, "{path} of {config}");
        }
    }
}
