//! A pod's sandbox: the namespaces that its containers share, kept by a process that does nothing else.

use super::network;
use crate::failure::{Result, Tried};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::sync::Mutex;
use tokio::time::sleep;

/// Links by whose names this program is called for what only a process inside can do.
const LINKS: &str = "/run/microk8s-stand-in";

/// This program under another name, by which it knows what to do.
pub(crate) fn called(name: &str) -> Result<PathBuf> {
    let program = std::env::current_exe().tried(|| "Cannot find this program".into())?;
    std::fs::create_dir_all(LINKS).tried(|| format!("Cannot make {LINKS}"))?;
    let link = Path::new(LINKS).join(name);
    if !link.exists() {
        std::os::unix::fs::symlink(program, &link).tried(|| format!("Cannot link {}", link.display()))?;
    }
    Ok(link)
}

/// A running sandbox. It is over when this is dropped.
pub(crate) struct Sandbox {
    holder: Mutex<Child>,
    /// The first process of its process namespace, which ends all others.
    first: u32,
}

impl Sandbox {
    /// Makes a sandbox with these addresses, or on the node's network where there are none.
    pub(crate) async fn start(name: &str, uid: &str, addresses: &[IpAddr]) -> Result<Self> {
        let mut command = Command::new("unshare");
        command.args(["--pid", "--ipc", "--fork", "--kill-child"]);
        let on_host = addresses.is_empty();
        if !on_host {
            command.args(["--net", "--uts"]);
        }
        command.arg("--").arg(called("pause")?);
        if !on_host {
            command.arg(name);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let holder = command.spawn().tried(|| "Cannot run unshare".into())?;
        let first = first_child(holder.id().unwrap_or_default()).await?;
        let sandbox = Self { holder: Mutex::new(holder), first };
        if !on_host {
            network::connect(first, uid, addresses).await?;
        }
        Ok(sandbox)
    }

    /// The start of a command line that runs something inside.
    pub(crate) fn inside(&self) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--target={}", self.first)).args(["--net", "--pid", "--ipc", "--uts", "--"]);
        command
    }

    /// Ends everything that runs inside.
    pub(crate) async fn end(&self) -> Result<()> {
        self.holder.lock().await.kill().await.tried(|| "Cannot end a sandbox".into())?;
        // The kernel ends the first process for it, which ends the rest.
        let first = PathBuf::from(format!("/proc/{}", self.first));
        for _ in 0..500 {
            if !first.exists() {
                break;
            }
            sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }
}

/// The child that a process has forked, as soon as it has.
async fn first_child(parent: u32) -> Result<u32> {
    let children = format!("/proc/{parent}/task/{parent}/children");
    for _ in 0..500 {
        let text = std::fs::read_to_string(&children).unwrap_or_default();
        if let Some(child) = text.split_whitespace().next().and_then(|child| child.parse().ok()) {
            return Ok(child);
        }
        sleep(Duration::from_millis(10)).await;
    }
    None.tried(|| "Waited five seconds for the first process of a sandbox".into())
}

/// Is the first process of a sandbox: names it, and buries whatever loses its parent. Comes back only where
/// that fails.
pub(crate) fn pause(name: Option<&str>) -> Result<()> {
    if let Some(name) = name {
        nix::unistd::sethostname(name).tried(|| format!("Cannot take the name {name}"))?;
    }
    let mut children = SigSet::empty();
    children.add(Signal::SIGCHLD);
    children.thread_block().tried(|| "Cannot wait for signals".into())?;
    loop {
        while let Ok(status) = waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            if status == WaitStatus::StillAlive {
                break;
            }
        }
        children.wait().tried(|| "Cannot wait for signals".into())?;
    }
}
