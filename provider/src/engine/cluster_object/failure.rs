//! Why an operation did not work, and how a person is told.

use super::ServerApplied;
use super::address::Target;
use crate::connection::ConnectionError;
use crate::connection::cluster::{ClusterError, ClusterErrorKind};
use crate::connection::retry::{Attempt, RetryError};
use std::time::Duration;
use tfplugin::{Diagnostic, Diagnostics};

/// Why an operation did not work.
#[derive(Debug)]
pub(super) enum Failure {
    /// A call failed.
    Call(ClusterError),
    /// An object of that name is still on its way out; the text says what holds it.
    Ending(String),
    /// It must not be done, for these reasons.
    Refused(Diagnostics),
}

impl From<ClusterError> for Failure {
    fn from(error: ClusterError) -> Self {
        Self::Call(error)
    }
}

impl From<Diagnostics> for Failure {
    fn from(found: Diagnostics) -> Self {
        Self::Refused(found)
    }
}

/// Whether another try may help, where `passes` says which failed calls do.
pub(super) fn attempt<R>(
    result: Result<R, Failure>,
    passes: fn(&ClusterError) -> bool,
) -> Attempt<R, Failure> {
    match result {
        Err(Failure::Call(error)) if passes(&error) => Attempt::Retry(Failure::Call(error)),
        Err(failure @ Failure::Ending(_)) => Attempt::Retry(failure),
        finished => Attempt::Done(finished),
    }
}

/// What a person is told when `action` was given up after `timeout`.
pub(super) fn gave_up<T: ServerApplied>(
    action: &str,
    target: &Target,
    timeout: Duration,
    why: RetryError<Failure>,
) -> Diagnostics {
    let summary = summary(action, target);
    let waited = format!("\n\nTried for {} s; `timeouts` allows for more.", timeout.as_secs());
    match why {
        RetryError::Failed(Failure::Refused(found)) | RetryError::TimedOut(Failure::Refused(found)) => found,
        RetryError::Failed(Failure::Call(error)) => explain::<T>(&summary, target, &error, ""),
        RetryError::TimedOut(Failure::Call(error)) => explain::<T>(&summary, target, &error, &waited),
        RetryError::Failed(Failure::Ending(held)) | RetryError::TimedOut(Failure::Ending(held)) => {
            Diagnostic::error(summary, format!("{held}{waited}")).into()
        }
        RetryError::Cancelled => {
            Diagnostic::error(summary, "Interrupted. The next apply resumes where this one stopped.").into()
        }
    }
}

/// `Unable to create IPAddressPool metallb-system/default`.
pub(super) fn summary(action: &str, target: &Target) -> String {
    format!("Unable to {action} {}", target.name)
}

/// An error as diagnostics, on the attributes that it is about.
pub(super) fn explain<T: ServerApplied>(
    summary: &str,
    target: &Target,
    error: &ClusterError,
    waited: &str,
) -> Diagnostics {
    let hints = T::HINTS.iter().filter(|(text, _)| error.answer().contains(text));
    let hints: String = hints.map(|(_, hint)| format!("\n\n{hint}")).collect();
    let mut found = Diagnostics::new();
    if error.kind() == ClusterErrorKind::Invalid {
        for fault in error.faults() {
            if let Some((attribute, _)) = T::attribute_at(&fault.field) {
                let answer = format!("{} refused {}: {}.", target.cluster, fault.field, fault.message);
                found.error_at(attribute.as_str(), summary, format!("{answer}\n\n{}{hints}", error.hint()));
            }
        }
    }
    if found.is_empty() {
        let diagnostic = Diagnostic::error(summary, format!("{}{hints}{waited}", error.detail()));
        found.push(if error.kind().is_of_the_way() { diagnostic.at("cluster") } else { diagnostic });
    }
    found
}
