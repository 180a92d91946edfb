//! The plugin's process: where its socket is whatever `TMPDIR` says, what it does on signals, and what it
//! leaves.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a step that fails ends the test"
)]

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, SystemTime};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};

struct Plugin {
    process: Child,
    socket: PathBuf,
}

impl Plugin {
    /// As Terraform starts it, without TLS.
    async fn start(temporary: &str, directory: &Path) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_terraform-provider-microk8s"))
            .env("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2")
            .env("TMPDIR", temporary)
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line =
            lines.next_line().await.unwrap().unwrap_or_else(|| panic!("no handshake with {temporary:?}"));
        let fields: Vec<&str> = line.split('|').collect();
        assert_eq!(fields.len(), 6, "{line}");
        assert_eq!(fields[2], "unix", "{line}");
        Self { process, socket: fields[3].into() }
    }

    async fn signal(&self, name: &str) {
        let process = self.process.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-s", name, &process]).status().await.unwrap().success());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    /// Connects and hangs up, which is how a Terraform that was killed ends.
    async fn lose_terraform(&mut self) {
        let connection = UnixStream::connect(&self.socket).await.unwrap();
        // One that is gone before it was seen would not be missed.
        tokio::time::sleep(Duration::from_millis(300)).await;
        drop(connection);
        let ended = tokio::time::timeout(Duration::from_secs(10), self.process.wait()).await;
        assert!(ended.unwrap().unwrap().success());
    }
}

fn left_in(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[tokio::test]
async fn terraform_finds_the_socket_whatever_tmpdir_says() {
    let folder = tempfile::tempdir().unwrap();
    let (barred, long) = (folder.path().join("a|b"), folder.path().join("x".repeat(150)));
    for directory in [&barred, &long, &folder.path().join("relative")] {
        std::fs::create_dir(directory).unwrap();
    }
    for temporary in ["", "relative", barred.to_str().unwrap(), long.to_str().unwrap()] {
        let mut plugin = Plugin::start(temporary, folder.path()).await;
        assert!(plugin.socket.is_absolute(), "{temporary:?}: {:?}", plugin.socket);
        plugin.lose_terraform().await;
        assert!(!plugin.socket.parent().unwrap().exists(), "{temporary:?}");
    }
    assert_eq!(left_in(folder.path()).len(), 3);
}

#[tokio::test]
async fn nothing_is_left_however_the_plugin_ends() {
    let folder = tempfile::tempdir().unwrap();
    let temporary = folder.path().to_str().unwrap();
    for signal in [None, Some("INT"), Some("TERM"), Some("HUP")] {
        let mut plugin = Plugin::start(temporary, folder.path()).await;
        assert!(plugin.socket.starts_with(folder.path()));
        if let Some(signal) = signal {
            plugin.signal(signal).await;
            assert!(plugin.process.try_wait().unwrap().is_none(), "it died of SIG{signal}");
        }
        plugin.lose_terraform().await;
        assert_eq!(left_in(folder.path()), Vec::<PathBuf>::new(), "{signal:?}");
    }
    let mut killed = Plugin::start(temporary, folder.path()).await;
    killed.process.kill().await.unwrap();
    let all = left_in(folder.path());
    assert_eq!(all.len(), 1, "{all:?}");
    let left = &all[0];
    let an_hour_ago = SystemTime::now() - Duration::from_secs(60 * 60);
    std::fs::File::open(left).unwrap().set_modified(an_hour_ago).unwrap();
    let mut next = Plugin::start(temporary, folder.path()).await;
    assert!(!left.exists(), "the next start removes it");
    next.lose_terraform().await;
    assert_eq!(left_in(folder.path()), Vec::<PathBuf>::new());
}
