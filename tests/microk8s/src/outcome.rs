//! What a command leaves behind: its two texts and its exit code.

use crate::failure::{Failure, Result};
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::process::ExitCode;

/// The end of a command.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Outcome {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: u8,
}

impl Outcome {
    /// `text` on standard output and success; a line break is added.
    pub(crate) fn said(text: impl Into<String>) -> Self {
        Self { stdout: line(text), ..Self::default() }
    }

    /// `text` on standard output with an exit code.
    pub(crate) fn said_with(code: u8, text: impl Into<String>) -> Self {
        Self { stdout: line(text), code, ..Self::default() }
    }

    /// `text` on standard error with an exit code.
    pub(crate) fn complained(code: u8, text: impl Into<String>) -> Self {
        Self { stderr: line(text), code, ..Self::default() }
    }

    /// Nothing printed.
    pub(crate) fn silent(code: u8) -> Self {
        Self { code, ..Self::default() }
    }

    /// Prints both texts. A closed pipe is the reader's choice and no error.
    pub(crate) fn print(self) -> ExitCode {
        let mut stdout = std::io::stdout().lock();
        let _ = stdout.write_all(self.stdout.as_bytes()).and_then(|()| stdout.flush());
        let _ = std::io::stderr().lock().write_all(self.stderr.as_bytes());
        ExitCode::from(self.code)
    }
}

fn line(text: impl Into<String>) -> String {
    let mut text = text.into();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// Prints at once, as MicroK8s' Python scripts do where they say `flush=True`. Where nobody reads any more,
/// they end there: Python ignores SIGPIPE and gets an error from the write. What they print without it stays
/// in a buffer until then, or until the end.
pub(crate) fn say(text: &str) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .map_err(|_| Failure::new("BrokenPipeError: [Errno 32] Broken pipe"))
}
