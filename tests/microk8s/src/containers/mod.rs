//! What stands for containerd: pods that really run, each in namespaces of its own, from the node's own
//! programs.
//!
//! A pod runs where at least one of its images is among those of [`images`]; its other containers are only
//! said to run. Namespaces, addresses, volumes, users, environment, commands and probes are the pod's;
//! limits, capabilities and read-only roots are not enforced. All containers of a pod share one process
//! namespace.

mod container;
mod environment;
mod images;
mod network;
mod pod;
mod probes;
mod root;
mod sandbox;
mod state;
mod volumes;

use crate::api::Api;
use crate::config::Traffic;
use crate::failure::{Result, Tried};
use crate::kubelet::now_in_seconds;
use crate::layout;
use k8s_openapi::api::core::v1::Pod;
pub(crate) use network::ip;
use serde::de::DeserializeOwned;
use serde_json::Value;
use state::{ContainerState, Phase, PodState};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A kubelet's directory on a MicroK8s node, below `$SNAP_COMMON`.
const PODS: &str = "var/lib/kubelet/pods";
const LOGS: &str = "/var/log/pods";
const GRACE: u64 = 30;

/// Plays what the program is inside a container's or sandbox's process, where it is called by such a name.
/// Comes back only where that fails.
pub(crate) fn play(program: &str, arguments: &[String]) -> Option<crate::outcome::Outcome> {
    let failure = match (program, arguments) {
        ("container", [spec]) => root::become_container(Path::new(spec)),
        ("pause", names) => sandbox::pause(names.first().map(String::as_str)).err()?,
        _ => return None,
    };
    Some(crate::outcome::Outcome::complained(128, failure.to_string()))
}

/// What a pod is run with.
pub(crate) struct PodContext {
    pub(crate) pod: Pod,
    /// Its own; none where it is on the node's network.
    pub(crate) addresses: Vec<IpAddr>,
    pub(crate) node_addresses: Vec<IpAddr>,
    pub(crate) api: Api,
    pub(crate) traffic: Traffic,
    /// What the node keeps for it.
    pub(crate) directory: PathBuf,
    state: Mutex<PodState>,
    grace: AtomicU64,
}

impl PodContext {
    pub(crate) fn uid(&self) -> String {
        self.pod.metadata.uid.clone().unwrap_or_default()
    }

    pub(crate) fn namespace(&self) -> &str {
        self.pod.metadata.namespace.as_deref().unwrap_or_default()
    }

    pub(crate) fn service_account(&self) -> String {
        let spec = self.pod.spec.as_ref();
        spec.and_then(|spec| spec.service_account_name.clone()).unwrap_or_else(|| "default".into())
    }

    /// As a pod of its own network has it; at most as long as the kernel allows.
    pub(crate) fn hostname(&self) -> String {
        let name = self.pod.metadata.name.as_deref().unwrap_or_default();
        let own = self.pod.spec.as_ref().and_then(|spec| spec.hostname.as_deref());
        own.unwrap_or(name).chars().take(63).collect()
    }

    /// The addresses that its status has.
    pub(crate) fn reported_addresses(&self) -> &[IpAddr] {
        if self.addresses.is_empty() { &self.node_addresses } else { &self.addresses }
    }

    fn hosts(&self) -> String {
        if self.addresses.is_empty() {
            return layout::read_or_empty(Path::new("/etc/hosts"));
        }
        let own: String =
            self.addresses.iter().map(|address| format!("{address}\t{}\n", self.hostname())).collect();
        format!("# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n{own}")
    }

    fn logs(&self) -> PathBuf {
        let name = self.pod.metadata.name.as_deref().unwrap_or_default();
        Path::new(LOGS).join(format!("{}_{name}_{}", self.namespace(), self.uid()))
    }

    /// An object of the API.
    pub(crate) async fn read<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>> {
        let found = self.api.get(path).await?;
        found
            .map(|found| serde_json::from_value(found).tried(|| format!("Cannot understand {path}")))
            .transpose()
    }

    fn change(&self, change: impl FnOnce(&mut PodState)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// All containers wait for the same.
    fn wait_all(&self, message: &str) {
        self.change(|state| {
            for container in state.init.values_mut().chain(state.containers.values_mut()) {
                container.phase = Phase::Waiting { reason: "ContainerCreating", message: message.to_owned() };
            }
        });
    }

    fn grace(&self) -> Duration {
        Duration::from_secs(self.grace.load(Ordering::Relaxed))
    }
}

struct Running {
    context: Arc<PodContext>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// All pods that run on the node. They outlive the kubelet's restarts.
pub(crate) struct Runtime {
    traffic: Option<Traffic>,
    pods: Mutex<BTreeMap<String, Running>>,
}

impl Runtime {
    /// Without `traffic` no pod really runs.
    pub(crate) fn new(traffic: Option<Traffic>) -> Self {
        Self { traffic, pods: Mutex::default() }
    }

    fn pods(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Running>> {
        self.pods.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this pod's containers really run here.
    pub(crate) fn plays(&self, pod: &Value) -> bool {
        let Some(traffic) = &self.traffic else { return false };
        let containers = pod.pointer("/spec/containers").and_then(Value::as_array).into_iter().flatten();
        containers
            .filter_map(|container| container.get("image")?.as_str())
            .any(|image| images::find(image, traffic).is_some())
    }

    /// Whether a pod runs.
    pub(crate) fn has(&self, uid: &str) -> bool {
        self.pods().contains_key(uid)
    }

    /// Starts a pod, with no addresses on the node's network.
    pub(crate) fn start(
        &self,
        pod: &Value,
        addresses: Vec<IpAddr>,
        node_addresses: Vec<IpAddr>,
        layout: &layout::Layout,
        api: &Api,
    ) -> Result<()> {
        let parsed: Pod = serde_json::from_value(pod.clone()).tried(|| "Cannot understand a pod".into())?;
        let traffic = self.traffic.clone().tried(|| "Pods do not run on this node".into())?;
        let uid = parsed.metadata.uid.clone().unwrap_or_default();
        let grace = parsed.spec.as_ref().and_then(|spec| spec.termination_grace_period_seconds);
        let grace = grace.and_then(|grace| u64::try_from(grace).ok()).unwrap_or(GRACE);
        let directory = layout.common().join(PODS).join(&uid);
        let context = Arc::new(PodContext {
            state: Mutex::new(first_state(&parsed, pod)),
            pod: parsed,
            addresses,
            node_addresses,
            api: api.clone(),
            traffic,
            directory,
            grace: AtomicU64::new(grace),
        });
        let stop = CancellationToken::new();
        let task = tokio::spawn(pod::live(Arc::clone(&context), stop.clone()));
        self.pods().insert(uid, Running { context, stop, task });
        Ok(())
    }

    /// The parts of a running pod's status that its containers decide.
    pub(crate) fn status(&self, uid: &str, pod: &Value) -> Option<Value> {
        let pods = self.pods();
        let context = &pods.get(uid)?.context;
        let state = context.state.lock().unwrap_or_else(PoisonError::into_inner);
        let field = |name: &str| pod.get(name).cloned().unwrap_or_default();
        Some(state.status(&field("spec"), &field("status")))
    }

    /// The pods that run, by their unique names.
    pub(crate) fn uids(&self) -> Vec<String> {
        self.pods().keys().cloned().collect()
    }

    /// Tells a pod to end, within `grace` seconds, and says whether it has.
    pub(crate) fn stop(&self, uid: &str, grace: Option<u64>) -> bool {
        let mut pods = self.pods();
        let Some(running) = pods.get(uid) else { return true };
        if let Some(grace) = grace {
            running.context.grace.store(grace, Ordering::Relaxed);
        }
        running.stop.cancel();
        if !running.task.is_finished() {
            return false;
        }
        let directory = running.context.directory.clone();
        pods.remove(uid);
        drop(pods);
        // What could not be removed now goes with the snap.
        let _ = layout::remove(&directory);
        true
    }

    /// Ends all pods.
    pub(crate) async fn end(&self) {
        let running: Vec<Running> = std::mem::take(&mut *self.pods()).into_values().collect();
        for one in &running {
            one.context.grace.store(0, Ordering::Relaxed);
            one.stop.cancel();
        }
        for one in running {
            // A pod's task ends by itself; had it panicked, there would be nothing left to wait for.
            let _ = one.task.await;
            let _ = layout::remove(&one.context.directory);
        }
    }
}

/// Nothing runs yet. A pod that has run before, when the node had power, counts on.
fn first_state(pod: &Pod, object: &Value) -> PodState {
    let ran = object.pointer("/status/podIP").is_some();
    let before = |list: &str, name: &str| {
        let known =
            object.pointer(&format!("/status/{list}")).and_then(Value::as_array).into_iter().flatten();
        let of = |status: &&Value| status.get("name").and_then(Value::as_str) == Some(name);
        let count = known.into_iter().find(of).and_then(|status| status.get("restartCount")?.as_u64());
        count.and_then(|count| u32::try_from(count).ok()).unwrap_or(0) + u32::from(ran)
    };
    let spec = pod.spec.as_ref();
    let init = spec.iter().flat_map(|spec| spec.init_containers.iter().flatten());
    let containers = spec.iter().flat_map(|spec| &spec.containers);
    PodState {
        initialized: false,
        init: init
            .map(|container| {
                (
                    container.name.clone(),
                    ContainerState::new(before("initContainerStatuses", &container.name)),
                )
            })
            .collect(),
        containers: containers
            .map(|container| {
                (container.name.clone(), ContainerState::new(before("containerStatuses", &container.name)))
            })
            .collect(),
        since: now_in_seconds(),
    }
}
