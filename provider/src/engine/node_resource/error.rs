//! What went wrong on a node: what was tried, where, what came back, and what to do next.

use crate::connection::ConnectionError;
use crate::connection::retry::RetryError;
use crate::connection::ssh::SshError;
use tfplugin::{Diagnostic, Diagnostics, Severity};

/// A failure of work on a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeError {
    step: Option<&'static str>,
    attempt: String,
    answer: String,
    hint: Option<String>,
    attribute: Option<&'static str>,
    is_transient: bool,
    not_installed: bool,
    complete: Option<Box<Diagnostics>>,
}

const TIMED_OUT: &str = "The next apply resumes here. `timeouts` sets how long to wait.";
const INTERRUPTED: &str = "What was begun on a machine continues there. The next apply resumes here.";
const NOT_RESUMED: &str = "What was begun on a machine continues there. Terraform does not repeat an action: invoke it again with \
                           `terraform apply -invoke=action.<type>.<name>`.";

impl NodeError {
    /// `attempt` is what was tried and where, `answer` what came back.
    pub fn new(attempt: impl Into<String>, answer: impl Into<String>) -> Self {
        Self {
            step: None,
            attempt: attempt.into(),
            answer: answer.into(),
            hint: None,
            attribute: None,
            is_transient: false,
            not_installed: false,
            complete: None,
        }
    }

    /// MicroK8s is not installed there.
    #[must_use]
    pub fn not_installed(self) -> Self {
        Self { not_installed: true, ..self }
    }

    /// Whether it failed because MicroK8s is not installed there.
    pub fn is_not_installed(&self) -> bool {
        self.not_installed
    }

    /// What the person can do about it.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// What the person can do besides.
    #[must_use]
    pub fn and_hint(self, hint: &str) -> Self {
        let hint = match &self.hint {
            Some(first) => format!("{first}\n\n{hint}"),
            None => hint.to_owned(),
        };
        self.with_hint(hint)
    }

    /// Points at an attribute.
    #[must_use]
    pub fn at(self, attribute: &'static str) -> Self {
        Self { attribute: Some(attribute), ..self }
    }

    /// The same may work a little later.
    #[must_use]
    pub fn transient(self) -> Self {
        Self { is_transient: true, ..self }
    }

    /// The same would not work a little later either.
    #[must_use]
    pub fn permanent(self) -> Self {
        Self { is_transient: false, ..self }
    }

    /// What came back.
    pub fn answer(&self) -> &str {
        &self.answer
    }

    /// Whether the same may work a little later.
    pub fn is_transient(&self) -> bool {
        self.is_transient
    }

    /// The failure, as one of that step. The innermost step is kept.
    #[must_use]
    pub fn in_step(self, step: &'static str) -> Self {
        Self { step: self.step.or(Some(step)), ..self }
    }

    /// The failure, and that what `step` did could not be taken back.
    #[must_use]
    pub fn and(self, step: &str, also: &Self) -> Self {
        let answer = format!("{}\nWhat \"{step}\" did could not be taken back: {}", self.answer, also.answer);
        Self { answer, ..self }
    }

    /// What came back, and more that was seen.
    #[must_use]
    pub fn and_answer(self, more: &str) -> Self {
        Self { answer: format!("{}\n{more}", self.answer), ..self }
    }

    /// Several failures of one thing that was tried in several places, each with its own reason; nothing
    /// where there is none. It may pass where one of them may.
    pub fn together(failures: Vec<Self>) -> Option<Self> {
        let mut failures = failures.into_iter();
        let mut all = failures.next()?;
        let mut hints: Vec<String> = all.hint.iter().cloned().collect();
        let first = all.attempt.clone();
        for (number, other) in failures.enumerate() {
            let before = if number == 0 { format!("{first}: {}", all.answer) } else { all.answer };
            hints.extend(other.hint.iter().filter(|hint| !hints.contains(hint)).cloned().collect::<Vec<_>>());
            all.answer = format!("{before}\n{}: {}", other.attempt, other.answer);
            all.is_transient |= other.is_transient;
            all.attribute = all.attribute.or(other.attribute);
        }
        all.hint = Some(hints.join("\n\n")).filter(|hints| !hints.is_empty());
        Some(all)
    }

    /// The failure, as one of an action, which no later apply resumes.
    #[must_use]
    pub fn of_action(self) -> Self {
        let own = self.hint.as_deref().filter(|hint| ![TIMED_OUT, INTERRUPTED].contains(hint));
        let hint = match own {
            Some(own) => format!("{own}\n\n{NOT_RESUMED}"),
            None => NOT_RESUMED.to_owned(),
        };
        self.with_hint(hint)
    }

    /// For the person at the terminal, with errors that were complete before as they are.
    pub fn into_diagnostics(mut self, summary: impl Into<String>) -> Diagnostics {
        match self.complete.take() {
            Some(complete) => *complete,
            None => self.into_diagnostic(summary).into(),
        }
    }

    /// The same, where Terraform goes on.
    pub fn into_warning(self, summary: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..self.into_diagnostic(summary) }
    }

    /// For the person at the terminal; `summary` is `Unable to <action> <thing>`.
    pub fn into_diagnostic(self, summary: impl Into<String>) -> Diagnostic {
        let step = self.step.map(|step| format!("Step: {step}.\n")).unwrap_or_default();
        let hint = self.hint.map(|hint| format!("\n\n{hint}")).unwrap_or_default();
        let detail = format!("{step}Tried: {}.\n{}{hint}", self.attempt, self.answer);
        let diagnostic = Diagnostic::error(summary, detail);
        match self.attribute {
            Some(attribute) => diagnostic.at(attribute),
            None => diagnostic,
        }
    }
}

/// Errors that say all themselves: several things that are wrong with a configuration.
impl From<Diagnostics> for NodeError {
    fn from(errors: Diagnostics) -> Self {
        let answer = errors.iter().map(|error| error.detail.as_str()).collect::<Vec<_>>().join("\n");
        Self { complete: Some(Box::new(errors)), ..Self::new("validating the configuration", answer) }
    }
}

impl From<SshError> for NodeError {
    fn from(error: SshError) -> Self {
        let failure =
            Self::new(format!("reaching {} over SSH", error.target()), error.to_string()).at("host");
        if error.is_transient() { failure.transient() } else { failure }
    }
}

impl From<RetryError<NodeError>> for NodeError {
    fn from(gave_up: RetryError<NodeError>) -> Self {
        match gave_up {
            RetryError::Failed(failure) => failure,
            RetryError::TimedOut(failure) => {
                let answer = format!("{}\nThis was the last result before the timeout.", failure.answer);
                let hint = failure.hint.clone().unwrap_or_else(|| TIMED_OUT.to_owned());
                Self { answer, hint: Some(hint), is_transient: false, ..failure }
            }
            RetryError::Cancelled => Self::interrupted(),
        }
    }
}

impl From<RetryError<SshError>> for NodeError {
    fn from(gave_up: RetryError<SshError>) -> Self {
        match gave_up {
            RetryError::Failed(error) => RetryError::Failed(Self::from(error)).into(),
            RetryError::TimedOut(error) => RetryError::TimedOut(Self::from(error)).into(),
            RetryError::Cancelled => Self::interrupted(),
        }
    }
}

impl NodeError {
    /// Terraform asked the provider to stop.
    pub fn interrupted() -> Self {
        Self::new("continuing after Terraform was asked to stop", "The work was interrupted.")
            .with_hint(INTERRUPTED)
    }
}
