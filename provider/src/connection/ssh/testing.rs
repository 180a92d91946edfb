//! A real sshd on this machine's loopback, for tests.

use super::{JobFolders, Settings, host_key};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tfplugin::types::Secret;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

/// An sshd of the test's own, with its own keys; ends with the test.
pub(crate) struct Sshd {
    pub(crate) directory: TempDir,
    pub(crate) port: u16,
    options: Vec<String>,
    process: Child,
}

impl Sshd {
    pub(crate) async fn start() -> Self {
        Self::start_in(directory().await, &[], Vec::new()).await
    }

    /// Started by a program that runs what its last arguments say, such as `env`.
    pub(crate) async fn start_through(starter: &[&str]) -> Self {
        Self::start_in(directory().await, starter, Vec::new()).await
    }

    /// One that runs a shell script in place of every command but the one that holds the connection.
    pub(crate) async fn start_with_answer(script: &str) -> Self {
        let directory = directory().await;
        let forced = directory.path().join("forced");
        let lifeline = r#"case $SSH_ORIGINAL_COMMAND in *microk8s-connected*) exec sh -c "$SSH_ORIGINAL_COMMAND";; esac"#;
        std::fs::write(&forced, format!("{lifeline}\n{script}\n")).unwrap();
        let option = format!("ForceCommand=sh {}", forced.display());
        Self::start_in(directory, &[], vec![option]).await
    }

    /// `directory` is of [`directory`].
    pub(crate) async fn start_in(directory: TempDir, starter: &[&str], options: Vec<String>) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let process = spawn(directory.path(), port, starter, &options);
        let sshd = Self { directory, port, options, process };
        sshd.listening().await;
        sshd
    }

    async fn listening(&self) {
        for _ in 0..100 {
            if tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!(
            "sshd does not listen: {}",
            std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
        );
    }

    pub(crate) async fn stop(&mut self) {
        self.process.kill().await.unwrap();
    }

    pub(crate) async fn start_again(&mut self) {
        self.process = spawn(self.directory.path(), self.port, &[], &self.options);
        self.listening().await;
    }

    pub(crate) fn settings(&self) -> Settings {
        let config = self.directory.path().join("config");
        let known_hosts = self.directory.path().join("known_hosts");
        std::fs::write(&config, format!("UserKnownHostsFile {}\n", known_hosts.display())).unwrap();
        Settings {
            port: Some(self.port),
            private_key: Some(Secret::new(
                std::fs::read_to_string(self.directory.path().join("user")).unwrap().trim(),
            )),
            config_file: Some(config.display().to_string()),
            job_folders: self.job_folders(),
            ..Settings::default()
        }
    }

    /// Where its machine keeps its jobs.
    pub(crate) fn job_folders(&self) -> JobFolders {
        let folder = |name: &str| self.directory.path().join(name).display().to_string();
        JobFolders { kept: folder("jobs"), volatile: folder("run") }
    }

    pub(crate) fn host_key(&self) -> String {
        let line = std::fs::read_to_string(self.directory.path().join("host.pub")).unwrap();
        host_key::normalised(&line).unwrap()
    }
}

/// What an sshd needs: its host key, the key of its user, and an empty home.
pub(crate) async fn directory() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for key in ["host", "user"] {
        keygen(&directory.path().join(key)).await;
    }
    std::fs::copy(directory.path().join("user.pub"), directory.path().join("authorized")).unwrap();
    std::fs::create_dir(directory.path().join("home")).unwrap();
    directory
}

pub(crate) async fn keygen(path: &Path) {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(path)
        .status()
        .await
        .unwrap();
    assert!(made.success());
}

/// What a user's login shell reads at its start is that user's own: a line that it prints would be taken for
/// a command's. Shells find it by these variables; at the second level bash reads no file at all, the
/// system's included.
fn shell_start(home: &str) -> String {
    format!("SetEnv=HOME={home} XDG_CONFIG_HOME={home} ZDOTDIR={home} SHLVL=1")
}

fn spawn(directory: &Path, port: u16, starter: &[&str], options: &[String]) -> Child {
    // Where sshd runs as root it insists on this directory; elsewhere it does not need it.
    let _ = std::fs::create_dir_all("/run/sshd");
    let file = |name: &str| directory.join(name).display().to_string();
    let mut words = starter.iter().copied().chain(["/usr/sbin/sshd"]);
    Command::new(words.next().unwrap())
        .args(words)
        .args(["-D", "-f", "/dev/null", "-E", &file("log"), "-p", &port.to_string(), "-h", &file("host")])
        .args(["-o", "ListenAddress=127.0.0.1", "-o", "StrictModes=no", "-o", "PidFile=none"])
        .args(["-o", &format!("AuthorizedKeysFile={}", file("authorized"))])
        .args(["-o", &shell_start(&file("home")), "-o", "PermitUserRC=no", "-o", "PermitUserEnvironment=no"])
        .args(options.iter().flat_map(|option| ["-o", option]))
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}
