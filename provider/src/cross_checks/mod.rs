//! What two objects of different layers must agree on, and nobody else compares: the cluster's side of a BGP session
//! and the router's, a pool and the networks it must keep out of, a pool and the filters its routes pass, two resources
//! that stand for one part of a router's configuration.
//!
//! Terraform plans objects in no order that could be relied on, so each is remembered as it is planned and compared with
//! those before. A rule is about objects that are all there; none is about one that is missing, since it may only come
//! later. Values that are unknown yet agree with everything.

mod filters;
mod owners;
mod ranges;
mod sessions;
#[cfg(test)]
mod tests;

use crate::connection::router::Routers;
use crate::session::CrossCheck;
use ipnet::IpNet;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use tfplugin::{Diagnostic, Diagnostics, Path, Value};

/// The objects planned in this run.
#[derive(Default)]
pub struct CrossChecks {
    board: Mutex<Board>,
}

#[derive(Default)]
struct Board {
    planned: BTreeMap<&'static str, Vec<Value>>,
    told: BTreeSet<String>,
}

/// Types that some rule is about, and the attributes by which one object is told from another.
const COMPARED: [(&str, &[&str]); 16] = [
    ("calico_ippool", &["cluster", "name"]),
    ("metallb_bgp_advertisement", &["cluster", "namespace", "name"]),
    ("metallb_bgp_peer", &["cluster", "namespace", "name"]),
    ("metallb_ip_address_pool", &["cluster", "namespace", "name"]),
    ("microk8s_cluster_ipv6", &["host"]),
    ("microk8s_node", &["host"]),
    ("vyos_bgp", &["router"]),
    ("vyos_bgp_neighbor", &["router", "address"]),
    ("vyos_bgp_peer_group", &["router", "name"]),
    ("vyos_config", &["router", "path"]),
    ("vyos_ospf", &["router"]),
    ("vyos_ospfv3", &["router"]),
    ("vyos_prefix_list", &["router", "name"]),
    ("vyos_prefix_list6", &["router", "name"]),
    ("vyos_route_map", &["router", "name"]),
    ("vyos_static_route", &["router", "destination"]),
];

/// Objects that do not go together.
struct Fault {
    summary: &'static str,
    /// Names all of them. Said once in a run.
    detail: String,
    /// Where to look, by type.
    attributes: &'static [(&'static str, &'static str)],
}

impl CrossCheck for CrossChecks {
    fn planned(&self, routers: &Routers, type_name: &str, object: &Value) -> Diagnostics {
        let mut found = Diagnostics::new();
        let Some((name, keys)) = COMPARED.iter().find(|(name, _)| *name == type_name) else { return found };
        let mut board = self.board.lock().unwrap_or_else(PoisonError::into_inner);
        let all = board.planned.entry(name).or_default();
        all.retain(|one| keys.iter().any(|key| one.attribute(key) != object.attribute(key)));
        all.push(object.clone());
        for fault in owners::faults(&board, routers, type_name, object) {
            if board.told.insert(fault.detail.clone()) {
                found.push(fault);
            }
        }
        let faults = [sessions::faults(&board, routers), ranges::faults(&board), filters::faults(&board)];
        for fault in faults.into_iter().flatten() {
            if board.told.insert(fault.detail.clone()) {
                let at = fault.attributes.iter().find(|(name, _)| *name == type_name);
                let told = Diagnostic::warning(fault.summary, fault.detail);
                found.push(match at {
                    Some((_, attribute)) => told.at(Path::from(*attribute)),
                    None => told,
                });
            }
        }
        found
    }
}

impl Board {
    /// The objects of a type.
    fn all(&self, type_name: &str) -> &[Value] {
        self.planned.get(type_name).map(Vec::as_slice).unwrap_or_default()
    }

    /// Those of a type on the same router as `other`.
    fn on_router_of<'a>(&'a self, type_name: &str, other: &'a Value) -> impl Iterator<Item = &'a Value> {
        self.all(type_name).iter().filter(|one| one.attribute("router") == other.attribute("router"))
    }

    /// Those of a type in the cluster that `other` is in, as far as the configuration calls it by one address.
    fn in_cluster_of<'a>(&'a self, type_name: &str, other: &'a Value) -> impl Iterator<Item = &'a Value> {
        self.all(type_name).iter().filter(|one| one.attribute("cluster") == other.attribute("cluster"))
    }

    /// What a neighbor says, or else its peer-group, if that is in this configuration.
    fn said_of<'a>(&'a self, neighbor: &'a Value, path: &[&str]) -> Option<&'a Value> {
        let at = |object: &'a Value| {
            path.iter()
                .fold(object, |value, name| if value.is_unknown() { value } else { value.attribute(name) })
        };
        let (own, group) = (at(neighbor), neighbor.attribute("peer_group"));
        if !own.is_null() || group.is_null() {
            return Some(own);
        }
        let mut groups = self.on_router_of("vyos_bgp_peer_group", neighbor);
        groups.find(|one| one.attribute("name") == group).map(at)
    }

    /// Whether a neighbor of a router is one of the nodes.
    fn is_node(&self, neighbor: &Value) -> bool {
        let Some(address) = address(neighbor.attribute("address")) else { return false };
        let nodes = self.all("microk8s_node").iter().map(|node| node.attribute("host"));
        let clusters = self.all("metallb_bgp_peer").iter().map(|peer| peer.attribute("cluster"));
        nodes.chain(clusters).filter_map(self::address).any(|node| node == address)
    }
}

fn address(value: &Value) -> Option<IpAddr> {
    value.as_str()?.parse().ok()
}

fn network(value: &Value) -> Option<IpNet> {
    value.as_str()?.parse().ok()
}

fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.to_string().parse().ok(),
        _ => None,
    }
}

/// A name for messages.
fn name(object: &Value) -> &str {
    object.attribute("name").as_str().unwrap_or_default()
}

/// The router's name, where it was needed.
fn router(object: &Value) -> String {
    match object.attribute("router").as_str() {
        Some(name) => format!("router {name:?}"),
        None => "the router".to_owned(),
    }
}
