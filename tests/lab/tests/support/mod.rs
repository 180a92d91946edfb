//! What tests of the network beyond the router have in common.

use lab::Lab;
use std::future::Future;
use std::time::Duration;
use tokio::process::Command;
use tokio::time::{sleep, timeout};

/// Whether a program succeeded, and what it wrote to both outputs.
pub(crate) async fn output(mut command: Command) -> (bool, String) {
    let output = command.output().await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.success(), text(&output.stdout) + &text(&output.stderr))
}

/// Waits until something holds.
pub(crate) async fn until<F: Future<Output = bool>>(
    what: &str,
    patience: Duration,
    mut look: impl FnMut() -> F,
) {
    let holds = async {
        while !look().await {
            sleep(Duration::from_millis(300)).await;
        }
    };
    let held = timeout(patience, holds).await.is_ok();
    assert!(held, "waited {} s for {what}", patience.as_secs());
}

/// Sets paths of the router's configuration, in one commit.
pub(crate) async fn configure(lab: &Lab, lines: &[&str]) {
    let router = lab.router().unwrap();
    let set = |line: &&str| {
        let words: Vec<_> = line.split(' ').map(|word| format!("{word:?}")).collect();
        format!(r#"{{"op": "set", "path": [{}]}}"#, words.join(", "))
    };
    let operations: Vec<_> = lines.iter().map(set).collect();
    let mut curl = lab.operator("curl");
    curl.args(["--silent", "--show-error", "--cacert"]).arg(router.ca_certificate_file());
    curl.arg("--form").arg(format!("key={}", router.api_key()));
    curl.arg("--form").arg(format!("data=[{}]", operations.join(", ")));
    curl.arg(format!("{}/configure", router.url()));
    let (_, answer) = output(curl).await;
    assert!(answer.contains(r#""success": true"#), "{answer}");
}
