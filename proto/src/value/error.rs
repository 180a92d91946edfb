//! Why a value is not accepted.

use super::{Path, Value};

/// Why a value does not fit, and where in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ValueError {
    /// From the value that was decoded to the part at fault.
    pub path: Path,
    /// What is wrong and what would be right.
    pub message: String,
}

impl ValueError {
    /// A fault of the value itself.
    pub fn new(message: impl Into<String>) -> Self {
        Self { path: Path::root(), message: message.into() }
    }

    pub(crate) fn wrong_kind(wanted: &str, value: &Value) -> Self {
        Self::new(format!("{wanted} is needed here, this is {}", value.kind()))
    }

    /// The same fault, seen from one level further out.
    #[must_use]
    pub fn within(mut self, outer: Path) -> Self {
        self.path = outer.join(self.path);
        self
    }
}
