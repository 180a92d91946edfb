//! The kicker: every few seconds it applies Calico's manifest where that is due, and looks after the
//! certificates.

use super::Service;
use crate::api::Api;
use crate::args::edit;
use crate::config::DaemonConfig;
use crate::daemon::Node;
use crate::failure::Result;
use crate::host;
use crate::journal::Journal;
use crate::kubectl::Kubectl;
use crate::layout::{Layout, read};
use crate::pki::{certificates, names};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const PERIOD: Duration = Duration::from_secs(5);
/// Given up after so many restarts one after another.
const RESTARTS: u32 = 5;

/// Runs until told to stop; a worker has nothing to kick.
pub(crate) async fn run(node: Arc<Node>, stop: CancellationToken) -> Result<()> {
    let journal = Journal::of(&Service::ApiserverKicker.unit());
    let mut restarts = 0;
    while !stop.is_cancelled() && !node.layout.is_worker() {
        match round(&node).await {
            Ok(true) => restarts += 1,
            Ok(false) => restarts = 0,
            Err(failure) => {
                journal.write(
                    &Service::ApiserverKicker.identifier(),
                    std::process::id(),
                    &failure.to_string(),
                );
            }
        }
        if restarts >= RESTARTS {
            return Err(crate::Failure::new("kubelite was restarted five times one after another"));
        }
        tokio::select! {
            () = tokio::time::sleep(PERIOD) => {}
            () = stop.cancelled() => {}
        }
    }
    Ok(())
}

/// One look at everything; says whether kubelite had to be restarted.
async fn round(node: &Arc<Node>) -> Result<bool> {
    if !node.layout.is_locked("join-in-progress") && certificates_changed(node)? {
        for service in [Service::ClusterAgent, Service::Containerd, Service::Kubelite] {
            node.services.restart(node, service).await;
        }
        return Ok(true);
    }
    apply_network(node).await?;
    recycle_pods(node).await?;
    Ok(false)
}

/// Makes the server's certificate anew where the node's addresses or its CA have changed.
fn certificates_changed(node: &Arc<Node>) -> Result<bool> {
    let layout = &node.layout;
    let apiserver = layout.args("kube-apiserver");
    let fixed =
        ["--advertise-address", "--bind-address"].iter().any(|flag| edit::get(&apiserver, flag).is_some());
    let watched = !layout.is_locked("no-cert-reissue") && !fixed && host::default_address().is_some();
    let stale =
        if watched { names::refresh(layout)? } else { !certificates::server_matches_authority(layout)? };
    if stale {
        certificates::issue_server(layout)?;
    }
    Ok(stale)
}

/// Applies Calico's manifest once.
async fn apply_network(node: &Arc<Node>) -> Result<()> {
    let layout = &node.layout;
    let due =
        layout.is_locked("ha-cluster") && !layout.is_locked("cni-loaded") && layout.cni_manifest().exists();
    if !due || !Api::new(layout, "client.config")?.is_ready().await {
        return Ok(());
    }
    apply_manifest(&node.config, layout).await?;
    layout.set_lock("cni-loaded")
}

/// Applies Calico's manifest on this node, with the definitions that the snap's own manifest would bring.
pub(crate) async fn apply_manifest(config: &DaemonConfig, layout: &Layout) -> Result<()> {
    let kubectl = Kubectl::new(config, layout);
    for definitions in &config.crds {
        let path = definitions.to_string_lossy();
        kubectl
            .run(&["apply", "--server-side", "--force-conflicts", "--validate=false", "-f", &path], "")
            .await?;
    }
    if config.traffic.is_none() {
        kubectl.apply(include_str!("../../snap/metallb-namespace.yaml")).await?;
    }
    kubectl.apply(&read(&layout.cni_manifest())?).await.map(drop)
}

/// After an installation or a refresh the pods that mount the snap's data are made anew, as they still hold
/// the old revision's directory.
async fn recycle_pods(node: &Arc<Node>) -> Result<()> {
    const LOCK: &str = "snapdata-mounts-need-reload";
    let layout = &node.layout;
    let due = layout.is_locked(LOCK) && layout.is_locked("cni-loaded") && !layout.is_locked("no-cni-reload");
    let api = Api::new(layout, "client.config")?;
    if !due || !api.is_ready().await {
        return Ok(());
    }
    let path = format!("/api/v1/pods?fieldSelector=spec.nodeName={}", host::node_name()?);
    for pod in api.items(&path).await?.iter().filter(|pod| mounts_snap_data(pod)) {
        let text = |pointer: &str| pod.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (namespace, name) = (text("/metadata/namespace"), text("/metadata/name"));
        api.delete(&format!("/api/v1/namespaces/{namespace}/pods/{name}")).await?;
    }
    layout.drop_lock(LOCK)
}

/// Whether the pod has an owner that makes it anew, and a volume below `$SNAP_DATA`.
fn mounts_snap_data(pod: &Value) -> bool {
    let volumes = pod.pointer("/spec/volumes").and_then(Value::as_array);
    let mut paths =
        volumes.into_iter().flatten().filter_map(|volume| volume.pointer("/hostPath/path")?.as_str());
    pod.pointer("/metadata/ownerReferences/0").is_some()
        && paths.any(|path| path.starts_with("/var/snap/microk8s/current"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_owned_pods_with_the_snaps_data_are_recycled() {
        let pod = |owner: bool, path: &str| {
            let owners = if owner { json!([{"kind": "DaemonSet"}]) } else { json!([]) };
            let volumes = json!([{"name": "x", "emptyDir": {}}, {"name": "y", "hostPath": {"path": path}}]);
            json!({"metadata": {"ownerReferences": owners}, "spec": {"volumes": volumes}})
        };
        assert!(mounts_snap_data(&pod(true, "/var/snap/microk8s/current/var/lib/calico")));
        assert!(!mounts_snap_data(&pod(false, "/var/snap/microk8s/current/var/lib/calico")));
        assert!(!mounts_snap_data(&pod(true, "/var/lib/other")));
    }
}
