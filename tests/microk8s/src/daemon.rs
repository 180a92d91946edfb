//! The process behind a node's commands: snapd and the snap's services.

use crate::command::system;
use crate::config::DaemonConfig;
use crate::containers::Runtime;
use crate::failure::{Failure, Result, Tried};
use crate::faults::Fault;
use crate::host;
use crate::layout::Layout;
use crate::services::{Service, Services};
use crate::snap;
use crate::snap::state::State;
use crate::socket;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// What the daemon's parts share.
pub(crate) struct Node {
    pub(crate) config: DaemonConfig,
    pub(crate) layout: Layout,
    pub(crate) services: Services,
    pub(crate) runtime: Arc<Runtime>,
    /// snapd's own state, saved at each change.
    pub(crate) state: std::sync::Mutex<State>,
    /// Held by the one change that runs.
    pub(crate) change: Mutex<()>,
}

impl Node {
    /// The Kubernetes version of the installed snap.
    pub(crate) fn version(&self) -> String {
        self.read(|state| state.installed.as_ref().map_or_else(String::new, |snap| snap.version.clone()))
    }

    pub(crate) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Changes snapd's state and saves it.
    pub(crate) fn update<T>(&self, change: impl FnOnce(&mut State) -> T) -> Result<T> {
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let answer = change(&mut state);
        state.save(&self.layout)?;
        Ok(answer)
    }

    /// Starts every service that is enabled.
    pub(crate) async fn start_services(self: &Arc<Self>) {
        for service in Service::ALL {
            if self.read(|state| state.is_enabled(service)) {
                self.services.start(self, service).await;
            }
        }
    }

    pub(crate) async fn stop_services(&self) {
        for service in Service::ALL.into_iter().rev() {
            self.services.stop(service).await;
        }
    }
}

/// Plays snapd and the snap's services on this node, until the process ends or the node's socket is lost.
///
/// To be run inside the node, as root, on a Tokio runtime with its timers and its network on. Every program
/// that it starts is a child of this process.
///
/// # Errors
///
/// Where this is another node than the configuration's, where its addresses do not come, where the node's
/// files cannot be written or its socket cannot be opened.
pub async fn run(config: DaemonConfig) -> std::result::Result<(), Failure> {
    // Two of the libraries in use bring a provider; the process has to say which one counts. Said before is
    // as good.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let hostname = host::hostname()?;
    if hostname != config.name {
        let text = format!(
            "This daemon is {}'s and refuses to run on {hostname}, whose files it would change",
            config.name
        );
        return Err(Failure::new(text));
    }
    config.hand_over()?;
    wait_for_addresses(&config.addresses).await?;
    let layout = Layout::new("/");
    system::boot(&layout)?;
    let state = State::load(&layout)?;
    let installed = state.installed.is_some();
    let runtime = Arc::new(Runtime::new(config.traffic.clone()));
    let node = Arc::new(Node {
        config,
        runtime,
        layout,
        services: Services::new(),
        state: std::sync::Mutex::new(state),
        change: Mutex::new(()),
    });
    tokio::spawn(hold_apt(node.config.clone()));
    if installed {
        node.start_services().await;
    }
    let answering = Arc::clone(&node);
    socket::serve(move |request| {
        let node = Arc::clone(&answering);
        async move { snap::answer(&node, request).await }
    })
    .await
}

/// The services listen on the node's addresses, which may come a moment after the node.
async fn wait_for_addresses(wanted: &[IpAddr]) -> Result<()> {
    for _ in 0..100 {
        let own = host::interface_addresses()?;
        if wanted.iter().all(|address| own.iter().any(|(_, own)| own == address)) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(Failure::new(format!("Waited ten seconds for the addresses {wanted:?}")))
}

/// Holds apt's lock while the fault is on.
async fn hold_apt(config: DaemonConfig) {
    let mut held = None;
    loop {
        match (Fault::AptBusy.is_on(&config), &held) {
            (Some(_), None) => held = lock_apt().ok(),
            (None, Some(_)) => held = None,
            _ => {}
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn lock_apt() -> Result<std::fs::File> {
    const LOCK: &str = "/var/lib/dpkg/lock-frontend";
    let opened = std::fs::OpenOptions::new().create(true).truncate(false).write(true).open(LOCK);
    let file = opened.tried(|| format!("Cannot open {LOCK}"))?;
    let whole = nix::libc::flock {
        l_type: i16::try_from(nix::libc::F_WRLCK).unwrap_or_default(),
        l_whence: i16::try_from(nix::libc::SEEK_SET).unwrap_or_default(),
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    // apt looks for a lock of this kind, which is the process's and goes with the file's closing.
    nix::fcntl::fcntl(&file, nix::fcntl::FcntlArg::F_SETLK(&whole))
        .tried(|| format!("Cannot lock {LOCK}"))?;
    Ok(file)
}
