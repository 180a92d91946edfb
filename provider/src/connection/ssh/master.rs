//! One connection to a host that all commands and forwarded ports share: an `ssh` process of its own.

use super::Settings;
use super::error::{SshError, SshErrorKind};
use super::log::Log;
use super::trust::{self, Configured};
use crate::connection::bounds::LINE;
use crate::connection::expand_home;
use crate::connection::retry::poll;
use openssh::{ForwardType, Session, Socket};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// How long it may take until the machine has answered and proved who it is, unless the user's own
/// `ConnectTimeout` says otherwise. `ssh` sees to it.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the login may take after that, up to the first word of the remote shell: a name server that does
/// not answer costs sshd half a minute.
const LOGIN_TIMEOUT: Duration = Duration::from_secs(45);

/// What cloud images print in place of a shell, before they wait.
pub(super) const ANOTHER_USER: &str = "Please login as the user";

/// What `ssh` logs of a port that sshd does not forward.
const FORWARDING_FORBIDDEN: &str = "administratively prohibited";

/// So many bytes of what a login prints can tell what is wrong with it.
const TELLING: usize = 4096;

/// What the remote shell says when it is there. It then waits for us to go away: this process can end in any
/// ssh, the pipe to `ssh` breaks, `cat` ends, and `ssh` with it.
const LIFELINE: &str = "echo microk8s-connected; exec cat >/dev/null";

/// A live connection.
pub(crate) struct Master {
    process: Mutex<Child>,
    _lifeline: (ChildStdin, ChildStdout),
    pub(crate) session: Session,
    /// The host key that `ssh` verified, where it is one.
    pub(crate) host_key: Option<String>,
    log: Log,
    directory: Scratch,
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
        let scratch = Scratch(directory.clone());
        let configured = configured(address, settings).await.map_err(client)?;
        let trust = trust::options(settings, pin, &configured, &directory).map_err(client)?;
        let key = write_private_key(settings, &directory).map_err(client)?;
        let connects_within = configured.connect_timeout().unwrap_or(CONNECT_TIMEOUT);
        let mut process = Command::new("ssh")
            .args(base_options(settings))
            .args(options(settings, &directory, key.as_ref().map(|key| key.0.as_path()), connects_within))
            .args(trust.iter().flat_map(|option| ["-o", option]))
            .args(["--", address, LIFELINE])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C at the terminal reaches the whole process group; what runs on the node shall end in
            // order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(client)?;
        let pipes = (process.stdin.take(), process.stdout.take(), process.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(client(io::Error::other("no pipes to ssh")));
        };
        let log = Log::read(stderr);
        let mut printed = String::new();
        let within = connects_within.saturating_add(LOGIN_TIMEOUT);
        let greeting = tokio::time::timeout(within, greeted(stdout, &mut printed)).await;
        // It was needed for this moment only.
        drop(key);
        let stdout = match greeting {
            Ok(Some(stdout)) => stdout,
            Ok(None) => {
                // One that waits for something else would not end.
                let _ = printed.contains(ANOTHER_USER).then(|| process.start_kill());
                let error = refused(address, &log.whole().await, &printed);
                let concerns_key = matches!(error.kind(), SshErrorKind::KeyRefused | SshErrorKind::Client);
                return Err(match concerns_key {
                    true => error.with_cure(unusable_key(settings, &configured).unwrap_or_default()),
                    false => error,
                });
            }
            Err(_) => {
                let _ = process.start_kill();
                return Err(late(address, &log.whole().await, &printed, within));
            }
        };
        let control = directory.join("control").into_boxed_path();
        Ok(Self {
            process: Mutex::new(process),
            _lifeline: (stdin, stdout),
            session: Session::resume_mux(control, None),
            host_key: pin.map(str::to_owned).or_else(|| trust::checked_key(&directory)),
            log,
            directory: scratch,
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
        let is_ending = || async {
            Ok::<_, Infallible>(match self.is_alive() {
                true => ControlFlow::Continue(false),
                false => ControlFlow::Break(true),
            })
        };
        let Ok(is_ending) = poll(Duration::from_millis(20), Duration::from_millis(500), is_ending).await;
        is_ending
    }

    /// Whether sshd there refuses to forward ports.
    pub(crate) fn forbids_forwarding(&self) -> bool {
        self.log.says(FORWARDING_FORBIDDEN)
    }

    /// A local Unix socket that leads to `port` of the machine's loopback.
    pub(crate) async fn forward(&self, port: u16) -> Result<PathBuf, openssh::Error> {
        let mut forwards = self.forwards.lock().await;
        if let Some(path) = forwards.get(&port) {
            self.session.check().await?;
            return Ok(path.clone());
        }
        let path = self.directory.0.join(port.to_string());
        let (here, there) = (Socket::from(path.clone()), Socket::new("127.0.0.1", port));
        self.session.request_port_forward(ForwardType::Local, here, there).await?;
        forwards.insert(port, path.clone());
        Ok(path)
    }
}

/// A file or folder that goes away with this, also where connecting was given up half way.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0).or_else(|_| std::fs::remove_dir_all(&self.0));
    }
}

/// Reads until the remote shell has said the word; what a login script prints before is passed over, up to a
/// limit; its beginning is kept in `printed`.
async fn greeted(stdout: ChildStdout, printed: &mut String) -> Option<ChildStdout> {
    let mut reader = BufReader::new(stdout.take(LINE as u64));
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).await.is_ok_and(|length| length > 0) {
        if line.trim_ascii() == b"microk8s-connected" {
            return Some(reader.into_inner().into_inner());
        }
        let text = String::from_utf8_lossy(&line);
        let is_in_vain = text.contains(ANOTHER_USER);
        if is_in_vain || printed.len() < TELLING {
            printed.extend(text.chars().take(TELLING));
        }
        if is_in_vain {
            return None;
        }
        line.clear();
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
    directory: &Path,
    key: Option<&Path>,
    connects_within: Duration,
) -> Vec<OsString> {
    let mut options: Vec<OsString> = ["-M", "-T", "-S"].map(OsString::from).into();
    options.push(directory.join("control").into());
    let mut set = |option: &str| options.extend([OsString::from("-o"), OsString::from(option)]);
    set("BatchMode=yes");
    set("ClearAllForwardings=yes");
    set(&format!("ConnectTimeout={}", connects_within.as_secs()));
    set("ControlPersist=no");
    set("ForwardAgent=no");
    set("ForwardX11=no");
    // Says that the login succeeded, and nothing of what a server prints before it says who it is.
    set("LogLevel=VERBOSE");
    set("PermitLocalCommand=no");
    set("RemoteCommand=none");
    set("ServerAliveCountMax=3");
    set("ServerAliveInterval=5");
    if let Some(file) =
        key.map(Path::to_owned).or_else(|| settings.private_key_file.as_ref().map(PathBuf::from))
    {
        set("IdentitiesOnly=yes");
        options.extend([OsString::from("-i"), file.into()]);
    }
    options
}

/// The user's own settings for that address.
async fn configured(address: &str, settings: &Settings) -> io::Result<Configured> {
    let mut command = Command::new("ssh");
    command.arg("-G").args(base_options(settings)).args(["--", address]);
    let asked = command.stdin(Stdio::null()).process_group(0).kill_on_drop(true).output();
    let failed =
        |said: &str| io::Error::other(format!("`ssh -G {address}` did not tell its settings: {said}"));
    // A `Match exec` of theirs may run any program.
    let told = tokio::time::timeout(CONNECT_TIMEOUT, asked)
        .await
        .map_err(|_| failed(&format!("no answer within {} s", CONNECT_TIMEOUT.as_secs())))??;
    if !told.status.success() {
        // Without the user's own files, a key that contradicts them would pass for a new one.
        return Err(failed(String::from_utf8_lossy(&told.stderr).trim()));
    }
    Ok(Configured::new(String::from_utf8_lossy(&told.stdout).into_owned()))
}

/// Writes the provider's private key where `ssh` can read it, if there is one.
fn write_private_key(settings: &Settings, directory: &Path) -> io::Result<Option<Scratch>> {
    let Some(key) = &settings.private_key else { return Ok(None) };
    let path = directory.join("key");
    let key_file = Scratch(path.clone());
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    // Without the line's end that Terraform's trimspace() takes, ssh calls the format invalid.
    writeln!(file, "{}", key.expose().trim_end())?;
    Ok(Some(key_file))
}

/// The remote shell was not there in time.
fn late(address: &str, log: &str, printed: &str, within: Duration) -> SshError {
    const SLOW: &str = "The login succeeded, and no shell answered. Log in by hand to see what the login waits for: a slow PAM module, \
                        or a file such as `.bashrc` or `.profile`.";
    let said = format!("{}\n{printed}\nNo answer within {} s.", plain(log), within.as_secs());
    match log.contains("Authenticated to ") {
        true => SshError::new(SshErrorKind::Unanswered, address, "logging in", &said).with_cure(SLOW),
        false => SshError::connecting(address, &said),
    }
}

/// Why the keys that `ssh` was given are of no use, where they are not: it asks no one for a passphrase here,
/// and does not say so.
fn unusable_key(settings: &Settings, configured: &Configured) -> Option<&'static str> {
    const PUBLIC: &str = "This is a public key: the private one is in the file without `.pub`. Correct `ssh.private_key_file` of the provider.";
    const LOCKED: &str = "The private key has a passphrase, which cannot be asked for here: add the key to an agent (`ssh-add`), or use one \
                          without a passphrase.";
    let read = |file: &str| std::fs::read_to_string(expand_home(file)).ok();
    let keys: Vec<String> = match (&settings.private_key, &settings.private_key_file) {
        (Some(key), _) => vec![key.expose().to_owned()],
        (None, Some(file)) => read(file).into_iter().collect(),
        (None, None) => configured.identity_files().filter_map(read).collect(),
    };
    let is_public = |key: &String| ["ssh-", "ecdsa-", "sk-"].iter().any(|word| key.starts_with(word));
    // A key of OpenSSH's own form names the cipher first, in Base64.
    let is_locked = |key: &String| {
        let body: String = key.lines().skip(1).flat_map(|line| line.trim().chars()).take(64).collect();
        let in_own_form = key.contains("BEGIN OPENSSH PRIVATE KEY");
        key.contains("ENCRYPTED") || in_own_form && !body.starts_with("b3BlbnNzaC1rZXktdjEAAAAABG5vbmU")
    };
    match () {
        () if keys.iter().any(is_public) => Some(PUBLIC),
        () if keys.iter().any(is_locked) => Some(LOCKED),
        () => None,
    }
}

/// `ssh` ended before the remote shell was there, or will never have one.
fn refused(address: &str, log: &str, printed: &str) -> SshError {
    let said = plain(log);
    if log.contains("Authenticated to ") {
        let said = format!("{said}\n{printed}");
        if printed.contains(ANOTHER_USER) {
            return SshError::connecting(address, &said);
        }
        let said = format!("{said}\nThe login succeeded, but no shell answered.");
        return SshError::new(SshErrorKind::CommandNotRun, address, "logging in", &said);
    }
    SshError::connecting(address, &said)
}

/// The log without what `ssh` says when all goes well.
fn plain(log: &str) -> String {
    let dull = ["Authenticated to ", "Bytes per second: ", "Transferred: ", "Warning: Permanently added "];
    let lines = log.lines().filter(|line| !dull.iter().any(|start| line.starts_with(start)));
    lines.collect::<Vec<_>>().join("\n")
}
