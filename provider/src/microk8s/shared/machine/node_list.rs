//! The nodes of a cluster, as `microk8s kubectl get nodes --output json` lists them.

use super::minor_release::minor_release;
use ipnet::Ipv6Net;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What a node does for its cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Runs the API server and keeps the datastore.
    ControlPlane,
    /// Runs workloads only.
    Worker,
}

impl Role {
    /// The words of configurations.
    const WORDS: [(&'static str, Self); 2] =
        [("control-plane", Self::ControlPlane), ("worker", Self::Worker)];

    /// Reads the word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, role)| *role)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = Self::WORDS.iter().find(|(_, role)| role == self);
        f.write_str(word.map_or("", |(word, _)| word))
    }
}

/// One node of the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClusterNode {
    pub(crate) name: String,
    /// Internal addresses in the order that the kubelet reports.
    pub(crate) addresses: Vec<IpAddr>,
    pub(crate) role: Role,
    pub(crate) ready: bool,
    /// 35 for Kubernetes 1.35.
    pub(crate) minor_release: Option<u32>,
}

impl ClusterNode {
    /// The address that MicroK8s' tools know the node by.
    pub(crate) fn ipv4(&self) -> Option<Ipv4Addr> {
        self.addresses.iter().find_map(|address| match address {
            IpAddr::V4(ipv4) => Some(*ipv4),
            IpAddr::V6(_) => None,
        })
    }

    /// Which of the node's addresses lies in a range that is not for nodes.
    pub(crate) fn ipv6_in(&self, range: Ipv6Net) -> Option<Ipv6Addr> {
        self.addresses.iter().find_map(|address| match address {
            IpAddr::V6(ipv6) if range.contains(ipv6) => Some(*ipv6),
            _ => None,
        })
    }
}

/// The label of a control plane, set by MicroK8s in the kubelet's flags.
const CONTROL_PLANE: &str = "node.kubernetes.io/microk8s-controlplane";

/// Reads the list.
pub(crate) fn parse(json: &str) -> Result<Vec<ClusterNode>, serde_json::Error> {
    let list: List = serde_json::from_str(json)?;
    Ok(list.items.into_iter().map(ClusterNode::from).collect())
}

impl From<Item> for ClusterNode {
    fn from(item: Item) -> Self {
        let internal = item.status.addresses.iter().filter(|address| address.kind == "InternalIP");
        Self {
            addresses: internal.filter_map(|address| address.address.parse().ok()).collect(),
            role: if item.metadata.labels.contains_key(CONTROL_PLANE) {
                Role::ControlPlane
            } else {
                Role::Worker
            },
            ready: item.status.conditions.iter().any(|one| one.kind == "Ready" && one.status == "True"),
            minor_release: minor_release(&item.status.node_info.version),
            name: item.metadata.name,
        }
    }
}

#[derive(Deserialize)]
struct List {
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    metadata: Metadata,
    #[serde(default)]
    status: Status,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
struct Status {
    #[serde(default)]
    addresses: Vec<Address>,
    #[serde(default)]
    conditions: Vec<Condition>,
    #[serde(default, rename = "nodeInfo")]
    node_info: NodeInfo,
}

#[derive(Default, Deserialize)]
struct NodeInfo {
    #[serde(default, rename = "kubeletVersion")]
    version: String,
}

#[derive(Deserialize)]
struct Address {
    #[serde(rename = "type")]
    kind: String,
    address: String,
}

#[derive(Deserialize)]
struct Condition {
    #[serde(rename = "type")]
    kind: String,
    status: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"{"kind": "List", "items": [
        {"metadata": {"name": "cp1", "labels": {"node.kubernetes.io/microk8s-controlplane": "microk8s-controlplane"}},
         "status": {"addresses": [{"type": "InternalIP", "address": "fd00:10::11"}, {"type": "InternalIP", "address": "10.0.0.11"},
                                  {"type": "Hostname", "address": "cp1"}],
                    "conditions": [{"type": "MemoryPressure", "status": "False"}, {"type": "Ready", "status": "True"}],
                    "nodeInfo": {"kubeletVersion": "v1.35.4"}}},
        {"metadata": {"name": "w1", "labels": {"node.kubernetes.io/microk8s-worker": "microk8s-worker"}},
         "status": {"addresses": [{"type": "ExternalIP", "address": "192.0.2.1"}], "conditions": [{"type": "Ready", "status": "Unknown"}]}},
        {"metadata": {"name": "new"}}
    ]}"#;

    #[test]
    fn nodes_are_read_with_role_addresses_and_readiness() {
        let nodes = parse(LIST).unwrap();
        let seen: Vec<_> =
            nodes.iter().map(|one| (one.name.as_str(), one.role, one.ready, one.ipv4())).collect();
        let ipv4 = Some(Ipv4Addr::new(10, 0, 0, 11));
        assert_eq!(
            seen,
            [
                ("cp1", Role::ControlPlane, true, ipv4),
                ("w1", Role::Worker, false, None),
                ("new", Role::Worker, false, None)
            ]
        );
        assert_eq!(nodes[0].addresses[0].to_string(), "fd00:10::11");
    }

    #[test]
    fn an_address_inside_a_range_is_found() {
        let nodes = parse(LIST).unwrap();
        let inside =
            |range: &str| nodes[0].ipv6_in(range.parse().unwrap()).map(|address| address.to_string());
        assert_eq!(inside("fd00:10::/64").as_deref(), Some("fd00:10::11"));
        assert_eq!(inside("fd01::/64"), None);
        assert_eq!((nodes[0].minor_release, nodes[2].minor_release), (Some(35), None));
    }

    #[test]
    fn roles_are_words() {
        for word in ["control-plane", "worker"] {
            assert_eq!(Role::parse(word).unwrap().to_string(), word);
        }
        assert_eq!(Role::parse("master"), None);
    }
}
