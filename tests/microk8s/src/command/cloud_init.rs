//! `cloud-init`, which has long finished on a lab node unless a file says otherwise.

use crate::outcome::Outcome;

/// A test writes cloud-init's present state here, such as `running` or `error`.
const STATE: &str = "/run/cloud-init/stand-in-status";

pub(crate) fn run(arguments: &[String]) -> Outcome {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let state = std::fs::read_to_string(STATE).unwrap_or_default();
    let state = if state.trim().is_empty() { "done" } else { state.trim() };
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
            let dots = if options.contains(&"--wait") { "\n" } else { "" };
            Outcome::said_with(code, format!("{dots}status: {state}"))
        }
        ["--version"] => Outcome::said("/usr/bin/cloud-init 24.4"),
        _ => Outcome::complained(2, "usage: cloud-init [-h] [--version] {status} ..."),
    }
}
