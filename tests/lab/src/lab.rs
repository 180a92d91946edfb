//! A running lab, as its users hold it.

use crate::enter::{self, Where};
use crate::protocol::{self, LabDescription, NodeDescription, Reply, Request};
use crate::{LabError, LabOptions, requirements};
use std::ffi::OsStr;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use tokio::io::BufReader;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Mutex;

/// A lab. It is over when this value is dropped, and when the process that holds it ends in whatever way.
pub struct Lab {
    description: LabDescription,
    nodes: Vec<Node>,
    holder: Arc<Holder>,
}

/// A node of a lab.
pub struct Node {
    description: NodeDescription,
    ssh_private_key: PathBuf,
    holder: Arc<Holder>,
}

/// The lab's first process, and the way to it.
struct Holder {
    program: PathBuf,
    pid: i32,
    channel: Mutex<Channel>,
}

struct Channel {
    requests: ChildStdin,
    replies: BufReader<ChildStdout>,
    /// Ends the lab where its standard input ending should not be enough.
    process: Child,
}

impl Lab {
    /// Starts a lab and waits until all machines answer.
    pub async fn start(options: LabOptions) -> Result<Lab, LabError> {
        options.check()?;
        requirements::check()?;
        let program = enter::lab_program()?;
        let mut channel = Channel::open(&program)?;
        let Reply::Up(description) = channel.ask(&Request::Start(options)).await? else {
            return Err(LabError::failed("start the lab", "its holder answered something else"));
        };
        let holder = Arc::new(Holder { program, pid: description.holder, channel: Mutex::new(channel) });
        let node = |node: &NodeDescription| Node {
            description: node.clone(),
            ssh_private_key: description.ssh_private_key.clone(),
            holder: Arc::clone(&holder),
        };
        let nodes = description.nodes.iter().map(node).collect();
        Ok(Lab { nodes, holder, description: *description })
    }

    /// The nodes, in the order of the options.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The node of this name.
    pub fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.name() == name)
    }

    /// All that there is to know about the lab, as data.
    pub fn description(&self) -> &LabDescription {
        &self.description
    }

    /// A program that runs on the operator's network, with the host's files.
    pub fn operator(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = self.holder.command(Where::Operator);
        command.arg(program);
        command
    }

    /// Ends the lab and waits until nothing of it is left.
    pub async fn stop(self) -> Result<(), LabError> {
        let mut channel = self.holder.channel.lock().await;
        channel.process.kill().await.map_err(LabError::system("end", "the lab's holder"))?;
        let folder = PathBuf::from(format!("/proc/{}", self.holder.pid));
        while folder.exists() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        Ok(())
    }
}

impl Node {
    /// Its hostname.
    pub fn name(&self) -> &str {
        &self.description.name
    }

    /// Its IPv4 address.
    pub fn ipv4(&self) -> Ipv4Addr {
        self.description.ipv4
    }

    /// Its IPv6 address.
    pub fn ipv6(&self) -> Ipv6Addr {
        self.description.ipv6
    }

    /// The key that its sshd shows, in one line of OpenSSH's format.
    pub fn host_public_key(&self) -> &str {
        &self.description.host_public_key
    }

    /// File with the private key of user `ubuntu`, as a program of [`Lab::operator`] sees it.
    pub fn ssh_private_key(&self) -> &Path {
        &self.ssh_private_key
    }

    /// Cuts the power. The disk stays.
    pub async fn stop(&self) -> Result<(), LabError> {
        self.holder.ask(&Request::PowerOff(self.name().to_owned())).await
    }

    /// Switches the node on again and waits until its sshd answers.
    pub async fn start(&self) -> Result<(), LabError> {
        self.holder.ask(&Request::PowerOn(self.name().to_owned())).await
    }

    /// A program that runs on the node as root.
    pub fn exec<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = self.holder.command(Where::Machine(self.name()));
        command.args(arguments);
        command
    }
}

impl Holder {
    fn command(&self, place: Where<'_>) -> Command {
        let mut command = Command::new(&self.program);
        command.args(enter::arguments(self.pid, place)).kill_on_drop(true);
        command
    }

    async fn ask(&self, request: &Request) -> Result<(), LabError> {
        self.channel.lock().await.ask(request).await.map(|_| ())
    }
}

impl Channel {
    /// Starts the holder in namespaces of its own. `--kill-child` makes it die with `unshare`.
    fn open(program: &Path) -> Result<Channel, LabError> {
        let mut process = Command::new("unshare")
            .args(["--mount", "--net", "--pid", "--fork", "--kill-child", "--"])
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
        Ok(Channel { requests, replies: BufReader::new(replies), process })
    }

    async fn ask(&mut self, request: &Request) -> Result<Reply, LabError> {
        protocol::send(&mut self.requests, request).await?;
        match protocol::receive(&mut self.replies).await? {
            Some(Reply::Failed(message)) => Err(LabError::Holder(message)),
            Some(reply) => Ok(reply),
            None => Err(LabError::failed("talk to the lab's holder", "it has ended")),
        }
    }
}
