//! Where terraform runs.

use lab::Lab;
use std::ffi::OsStr;
use tokio::process::Command;

/// From where the targets of a configuration are reached.
#[derive(Clone, Copy)]
pub enum Place<'lab> {
    /// The operator's network of a lab.
    Lab(&'lab Lab),
    /// This machine's own network.
    Here,
}

impl<'lab> From<&'lab Lab> for Place<'lab> {
    fn from(lab: &'lab Lab) -> Self {
        Self::Lab(lab)
    }
}

impl Place<'_> {
    /// A program that runs there, with this machine's files.
    pub(crate) fn command(self, program: impl AsRef<OsStr>) -> Command {
        match self {
            Self::Lab(lab) => lab.operator(program),
            Self::Here => Command::new(program),
        }
    }

    /// What a configuration begins with; of targets that are not a lab's nothing is known.
    pub(crate) fn provider_block(self) -> String {
        match self {
            Self::Lab(lab) => crate::provider_block(lab),
            Self::Here => String::new(),
        }
    }
}
