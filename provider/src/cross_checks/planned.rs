//! The objects of a run, by what the rules look them up by.

use super::grouped::{Grouped, Key};
use super::objects::{
    Advertisement, Bgp, CalicoPool, ClusterRanges, ClusterRef, Family, Neighbor, Peer, PeerGroup, Pool,
    PrefixList, RouteMap, RouterKey, Setting, Taken,
};
use super::pools::Ranges;
use super::routes::Filter;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

/// What is planned, one store a type.
#[derive(Default)]
pub(super) struct PlannedObjects {
    pub(super) taken: Grouped<(), Vec<Taken>>,
    pub(super) peers: Grouped<ClusterRef, Peer>,
    pub(super) pools: Grouped<ClusterRef, Pool>,
    pub(super) metallb_ranges: Ranges,
    pub(super) calico_pools: Grouped<ClusterRef, CalicoPool>,
    pub(super) calico_ranges: Ranges,
    pub(super) cluster_ranges: Grouped<ClusterRef, ClusterRanges>,
    pub(super) advertisements: Grouped<ClusterRef, Advertisement>,
    pub(super) bgp: Grouped<RouterKey, Bgp>,
    pub(super) neighbors: Grouped<RouterKey, Neighbor>,
    /// Addresses of interfaces, by the configuration that gives them.
    pub(super) interfaces: Grouped<RouterKey, BTreeSet<IpAddr>>,
    pub(super) peer_groups: Grouped<(RouterKey, String), PeerGroup>,
    pub(super) prefix_lists: Grouped<(RouterKey, Family, String), PrefixList>,
    pub(super) route_maps: Grouped<(RouterKey, String), RouteMap>,
    /// Addresses of nodes, by who says so.
    pub(super) nodes: Addresses,
    pub(super) neighbors_at: HashMap<IpAddr, BTreeSet<Key>>,
    /// What filters routes from nodes.
    pub(super) filters: BTreeSet<Filter>,
    /// Filters and pools of which one route was shown.
    pub(super) shown: BTreeSet<(Filter, String)>,
}

/// Addresses and who says them.
#[derive(Default)]
pub(super) struct Addresses {
    sayers: HashMap<IpAddr, BTreeSet<(&'static str, Key)>>,
    said: BTreeMap<(&'static str, Key), IpAddr>,
}

impl Addresses {
    /// Remembers what `sayer` says in place of what it said; returns the address where nobody said it before.
    pub(super) fn say(&mut self, sayer: (&'static str, Key), address: Option<IpAddr>) -> Option<IpAddr> {
        let before = match address {
            Some(address) => self.said.insert(sayer.clone(), address),
            None => self.said.remove(&sayer),
        };
        if let Some(sayers) = before.and_then(|before| self.sayers.get_mut(&before)) {
            sayers.remove(&sayer);
        }
        let sayers = self.sayers.entry(address?).or_default();
        let is_new = sayers.is_empty();
        sayers.insert(sayer);
        address.filter(|_| is_new)
    }

    fn contains(&self, address: IpAddr) -> bool {
        self.sayers.get(&address).is_some_and(|sayers| !sayers.is_empty())
    }
}

impl PlannedObjects {
    /// Whether a neighbor of a router is one of the nodes.
    pub(super) fn is_at_node(&self, neighbor: &Neighbor) -> bool {
        neighbor.address.is_some_and(|address| self.nodes.contains(address))
    }

    /// The peer-group of a neighbor, if that is in this configuration.
    pub(super) fn group_of(&self, neighbor: &Neighbor) -> Option<&PeerGroup> {
        let Setting::Known(name) = &neighbor.peer_group else { return None };
        self.peer_groups.of(&(neighbor.router.key.clone(), name.clone())).next()
    }
}
