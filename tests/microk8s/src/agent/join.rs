//! How a control plane answers a node that wants to join, and what that does to the control plane itself.

use super::Refusal;
use crate::api::Api;
use crate::args::edit;
use crate::daemon::Node;
use crate::failure::{Failure, Result};
use crate::kubectl::Kubectl;
use crate::layout::{Layout, read, read_or_empty, write};
use crate::pki::tokens;
use crate::services::datastore::{self, Member, Role};
use crate::services::{Service, cluster_agent::Peer};
use crate::{cni, host};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::net::{IpAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const PORT: &str = "25000";
const PATIENCE: Duration = Duration::from_secs(60);

/// The word by which a node says that it wants no control plane.
pub(crate) const AS_WORKER: &str = "as-worker";

/// What a joining node sends.
#[derive(Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) token: String,
    pub(crate) hostname: String,
    pub(crate) port: String,
    /// Null or `false` of a control plane; any other word than [`AS_WORKER`] is one's, too.
    #[serde(default)]
    pub(crate) worker: Value,
    #[serde(default)]
    pub(crate) can_handle_x509_auth: bool,
    #[serde(default)]
    pub(crate) can_handle_custom_etcd: bool,
}

/// What it gets.
#[derive(Serialize, Deserialize)]
pub(crate) struct Joined {
    pub(crate) ca: String,
    pub(crate) callback_token: String,
    pub(crate) apiport: String,
    pub(crate) api_authz_mode: String,
    pub(crate) kubelet_args: String,
    pub(crate) hostname_override: String,
    pub(crate) cluster_cidr: String,
    #[serde(default)]
    pub(crate) voters: Vec<String>,
    #[serde(default)]
    pub(crate) service_account_key: Option<String>,
    #[serde(default)]
    pub(crate) ca_key: Option<String>,
    #[serde(default)]
    pub(crate) cluster_cert: Option<String>,
    #[serde(default)]
    pub(crate) cluster_key: Option<String>,
    #[serde(default)]
    pub(crate) control_plane_nodes: Option<Vec<IpAddr>>,
}

pub(crate) async fn answer(
    State(node): State<Arc<Node>>,
    Extension(Peer(peer)): Extension<Peer>,
    headers: HeaderMap,
    Json(request): Json<Request>,
) -> std::result::Result<Json<Joined>, Refusal> {
    let layout = &node.layout;
    let contacted = contacted(&headers);
    let remote = peer.ip().to_canonical();
    admit(layout, &request, &contacted, remote)?;
    let members = datastore::cluster_members(layout);
    if members.iter().any(|member| datastore::ip_of(&member.address) == Some(remote)) {
        let reason = format!(
            "failed to retrieve dqlite cluster nodes: the joining node ({remote}) is already known to dqlite"
        );
        return Err(Refusal::new(500, reason));
    }
    let members = rebind(&node, members, &contacted).await?;
    let callback_token = tokens::callback(layout)?;
    detect_by_reaching(&node, remote).await?;
    layout.set_lock("no-cert-reissue")?;
    let worker = wants_worker(&request);
    if worker {
        for purpose in ["kubelet", "proxy"] {
            tokens::allow_signing(layout, &format!("{}-{purpose}", request.token))?;
        }
    }
    Ok(Json(joined(&node, remote, callback_token, members, worker).await?))
}

/// The host part of the address that the joining node called.
fn contacted(headers: &HeaderMap) -> String {
    let host = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    host.rsplit_once(':').map_or(host, |(host, _)| host).to_owned()
}

/// The checks that come before anything is changed, in the agent's order. The token is used up by the first.
fn admit(
    layout: &Layout,
    request: &Request,
    contacted: &str,
    remote: IpAddr,
) -> std::result::Result<(), Refusal> {
    tokens::accept(layout, &request.token)?;
    if !layout.is_locked("ha-cluster") {
        return Err(Refusal::new(501, "not possible to join. This is not an HA MicroK8s cluster"));
    }
    let own = edit::get(&layout.args("cluster-agent"), "--bind").unwrap_or_default();
    if request.port != PORT || !own.ends_with(&format!(":{PORT}")) {
        return Err(Refusal::new(502, format!("the port of the cluster agent port has to be set to {PORT}")));
    }
    if contacted.parse() == Ok(remote) {
        let reason = format!("the joining node has the same IP ({remote}) as the node we contact");
        return Err(Refusal::new(503, reason));
    }
    let hostname = &request.hostname;
    if looks_names_up(layout) && !resolves(hostname, remote) {
        let reason = format!(
            "the hostname ({hostname}) of the joining node does not resolve to the IP \"{remote}\". Refusing join"
        );
        return Err(Refusal::new(400, reason));
    }
    Ok(())
}

fn wants_worker(request: &Request) -> bool {
    request.worker == AS_WORKER || request.worker == true
}

/// Whether the API server reaches kubelets by their names first, as installations of old do.
fn looks_names_up(layout: &Layout) -> bool {
    let preferred = edit::get(&layout.args("kube-apiserver"), "--kubelet-preferred-address-types");
    preferred.is_none_or(|preferred| !preferred.contains("InternalIP"))
}

/// Whether a name is one of the address here.
fn resolves(name: &str, address: IpAddr) -> bool {
    (name, 0).to_socket_addrs().is_ok_and(|mut found| found.any(|one| one.ip().to_canonical() == address))
}

/// At the first join the datastore moves from the loopback to the address that was contacted.
async fn rebind(
    node: &Arc<Node>,
    members: Vec<Member>,
    contacted: &str,
) -> std::result::Result<Vec<Member>, Refusal> {
    if !members.iter().any(|member| member.address == datastore::ALONE) {
        return Ok(members);
    }
    let own = host::interface_addresses()?;
    if contacted.parse::<IpAddr>().is_ok_and(|address| !own.iter().any(|(_, own)| *own == address)) {
        return Err(Refusal::new(
            500,
            format!(
                "failed to update dqlite address: address {contacted} was not found in any host interface. \
                 refuse to update dqlite bind address to {contacted} as it would break the cluster"
            ),
        ));
    }
    let address = format!("{contacted}:19001");
    write(&node.layout.backend("update.yaml"), &format!("Address: {address}\n"))?;
    node.services.restart(node, Service::K8sDqlite).await;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let members = datastore::cluster_members(&node.layout);
        let moved = !node.layout.backend("update.yaml").exists();
        if moved && members.iter().any(|member| member.address == address) {
            return Ok(members);
        }
        if Instant::now() > deadline {
            return Err(Refusal::new(500, format!("failed to update dqlite address to {address}")));
        }
        sleep(Duration::from_millis(200)).await;
    }
}

/// The first join replaces the detection by `first-found` for the family of the joining address, and applies
/// it.
async fn detect_by_reaching(node: &Arc<Node>, remote: IpAddr) -> Result<()> {
    let variable = if remote.is_ipv4() { "IP_AUTODETECTION_METHOD" } else { "IP6_AUTODETECTION_METHOD" };
    if !cni::detect_by_reaching(&node.layout, &remote.to_string(), Some(variable))? {
        return Ok(());
    }
    let kubectl = Kubectl::new(&node.config, &node.layout);
    let manifest = read(&node.layout.cni_manifest())?;
    let mut last = Failure::new("Calico's manifest could not be applied");
    for _ in 0..20 {
        match kubectl.apply(&manifest).await {
            Ok(_) => return Ok(()),
            Err(failure) => last = failure,
        }
        sleep(Duration::from_secs(3)).await;
    }
    Err(last)
}

async fn joined(
    node: &Arc<Node>,
    remote: IpAddr,
    callback_token: String,
    members: Vec<Member>,
    worker: bool,
) -> Result<Joined> {
    let layout = &node.layout;
    let flag = |file: &str, flag: &str| edit::get(&layout.args(file), flag).unwrap_or_default();
    let secret = |file: &str| read(&layout.certificate(file)).map(|text| (!worker).then_some(text));
    let voters = members.into_iter().filter(|member| member.role == Role::Voter).map(|member| member.address);
    Ok(Joined {
        ca: read(&layout.certificate("ca.crt"))?,
        callback_token,
        apiport: flag("kube-apiserver", "--secure-port"),
        api_authz_mode: flag("kube-apiserver", "--authorization-mode"),
        kubelet_args: read(&layout.args("kubelet"))?,
        hostname_override: remote.to_string(),
        cluster_cidr: flag("kube-proxy", "--cluster-cidr"),
        voters: if worker { Vec::new() } else { voters.collect() },
        service_account_key: secret("serviceaccount.key")?,
        ca_key: secret("ca.key")?,
        cluster_cert: (!worker).then(|| read_or_empty(&layout.backend("cluster.crt"))),
        cluster_key: (!worker).then(|| read_or_empty(&layout.backend("cluster.key"))),
        control_plane_nodes: if worker { Some(control_planes(layout).await?) } else { None },
    })
}

/// The first internal address of every control plane.
async fn control_planes(layout: &Layout) -> Result<Vec<IpAddr>> {
    let api = Api::new(layout, "client.config")?;
    let path = "/api/v1/nodes?labelSelector=node.kubernetes.io/microk8s-controlplane=microk8s-controlplane";
    let nodes = api.items(path).await?;
    let first = |node: &Value| {
        let addresses = node.pointer("/status/addresses")?.as_array()?;
        let internal =
            addresses.iter().find(|address| address.get("type").is_some_and(|kind| kind == "InternalIP"))?;
        internal.get("address")?.as_str()?.parse().ok()
    };
    Ok(nodes.iter().filter_map(first).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(token: &str, port: &str) -> Request {
        Request {
            token: token.into(),
            hostname: "cp2".into(),
            port: port.into(),
            worker: Value::Null,
            can_handle_x509_auth: true,
            can_handle_custom_etcd: true,
        }
    }

    fn status(result: std::result::Result<(), Refusal>) -> Option<(u16, String)> {
        result.err().map(|Refusal(status, text)| (status, text))
    }

    #[test]
    fn the_checks_come_in_the_agents_order_and_use_up_the_token_first() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        crate::args::defaults::write_all(&layout).unwrap();
        let remote: IpAddr = "10.0.0.12".parse().unwrap();
        let admit = |token: &str, port: &str, contacted: &str| {
            status(admit(&layout, &request(token, port), contacted, remote))
        };
        tokens::add(&layout, "t", 60).unwrap();
        tokens::add(&layout, "once", -1).unwrap();
        assert_eq!(admit("wrong", "1", "10.0.0.11"), Some((500, "Invalid token".into())));
        assert_eq!(admit("once", "25000", "10.0.0.11").unwrap().0, 501);
        assert_eq!(admit("once", "25000", "10.0.0.11").unwrap().0, 500, "the failed try used it up");
        layout.set_lock("ha-cluster").unwrap();
        assert_eq!(admit("t", "25001", "10.0.0.11").unwrap().0, 502);
        assert_eq!(admit("t", "25000", "10.0.0.12").unwrap().0, 503);
        assert_eq!(admit("t", "25000", "10.0.0.11"), None);
        edit::set(&layout.args("kube-apiserver"), "--kubelet-preferred-address-types", Some("Hostname"))
            .unwrap();
        let unresolved = admit("t", "25000", "10.0.0.11").unwrap();
        assert_eq!(unresolved.0, 400, "{unresolved:?}");
        assert!(
            unresolved.1.ends_with("does not resolve to the IP \"10.0.0.12\". Refusing join"),
            "{unresolved:?}"
        );
    }

    #[test]
    fn a_control_plane_says_nothing_of_a_worker() {
        let wanted = |worker: &str| {
            let text = format!(r#"{{"token": "t", "hostname": "cp2", "port": "25000"{worker}}}"#);
            wants_worker(&serde_json::from_str(&text).unwrap())
        };
        for control_plane in ["", r#", "worker": null"#, r#", "worker": false"#, r#", "worker": "as-master""#]
        {
            assert!(!wanted(control_plane), "{control_plane}");
        }
        assert!(wanted(r#", "worker": "as-worker""#));
    }
}
