//! What a router's BGP announces by itself in one address family.

use crate::engine::router_config::Paths;
use crate::vyos::validators;
use std::collections::BTreeMap;
use tfplugin::Model;

/// What the router announces in IPv4 by itself.
#[derive(Clone, Debug, Model)]
pub struct Ipv4Family {
    /// Networks to announce, by prefix, such as `{ "192.0.2.0/24" = {} }`.
    #[attribute(optional, validate = validators::networks::<ipnet::Ipv4Net, _>)]
    networks: Option<BTreeMap<String, Ipv4Network>>,

    /// Networks to announce as soon as a route inside them is there, by prefix: beside what lies inside, or
    /// in place of it with `summary_only`.
    #[attribute(optional, validate = validators::networks::<ipnet::Ipv4Net, _>)]
    aggregate_addresses: Option<BTreeMap<String, Aggregate>>,

    /// Routes to announce, by where they come from: `connected`, `static`, `kernel`, `isis`, `ospf`, `rip` or
    /// `babel`; from VyOS 1.5 on also `nhrp`. Such as `{ static = {} }`.
    #[attribute(optional, validate = ipv4_sources)]
    redistribute: Option<BTreeMap<String, Redistribute>>,

    #[attribute(flatten)]
    maximum_paths: MaximumPaths,
}

/// What the router announces in IPv6 by itself.
#[derive(Clone, Debug, Model)]
pub struct Ipv6Family {
    /// Networks to announce, by prefix, such as `{ "2001:db8::/32" = {} }`.
    #[attribute(optional, validate = validators::networks::<ipnet::Ipv6Net, _>)]
    networks: Option<BTreeMap<String, Network>>,

    /// Networks to announce as soon as a route inside them is there, by prefix: beside what lies inside, or
    /// in place of it with `summary_only`.
    #[attribute(optional, validate = validators::networks::<ipnet::Ipv6Net, _>)]
    aggregate_addresses: Option<BTreeMap<String, Aggregate>>,

    /// Routes to announce, by where they come from: `connected`, `static`, `kernel`, `ospfv3`, `ripng` or
    /// `babel`; from VyOS 1.5 on also `isis` and `nhrp`. Such as `{ static = {} }`.
    #[attribute(optional, validate = ipv6_sources)]
    redistribute: Option<BTreeMap<String, Redistribute>>,

    #[attribute(flatten)]
    maximum_paths: MaximumPaths,
}

/// How many equal paths are used.
#[derive(Clone, Debug, Model)]
pub struct MaximumPaths {
    /// Equal paths to other ASes that are used at once, 1 to 256. Default: FRR's own limit.
    #[attribute(optional, validate = validators::within::<1, 256, _>)]
    maximum_paths_ebgp: Option<u16>,

    /// Equal paths within the AS that are used at once, 1 to 256. Default: FRR's own limit.
    #[attribute(optional, validate = validators::within::<1, 256, _>)]
    maximum_paths_ibgp: Option<u16>,
}

/// A network to announce.
#[derive(Clone, Debug, Model)]
pub struct Ipv4Network {
    #[attribute(flatten)]
    network: Network,

    /// Prefers another protocol's route to the network. Default `false`.
    #[attribute(default = false)]
    backdoor: bool,
}

/// A network to announce.
#[derive(Clone, Debug, Model)]
pub struct Network {
    /// Route-map that sets its attributes. VyOS does not check that it exists.
    #[attribute(optional, validate = validators::route_map)]
    route_map: Option<String>,
}

/// A network to announce in place of what lies inside it.
#[derive(Clone, Debug, Model)]
pub struct Aggregate {
    /// Route-map that sets its attributes. VyOS does not check that it exists.
    #[attribute(optional, validate = validators::route_map)]
    route_map: Option<String>,

    /// Puts the ASes of what lies inside into the path. Default `false`.
    #[attribute(default = false)]
    as_set: bool,

    /// Announces the network alone and nothing of what lies inside. Default `false`.
    #[attribute(default = false)]
    summary_only: bool,
}

/// Routes of one source.
#[derive(Clone, Debug, Model)]
pub struct Redistribute {
    /// Metric (MED) that the routes get, 0 to 4294967295. Default: the metric that they have.
    #[attribute(optional)]
    metric: Option<u32>,

    /// Route-map that the routes pass. VyOS does not check that it exists.
    #[attribute(optional, validate = validators::route_map)]
    route_map: Option<String>,
}

/// Where attributes are below `address-family ...`.
pub(super) const PATHS: &Paths = &[
    ("route_map", "route-map ~> policy route-map"),
    ("networks", "network {network}"),
    ("aggregate_addresses", "aggregate-address {network}"),
    ("maximum_paths_ebgp", "maximum-paths ebgp"),
    ("maximum_paths_ibgp", "maximum-paths ibgp"),
];

fn ipv4_sources(value: &Option<BTreeMap<String, Redistribute>>) -> Result<(), String> {
    validators::keys(value, &["connected", "static", "kernel", "isis", "ospf", "rip", "babel", "nhrp"])
}

fn ipv6_sources(value: &Option<BTreeMap<String, Redistribute>>) -> Result<(), String> {
    validators::keys(value, &["connected", "static", "kernel", "ospfv3", "ripng", "babel", "isis", "nhrp"])
}
