//! Programs for people at a terminal: what they run is shown as it comes.
#![expect(clippy::print_stdout, reason = "it is for programs for people at a terminal")]

use crate::{Failure, Workspace};
use std::io::IsTerminal as _;
use std::process::Stdio;
use std::time::Instant;
use tokio::process::Command;

/// Begins a part.
pub fn title(text: &str) {
    println!("\n== {text}");
}

/// A line.
pub fn say(text: impl AsRef<str>) {
    println!("{}", text.as_ref());
}

/// Runs terraform with its output on the terminal.
pub async fn terraform(workspace: &Workspace<'_>, arguments: &[&str]) -> Result<(), Failure> {
    let line = format!("terraform {}", arguments.join(" "));
    title(&line);
    let begin = Instant::now();
    let mut command = workspace.command(arguments);
    if !std::io::stdout().is_terminal() {
        command.env("TF_CLI_ARGS", "-no-color");
    }
    run(command.stdout(Stdio::inherit()).stderr(Stdio::inherit()), &line).await?;
    println!("({} s)", begin.elapsed().as_secs());
    Ok(())
}

/// Runs a program that has to succeed, with its output on the terminal.
pub async fn run(command: &mut Command, what: &str) -> Result<(), Failure> {
    let status = command.status().await.map_err(Failure::system("run", what))?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("`{what}` ended with {status}"))) }
}

/// How terraform begins what it says of a check that does not hold.
const CHECK_FAILED: &str = "Check block assertion failed";

/// Plans again what was applied just now: nothing may change, and all checks of the configuration hold.
pub async fn plan_again(workspace: &Workspace<'_>) -> Result<(), Failure> {
    title("Planning again: nothing may change");
    let plan = workspace.plan().await?;
    let changes = plan.changes();
    if !plan.success || !changes.is_empty() {
        return Err(Failure::new(format!("the second plan is not empty: {plan:?}")));
    }
    for warning in plan.warnings() {
        println!("Warning: {} {}", warning.summary, warning.detail);
    }
    println!("No changes.");
    match plan.warnings().iter().filter(|warning| warning.summary == CHECK_FAILED).count() {
        0 => Ok(()),
        failed => Err(Failure::new(format!("{failed} checks of the configuration do not hold"))),
    }
}
