//! Machines, real or played, and how to run something on them.

use std::env::{VarError, var};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::timeout;

/// Installing the snap takes minutes over a slow line.
const LONGEST: Duration = Duration::from_secs(900);

const NODES: &str = "CONFORMANCE_NODES";
const WORD: &str = "CONFORMANCE_NODES_ERASE";

/// Why nothing can be tried.
#[derive(Debug, thiserror::Error)]
pub enum NodesError {
    /// Machines without the word that allows it.
    #[error(
        "{NODES} names machines on which MicroK8s is installed, joined, stopped and removed with all of its data. \
         {WORD}=yes allows that; the machines have to be without MicroK8s"
    )]
    NotAllowed,
    /// No machine at all.
    #[error("{NODES} names no machine; it takes one or two, such as ubuntu@192.0.2.11,ubuntu@192.0.2.12")]
    None,
    /// A machine that somebody uses.
    #[error("{node} has MicroK8s already: nothing was done")]
    InUse {
        /// The machine.
        node: String,
    },
    /// A command that could not be run at all, or has no end.
    #[error("on {node}: {cause}")]
    Unreachable {
        /// The machine.
        node: String,
        /// What came of it.
        cause: String,
    },
    /// What has to succeed before any fact can be held against it.
    #[error("on {node}, `{}` ended with {}: {}{}", script.trim(), ended.code, ended.stdout, ended.stderr)]
    Preparation {
        /// The machine.
        node: String,
        /// What was run.
        script: String,
        /// What came of it.
        ended: Ended,
    },
}

/// How a script ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Exit code.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// A machine on which root may run scripts.
pub struct Node {
    shown: String,
    /// Starts root's `sh -s`.
    shell: Box<dyn Fn() -> Command + Send + Sync>,
}

impl Node {
    /// A machine that is reached by a command, which runs root's `sh -s` there.
    pub fn new(shown: impl Into<String>, shell: impl Fn() -> Command + Send + Sync + 'static) -> Self {
        Self { shown: shown.into(), shell: Box::new(shell) }
    }

    /// A machine that is reached by ssh, as `ssh` itself finds it, or as a configuration file for it says.
    pub fn by_ssh(destination: &str, configuration: Option<&Path>) -> Self {
        let (own, configuration) = (destination.to_owned(), configuration.map(Path::to_owned));
        Self::new(destination, move || {
            let mut command = Command::new("ssh");
            if let Some(file) = &configuration {
                command.arg("-F").arg(file);
            }
            command.args(["-o", "BatchMode=yes", "--", &own, "sudo", "sh", "-s"]);
            command
        })
    }

    /// What it is called in reports.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Runs a script as root, without input.
    pub async fn run(&self, script: &str) -> Result<Ended, NodesError> {
        let failed = |cause: String| NodesError::Unreachable { node: self.shown.clone(), cause };
        let work = async {
            let mut command = (self.shell)();
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
            let mut child = command.spawn()?;
            if let Some(mut input) = child.stdin.take() {
                // Read to its end before the first command runs, so that none takes the rest for its input.
                input.write_all(format!("{{\n{script}\n}} </dev/null\n").as_bytes()).await?;
            }
            child.wait_with_output().await
        };
        let output = timeout(LONGEST, work).await.map_err(|_| failed("no end".to_owned()))?;
        let output = output.map_err(|error| failed(error.to_string()))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(Ended {
            code: output.status.code().unwrap_or(-1),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        })
    }

    /// Runs what has to succeed; gives what it prints.
    pub async fn prepare(&self, script: &str) -> Result<String, NodesError> {
        let ended = self.run(script).await?;
        match ended.code {
            0 => Ok(ended.stdout.trim().to_owned()),
            _ => {
                let (node, script) = (self.shown.clone(), script.to_owned());
                Err(NodesError::Preparation { node, script, ended })
            }
        }
    }
}

/// The machines that the environment names, if it names any.
pub fn from_environment() -> Result<Option<Vec<Node>>, NodesError> {
    let named = match var(NODES) {
        Err(VarError::NotPresent) => return Ok(None),
        found => found.unwrap_or_default(),
    };
    let nodes = named.split(',').map(str::trim).filter(|one| !one.is_empty());
    let nodes: Vec<_> = nodes.map(|one| Node::by_ssh(one, None)).collect();
    match (nodes.is_empty(), var(WORD).as_deref()) {
        (true, _) => Err(NodesError::None),
        (false, Ok("yes")) => Ok(Some(nodes)),
        (false, _) => Err(NodesError::NotAllowed),
    }
}
