//! kubectl and helm as children, with the admin's credentials of the node.

use crate::config::DaemonConfig;
use crate::failure::{Failure, Result, Tried};
use crate::layout::Layout;
use std::path::PathBuf;
use std::process::Stdio;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// helm, for callers with their own idea of its input and output.
pub(crate) fn helm(config: &DaemonConfig, layout: &Layout, arguments: &[String]) -> Command {
    let mut command = Command::new(&config.programs.helm);
    command.arg("--kubeconfig").arg(layout.credential("client.config")).args(arguments).kill_on_drop(true);
    command
}

/// kubectl, for what MicroK8s itself does with it.
pub(crate) struct Kubectl {
    program: PathBuf,
    kubeconfig: PathBuf,
}

impl Kubectl {
    pub(crate) fn new(config: &DaemonConfig, layout: &Layout) -> Self {
        Self { program: config.programs.kubectl.clone(), kubeconfig: layout.credential("client.config") }
    }

    /// The command, for callers with their own idea of its input and output.
    pub(crate) fn command(&self, arguments: &[impl AsRef<std::ffi::OsStr>]) -> Command {
        let mut command = Command::new(&self.program);
        command.env("KUBECONFIG", &self.kubeconfig).args(arguments).kill_on_drop(true);
        command
    }

    /// What kubectl prints, with `input` on its standard input.
    pub(crate) async fn run(&self, arguments: &[&str], input: &str) -> Result<String> {
        let shown = || format!("kubectl {}", arguments.join(" "));
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().tried(|| format!("Cannot run {}", self.program.display()))?;
        if let Some(mut stdin) = child.stdin.take() {
            // kubectl may end without reading; its exit code tells more than the broken pipe.
            let _ = stdin.write_all(input.as_bytes()).await;
        }
        let output = child.wait_with_output().await.tried(|| format!("Cannot wait for {}", shown()))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(Failure::new(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
    }

    /// Applies a manifest as MicroK8s does: by the client, without asking for the schema.
    pub(crate) async fn apply(&self, manifest: &str) -> Result<String> {
        self.run(&["apply", "--validate=false", "-f", "-"], manifest).await
    }
}
