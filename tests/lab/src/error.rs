//! What can go wrong while a lab starts or runs.

use std::path::{Path, PathBuf};

/// Why the lab could not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// This machine cannot hold a lab; every reason is named.
    #[error("Unable to hold a lab on this machine:\n  - {}", .missing.join("\n  - "))]
    Unsupported {
        /// One line for each thing that is missing, with what to do about it.
        missing: Vec<String>,
    },
    /// A program that the lab runs did not do its work.
    #[error("Unable to {action}: `{command}` {outcome}{}", last_lines(.output))]
    Command {
        /// What the program was run for.
        action: String,
        /// Program and arguments.
        command: String,
        /// How it ended.
        outcome: String,
        /// What it wrote.
        output: String,
    },
    /// The operating system refused something.
    #[error("Unable to {action} {}: {source}", .path.display())]
    System {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What came back.
        source: std::io::Error,
    },
    /// Something that was waited for did not happen.
    #[error("Unable to {action}: {reason}")]
    Failed {
        /// What was tried.
        action: String,
        /// What was seen instead.
        reason: String,
    },
    /// The holder process, in which the lab lives, reported an error.
    #[error("{0}")]
    Holder(String),
}

impl LabError {
    /// For `map_err` after a call of the operating system on `path`.
    pub(crate) fn system<E: Into<std::io::Error>>(
        action: &'static str,
        path: impl AsRef<Path>,
    ) -> impl FnOnce(E) -> LabError {
        move |source| LabError::System { action, path: path.as_ref().to_owned(), source: source.into() }
    }

    /// `action` did not succeed because of `reason`.
    pub(crate) fn failed(action: impl Into<String>, reason: impl Into<String>) -> LabError {
        LabError::Failed { action: action.into(), reason: reason.into() }
    }
}

/// The end of what a program wrote, as it is put under the line that says that something failed.
pub(crate) fn last_lines(output: &str) -> String {
    const LINES: usize = 12;
    let lines: Vec<&str> = output.trim_end().lines().collect();
    lines.iter().skip(lines.len().saturating_sub(LINES)).map(|line| format!("\n    {line}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_program_shows_the_last_lines_that_it_wrote() {
        let output = (1..=20).map(|number| format!("line {number}\n")).collect::<String>();
        let error = LabError::Command {
            action: "make the bridge".into(),
            command: "ip link add".into(),
            outcome: "exited with 2".into(),
            output,
        };
        let text = error.to_string();
        assert!(text.starts_with("Unable to make the bridge: `ip link add` exited with 2\n"), "{text}");
        assert!(text.ends_with("line 20"), "{text}");
        assert!(text.contains("line 9\n") && !text.contains("line 8\n"), "{text}");
    }
}
