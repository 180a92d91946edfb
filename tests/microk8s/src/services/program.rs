//! A real program as part of a service, its output in the journal.

use super::Service;
use crate::failure::{Failure, Result, Tried};
use crate::journal::Journal;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

/// How long a program may take to end before it is killed. etcd would wait for its clients, which do not
/// leave; its log is whole at any time.
fn grace(service: Service) -> Duration {
    Duration::from_secs(if service == Service::K8sDqlite { 1 } else { 15 })
}

/// A running program.
pub(crate) struct Program {
    child: Child,
    name: String,
    grace: Duration,
    last_lines: tokio::task::JoinHandle<Vec<String>>,
}

impl Program {
    pub(crate) fn start(service: Service, program: &Path, arguments: &[String]) -> Result<Self> {
        let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut command = Command::new(program);
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().tried(|| format!("Cannot start {}", program.display()))?;
        let pid = child.id().unwrap_or_default();
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        if let Some(stdout) = stdout {
            tokio::spawn(copy(service, pid, stdout));
        }
        let last_lines = tokio::spawn(async move {
            match stderr {
                Some(stderr) => copy(service, pid, stderr).await,
                None => Vec::new(),
            }
        });
        Ok(Self { child, name, grace: grace(service), last_lines })
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.child.id().and_then(|pid| i32::try_from(pid).ok()) {
            // A program that has just ended needs no signal any more.
            let _ = kill(Pid::from_raw(pid), signal);
        }
    }

    /// Freezes or thaws the program.
    pub(crate) fn freeze(&self, frozen: bool) {
        self.signal(if frozen { Signal::SIGSTOP } else { Signal::SIGCONT });
    }

    /// Waits for the program's end, which is always one too early.
    pub(crate) async fn ended(&mut self) -> Failure {
        match self.child.wait().await {
            Ok(status) => {
                let lines = (&mut self.last_lines).await.unwrap_or_default();
                Failure::new(format!("{} ended with {status}: {}", self.name, lines.join(" | ")))
            }
            Err(error) => Failure::new(format!("Cannot wait for {}: {error}", self.name)),
        }
    }

    /// Waits for the program's end, which is an error; or stops it when it is time, which is none.
    pub(crate) async fn until(mut self, stop: &CancellationToken) -> Result<()> {
        tokio::select! {
            () = stop.cancelled() => self.stop().await,
            failure = self.ended() => Err(failure),
        }
    }

    /// Whether the program has ended already.
    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    pub(crate) async fn stop(mut self) -> Result<()> {
        self.signal(Signal::SIGTERM);
        self.signal(Signal::SIGCONT);
        if tokio::time::timeout(self.grace, self.child.wait()).await.is_err() {
            self.child.kill().await.tried(|| format!("Cannot kill {}", self.name))?;
        }
        Ok(())
    }
}

/// Copies lines to the journal and keeps the last few.
async fn copy(service: Service, pid: u32, output: impl AsyncRead + Unpin) -> Vec<String> {
    let journal = Journal::of(&service.unit());
    let identifier = service.identifier();
    let mut lines = BufReader::new(output).lines();
    let mut last: Vec<String> = Vec::new();
    while let Ok(Some(line)) = lines.next_line().await {
        journal.write(&identifier, pid, &line);
        if last.len() == 3 {
            last.remove(0);
        }
        last.push(line);
    }
    last
}
