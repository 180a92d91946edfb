//! The way from the process that started a lab to the lab's holder.

use crate::LabError;
use crate::enter::{self, Where};
use crate::holder::protocol::{self, LabDescription, Reply, Request};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::BufReader;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Mutex;
use tokio::time::timeout;

/// The holder of a lab that is up, from outside.
pub(crate) struct Holder {
    /// The `lab` program.
    program: PathBuf,
    pid: i32,
    channel: Mutex<Channel>,
}

struct Channel {
    /// Nothing when the lab was told to end.
    requests: Option<ChildStdin>,
    replies: BufReader<ChildStdout>,
    /// Ends the lab where its standard input ending should not be enough.
    process: Child,
}

impl Holder {
    /// Starts a holder and has it make a lab.
    pub(crate) async fn start(request: &Request) -> Result<(Holder, LabDescription), LabError> {
        let program = enter::lab_program()?;
        let mut channel = Channel::open(&program)?;
        let Reply::Up(description) = channel.ask(request).await? else {
            return Err(LabError::failed("start the lab", "its holder answered something else"));
        };
        Ok((Holder { program, pid: description.holder, channel: Mutex::new(channel) }, *description))
    }

    /// A command that runs in the lab; the program and its arguments are to be added.
    pub(crate) fn command(&self, place: Where<'_>) -> Command {
        let mut command = Command::new(&self.program);
        command.args(enter::arguments(self.pid, place)).kill_on_drop(true);
        command
    }

    /// The id of the lab's first process.
    pub(crate) fn pid(&self) -> i32 {
        self.pid
    }

    /// Asks for something that has no other answer than that it is done.
    pub(crate) async fn ask(&self, request: &Request) -> Result<(), LabError> {
        self.channel.lock().await.ask(request).await.map(|_| ())
    }

    /// Ends the lab and waits until its last process is gone, which `unshare` waits for.
    pub(crate) async fn end(&self) -> Result<(), LabError> {
        const PATIENCE: Duration = Duration::from_secs(30);
        let mut channel = self.channel.lock().await;
        channel.requests = None;
        match timeout(PATIENCE, channel.process.wait()).await {
            Ok(ended) => ended.map(|_| ()).map_err(LabError::system("wait for", "the lab's holder")),
            Err(_) => {
                Err(LabError::failed("end the lab", format!("it still runs after {} s", PATIENCE.as_secs())))
            }
        }
    }
}

impl Channel {
    /// Starts the holder in namespaces of its own, without a terminal, so that Ctrl-C is nothing to the
    /// machines. `--kill-child` makes it die with `unshare`, which `env` and `setsid` turn into. Under
    /// `nohup` a SIGHUP is ignored by every descendant, and MetalLB tells its speaker's FRR by one that there
    /// is a new configuration.
    fn open(program: &Path) -> Result<Channel, LabError> {
        let mut process = Command::new("env")
            .args(["--default-signal=HUP", "setsid"])
            .args(["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--"])
            .arg(program)
            .arg("hold")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(LabError::system("run", "unshare"))?;
        let pipes = process.stdin.take().zip(process.stdout.take());
        let (requests, replies) =
            pipes.ok_or_else(|| LabError::failed("talk to the lab's holder", "it has no pipes"))?;
        Ok(Channel { requests: Some(requests), replies: BufReader::new(replies), process })
    }

    async fn ask(&mut self, request: &Request) -> Result<Reply, LabError> {
        let gone = || LabError::failed("talk to the lab's holder", "it has ended");
        protocol::send(self.requests.as_mut().ok_or_else(gone)?, request).await?;
        match protocol::receive(&mut self.replies).await? {
            Some(Reply::Failed(message)) => Err(LabError::Holder(message)),
            Some(reply) => Ok(reply),
            None => Err(gone()),
        }
    }
}
