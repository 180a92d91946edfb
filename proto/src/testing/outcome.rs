//! What comes of a plan, an apply, a refresh.

use super::RuleViolation;
use crate::context::Deferral;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::value::{Path, Value};
use std::fmt;

/// What is stored of an object.
#[derive(Clone, Debug)]
pub struct State {
    /// Its type.
    pub type_name: String,
    /// Its attributes.
    pub object: Value,
    /// What it is; null where its type has no identity, or where none is stored yet.
    pub identity: Value,
    /// What is kept beside it, as JSON.
    pub private: Vec<u8>,
}

/// What a plan amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// There was none.
    Create,
    /// It is changed in place.
    Update,
    /// It is destroyed and made anew.
    Replace,
    /// It stays as it is.
    NoOp,
    /// It is destroyed.
    Delete,
}

/// A plan that kept to the rules.
#[derive(Clone, Debug)]
pub struct Planned {
    /// What it amounts to.
    pub action: Action,
    /// The planned state; unknown where it is known only at apply.
    pub object: Value,
    /// Attributes that need a new object.
    pub replace: Vec<Path>,
    /// Warnings.
    pub diagnostics: Diagnostics,
    pub(super) type_name: String,
    pub(super) prior: Option<State>,
    /// What the object will be; null where its type has no identity.
    pub identity: Value,
    pub(super) config: Value,
    pub(super) private: Vec<u8>,
}

/// What went wrong.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What the provider reported.
    pub diagnostics: Diagnostics,
    /// Which of core's rules it broke.
    pub violations: Vec<RuleViolation>,
    /// What core has stored now.
    pub stored: Option<Box<State>>,
    /// Nothing went wrong: it waits for a later run, for this reason.
    pub deferred: Option<Deferral>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.diagnostics.iter().try_for_each(|one| writeln!(f, "{}: {}", one.summary, one.detail))?;
        self.violations.iter().try_for_each(|one| writeln!(f, "broken rule: {one}"))?;
        self.deferred.iter().try_for_each(|why| writeln!(f, "deferred: {why:?}"))
    }
}

impl std::error::Error for Failure {}

impl From<Diagnostics> for Failure {
    fn from(diagnostics: Diagnostics) -> Self {
        Self { diagnostics, violations: Vec::new(), stored: None, deferred: None }
    }
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Diagnostics::from(diagnostic).into()
    }
}

impl From<RuleViolation> for Failure {
    fn from(violation: RuleViolation) -> Self {
        Self { violations: vec![violation], ..Self::from(Diagnostics::new()) }
    }
}

/// A violation by the object as a whole.
pub(super) fn violation(message: impl Into<String>) -> RuleViolation {
    RuleViolation::new(Path::root(), message)
}

/// Errors of the provider, else rules that it violated, else its warnings.
pub(super) fn check_diagnostics(
    diagnostics: Diagnostics,
    violations: Vec<RuleViolation>,
    stored: Option<State>,
) -> Result<Diagnostics, Failure> {
    if diagnostics.has_errors() {
        return Err(Failure { stored: stored.map(Box::new), ..Failure::from(diagnostics) });
    }
    if violations.is_empty() {
        Ok(diagnostics)
    } else {
        Err(Failure { violations, stored: stored.map(Box::new), ..Failure::from(diagnostics) })
    }
}
