//! A change that one caller wants, before it is known what else goes into the same commit.

use super::blame::Suspect;
use super::command::Command;
use super::error::RouterErrorKind;
use super::tree::{ConfigPath, ConfigTree};
use std::sync::Arc;
use tfplugin::{Diagnostic, Diagnostics, Path};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// Why a write is not made. What could not be done, the caller says.
#[derive(Clone, Debug, PartialEq)]
pub struct Veto {
    /// What is in the way, and what to do about it.
    pub detail: String,
    /// The attribute that it is about.
    pub attribute: Option<Path>,
}

impl Veto {
    /// A veto that is about no single attribute.
    pub fn new(detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), attribute: None }
    }

    /// The same, about an attribute.
    #[must_use]
    pub fn at(self, attribute: impl Into<Path>) -> Self {
        Self { attribute: Some(attribute.into()), ..self }
    }

    /// The first of what was found, if anything was.
    pub fn first(found: Diagnostics) -> Result<(), Self> {
        let first = found.into_iter().next();
        first.map_or(Ok(()), |Diagnostic { detail, attribute, .. }| Err(Self { detail, attribute }))
    }

    /// As an error; `summary` is what could not be done.
    pub fn into_diagnostic(self, summary: impl Into<String>) -> Diagnostic {
        let Self { detail, attribute } = self;
        Diagnostic { attribute, ..Diagnostic::error(summary, detail) }
    }
}

/// Says what has to change, seeing the configuration below the write's root; nothing where all is as wanted.
/// It is asked again after every refusal and every answer that was lost.
pub type Changes = dyn Fn(&ConfigTree) -> Result<Vec<Command>, Veto> + Send + Sync;

/// Says why a write may not be made, seeing all that will be there after its commit, from the top and as far
/// as it was read: somebody does not do without what it takes away, or it needs what is not there.
pub type PostCheck = dyn Fn(&ConfigTree) -> Result<(), Veto> + Send + Sync;

/// Whether a write makes its object be or not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The object shall be there.
    Put,
    /// The object shall be gone.
    Remove,
}

/// One object's change.
pub struct Write {
    /// The component that the object belongs to: a container that always exists in the schema.
    pub root: ConfigPath,
    /// The object, from the top.
    pub subject: ConfigPath,
    /// Put or remove.
    pub purpose: Purpose,
    /// Who wants it. An object that one claim put in this run is not removed by another: a renamed `for_each`
    /// key removes and makes the same object at once.
    pub claim: String,
    /// What to do.
    pub changes: Box<Changes>,
    /// Containers beside the root that the checks look at.
    pub also_reads: Vec<ConfigPath>,
    /// What the outcome of the whole commit must not be. The second is asked when nobody has a first one any
    /// more, and so on.
    pub post_checks: Vec<Box<PostCheck>>,
    /// Cancelled when Terraform asks to stop; what was not sent yet is then left out.
    pub cancelled: CancellationToken,
}

/// A write and who waits for it.
pub(super) struct Pending {
    pub(super) write: Write,
    pub(super) reply: oneshot::Sender<Result<Arc<ConfigTree>, RouterErrorKind>>,
}

impl Pending {
    /// Answers; a caller that went away does not mind.
    pub(super) fn answer(self, result: Result<Arc<ConfigTree>, RouterErrorKind>) {
        drop(self.reply.send(result));
    }

    /// As a suspect of having caused a refusal.
    pub(super) fn suspect(&self, commands: &[Command]) -> Suspect {
        let Write { root, subject, .. } = &self.write;
        Suspect {
            component: root.join(" "),
            subject: subject.clone(),
            paths: commands
                .iter()
                .map(|command| [root.as_slice(), &command.path].concat().join(" "))
                .collect(),
        }
    }
}
