//! What a node's daemon is told at its start, and how the node's commands learn it.

use crate::failure::{Result, Tried};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// Everything that [`crate::daemon::run`] has to know about its node.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DaemonConfig {
    /// The node's hostname; the daemon refuses to run anywhere else.
    pub name: String,
    /// The node's own addresses, which are waited for before anything is started.
    pub addresses: Vec<IpAddr>,
    /// The real programs of the control plane.
    pub programs: Programs,
    /// Files or folders with the custom resource definitions of Calico and MetalLB.
    #[serde(default)]
    pub crds: Vec<PathBuf>,
    /// What makes packets flow: the node's kube-proxy, and pods that really run. Nothing of that where
    /// absent.
    #[serde(default)]
    pub traffic: Option<Traffic>,
    /// What the snap store has, as a JSON file `{"1.35/stable": {"version", "revision", "calico"}}`; built in
    /// where absent.
    #[serde(default)]
    pub store: Option<PathBuf>,
    /// A folder in which tests put files that switch faults on; see the module `faults` for their names.
    #[serde(default)]
    pub faults: Option<PathBuf>,
    /// How long `snap install` and `snap refresh` take at least, in milliseconds.
    #[serde(default)]
    pub install_delay_milliseconds: u64,
}

/// Absolute paths of the programs that a control plane consists of.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Programs {
    /// The datastore, in k8s-dqlite's place.
    pub etcd: PathBuf,
    /// The API server.
    pub kube_apiserver: PathBuf,
    /// The controller manager.
    pub kube_controller_manager: PathBuf,
    /// The scheduler.
    pub kube_scheduler: PathBuf,
    /// The client that `microk8s kubectl` is.
    pub kubectl: PathBuf,
    /// What `microk8s helm` and `microk8s helm3` are.
    pub helm: PathBuf,
}

/// Absolute paths of what packets flow through.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Traffic {
    /// The folder with kube-proxy and what MetalLB and frr-k8s consist of, by the names that the lab gives
    /// them.
    pub programs: PathBuf,
    /// The folder with the manifests, charts and scripts of MetalLB and frr-k8s as their Go modules have
    /// them.
    pub files: PathBuf,
    /// Plays the web server of nginx's image when it is called `nginx`.
    pub web_server: PathBuf,
}

/// Where the daemon leaves its configuration for the node's commands.
const HANDED_OVER: &str = "/run/microk8s-stand-in.json";

impl DaemonConfig {
    pub(crate) fn hand_over(&self) -> Result<()> {
        let text = serde_json::to_string(self).tried(|| "Cannot write the configuration as JSON".into())?;
        std::fs::write(HANDED_OVER, text).tried(|| format!("Cannot write {HANDED_OVER}"))
    }

    pub(crate) fn handed_over() -> Result<Self> {
        let text = std::fs::read_to_string(Path::new(HANDED_OVER)).tried(|| {
            format!("Cannot read {HANDED_OVER}, which the node's daemon writes at its start; is it running?")
        })?;
        serde_json::from_str(&text).tried(|| format!("Cannot understand {HANDED_OVER}"))
    }
}
