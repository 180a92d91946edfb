//! What a person does by hand on a lab's machines, behind terraform's back.
#![expect(clippy::unwrap_used, reason = "a step that fails ends the test")]

use lab::{Lab, Node, Router};
use std::process::{Output, Stdio};

/// A command on a node, as root: what it printed.
pub(crate) async fn command(node: &Node, arguments: &[&str]) -> String {
    printed(&node.exec(arguments).stdin(Stdio::null()).output().await.unwrap())
}

/// A script on a node, as root: what it printed.
pub(crate) async fn shell(node: &Node, script: &str) -> String {
    command(node, &["sh", "-c", script]).await
}

/// A command in the shell of the router's FRR: what it printed.
pub(crate) async fn vtysh(router: &Router, command: &str) -> String {
    printed(&router.vtysh(["-c", command]).stdin(Stdio::null()).output().await.unwrap())
}

/// Commands to the router's own API, as one commit.
pub(crate) async fn configure(lab: &Lab, commands: &str) {
    let router = lab.router().unwrap();
    let mut curl = lab.operator("curl");
    curl.args(["--silent", "--show-error", "--fail-with-body", "--cacert"]).arg(router.ca_certificate_file());
    curl.arg("--form-string").arg(format!("data={commands}"));
    curl.arg("--form-string").arg(format!("key={}", router.api_key()));
    let output = curl.arg(format!("{}/configure", router.url())).output().await.unwrap();
    assert!(output.status.success(), "{output:?}");
}

fn printed(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
