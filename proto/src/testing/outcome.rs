//! What comes of a plan, an apply, a refresh.

use super::Broken;
use crate::diagnostics::Diagnostics;
use crate::value::{Path, Value};
use std::fmt;

/// What is stored of an object.
#[derive(Clone, Debug)]
pub struct State {
    /// Its type.
    pub type_name: String,
    /// Its attributes.
    pub object: Value,
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
    pub found: Diagnostics,
    pub(super) type_name: String,
    pub(super) prior: Option<State>,
    pub(super) config: Value,
    pub(super) private: Vec<u8>,
}

/// What went wrong.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What the provider told.
    pub found: Diagnostics,
    /// Which of core's rules it broke.
    pub broken: Vec<Broken>,
    /// What core has stored now.
    pub stored: Option<Box<State>>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.found.iter().try_for_each(|one| writeln!(f, "{}: {}", one.summary, one.detail))?;
        self.broken.iter().try_for_each(|one| writeln!(f, "broken rule: {one}"))
    }
}

impl std::error::Error for Failure {}

impl From<Diagnostics> for Failure {
    fn from(found: Diagnostics) -> Self {
        Self { found, broken: Vec::new(), stored: None }
    }
}

impl From<Broken> for Failure {
    fn from(broken: Broken) -> Self {
        Self { found: Diagnostics::new(), broken: vec![broken], stored: None }
    }
}

/// A rule that was broken by the object as a whole.
pub(super) fn broken(message: impl Into<String>) -> Broken {
    Broken::new(Path::root(), message)
}

/// Errors of the provider, else rules that it broke, else what it found besides.
pub(super) fn judged(
    found: Diagnostics,
    broken: Vec<Broken>,
    stored: Option<State>,
) -> Result<Diagnostics, Failure> {
    if found.has_errors() {
        return Err(Failure { found, broken: Vec::new(), stored: stored.map(Box::new) });
    }
    if broken.is_empty() { Ok(found) } else { Err(Failure { found, broken, stored: stored.map(Box::new) }) }
}
