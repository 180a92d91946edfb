//! The kicker: every few seconds it applies Calico's manifest where that is due, and looks after the certificates.

use super::Service;
use crate::api::Api;
use crate::args::edit;
use crate::daemon::Node;
use crate::failure::Result;
use crate::host;
use crate::journal::Journal;
use crate::kubectl::Kubectl;
use crate::layout::read;
use crate::pki::{certificates, names};
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
    apply_network(node).await?;
    let layout = &node.layout;
    if layout.is_locked("join-in-progress") || !certificates_changed(node)? {
        return Ok(false);
    }
    for service in [Service::ClusterAgent, Service::Containerd, Service::Kubelite] {
        node.services.restart(node, service).await;
    }
    Ok(true)
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

/// Applies Calico's manifest once, with the definitions that the snap's own manifest would bring.
async fn apply_network(node: &Arc<Node>) -> Result<()> {
    let layout = &node.layout;
    let due =
        layout.is_locked("ha-cluster") && !layout.is_locked("cni-loaded") && layout.cni_manifest().exists();
    if !due || !Api::new(layout, "client.config")?.is_ready().await {
        return Ok(());
    }
    let kubectl = Kubectl::new(&node.config, layout);
    for definitions in &node.config.crds {
        let path = definitions.to_string_lossy();
        kubectl
            .run(&["apply", "--server-side", "--force-conflicts", "--validate=false", "-f", &path], "")
            .await?;
    }
    kubectl.apply(include_str!("../../snap/metallb-namespace.yaml")).await?;
    kubectl.apply(&read(&layout.cni_manifest())?).await?;
    layout.set_lock("cni-loaded")
}
