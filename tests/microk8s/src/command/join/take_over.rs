//! What a joining node changes in its own files, and the restart into the cluster.

use super::required;
use crate::agent::Joined;
use crate::args::edit;
use crate::command::Context;
use crate::failure::{Result, Tried};
use crate::layout::{Layout, create, read_or_empty, remove, write};
use crate::pki::certificates::{self, CLIENTS};
use crate::pki::{kubeconfig, tokens};
use crate::services::datastore;
use crate::{cni, socket};
use std::net::{IpAddr, Ipv4Addr};

/// A certificate that the cluster's CA has signed for this worker.
pub(crate) struct Signed {
    pub(crate) stem: &'static str,
    pub(crate) key: String,
    pub(crate) certificate: String,
}

const WORKER_LABELS: &str = "microk8s.io/cluster=true,node.kubernetes.io/microk8s-worker=microk8s-worker";

/// Until the datastore's member is started. The real script restarts kubelite with the new authority before
/// it stops it, which changes nothing that stays.
pub(crate) async fn control_plane(context: &Context, joined: &Joined) -> Result<()> {
    let layout = &context.layout;
    let secrets = [
        ("ca.crt", &joined.ca),
        ("ca.key", required(joined.ca_key.as_ref(), "CA key")?),
        ("serviceaccount.key", required(joined.service_account_key.as_ref(), "key of the service accounts")?),
    ];
    for (file, text) in secrets {
        replace(layout, file, text)?;
    }
    certificates::issue_clients(layout)?;
    take_flags_of_apiserver(layout, joined)?;
    take_arguments(layout, joined)?;
    tokens::set_callback(layout, &joined.callback_token)?;
    for service in ["microk8s.daemon-kubelite", "microk8s.daemon-k8s-dqlite"] {
        socket::demand(&["stop", service]).await?;
    }
    start_datastore_over(layout, joined)?;
    socket::demand(&["start", "microk8s.daemon-k8s-dqlite"]).await
}

/// What comes once the datastore's member is in the cluster, or was waited for in vain.
pub(crate) async fn end(context: &Context, contacted: Ipv4Addr) -> Result<()> {
    socket::demand(&["start", "microk8s.daemon-kubelite"]).await?;
    cni::detect_by_reaching(&context.layout, &contacted.to_string(), None)?;
    context.layout.set_lock("no-cert-reissue")
}

fn take_flags_of_apiserver(layout: &Layout, joined: &Joined) -> Result<()> {
    let apiserver = layout.args("kube-apiserver");
    edit::set(&apiserver, "--authorization-mode", Some(&joined.api_authz_mode))?;
    edit::set(&apiserver, "--secure-port", Some(&joined.apiport)).map(drop)
}

fn replace(layout: &Layout, file: &str, text: &str) -> Result<()> {
    let path = layout.certificate(file);
    write(&layout.certificate(&format!("{file}.backup")), &read_or_empty(&path))?;
    write(&path, text)
}

/// The kubelet's arguments are the contacted node's, except for the node's own address.
fn take_arguments(layout: &Layout, joined: &Joined) -> Result<()> {
    let kubelet = layout.args("kubelet");
    write(&kubelet, &joined.kubelet_args)?;
    if joined.kubelet_args.contains("--node-ip") {
        edit::set(&kubelet, "--node-ip", Some(&joined.hostname_override))?;
    }
    edit::set(&kubelet, "--hostname-override", None).map(drop)
}

/// Sets the private datastore aside and leaves word for the new one which cluster it belongs to.
fn start_datastore_over(layout: &Layout, joined: &Joined) -> Result<()> {
    let backend = layout.backend("");
    let aside = layout.data().join("var/kubernetes/backend.backup");
    remove(&aside)?;
    std::fs::rename(&backend, &aside).tried(|| format!("Cannot set {} aside", backend.display()))?;
    create(&backend)?;
    for (file, text) in [("cluster.crt", &joined.cluster_cert), ("cluster.key", &joined.cluster_key)] {
        write(&layout.backend(file), required(text.as_ref(), file)?)?;
    }
    write(&layout.backend("cluster.yaml"), &datastore::cluster_file(&joined.voters))?;
    let text = datastore::init_file(&joined.voters, &format!("{}:19001", joined.hostname_override));
    write(&layout.backend("init.yaml"), &text)
}

/// What a worker takes over before it asks for its certificates.
pub(crate) fn before_signing(layout: &Layout, joined: &Joined) -> Result<()> {
    write(&layout.certificate("ca.remote.crt"), &joined.ca)?;
    take_flags_of_apiserver(layout, joined)?;
    take_arguments(layout, joined)
}

/// A certificate that was signed, and the flags that come with it.
pub(crate) fn signed(layout: &Layout, Signed { stem, key, certificate }: &Signed) -> Result<()> {
    write(&layout.certificate(&format!("{stem}.key")), key)?;
    write(&layout.certificate(&format!("{stem}.crt")), certificate)?;
    if *stem == "proxy" {
        for flag in ["--master", "--hostname-override"] {
            edit::set(&layout.args("kube-proxy"), flag, None)?;
        }
        return Ok(());
    }
    let kubelet = layout.args("kubelet");
    edit::set(&kubelet, "--client-ca-file", Some("${SNAP_DATA}/certs/ca.remote.crt"))?;
    edit::set(&kubelet, "--node-labels", Some(WORKER_LABELS)).map(drop)
}

/// The rest of it. Here all services are restarted, containers included, in place of five.
pub(crate) async fn worker(context: &Context, contacted: Ipv4Addr, joined: &Joined) -> Result<()> {
    let layout = &context.layout;
    for client in CLIENTS.iter().filter(|client| ["proxy", "kubelet"].contains(&client.stem)) {
        kubeconfig::write(layout, client, "ca.remote.crt")?;
    }
    tokens::set_callback(layout, &joined.callback_token)?;
    layout.drop_lock("no-apiserver-proxy")?;
    crate::services::write_control_planes(layout, &[IpAddr::V4(contacted)])?;
    for lock in ["clustered.lock", "no-k8s-dqlite"] {
        layout.set_lock(lock)?;
    }
    socket::demand(&["stop", "microk8s"]).await?;
    socket::demand(&["start", "microk8s"]).await?;
    layout.set_lock("no-cert-reissue")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::read;

    fn joined(kubelet_args: &str) -> Joined {
        Joined {
            ca: "CA".into(),
            callback_token: "c".into(),
            apiport: "16443".into(),
            api_authz_mode: "AlwaysAllow".into(),
            kubelet_args: kubelet_args.into(),
            hostname_override: "10.0.0.12".into(),
            cluster_cidr: "10.1.0.0/16,fd01::/64".into(),
            voters: vec!["10.0.0.11:19001".into()],
            service_account_key: None,
            ca_key: None,
            cluster_cert: Some("crt".into()),
            cluster_key: Some("key".into()),
            control_plane_nodes: None,
        }
    }

    #[test]
    fn a_dual_node_ip_is_reduced_to_the_ipv4_source() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        take_arguments(&layout, &joined("--a=1\n--node-ip=10.0.0.11,fd00::11\n--hostname-override=x\n"))
            .unwrap();
        assert_eq!(read(&layout.args("kubelet")).unwrap(), "--a=1\n--node-ip=10.0.0.12\n");
        take_arguments(&layout, &joined("--a=1\n")).unwrap();
        assert_eq!(read(&layout.args("kubelet")).unwrap(), "--a=1\n");
    }

    #[test]
    fn the_private_datastore_is_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        write(&layout.backend("info.yaml"), "Address: 127.0.0.1:19001\n").unwrap();
        start_datastore_over(&layout, &joined("")).unwrap();
        assert!(!layout.backend("info.yaml").exists());
        assert!(layout.data().join("var/kubernetes/backend.backup/info.yaml").exists());
        let init = read(&layout.backend("init.yaml")).unwrap();
        assert_eq!(init, "Cluster:\n- 10.0.0.11:19001\nAddress: 10.0.0.12:19001\n");
    }
}
