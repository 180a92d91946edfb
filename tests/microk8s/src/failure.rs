//! The one error of the stand-in: a text that says what was tried and what came back.

/// What was tried and what came back.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct Failure(String);

impl Failure {
    /// A failure that says `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

pub(crate) type Result<T> = std::result::Result<T, Failure>;

/// Says what was tried when a call of a library fails.
pub(crate) trait Tried<T> {
    fn tried(self, what: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: std::fmt::Display> Tried<T> for std::result::Result<T, E> {
    fn tried(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| Failure(format!("{}: {error}", what())))
    }
}

impl<T> Tried<T> for Option<T> {
    fn tried(self, what: impl FnOnce() -> String) -> Result<T> {
        self.ok_or_else(|| Failure(what()))
    }
}
