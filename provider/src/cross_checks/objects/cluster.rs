//! Objects in clusters and nodes, as the rules see them.

use super::{Setting, address, number, setting, text};
use crate::values::AddressRange;
use std::net::IpAddr;
use tfplugin::Value;
use tfplugin::types::SemanticValue;

/// A cluster, as far as the configuration calls it by one address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum ClusterRef {
    Default,
    Unknown,
    Address(String),
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
}

/// A `metallb_bgp_advertisement`.
pub(in super::super) struct Advertisement {
    pub(in super::super) cluster: ClusterRef,
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
    pub(super) fn read(object: &Value) -> Self {
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
            is_dual_stack: *object.attribute("dual_stack_address_family") == Value::Bool(true),
        }
    }
}

impl Pool {
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
            pools,
            aggregation_length: length("aggregation_length"),
            aggregation_length_v6: length("aggregation_length_v6"),
        }
    }

    /// Whether it announces a pool of its cluster.
    pub(in super::super) fn announces(&self, pool: &Pool) -> bool {
        match &self.pools {
            AdvertisedPools::All => true,
            AdvertisedPools::Named(names) => names.contains(&pool.name),
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
    match object.attribute("cluster") {
        Value::String(address) => ClusterRef::Address(address.clone()),
        Value::Null => ClusterRef::Default,
        _ => ClusterRef::Unknown,
    }
}
