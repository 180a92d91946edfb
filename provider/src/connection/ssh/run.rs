//! Running commands on a host: those that only read, and those that may change it.

use super::command::{self, Command, Output};
use super::error::{SshError, SshErrorKind};
use super::host::Host;
use super::master::Master;
use crate::connection::bounds::{self, Answer, NODE_ANSWER, NODE_COMPLAINTS, TooLong};
use openssh::Stdio;
use std::io;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::sync::SemaphorePermit;
use tokio::time::Instant;

/// How long it may take until sshd has room for another session on a connection, and how soon it is asked
/// again.
const ROOM_WITHIN: Duration = Duration::from_secs(10);
const ROOM_AGAIN: Duration = Duration::from_millis(100);

impl Host {
    /// Runs a command to its end, or until nobody waits for it any more.
    pub(super) async fn execute(
        &self,
        command: Command<'_>,
        root: bool,
        stdin: Option<&[u8]>,
    ) -> Result<Output, SshError> {
        let stage = format!("running {command:?}", command = command.to_string());
        tracing::debug!(host = self.address, root, %command, "run");
        let _session = self.session(&stage).await?;
        let ended = self.exchange(&stage, &command.words(root), stdin).await;
        self.judged(ended, root, stage)
    }

    /// Runs a command as root that ends within a limit of its own on the machine; here it may take `limit`.
    pub(super) async fn within(
        &self,
        command: Command<'_>,
        limit: Duration,
        stdin: Option<&[u8]>,
    ) -> Result<Output, SshError> {
        let words = command.words(true);
        self.bounded(&command, &words, true, limit, stdin).await
    }

    /// Runs a command that only reads: it has a limit, here and on the machine, and ends when nobody waits
    /// for it any more.
    pub(super) async fn read(&self, command: Command<'_>, root: bool) -> Result<Output, SshError> {
        let limit = self.read_limit();
        let words = command.words_within(root, limit);
        self.bounded(&command, &words, root, limit, None).await
    }

    async fn bounded(
        &self,
        command: &Command<'_>,
        words: &[String],
        root: bool,
        limit: Duration,
        stdin: Option<&[u8]>,
    ) -> Result<Output, SshError> {
        let stage = format!("running {command:?}", command = command.to_string());
        tracing::debug!(host = self.address, root, %command, "read");
        // Its turn among this process's own commands is not what the machine is waited for.
        let _session = self.session(&stage).await?;
        let ended = match tokio::time::timeout(limit, self.exchange(&stage, words, stdin)).await {
            Ok(ended) => ended,
            Err(_) => {
                let said = format!("It did not end within {} s.", limit.as_secs());
                Err(SshError::new(SshErrorKind::Unanswered, &self.address, stage.clone(), &said))
            }
        };
        self.judged(ended, root, stage)
    }

    fn judged(&self, ended: Result<Output, SshError>, root: bool, stage: String) -> Result<Output, SshError> {
        let output = ended?;
        tracing::debug!(host = self.address, code = output.code, "ran");
        match command::refusal(&output).filter(|_| root) {
            Some((said, cure)) => {
                Err(SshError::new(SshErrorKind::CommandNotRun, &self.address, stage, said).with_cure(cure))
            }
            None => Ok(output),
        }
    }

    /// A turn among the commands on this host; [`Host::exchange`] needs one.
    async fn session(&self, stage: &str) -> Result<SemaphorePermit<'_>, SshError> {
        self.sessions.acquire().await.map_err(|closed| self.client_error(stage, &closed))
    }

    async fn exchange(
        &self,
        stage: &str,
        words: &[String],
        stdin: Option<&[u8]>,
    ) -> Result<Output, SshError> {
        let (mut tried, began) = (false, Instant::now());
        loop {
            let master = self.connected().await?;
            match self.once(&master, words, stdin).await {
                Ok(output) => return Ok(output),
                // The command was not started: the connection was dead already.
                Err(Interrupted::BeforeStart(openssh::Error::Disconnected)) if !tried => {
                    tried = true;
                    self.give_up(&master).await;
                }
                // Commands that have ended are let go a moment later by sshd, and one that was given up some
                // more.
                Err(Interrupted::BeforeStart(error)) if is_full(&error) && began.elapsed() < ROOM_WITHIN => {
                    crate::connection::retry::pause(ROOM_AGAIN).await;
                }
                Err(Interrupted::BeforeStart(error)) => return Err(self.failure(stage, error)),
                Err(Interrupted::TooLong(too_long)) => {
                    let said = too_long.to_string();
                    return Err(SshError::new(SshErrorKind::TooLong, &self.address, stage, &said));
                }
                Err(Interrupted::AfterStart(error)) => {
                    if !master.is_ending().await {
                        return Err(self.failure(stage, error));
                    }
                    let said = format!("{error}: the connection was lost while the command ran");
                    return Err(SshError::new(SshErrorKind::NotReachable, &self.address, stage, &said));
                }
            }
        }
    }

    async fn once(
        &self,
        master: &Master,
        words: &[String],
        stdin: Option<&[u8]>,
    ) -> Result<Output, Interrupted> {
        let (program, arguments) = words.split_first().ok_or_else(Interrupted::nothing_to_run)?;
        let mut child = master
            .session
            .command(program.as_str())
            .args(arguments)
            .stdin(if stdin.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .await
            .map_err(Interrupted::BeforeStart)?;
        let (input, out, err) = (child.stdin().take(), child.stdout().take(), child.stderr().take());
        let (Some(out), Some(err)) = (out, err) else { return Err(Interrupted::nothing_to_run()) };
        let feed = async {
            if let (Some(mut input), Some(bytes)) = (input, stdin) {
                // A command that does not read all of it says so by its exit code.
                let _ = input.write_all(bytes).await;
                let _ = input.shutdown().await;
            }
            Ok(())
        };
        let mut answer = Answer::of_at_most(NODE_ANSWER);
        // Where one is too long, both pipes are closed, and the command ends at its next word.
        let ((), (), stderr) = tokio::try_join!(feed, answer.read(out), bounds::tail(err, NODE_COMPLAINTS))
            .map_err(Interrupted::TooLong)?;
        let code = match child.wait().await {
            Ok(status) => status.code().unwrap_or(-1),
            Err(openssh::Error::Remote(problem)) if problem.kind() == io::ErrorKind::NotFound => 127,
            Err(error) => return Err(Interrupted::AfterStart(error)),
        };
        Ok(Output { code, stdout: answer.into_text(), stderr })
    }
}

/// When a command's connection broke, or was given up.
enum Interrupted {
    BeforeStart(openssh::Error),
    AfterStart(openssh::Error),
    TooLong(TooLong),
}

/// Whether sshd refused another session on the connection. The words are those of `ssh` on this machine.
fn is_full(error: &openssh::Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.to_string().contains("Session open refused"))
}

impl Interrupted {
    fn nothing_to_run() -> Self {
        Self::BeforeStart(openssh::Error::InvalidCommand)
    }
}
