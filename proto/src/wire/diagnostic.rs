//! Messages for the user at the terminal, and paths.

use super::printable::printable;
use super::tfplugin6 as pb;
use crate::diagnostics::{Diagnostic, Diagnostics, Severity};
use crate::value::{Path, Step};
use pb::attribute_path::step::Selector;
use pb::diagnostic::Severity as WireSeverity;

/// The messages as core takes them.
pub(crate) fn diagnostics(found: Diagnostics) -> Vec<pb::Diagnostic> {
    found.into_iter().map(diagnostic).collect()
}

/// Core finds the line of an attribute, but for a path that goes on inside the attribute's value it shows the
/// whole resource. So the path ends at the attribute, and the rest of it is in the text. All of the text
/// passes [`printable`] here, whoever said it.
fn diagnostic(mut one: Diagnostic) -> pb::Diagnostic {
    let path = one.attribute.take().unwrap_or_default();
    if path.steps().len() > 1 {
        one.name_in_detail(&path);
    }
    pb::Diagnostic {
        severity: match one.severity {
            Severity::Error => WireSeverity::Error.into(),
            Severity::Warning => WireSeverity::Warning.into(),
        },
        summary: printable(&one.summary).into_owned(),
        detail: printable(&one.detail).into_owned(),
        attribute: path.steps().first().map(|first| pb::AttributePath { steps: vec![step(first)] }),
    }
}

/// A path as core takes it.
pub(crate) fn attribute_path(path: &Path) -> pb::AttributePath {
    pb::AttributePath { steps: path.steps().iter().map(step).collect() }
}

fn step(step: &Step) -> pb::attribute_path::Step {
    pb::attribute_path::Step {
        selector: Some(match step {
            Step::Attribute(name) => Selector::AttributeName(name.clone()),
            Step::Key(key) => Selector::ElementKeyString(key.clone()),
            Step::Index(index) => Selector::ElementKeyInt(i64::try_from(*index).unwrap_or(i64::MAX)),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_into_a_value_ends_at_the_attribute_and_is_told_in_words() {
        let path = Path::from("parts").index(1).attribute("length");
        let told =
            |detail: &str| diagnostics(Diagnostic::error("x", detail).at(path.clone()).into()).remove(0);
        let message = told("It is too long.");
        assert_eq!(message.detail, "It is too long.\n\nThis is about parts[1].length.");
        assert_eq!(message.attribute.map(|path| path.steps.len()), Some(1));
        assert_eq!(told("parts[1].length is too long.").detail, "parts[1].length is too long.");
    }

    #[test]
    fn no_terminal_obeys_a_message() {
        let path = Path::from("parts").attribute("\u{1b}[31m");
        let message =
            Diagnostic::error("Unable to read\u{1b}]0;x\u{7}", "it said\r\n\u{9b}2J\u{202e}").at(path);
        let told = diagnostics(message.into()).remove(0);
        assert_eq!(told.summary, "Unable to read\\u{1b}]0;x\\u{7}");
        assert!(
            told.detail.starts_with("it said\n\\u{9b}2J\\u{202e}\n\nThis is about parts"),
            "{}",
            told.detail
        );
        assert!(!told.detail.contains('\u{1b}'));
    }

    #[test]
    fn messages_about_the_whole_point_nowhere() {
        let message = diagnostics(Diagnostic::warning("x", "y").into()).remove(0);
        assert!(message.attribute.is_none());
        assert_eq!(message.severity, i32::from(WireSeverity::Warning));
    }
}
