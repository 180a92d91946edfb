//! Objects in clusters and nodes, as the rules see them.

use super::{Setting, address, number, setting, text};
use crate::values::{AddressRange, Host};
use ipnet::IpNet;
use std::net::IpAddr;
use tfplugin::types::SemanticValue;
use tfplugin::{ObservedPlan, Value};

/// A cluster, as far as the configuration calls it by one address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in super::super) enum ClusterRef {
    Default,
    Unknown,
    Address(Host),
}

impl ClusterRef {
    /// The cluster that an attribute names.
    pub(in super::super) fn of(named: &Value) -> Self {
        match named {
            Value::String(address) => Self::Address(Host::of(address)),
            Value::Null => Self::Default,
            _ => Self::Unknown,
        }
    }
}

/// Addresses that LoadBalancer services must not have, and who has them.
pub(in super::super) struct Taken {
    pub(in super::super) range: AddressRange,
    pub(in super::super) owner: String,
}

/// A `metallb_bgp_peer`.
pub(in super::super) struct Peer {
    pub(in super::super) name: String,
    pub(in super::super) cluster: ClusterRef,
    /// The cluster's address, which is a node's.
    pub(in super::super) node: Option<IpAddr>,
    pub(in super::super) address: Option<IpAddr>,
    pub(in super::super) my_asn: Option<u64>,
    pub(in super::super) peer_asn: Option<u64>,
    pub(in super::super) is_dual_stack: bool,
    /// Whether its session carries one family alone, as far as is known.
    pub(in super::super) has_one_family: bool,
    pub(in super::super) port: Option<u64>,
    /// Of the session, as far as it is known: not where a Secret holds it.
    pub(in super::super) password: Setting<String>,
}

/// A `metallb_ip_address_pool`.
pub(in super::super) struct Pool {
    pub(in super::super) name: String,
    pub(in super::super) cluster: ClusterRef,
    /// As they are written, and what they mean.
    pub(in super::super) ranges: Vec<(String, Option<AddressRange>)>,
    /// Whether these are all of them.
    is_known: bool,
}

/// A `calico_ippool`.
pub(in super::super) struct CalicoPool {
    pub(in super::super) name: String,
    pub(in super::super) cluster: ClusterRef,
    pub(in super::super) range: Option<(IpNet, AddressRange)>,
    /// Whether it gives addresses to pods.
    pub(in super::super) is_for_pods: bool,
}

/// The ranges of pods in a `microk8s_cluster_ipv6`, as far as they are known.
pub(in super::super) struct ClusterRanges {
    pub(in super::super) cluster: ClusterRef,
    pub(in super::super) ipv4_pods: Option<IpNet>,
    pub(in super::super) ipv6_pods: Option<IpNet>,
}

/// A `metallb_bgp_advertisement`.
pub(in super::super) struct Advertisement {
    pub(in super::super) cluster: ClusterRef,
    /// Those that it names, if it does.
    pub(in super::super) peers: Option<Vec<String>>,
    pub(in super::super) pools: AdvertisedPools,
    pub(in super::super) aggregation_length: Option<u8>,
    pub(in super::super) aggregation_length_v6: Option<u8>,
}

/// Pools that an advertisement is known to announce.
pub(in super::super) enum AdvertisedPools {
    All,
    Named(Vec<String>),
}

impl Peer {
    pub(super) fn read(planned: &ObservedPlan<'_>) -> Self {
        const DUAL_STACK: &str = "dual_stack_address_family";
        let object = planned.object;
        Self {
            name: text(object, "name"),
            cluster: cluster(object),
            node: address(object.attribute("cluster")),
            address: address(object.attribute("peer_address")),
            my_asn: number(object.attribute("my_asn")),
            peer_asn: number(object.attribute("peer_asn")),
            port: number(object.attribute("peer_port")),
            password: match object.attribute("password_secret") {
                Value::Null => setting(object, "password"),
                _ => Setting::Unknown,
            },
            is_dual_stack: *object.attribute(DUAL_STACK) == Value::Bool(true),
            has_one_family: match object.attribute(DUAL_STACK) {
                Value::Bool(both) => !both,
                // Computed where the configuration leaves it out; a new object carries one then.
                Value::Unknown(_) => planned.config.attribute(DUAL_STACK).is_null(),
                // MetalLB before 0.15 has no such field, and may carry both.
                _ => false,
            },
        }
    }

    /// Whether it is known that no routes to IPv6 addresses go over its session.
    pub(in super::super) fn lacks_ipv6(&self) -> bool {
        self.has_one_family && self.address.is_some_and(|address| address.is_ipv4())
    }
}

impl Pool {
    /// A range of IPv6, if it has one.
    pub(in super::super) fn ipv6(&self) -> Option<&str> {
        self.ranges.iter().map(|(range, _)| range.as_str()).find(|range| range.contains(':'))
    }

    /// Whether it is known that it has IPv6 and nothing else.
    pub(in super::super) fn is_ipv6_alone(&self) -> bool {
        self.is_known && self.ranges.iter().all(|(range, _)| range.contains(':'))
    }

    pub(super) fn read(object: &Value) -> Self {
        let ranges = match object.attribute("addresses") {
            Value::List(ranges) => ranges.as_slice(),
            _ => &[],
        };
        let range = |text: &str| (text.to_owned(), AddressRange::parse(text));
        Self {
            name: text(object, "name"),
            cluster: cluster(object),
            ranges: ranges.iter().filter_map(Value::as_str).map(range).collect(),
            is_known: object.attribute("addresses").is_wholly_known(),
        }
    }
}

impl CalicoPool {
    pub(super) fn read(object: &Value) -> Self {
        let range = |text: &str| Some((text.parse::<IpNet>().ok()?, AddressRange::parse(text)?));
        let is_use = |value: &Value| value.as_str() == Some("Workload");
        Self {
            name: text(object, "name"),
            cluster: cluster(object),
            range: object.attribute("cidr").as_str().and_then(range),
            is_for_pods: *object.attribute("disabled") == Value::Bool(false)
                && matches!(object.attribute("allowed_uses"), Value::Set(uses) if uses.iter().any(is_use)),
        }
    }
}

impl ClusterRanges {
    pub(super) fn read(object: &Value) -> Self {
        let network = |attribute: &str| object.attribute(attribute).as_str()?.parse().ok();
        Self {
            cluster: ClusterRef::of(object.attribute("host")),
            ipv4_pods: network("ipv4_cluster_cidr"),
            ipv6_pods: network("cluster_cidr"),
        }
    }
}

impl Advertisement {
    pub(super) fn read(object: &Value) -> Self {
        let names = |all: &[Value]| all.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let by_label = !object.attribute("ip_address_pool_selectors").is_null();
        let pools = match object.attribute("ip_address_pools") {
            Value::Null if !by_label => AdvertisedPools::All,
            Value::List(all) => AdvertisedPools::Named(names(all)),
            _ => AdvertisedPools::Named(Vec::new()),
        };
        let length = |name: &str| number(object.attribute(name)).and_then(|length| u8::try_from(length).ok());
        Self {
            cluster: cluster(object),
            peers: match object.attribute("peers") {
                Value::List(all) if all.iter().all(|peer| peer.as_str().is_some()) => Some(names(all)),
                _ => None,
            },
            pools,
            aggregation_length: length("aggregation_length"),
            aggregation_length_v6: length("aggregation_length_v6"),
        }
    }

    /// Whether it names a pool of its cluster.
    pub(in super::super) fn names(&self, pool: &Pool) -> bool {
        matches!(&self.pools, AdvertisedPools::Named(names) if names.contains(&pool.name))
    }

    /// Whether it announces a pool of its cluster.
    pub(in super::super) fn announces(&self, pool: &Pool) -> bool {
        match &self.pools {
            AdvertisedPools::All => true,
            AdvertisedPools::Named(_) => self.names(pool),
        }
    }
}

/// Addresses that an attribute says, a network's or a single one.
pub(super) fn taken(object: &Value, attribute: &str, what: &str) -> impl Iterator<Item = Taken> + use<> {
    let of = |text: &str| {
        let range = AddressRange::parse(text).or_else(|| AddressRange::parse(&format!("{text}-{text}")))?;
        Some(Taken { range, owner: format!("{text}, {what},") })
    };
    object.attribute(attribute).as_str().and_then(of).into_iter()
}

fn cluster(object: &Value) -> ClusterRef {
    ClusterRef::of(object.attribute("cluster"))
}
