//! `cloud-init`, which has long finished on a lab node unless a file says otherwise.

use crate::outcome::{Outcome, say};
use std::time::Duration;

/// A test writes cloud-init's present state here, such as `running` or `error`.
const STATE: &str = "/run/cloud-init/stand-in-status";

const POLL: Duration = Duration::from_millis(500);

fn state() -> String {
    let text = std::fs::read_to_string(STATE).unwrap_or_default();
    if text.trim().is_empty() { "done".into() } else { text.trim().to_owned() }
}

pub(crate) async fn run(arguments: &[String]) -> Outcome {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let waits = words.contains(&"--wait");
    while waits && state() == "running" {
        if say(".").is_err() {
            return Outcome::silent(1);
        }
        tokio::time::sleep(POLL).await;
    }
    let state = state();
    match words.as_slice() {
        ["status", options @ ..] => {
            let code = u8::from(state == "error");
            if options.contains(&"--format=json")
                || options.windows(2).any(|pair| pair == ["--format", "json"])
            {
                return Outcome::said_with(
                    code,
                    format!("{{\n \"errors\": [],\n \"status\": \"{state}\"\n}}"),
                );
            }
            let line_break = if waits { "\n" } else { "" };
            Outcome::said_with(code, format!("{line_break}status: {state}"))
        }
        ["--version"] => Outcome::said("/usr/bin/cloud-init 24.4"),
        _ => Outcome::complained(2, "usage: cloud-init [-h] [--version] {status} ..."),
    }
}
