//! Where a lab cannot be, it says what is missing.

use std::process::Command;

/// Runs `lab exec` with less than root has, and returns what it says.
#[expect(clippy::disallowed_methods, reason = "the test itself waits, nothing else runs in it")]
fn refusal(less: &[&str]) -> String {
    let command = ["exec", "--nodes", "0", "--vyos", "none", "--", "true"];
    let mut setpriv = Command::new("setpriv");
    let output = setpriv.args(less).arg(env!("CARGO_BIN_EXE_lab")).args(command).output();
    output
        .map_or_else(|error| error.to_string(), |output| String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn whoever_is_not_root_is_told_so() {
    let text = refusal(&["--reuid=65534", "--regid=65534", "--clear-groups"]);
    assert!(text.starts_with("Unable to hold a lab on this machine:\n  - it takes root"), "{text}");
    assert_eq!(refusal(&["--clear-groups"]), "", "and root is not");
}

#[test]
fn root_that_may_not_mount_is_told_what_allows_it() {
    let text = refusal(&["--bounding-set=-sys_admin"]);
    assert!(text.contains("no CAP_SYS_ADMIN") && text.contains("--privileged"), "{text}");
}
