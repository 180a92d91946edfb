//! Running the programs that the lab is built with: to their end, with an error that says what happened.

use crate::LabError;
use std::fmt::Write as _;
use std::process::Stdio;
use tokio::process::Command;

/// Runs a program to its end and returns what it wrote to standard output.
pub(crate) async fn run(action: &str, program: &str, arguments: &[&str]) -> Result<String, LabError> {
    let mut command = Command::new(program);
    command.args(arguments);
    output(action, command).await
}

/// Like [`run`], for a command that is already put together.
pub(crate) async fn output(action: &str, mut command: Command) -> Result<String, LabError> {
    let line = command_line(&command);
    let failed = |outcome: String, output: String| {
        Err(LabError::Command { action: action.to_owned(), command: line, outcome, output })
    };
    command.stdin(Stdio::null()).kill_on_drop(true);
    match command.output().await {
        Ok(output) if output.status.success() => Ok(text(&output.stdout)),
        Ok(output) => failed(outcome(output.status), text(&output.stderr) + &text(&output.stdout)),
        Err(error) => failed(format!("could not be run: {error}"), String::new()),
    }
}

/// Program and arguments, as they are shown to people.
fn command_line(command: &Command) -> String {
    let command = command.as_std();
    let mut line = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        // Writing to a string cannot fail.
        let _ = write!(line, " {}", argument.to_string_lossy());
    }
    line
}

/// How a program ended, in words.
pub(crate) fn outcome(status: std::process::ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt as _;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => status.to_string(),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_error_says_what_was_run_how_it_ended_and_what_it_wrote() {
        let error = run("greet", "sh", &["-c", "echo no >&2; exit 3"]).await.unwrap_err().to_string();
        assert_eq!(error, "Unable to greet: `sh -c echo no >&2; exit 3` exited with 3\n    no");
        let error = run("greet", "no-such-program", &[]).await.unwrap_err().to_string();
        assert!(
            error.starts_with("Unable to greet: `no-such-program` could not be run: No such file"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn standard_output_is_returned() {
        assert_eq!(run("greet", "echo", &["hello"]).await.unwrap(), "hello\n");
    }
}
