//! The nodes of a cluster, as `microk8s kubectl get nodes --output json` lists them.

use super::minor_release::minor_release;
use crate::engine::node_resource::NodeError;
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

/// One node of the cluster, as its API server lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListedNode {
    pub(crate) name: String,
    /// Internal addresses in the order that the kubelet reports.
    pub(crate) addresses: Vec<IpAddr>,
    /// The role that its labels give it. MicroK8s sets them since 1.23, in a flag of the kubelet that a
    /// person's own labels replace.
    pub(crate) label: Option<Role>,
    pub(crate) ready: bool,
    minor_release: Option<u32>,
    machine_id: String,
}

impl ListedNode {
    /// The node with its role. `members` are the addresses in the datastore, as a control plane knows them:
    /// all control planes, or none where the datastore is an external one. One that is leaving, or has just
    /// joined, may have the label alone.
    pub(crate) fn among(self, members: &[String]) -> Result<ClusterNode, NodeError> {
        let role = match self.label {
            _ if any_in(&self.addresses, members) => Role::ControlPlane,
            Some(role) => role,
            None if members.iter().any(|member| !is_loopback(member)) => Role::Worker,
            None => {
                let label = CONTROL_PLANE;
                let answer = format!(
                    "The node {} has neither the label {label} nor that of a worker, and no list of the datastore's members \
                     says what it is.",
                    self.name
                );
                let hint =
                    format!("Label it: `microk8s kubectl label node {} {label}=` if it is one.", self.name);
                let attempt = format!("finding out what the node {} does in its cluster", self.name);
                return Err(NodeError::new(attempt, answer).with_hint(hint));
            }
        };
        Ok(self.with_role(role))
    }

    /// The address that MicroK8s' tools know the node by.
    pub(crate) fn ipv4(&self) -> Option<Ipv4Addr> {
        first_ipv4(&self.addresses)
    }

    /// The node, whose role is known.
    pub(crate) fn with_role(self, role: Role) -> ClusterNode {
        let Self { name, addresses, ready, minor_release, machine_id, .. } = self;
        ClusterNode { name, addresses, role, ready, minor_release, machine_id }
    }
}

/// Whether one of a node's addresses is that of a member of the datastore.
fn any_in(addresses: &[IpAddr], members: &[String]) -> bool {
    addresses.iter().any(|address| members.contains(&address.to_string()))
}

fn first_ipv4(addresses: &[IpAddr]) -> Option<Ipv4Addr> {
    addresses.iter().find_map(|address| match address {
        IpAddr::V4(ipv4) => Some(*ipv4),
        IpAddr::V6(_) => None,
    })
}

/// Whether it is the address of the only member before the first join.
fn is_loopback(member: &str) -> bool {
    member.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// One node of the cluster, with what it does there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClusterNode {
    pub(crate) name: String,
    /// Internal addresses in the order that the kubelet reports.
    pub(crate) addresses: Vec<IpAddr>,
    pub(crate) role: Role,
    pub(crate) ready: bool,
    /// 35 for Kubernetes 1.35.
    pub(crate) minor_release: Option<u32>,
    /// `/etc/machine-id` of its machine, as the kubelet reports it.
    pub(crate) machine_id: String,
}

impl ClusterNode {
    /// The address that MicroK8s' tools know the node by.
    pub(crate) fn ipv4(&self) -> Option<Ipv4Addr> {
        first_ipv4(&self.addresses)
    }

    /// Whether it is in the datastore that has these members, by their addresses.
    pub(crate) fn is_among(&self, members: &[String]) -> bool {
        any_in(&self.addresses, members)
    }

    /// Which of the node's addresses lies in a range that is not for nodes.
    pub(crate) fn ipv6_in(&self, range: Ipv6Net) -> Option<Ipv6Addr> {
        self.addresses.iter().find_map(|address| match address {
            IpAddr::V6(ipv6) if range.contains(ipv6) => Some(*ipv6),
            _ => None,
        })
    }
}

/// The labels that MicroK8s sets in the kubelet's flags.
const CONTROL_PLANE: &str = "node.kubernetes.io/microk8s-controlplane";
const WORKER: &str = "node.kubernetes.io/microk8s-worker";

/// Reads one node.
pub(crate) fn parse_one(json: &str) -> Result<ListedNode, serde_json::Error> {
    serde_json::from_str::<Item>(json).map(ListedNode::from)
}

/// Reads the list.
pub(crate) fn parse(json: &str) -> Result<Vec<ListedNode>, serde_json::Error> {
    let list: List = serde_json::from_str(json)?;
    Ok(list.items.into_iter().map(ListedNode::from).collect())
}

impl From<Item> for ListedNode {
    fn from(item: Item) -> Self {
        let internal = item.status.addresses.iter().filter(|address| address.kind == "InternalIP");
        let labels = [(CONTROL_PLANE, Role::ControlPlane), (WORKER, Role::Worker)];
        let label = labels.iter().find(|(label, _)| item.metadata.labels.contains_key(*label));
        Self {
            addresses: internal.filter_map(|address| address.address.parse().ok()).collect(),
            label: label.map(|(_, role)| *role),
            ready: item.status.conditions.iter().any(|one| one.kind == "Ready" && one.status == "True"),
            minor_release: minor_release(&item.status.node_info.version),
            machine_id: item.status.node_info.machine_id,
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
    #[serde(default, rename = "machineID")]
    machine_id: String,
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
    fn nodes_are_read_with_labels_addresses_and_readiness() {
        let nodes = parse(LIST).unwrap();
        let seen: Vec<_> = nodes.iter().map(|one| (one.name.as_str(), one.label, one.ready)).collect();
        let (control_plane, worker) = (Some(Role::ControlPlane), Some(Role::Worker));
        assert_eq!(seen, [("cp1", control_plane, true), ("w1", worker, false), ("new", None, false)]);
        assert_eq!(nodes[0].addresses[0].to_string(), "fd00:10::11");
        assert_eq!((nodes[0].minor_release, nodes[2].minor_release), (Some(35), None));
    }

    #[test]
    fn a_node_without_a_label_is_what_the_datastore_says_and_never_a_worker_by_default() {
        let node = |label: Option<Role>| ListedNode {
            name: "n".into(),
            addresses: vec!["fd00::12".parse().unwrap(), "10.0.0.12".parse().unwrap()],
            label,
            ready: true,
            minor_release: None,
            machine_id: String::new(),
        };
        let role = |label, members: &[&str]| {
            let members: Vec<String> = members.iter().map(|one| (*one).to_owned()).collect();
            node(label).among(&members).map(|node| node.role).map_err(|error| error.answer().to_owned())
        };
        let (control_plane, worker) = (Role::ControlPlane, Role::Worker);
        assert_eq!(role(None, &["10.0.0.11", "10.0.0.12"]), Ok(control_plane));
        assert_eq!(role(Some(worker), &["10.0.0.11", "10.0.0.12"]), Ok(control_plane));
        assert_eq!(role(None, &["10.0.0.11"]), Ok(worker));
        assert_eq!(role(Some(control_plane), &["10.0.0.11"]), Ok(control_plane));
        assert_eq!(role(Some(worker), &[]), Ok(worker));
        for members in [&[][..], &["127.0.0.1"]] {
            let unknown = role(None, members).unwrap_err();
            assert!(unknown.starts_with("The node n has neither the label"), "{unknown}");
        }
    }

    #[test]
    fn an_address_inside_a_range_is_found() {
        let node = parse(LIST).unwrap().remove(0).with_role(Role::ControlPlane);
        let inside = |range: &str| node.ipv6_in(range.parse().unwrap()).map(|address| address.to_string());
        assert_eq!(inside("fd00:10::/64").as_deref(), Some("fd00:10::11"));
        assert_eq!(inside("fd01::/64"), None);
        assert_eq!(node.ipv4(), Some(Ipv4Addr::new(10, 0, 0, 11)));
    }

    #[test]
    fn roles_are_words() {
        for word in ["control-plane", "worker"] {
            assert_eq!(Role::parse(word).unwrap().to_string(), word);
        }
        assert_eq!(Role::parse("master"), None);
    }
}
