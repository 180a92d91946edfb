//! The ground that nodes stand on: a bridge with a router's addresses, and nodes on it.

use crate::programs;
use microk8s_stand_in::{DaemonConfig, Fault};
use std::cell::Cell;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};

/// Disks and ports so far: a node that has lost its power may hold its own for a moment longer.
static NODES: AtomicU32 = AtomicU32::new(0);
static PORTS: AtomicU32 = AtomicU32::new(0);
const SCRIPT: &str = include_str!("node.sh");

/// What all scenarios share.
#[derive(Clone)]
pub(crate) struct Ground {
    config: Arc<DaemonConfig>,
    folder: Arc<TempDir>,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

async fn ip(line: &str) {
    let output = Command::new("ip").args(line.split(' ')).output().await.unwrap();
    assert!(output.status.success(), "ip {line}: {}", String::from_utf8_lossy(&output.stderr));
}

impl Ground {
    pub(crate) async fn prepare() -> Self {
        for line in [
            "link set lo up",
            "link add bridge type bridge",
            "address add 10.0.0.1/24 dev bridge",
            "address add fd00:10::1/64 dev bridge nodad",
            "link set bridge up",
        ] {
            ip(line).await;
        }
        let config = DaemonConfig {
            name: String::new(),
            addresses: Vec::new(),
            programs: programs::all(),
            crds: programs::definitions().await,
            traffic: None,
            store: None,
            faults: Some("/opt/node/faults".into()),
            install_delay_milliseconds: 0,
        };
        let folder = tempfile::tempdir().unwrap();
        // The host's own file system may be an overlay, which cannot hold another one's changes.
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "tmpfs"]).arg(folder.path());
        assert!(mount.status().await.unwrap().success());
        std::fs::write(folder.path().join("node.sh"), SCRIPT).unwrap();
        Self { config: Arc::new(config), folder: Arc::new(folder) }
    }

    /// Starts a node with the addresses 10.0.0.`octet` and fd00:10::`octet` and a fresh disk.
    pub(crate) async fn node(&self, name: &str, octet: u8) -> Node {
        let number = NODES.fetch_add(1, Ordering::Relaxed);
        let disk = self.folder.path().join(format!("{name}-{number}"));
        std::fs::create_dir_all(&disk).unwrap();
        self.power_on(name, octet, disk).await
    }

    /// Cuts a node's power and switches it on again.
    pub(crate) async fn power_cycle(&self, node: Node) -> Node {
        let Node { mut machine, name, octet, disk, .. } = node;
        machine.kill().await.unwrap();
        self.power_on(&name, octet, disk).await
    }

    async fn power_on(&self, name: &str, octet: u8, disk: PathBuf) -> Node {
        let addresses = [format!("10.0.0.{octet}"), format!("fd00:10::{octet}")];
        let addresses = addresses.map(|address| address.parse().unwrap()).to_vec();
        let config = DaemonConfig { name: name.into(), addresses, ..(*self.config).clone() };
        let mut command = Command::new("unshare");
        command.args(["--net", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "sh"]);
        command.arg(self.folder.path().join("node.sh")).arg(&disk).args([name, &octet.to_string()]);
        command.arg(std::env::current_exe().unwrap()).stdin(Stdio::piped()).kill_on_drop(true);
        let mut machine = command.spawn().unwrap();
        let json = serde_json::to_vec(&config).unwrap();
        machine.stdin.take().unwrap().write_all(&json).await.unwrap();
        let holder = machine.id().unwrap();
        let children = PathBuf::from(format!("/proc/{holder}/task/{holder}/children"));
        let first = until("the node's first process", async || {
            std::fs::read_to_string(&children).ok()?.trim().parse::<u32>().ok()
        })
        .await;
        let number = PORTS.fetch_add(1, Ordering::Relaxed);
        ip(&format!("link add port{number} type veth peer name eth0 netns {first}")).await;
        ip(&format!("link set port{number} master bridge up")).await;
        let node = Node { machine, first, name: name.to_owned(), octet, disk };
        until("the node's daemon", async || (node.run("snap version").await.code == 0).then_some(())).await;
        node
    }
}

/// A running node; its power goes off with it.
pub(crate) struct Node {
    machine: Child,
    first: u32,
    name: String,
    octet: u8,
    disk: PathBuf,
}

impl Node {
    /// Runs a command line inside the node, as root.
    pub(crate) async fn run(&self, line: &str) -> Ended {
        self.run_words(&line.split(' ').collect::<Vec<_>>()).await
    }

    pub(crate) async fn run_words(&self, words: &[&str]) -> Ended {
        let mut command = Command::new("nsenter");
        command.args(["-t", &self.first.to_string(), "-m", "-u", "-i", "-n", "-p", "-r", "-w", "--"]);
        let output = command.args(words).stdin(Stdio::null()).output().await.unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let ended = Ended {
            code: output.status.code().unwrap_or(-1),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        };
        LAST.set(format!("{words:?} on {}: {ended:?}", self.name));
        ended
    }

    /// Runs a sub-command of MicroK8s.
    pub(crate) async fn microk8s(&self, line: &str) -> Ended {
        self.run(&format!("/snap/bin/microk8s {line}")).await
    }

    /// What a command that has to succeed prints.
    pub(crate) async fn said(&self, line: &str) -> String {
        let ended = self.run(line).await;
        assert_eq!(ended.code, 0, "{line}: {ended:?}");
        ended.stdout
    }

    pub(crate) async fn write(&self, path: &str, text: &str) {
        let script = "mkdir -p \"$(dirname \"$1\")\" && printf %s \"$2\" > \"$1\"";
        let ended = self.run_words(&["sh", "-c", script, "sh", path, text]).await;
        assert_eq!(ended.code, 0, "{ended:?}");
    }

    pub(crate) async fn fault(&self, fault: Fault, text: Option<&str>) {
        let path = format!("/opt/node/faults/{}", fault.file());
        match text {
            Some(text) => self.write(&path, text).await,
            None => drop(self.said(&format!("rm {path}")).await),
        }
    }

    /// Installs the snap and waits until the node is ready and will not be touched by its own start any more.
    pub(crate) async fn install(&self, channel: &str) {
        self.said(&format!("snap install microk8s --classic --channel={channel}")).await;
        self.ready().await;
        until("the launch configuration", async || {
            let ended = self.run("ls /var/snap/microk8s/common/etc/launcher/install.yaml.applied").await;
            (ended.code == 0).then_some(())
        })
        .await;
    }

    pub(crate) async fn ready(&self) {
        let ended = self.microk8s("status --wait-ready --timeout 90 --format short").await;
        assert_eq!(ended.code, 0, "{ended:?}");
    }

    /// Waits until the cluster calls these nodes ready.
    pub(crate) async fn sees_ready(&self, names: &[&str]) {
        until(&format!("{names:?} to be ready"), async || {
            let nodes = self.microk8s("kubectl get nodes --no-headers").await.stdout;
            let ready = |name: &&str| {
                nodes.lines().any(|line| line.starts_with(&format!("{name} ")) && line.contains(" Ready "))
            };
            names.iter().all(ready).then_some(())
        })
        .await;
    }

    /// Cuts the power.
    pub(crate) async fn cut(mut self) {
        self.machine.kill().await.unwrap();
    }
}

thread_local! {
    /// What was run last and how that ended. All of a scenario runs on one thread.
    static LAST: Cell<String> = const { Cell::new(String::new()) };
}

/// Waits for something for two minutes at most.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(120);
    while Instant::now() < deadline {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("waited two minutes for {what}; the last that was seen: {}", LAST.take());
}
