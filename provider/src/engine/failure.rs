//! What went wrong on a node: what was tried, where, what came back, and what to do next.

use crate::connection::retry::GaveUp;
use crate::connection::ssh::SshError;
use tfplugin::{Diagnostic, Severity};

/// A failure of work on a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    step: Option<&'static str>,
    attempt: String,
    answer: String,
    advice: Option<String>,
    attribute: Option<&'static str>,
    may_pass: bool,
}

impl Failure {
    /// `attempt` is what was tried and where, `answer` what came back.
    pub fn new(attempt: impl Into<String>, answer: impl Into<String>) -> Self {
        Self {
            step: None,
            attempt: attempt.into(),
            answer: answer.into(),
            advice: None,
            attribute: None,
            may_pass: false,
        }
    }

    /// What the person can do about it.
    #[must_use]
    pub fn advise(self, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }

    /// What the person can do besides.
    #[must_use]
    pub fn advise_also(self, advice: &str) -> Self {
        let advice = match &self.advice {
            Some(first) => format!("{first}\n\n{advice}"),
            None => advice.to_owned(),
        };
        self.advise(advice)
    }

    /// Points at an attribute.
    #[must_use]
    pub fn at(self, attribute: &'static str) -> Self {
        Self { attribute: Some(attribute), ..self }
    }

    /// The same may work a little later.
    #[must_use]
    pub fn passing(self) -> Self {
        Self { may_pass: true, ..self }
    }

    /// The same would not work a little later either.
    #[must_use]
    pub fn for_good(self) -> Self {
        Self { may_pass: false, ..self }
    }

    /// What came back.
    pub fn answer(&self) -> &str {
        &self.answer
    }

    /// Whether the same may work a little later.
    pub fn may_pass(&self) -> bool {
        self.may_pass
    }

    /// The failure, as one of that step. The innermost step is kept.
    #[must_use]
    pub fn during(self, step: &'static str) -> Self {
        Self { step: self.step.or(Some(step)), ..self }
    }

    /// The failure, and that what `step` did could not be taken back.
    #[must_use]
    pub fn and(self, step: &str, also: &Self) -> Self {
        let answer = format!("{}\nWhat \"{step}\" did could not be taken back: {}", self.answer, also.answer);
        Self { answer, ..self }
    }

    /// The same, where Terraform goes on.
    pub fn into_warning(self, summary: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..self.into_diagnostic(summary) }
    }

    /// For the person at the terminal; `summary` is `Unable to <action> <thing>`.
    pub fn into_diagnostic(self, summary: impl Into<String>) -> Diagnostic {
        let step = self.step.map(|step| format!("Step: {step}.\n")).unwrap_or_default();
        let advice = self.advice.map(|advice| format!("\n\n{advice}")).unwrap_or_default();
        let detail = format!("{step}Tried: {}.\n{}{advice}", self.attempt, self.answer);
        let diagnostic = Diagnostic::error(summary, detail);
        match self.attribute {
            Some(attribute) => diagnostic.at(attribute),
            None => diagnostic,
        }
    }
}

impl From<SshError> for Failure {
    fn from(error: SshError) -> Self {
        let failure = Self::new(format!("reaching {} over SSH", error.host()), error.to_string()).at("host");
        if error.may_pass() { failure.passing() } else { failure }
    }
}

impl From<GaveUp<Failure>> for Failure {
    fn from(gave_up: GaveUp<Failure>) -> Self {
        match gave_up {
            GaveUp::Failed(failure) => failure,
            GaveUp::TimedOut(failure) => {
                let answer = format!("{}\nThat is what was seen last when the time was up.", failure.answer);
                let advice = failure.advice.clone().unwrap_or_else(|| {
                    "The next apply carries on here. `timeouts` says how long to wait.".to_owned()
                });
                Self { answer, advice: Some(advice), may_pass: false, ..failure }
            }
            GaveUp::Cancelled => Self::interrupted(),
        }
    }
}

impl From<GaveUp<SshError>> for Failure {
    fn from(gave_up: GaveUp<SshError>) -> Self {
        match gave_up {
            GaveUp::Failed(error) => GaveUp::Failed(Self::from(error)).into(),
            GaveUp::TimedOut(error) => GaveUp::TimedOut(Self::from(error)).into(),
            GaveUp::Cancelled => Self::interrupted(),
        }
    }
}

impl Failure {
    /// Terraform asked the provider to stop.
    pub fn interrupted() -> Self {
        Self::new("carrying on after Terraform was asked to stop", "The work was interrupted.")
            .advise("The next apply carries on here.")
    }
}
