//! A worker's way to the API servers: port 16443 of the node, passed on to a control plane.

use crate::api::Api;
use crate::daemon::Node;
use crate::failure::{Result, Tried};
use crate::layout::{Layout, read_or_empty, write};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

pub(crate) const PORT: u16 = 16443;
const REFRESH: Duration = Duration::from_secs(30);
const CONNECT: Duration = Duration::from_secs(3);

/// Runs until told to stop; a control plane needs none.
pub(crate) async fn run(node: Arc<Node>, stop: CancellationToken) -> Result<()> {
    if node.layout.is_locked("no-apiserver-proxy") {
        return Ok(());
    }
    let address = SocketAddr::from((Ipv6Addr::UNSPECIFIED, PORT));
    let listener = TcpListener::bind(address).await.tried(|| format!("Cannot listen on {address}"))?;
    tokio::spawn(refresh(node.layout.clone(), stop.clone()));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return Ok(()),
        };
        let (mut near, _) = accepted.tried(|| format!("Cannot accept on {address}"))?;
        let layout = node.layout.clone();
        let stop = stop.clone();
        tokio::spawn(async move {
            let Some(mut far) = connect(&layout).await else { return };
            tokio::select! {
                // Either end may hang up at any time.
                _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                () = stop.cancelled() => {}
            }
        });
    }
}

/// The first control plane of the list that accepts a connection.
async fn connect(layout: &Layout) -> Option<TcpStream> {
    for address in control_planes(layout) {
        if let Ok(Ok(stream)) = tokio::time::timeout(CONNECT, TcpStream::connect(&address)).await {
            return Some(stream);
        }
    }
    None
}

/// The addresses that Traefik's provider file lists.
fn control_planes(layout: &Layout) -> Vec<String> {
    let text = read_or_empty(&layout.args("traefik/provider.yaml"));
    let lines = text.lines().filter_map(|line| line.trim().strip_prefix("- address: "));
    lines.map(|address| address.trim_matches('"').to_owned()).collect()
}

/// Writes the control planes into Traefik's provider file.
pub(crate) fn write_control_planes(layout: &Layout, addresses: &[IpAddr]) -> Result<()> {
    let servers: String = addresses
        .iter()
        .map(|address| format!("        - address: {}\n", SocketAddr::from((*address, PORT))))
        .collect();
    let text = format!(
        "tcp:\n  routers:\n    Router-1:\n      rule: \"HostSNI(`*`)\"\n      service: \"kube-apiserver\"\n      tls:\n        \
         passthrough: true\n  services:\n    kube-apiserver:\n      loadBalancer:\n        servers:\n{servers}"
    );
    write(&layout.args("traefik/provider.yaml"), &text)
}

/// Follows the API servers that the cluster itself names.
async fn refresh(layout: Layout, stop: CancellationToken) {
    while !stop.is_cancelled() {
        tokio::select! {
            () = tokio::time::sleep(REFRESH) => {}
            () = stop.cancelled() => return,
        }
        // While no API server answers, the last list is the best there is.
        if let Ok(addresses) = endpoints(&layout).await
            && !addresses.is_empty()
        {
            let _ = write_control_planes(&layout, &addresses);
        }
    }
}

async fn endpoints(layout: &Layout) -> Result<Vec<IpAddr>> {
    let api = Api::new(layout, "kubelet.config")?;
    let path = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io/service-name=kubernetes";
    let slices = api.items(path).await?;
    let endpoints = slices.iter().filter_map(|slice| slice.get("endpoints")?.as_array()).flatten();
    let addresses = endpoints.filter_map(|endpoint| endpoint.get("addresses")?.as_array()).flatten();
    Ok(addresses.filter_map(|address| address.as_str()?.parse().ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_provider_file_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        write_control_planes(&layout, &["10.0.0.11".parse().unwrap(), "fd00::1".parse().unwrap()]).unwrap();
        assert_eq!(control_planes(&layout), ["10.0.0.11:16443", "[fd00::1]:16443"]);
    }
}
