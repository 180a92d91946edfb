//! One connection to a host that all commands and forwarded ports share: an `ssh` process of its own.

use super::error::{SshError, SshErrorKind};
use super::host_key;
use super::{HostKeyCheck, Settings};
use openssh::{ForwardType, Session, Socket};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// How long a connection may take, from the first packet to the first word of the remote shell.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What the remote shell says when it is there. It then waits for us to go away: this process can end in any way, the
/// pipe to `ssh` breaks, `cat` ends, and `ssh` with it.
const LIFELINE: &str = "echo microk8s-connected; exec cat >/dev/null";

/// A live connection.
pub(crate) struct Master {
    process: Mutex<Child>,
    _lifeline: (ChildStdin, ChildStdout),
    pub(crate) session: Session,
    /// The machine's host key, where it can be told.
    pub(crate) host_key: Option<String>,
    directory: PathBuf,
    forwards: tokio::sync::Mutex<BTreeMap<u16, PathBuf>>,
}

impl Master {
    /// Connects. `directory` is empty and this connection's own; `pin` is the only host key to accept.
    pub(crate) async fn connect(
        address: &str,
        settings: &Settings,
        pin: Option<&str>,
        directory: PathBuf,
    ) -> Result<Self, SshError> {
        let client = |problem: io::Error| {
            SshError::new(SshErrorKind::Client, address, "starting ssh on this machine", &problem.to_string())
        };
        let known_hosts = known_hosts_files(address, settings, pin, &directory).await.map_err(client)?;
        let key = write_private_key(settings, &directory).map_err(client)?;
        let log = File::create(directory.join("log")).map_err(client)?;
        let mut process = Command::new("ssh")
            .args(base_options(settings))
            .args(options(settings, pin, &directory, &known_hosts, key.as_ref()))
            .args(["--", address, LIFELINE])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            // Ctrl-C at the terminal reaches the whole process group; what runs on the node shall end in order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(client)?;
        let pipes = process.stdin.take().zip(process.stdout.take());
        let (stdin, stdout) = pipes.ok_or_else(|| client(io::Error::other("no pipes to ssh")))?;
        let greeting = tokio::time::timeout(CONNECT_TIMEOUT, greeted(stdout)).await;
        if let Some(key) = key {
            // It was needed for this moment only.
            let _ = std::fs::remove_file(key);
        }
        let log = std::fs::read_to_string(directory.join("log")).unwrap_or_default();
        let stdout = match greeting {
            Ok(Some(stdout)) => stdout,
            Ok(None) => return Err(refused(address, &log)),
            Err(_) => {
                let said = format!("{}\nNo answer within {} s.", plain(&log), CONNECT_TIMEOUT.as_secs());
                return Err(SshError::connecting(address, &said));
            }
        };
        let control = directory.join("control").into_boxed_path();
        Ok(Self {
            process: Mutex::new(process),
            _lifeline: (stdin, stdout),
            session: Session::resume_mux(control, None),
            host_key: pin.map(str::to_owned).or_else(|| shown_key(&log, &known_hosts)),
            directory,
            forwards: tokio::sync::Mutex::default(),
        })
    }

    /// Whether its process still runs. A link that broke silently is noticed within 15 s.
    pub(crate) fn is_alive(&self) -> bool {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(process.try_wait(), Ok(None))
    }

    /// Whether its process ends now: a broken connection breaks commands a moment before it ends `ssh`.
    pub(crate) async fn is_ending(&self) -> bool {
        for _ in 0..25 {
            if !self.is_alive() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        false
    }

    /// A local Unix socket that leads to `port` of the machine's loopback.
    pub(crate) async fn forward(&self, port: u16) -> Result<PathBuf, openssh::Error> {
        let mut forwards = self.forwards.lock().await;
        if let Some(path) = forwards.get(&port) {
            self.session.check().await?;
            return Ok(path.clone());
        }
        let path = self.directory.join(port.to_string());
        let (here, there) = (Socket::from(path.clone()), Socket::new("127.0.0.1", port));
        self.session.request_port_forward(ForwardType::Local, here, there).await?;
        forwards.insert(port, path.clone());
        Ok(path)
    }
}

impl Drop for Master {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// Reads until the remote shell has said the word; what a login script prints before is passed over.
async fn greeted(stdout: ChildStdout) -> Option<ChildStdout> {
    let mut lines = BufReader::new(stdout).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if line.trim() == "microk8s-connected" {
            return Some(lines.into_inner().into_inner());
        }
    }
    None
}

/// What `ssh -G` needs to know as well.
fn base_options(settings: &Settings) -> Vec<OsString> {
    let mut options = Vec::new();
    let mut give = |flag: &str, value: OsString| options.extend([OsString::from(flag), value]);
    if let Some(file) = &settings.config_file {
        give("-F", file.into());
    }
    if let Some(user) = &settings.user {
        give("-l", user.into());
    }
    if let Some(port) = settings.port {
        give("-p", port.to_string().into());
    }
    options
}

fn options(
    settings: &Settings,
    pin: Option<&str>,
    directory: &Path,
    known_hosts: &[PathBuf],
    key: Option<&PathBuf>,
) -> Vec<OsString> {
    let mut options: Vec<OsString> = ["-v", "-M", "-T", "-S"].map(OsString::from).into();
    options.push(directory.join("control").into());
    let mut set = |option: &str| options.extend([OsString::from("-o"), OsString::from(option)]);
    set("BatchMode=yes");
    set("ClearAllForwardings=yes");
    set(&format!("ConnectTimeout={}", CONNECT_TIMEOUT.as_secs()));
    set("ControlPersist=no");
    set("ForwardAgent=no");
    set("ForwardX11=no");
    set("PermitLocalCommand=no");
    set("RemoteCommand=none");
    set("ServerAliveCountMax=3");
    set("ServerAliveInterval=5");
    set("UpdateHostKeys=no");
    let strictness = match (pin, settings.host_key_check) {
        (Some(_), _) | (None, HostKeyCheck::Strict) => "yes",
        (None, HostKeyCheck::AcceptNew) => "accept-new",
        (None, HostKeyCheck::InsecureAcceptAnyHostKey) => "no",
    };
    set(&format!("StrictHostKeyChecking={strictness}"));
    let files: Vec<String> = known_hosts.iter().map(|file| format!("\"{}\"", file.display())).collect();
    set(&format!("UserKnownHostsFile={}", files.join(" ")));
    if pin.is_some() {
        set(&format!("HostKeyAlias={PINNED_NAME}"));
        set("CheckHostIP=no");
        set("KnownHostsCommand=none");
        set("VerifyHostKeyDNS=no");
    }
    if pin.is_some() || settings.host_key_check == HostKeyCheck::InsecureAcceptAnyHostKey {
        set("GlobalKnownHostsFile=/dev/null");
    }
    if let Some(file) = key.cloned().or_else(|| settings.private_key_file.as_ref().map(PathBuf::from)) {
        set("IdentitiesOnly=yes");
        options.extend([OsString::from("-i"), file.into()]);
    }
    options
}

/// The name under which a pinned key is looked up, whatever address or port leads to the machine.
const PINNED_NAME: &str = "pinned";

/// The files to check the host key against. New keys go to the first, which is ours: the user's own are only read.
async fn known_hosts_files(
    address: &str,
    settings: &Settings,
    pin: Option<&str>,
    directory: &Path,
) -> io::Result<Vec<PathBuf>> {
    let own = directory.join("known_hosts");
    let known = pin.map(|key| format!("{PINNED_NAME} {key}\n")).unwrap_or_default();
    std::fs::write(&own, known)?;
    if pin.is_some() || settings.host_key_check == HostKeyCheck::InsecureAcceptAnyHostKey {
        return Ok(vec![own]);
    }
    let mut command = Command::new("ssh");
    command.arg("-G").args(base_options(settings)).args(["--", address]).process_group(0);
    let configured = command.output().await?;
    if !configured.status.success() {
        // Without the user's own files, a key that contradicts them would pass for a new one.
        let said = String::from_utf8_lossy(&configured.stderr).into_owned();
        return Err(io::Error::other(format!(
            "`ssh -G {address}` did not tell its settings: {}",
            said.trim()
        )));
    }
    let configured = String::from_utf8_lossy(&configured.stdout).into_owned();
    let files = configured.lines().filter_map(|line| line.strip_prefix("userknownhostsfile "));
    let files = files.flat_map(str::split_whitespace).map(PathBuf::from);
    Ok(std::iter::once(own).chain(files).collect())
}

/// Writes the provider's private key where `ssh` can read it, if there is one.
fn write_private_key(settings: &Settings, directory: &Path) -> io::Result<Option<PathBuf>> {
    let Some(key) = &settings.private_key else { return Ok(None) };
    let path = directory.join("key");
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    // Without the line's end that Terraform's trimspace() takes, ssh calls the format invalid.
    writeln!(file, "{}", key.expose().trim_end())?;
    Ok(Some(path))
}

/// The host key that the log says was shown and a file holds.
fn shown_key(log: &str, known_hosts: &[PathBuf]) -> Option<String> {
    let fingerprint = log.lines().find_map(host_key::fingerprint_in_log)?;
    let global = Path::new("/etc/ssh/ssh_known_hosts");
    let files = known_hosts.iter().map(PathBuf::as_path).chain([global]);
    files
        .filter_map(|file| std::fs::read_to_string(file).ok())
        .find_map(|text| host_key::find(&text, fingerprint))
}

/// `ssh` ended before the remote shell was there.
fn refused(address: &str, log: &str) -> SshError {
    let said = plain(log);
    if log.contains("Authenticated to ") {
        let said = format!("{said}\nThe login succeeded, but no shell answered.");
        return SshError::new(SshErrorKind::CommandNotRun, address, "logging in", &said);
    }
    SshError::connecting(address, &said)
}

/// The log without what only developers of `ssh` want to know.
fn plain(log: &str) -> String {
    let dull = ["debug", "OpenSSH_", "Authenticated to ", "Warning: Permanently added "];
    let lines = log.lines().filter(|line| !dull.iter().any(|start| line.starts_with(start)));
    lines.collect::<Vec<_>>().join("\n")
}
