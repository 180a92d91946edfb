//! Planned objects as the rules see them: each is read once, and its addresses and numbers are parsed here.

mod cluster;
mod router;

pub(super) use cluster::{Advertisement, CalicoPool, ClusterRanges, ClusterRef, Peer, Pool, Taken};
pub(super) use router::{
    Bgp, BgpSession, FamilySettings, Neighbor, PeerGroup, PrefixList, RouteMap, RouteMapRule, RouterKey,
    RouterRef,
};

use crate::vyos::layout_of;
use cluster::taken;
use router::{addresses, rules};
use std::collections::BTreeSet;
use std::net::IpAddr;
use tfplugin::{ObservedPlan, Value};

/// Types beside those of routers that some rule is about, and the attributes that say which object it is.
const KEYS: [(&str, &[&str]); 6] = [
    ("calico_ippool", &["cluster", "name"]),
    ("metallb_bgp_advertisement", &["cluster", "namespace", "name"]),
    ("metallb_bgp_peer", &["cluster", "namespace", "name"]),
    ("metallb_ip_address_pool", &["cluster", "namespace", "name"]),
    ("microk8s_cluster_ipv6", &["host"]),
    ("microk8s_node", &["host"]),
];

/// A type that some rule is about, and the attributes by which one object is told from another: all parts of
/// a router's configuration are.
pub(super) fn key_of(type_name: &str) -> Option<(&'static str, Vec<&'static str>)> {
    if let Some((name, attributes)) = KEYS.iter().find(|(name, _)| *name == type_name) {
        return Some((name, attributes.to_vec()));
    }
    let (name, layout) = layout_of(type_name)?;
    Some((name, ["router"].into_iter().chain(layout.tag.as_ref().map(|tag| tag.attribute)).collect()))
}

/// An object that a rule over typed values is about.
pub(super) enum Object {
    Node(Option<IpAddr>, Vec<Taken>),
    CalicoPool(CalicoPool, Vec<Taken>),
    Cluster(ClusterRanges, Vec<Taken>),
    Peer(Peer),
    Pool(Pool),
    Advertisement(Advertisement),
    Bgp(Bgp),
    Neighbor(Neighbor),
    PeerGroup(PeerGroup),
    Interfaces(RouterRef, BTreeSet<IpAddr>),
    PrefixList(Family, PrefixList),
    RouteMap(RouteMap),
}

/// A family of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Family {
    Ipv4,
    Ipv6,
}

/// A value of the configuration.
#[derive(Clone, Debug)]
pub(super) enum Setting<T> {
    Null,
    Unknown,
    Known(T),
}

impl Object {
    /// Reads an object of a type; nothing where no typed rule is about it.
    pub(super) fn read(type_name: &str, planned: &ObservedPlan<'_>, router: &RouterRef) -> Option<Self> {
        let (object, router) = (planned.object, || router.clone());
        Some(match type_name {
            "calico_ippool" => {
                let pods = taken(object, "cidr", "the range of pods in `calico_ippool`");
                Self::CalicoPool(CalicoPool::read(object), pods.collect())
            }
            "microk8s_cluster_ipv6" => {
                let pods = taken(object, "cluster_cidr", "the range of pods in `microk8s_cluster_ipv6`");
                let services =
                    taken(object, "service_cidr", "the range of services in `microk8s_cluster_ipv6`");
                Self::Cluster(ClusterRanges::read(object), pods.chain(services).collect())
            }
            "microk8s_node" => Self::Node(
                address(object.attribute("host")),
                taken(object, "host", "the address of a `microk8s_node`").collect(),
            ),
            "metallb_bgp_peer" => Self::Peer(Peer::read(planned)),
            "metallb_ip_address_pool" => Self::Pool(Pool::read(object)),
            "metallb_bgp_advertisement" => Self::Advertisement(Advertisement::read(object)),
            "vyos_bgp" => {
                Self::Bgp(Bgp { router: router(), system_as: number(object.attribute("system_as")) })
            }
            "vyos_bgp_neighbor" => Self::Neighbor(Neighbor {
                router: router(),
                text: text(object, "address"),
                address: address(object.attribute("address")),
                peer_group: setting(object, "peer_group"),
                session: BgpSession::read(object),
            }),
            "vyos_bgp_peer_group" => Self::PeerGroup(PeerGroup {
                router: router(),
                name: text(object, "name"),
                session: BgpSession::read(object),
            }),
            "vyos_config" => Self::Interfaces(router(), addresses(object)),
            "vyos_prefix_list" => Self::PrefixList(Family::Ipv4, PrefixList::read(object, router())),
            "vyos_prefix_list6" => Self::PrefixList(Family::Ipv6, PrefixList::read(object, router())),
            "vyos_route_map" => Self::RouteMap(RouteMap {
                router: router(),
                name: text(object, "name"),
                rules: rules(object, RouteMapRule::read),
            }),
            _ => return None,
        })
    }
}

fn setting(object: &Value, attribute: &str) -> Setting<String> {
    match object.attribute(attribute) {
        Value::String(text) => Setting::Known(text.clone()),
        Value::Null => Setting::Null,
        _ => Setting::Unknown,
    }
}

fn text(object: &Value, attribute: &str) -> String {
    object.attribute(attribute).as_str().unwrap_or_default().to_owned()
}

fn address(value: &Value) -> Option<IpAddr> {
    value.as_str()?.parse().ok()
}

fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        _ => None,
    }
}
