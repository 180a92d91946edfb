//! Messages for the person at the terminal, and paths.

use super::tfplugin6 as pb;
use crate::diagnostics::{Diagnostics, Severity};
use crate::value::{Path, Step};
use pb::attribute_path::step::Selector;
use pb::diagnostic::Severity as WireSeverity;

/// The messages as core takes them.
pub(crate) fn diagnostics(found: Diagnostics) -> Vec<pb::Diagnostic> {
    let message = |one: crate::Diagnostic| pb::Diagnostic {
        severity: match one.severity {
            Severity::Error => WireSeverity::Error.into(),
            Severity::Warning => WireSeverity::Warning.into(),
        },
        summary: one.summary,
        detail: one.detail,
        attribute: one.attribute.filter(|path| !path.steps().is_empty()).map(|path| attribute_path(&path)),
    };
    found.into_iter().map(message).collect()
}

/// A path as core takes it.
pub(crate) fn attribute_path(path: &Path) -> pb::AttributePath {
    let step = |step: &Step| pb::attribute_path::Step {
        selector: Some(match step {
            Step::Attribute(name) => Selector::AttributeName(name.clone()),
            Step::Key(key) => Selector::ElementKeyString(key.clone()),
            Step::Index(index) => Selector::ElementKeyInt(i64::try_from(*index).unwrap_or(i64::MAX)),
        }),
    };
    pb::AttributePath { steps: path.steps().iter().map(step).collect() }
}
