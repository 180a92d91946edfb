//! The range of pods that a cluster's manifest of Calico names, which is the one that kube-proxy knows.

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

fn named(daemon_set: &Json, range: &IpNet) -> Option<IpNet> {
    let variable = match range {
        IpNet::V4(_) => "CALICO_IPV4POOL_CIDR",
        IpNet::V6(_) => "CALICO_IPV6POOL_CIDR",
    };
    let containers = daemon_set.pointer("/spec/template/spec/containers")?.as_array()?;
    let mut given = containers.iter().filter_map(|one| one.get("env")?.as_array()).flatten();
    let given = given.find(|one| one.get("name").and_then(Json::as_str) == Some(variable))?;
    given.get("value")?.as_str()?.parse().ok()
}
