//! The plugin as a process: how it ends, what it logs, what is left when something dies.

use crate::workspace::{Workspace, example, finished};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

const SLOW: &str = "resource \"sample_file\" \"slow\" {\n  name = \"slow\"\n}\n";

/// Polls until `done`, for half a minute at most.
pub(crate) async fn until(what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..600 {
        if done() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{what} did not happen within 30 seconds");
}

fn alive(pid: &u32) -> bool {
    // A process that nobody waited for yet is dead all the same.
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

pub(crate) async fn kill(signal: &str, target: String) {
    let status = Command::new("kill").args([signal, "--", &target]).status().await.unwrap();
    assert!(status.success());
}

/// Starts an apply and waits until it creates the slow file.
async fn creating(terraform: &Workspace) -> (tokio::process::Child, BufReader<tokio::process::ChildStdout>) {
    let mut child = terraform.write(SLOW).start(&["apply", "-auto-approve"]);
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("Creating...") {
        line.clear();
        assert_ne!(output.read_line(&mut line).await.unwrap(), 0, "apply ended before it created anything");
    }
    // Terraform says so before it calls the plugin, and does not call it where a signal comes in between.
    until("the plugin's work", || terraform.path("files/slow-begun.json").exists()).await;
    (child, output)
}

#[tokio::test]
async fn a_signal_to_all_ends_the_work_and_not_the_plugin() {
    for signal in ["-INT", "-TERM"] {
        let terraform = Workspace::new();
        let (child, _output) = creating(&terraform).await;
        kill(signal, format!("-{}", child.id().unwrap())).await;
        let output = child.wait_with_output();
        let output = tokio::time::timeout(Duration::from_secs(30), output).await.unwrap().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            errors.contains("It was interrupted") && !errors.contains("did not respond"),
            "{signal}: {errors}"
        );
        assert!(terraform.plugins().iter().all(|pid| !alive(pid)));
        assert_eq!(terraform.left_over().len(), 0);
    }
}

#[tokio::test]
async fn no_plugin_outlives_a_terraform_that_was_killed() {
    let terraform = Workspace::new();
    let (mut child, _output) = creating(&terraform).await;
    assert!(terraform.plugins().iter().any(alive));
    child.kill().await.unwrap();
    until("the end of the plugin", || !terraform.plugins().iter().any(alive)).await;
    assert_eq!(terraform.left_over().len(), 0);
}

#[tokio::test]
async fn a_panic_is_a_message_and_costs_one_resource() {
    let terraform = Workspace::new();
    let body = "resource \"sample_file\" \"bad\" {\n  name = \"bad\"\n  labels = { panic = \"now\" }\n}\n\
                resource \"sample_file\" \"good\" {\n  name = \"good\"\n}\n";
    let output = terraform.write(body).apply().await.failed();
    assert!(output.contains("panicked in apply_resource_change: a label asked for it"), "{output}");
    // Core recognises the trace on standard error and shows it.
    assert!(
        output.contains("Stack trace from the") && output.contains("panic: a label asked for it at "),
        "{output}"
    );
    assert_eq!(terraform.stored("sample_file.good").await["id"], "file-good");
    assert_eq!(terraform.stored("sample_file.bad").await, serde_json::Value::Null);
}

#[tokio::test]
async fn the_log_reaches_core_and_holds_no_secret() {
    let terraform = Workspace::new();
    let log = terraform.path("log");
    let body = "resource \"sample_file\" \"a\" {\n  name = \"a\"\n  password = \"geheimnis\"\n  signing_key = \"siegel\"\n}\n";
    let mut apply = terraform.write(body).terraform(&["apply", "-auto-approve"]);
    apply.env("TF_LOG_PROVIDER", "TRACE").env("TF_LOG_PATH", &log);
    finished(apply).await.succeeded();
    let text = std::fs::read_to_string(&log).unwrap();
    let line =
        text.lines().find(|line| line.contains("apply_resource_change")).unwrap_or_else(|| panic!("{text}"));
    assert!(
        [
            "[DEBUG] provider.terraform-provider-sample",
            "@module=tfplugin.rpc",
            "tf_resource_type=sample_file"
        ]
        .into_iter()
        .all(|part| line.contains(part)),
        "{line}"
    );
    assert!(!text.contains("geheimnis") && !text.contains("siegel"), "{text}");
}

#[tokio::test]
async fn a_debuggers_plugin_serves_one_terraform_after_another() {
    let terraform = Workspace::new();
    let mut plugin = Command::new(example("sample"))
        .arg("-debug")
        .env("TMPDIR", terraform.path("tmp"))
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut hint = BufReader::new(plugin.stdout.take().unwrap()).lines();
    let reattach = loop {
        let line = hint.next_line().await.unwrap().expect("a hint");
        if let Some(value) = line.trim().strip_prefix("TF_REATTACH_PROVIDERS=") {
            break value.trim_matches('\'').to_owned();
        }
    };
    for directory in ["files", "elsewhere"] {
        std::fs::create_dir_all(terraform.path(directory)).unwrap();
        let block = format!("provider \"sample\" {{\n  directory = {:?}\n}}\n", terraform.path(directory));
        terraform.write_all(&format!("{block}resource \"sample_file\" \"a\" {{\n  name = \"a\"\n}}\n"));
        let mut apply = terraform.terraform(&["apply", "-auto-approve"]);
        finished({
            apply.env("TF_REATTACH_PROVIDERS", &reattach);
            apply
        })
        .await
        .succeeded();
        // Configured anew each time, in the same process.
        assert!(Path::new(&terraform.path(directory)).join("a.json").exists());
    }
    assert!(terraform.plugins().is_empty(), "terraform started a plugin of its own");
    kill("-INT", plugin.id().unwrap().to_string()).await;
    assert!(plugin.wait().await.unwrap().success());
    assert_eq!(terraform.left_over().len(), 0);
}

#[tokio::test]
async fn tls_can_be_left_out_on_demand() {
    let terraform = Workspace::new();
    let mut plan = terraform.write(SLOW).terraform(&["plan"]);
    plan.env("TF_DISABLE_PLUGIN_TLS", "1");
    let output = finished(plan).await.succeeded();
    assert!(output.contains("1 to add"), "{output}");
}
