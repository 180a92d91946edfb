//! What DaemonSet calico-node says in its environment: the range of pods, which is the one that kube-proxy
//! knows.

use crate::connection::Freshness;
use crate::connection::cluster::{Cluster, Kind};
use ipnet::IpNet;
use serde_json::Value as Json;

const DAEMON_SET: Kind = Kind::namespaced("apps", "v1", "DaemonSet");

/// The range of the family of `range`; nothing where the manifest names none, or cannot be asked.
pub(super) async fn beside(cluster: &Cluster, range: &IpNet) -> Option<IpNet> {
    let listed = cluster.list(&DAEMON_SET, "kube-system", Freshness::Cached).await.ok()?;
    named(&listed.named("calico-node")?.data, range)
}

/// The names of the variables that calico-node has; none where it cannot be asked.
pub(super) async fn calico_node_env(cluster: &Cluster) -> Vec<String> {
    let Ok(listed) = cluster.list(&DAEMON_SET, "kube-system", Freshness::Cached).await else {
        return Vec::new();
    };
    let daemon_set = listed.named("calico-node");
    let names = daemon_set.iter().flat_map(|one| variables(&one.data));
    names.filter_map(|one| one.get("name")?.as_str()).map(str::to_owned).collect()
}

fn variables(daemon_set: &Json) -> impl Iterator<Item = &Json> {
    let containers = daemon_set.pointer("/spec/template/spec/containers").and_then(Json::as_array);
    containers.into_iter().flatten().filter_map(|one| one.get("env")?.as_array()).flatten()
}

fn named(daemon_set: &Json, range: &IpNet) -> Option<IpNet> {
    let variable = match range {
        IpNet::V4(_) => "CALICO_IPV4POOL_CIDR",
        IpNet::V6(_) => "CALICO_IPV6POOL_CIDR",
    };
    let given = variables(daemon_set).find(|one| one.get("name").and_then(Json::as_str) == Some(variable))?;
    given.get("value")?.as_str()?.parse().ok()
}
