//! Which rules run for an object of which type.

use super::grouped::Key;
use super::mismatch::Mismatch;
use super::objects::{Neighbor, Object, Peer, PeerGroup, Pool, Setting};
use super::planned::PlannedObjects;
use super::routes::Filter;
use super::{filters, pools, ranges, router_sessions, sessions};
use std::net::IpAddr;

impl PlannedObjects {
    /// Keeps an object in place of what it was, and runs the rules about its type.
    pub(super) fn planned(&mut self, key: Key, object: Object) -> Vec<Mismatch> {
        match object {
            Object::Node(address, taken) => {
                let mut found = ranges::of_taken(self, &taken);
                self.taken.insert(key.clone(), (), taken);
                found.extend(self.is_node("microk8s_node", key, address));
                found
            }
            Object::CalicoPool(pool, taken) => {
                let mut found = ranges::of_taken(self, &taken);
                self.taken.insert(Key(format!("calico_ippool{}", key.0)), (), taken);
                found.extend(pools::of_calico_pool(self, &key, &pool));
                self.calico_pools.insert(key, pool.cluster.clone(), pool);
                found
            }
            Object::Cluster(ranges, taken) => {
                let mut found = ranges::of_taken(self, &taken);
                self.taken.insert(Key(format!("microk8s_cluster_ipv6{}", key.0)), (), taken);
                found.extend(pools::of_cluster(self, &ranges));
                self.cluster_ranges.insert(key, ranges.cluster.clone(), ranges);
                found
            }
            Object::Peer(peer) => self.peer(key, peer),
            Object::Pool(pool) => self.pool(key, pool),
            Object::Advertisement(advertisement) => {
                let mut found = filters::of_advertisement(self, &advertisement);
                found.extend(sessions::of_advertisement(self, &advertisement));
                let cluster = advertisement.cluster.clone();
                self.advertisements.insert(key, cluster, advertisement);
                found
            }
            Object::Bgp(bgp) => {
                let router = bgp.router.key.clone();
                let mut found = sessions::of_bgp(self, &bgp);
                self.bgp.insert(key, router.clone(), bgp);
                let neighbors = self.neighbors.of(&router).filter(|one| self.is_at_node(one));
                found.extend(neighbors.flat_map(|neighbor| sessions::of_neighbor(self, neighbor)));
                found.extend(router_sessions::of_router(self, &router));
                found
            }
            Object::Neighbor(neighbor) => self.neighbor(key, neighbor),
            Object::PeerGroup(group) => self.peer_group(key, group),
            Object::Interfaces(router, addresses) => {
                let at = addresses.iter().filter_map(|address| self.neighbors_at.get(address)).flatten();
                let at: Vec<_> = at.cloned().collect();
                self.interfaces.insert(key, router.key, addresses);
                let neighbors = at.iter().filter_map(|key| self.neighbors.get(key));
                neighbors.flat_map(|neighbor| router_sessions::of_neighbor(self, neighbor)).collect()
            }
            Object::PrefixList(family, list) => {
                let router = list.router.key.clone();
                // Lists of both families may have one name.
                let key = Key(format!("{family:?}{}", key.0));
                self.prefix_lists.insert(key, (router.clone(), family, list.name.clone()), list);
                filters::of_router(self, &router)
            }
            Object::RouteMap(map) => {
                let router = map.router.key.clone();
                self.route_maps.insert(key, (router.clone(), map.name.clone()), map);
                filters::of_router(self, &router)
            }
        }
    }

    fn peer(&mut self, key: Key, peer: Peer) -> Vec<Mismatch> {
        let (cluster, node) = (peer.cluster.clone(), peer.node);
        self.peers.insert(key.clone(), cluster, peer);
        let mut found = self.is_node("metallb_bgp_peer", key.clone(), node);
        if let Some(peer) = self.peers.get(&key) {
            found.extend(sessions::of_peer(self, peer));
        }
        found
    }

    fn pool(&mut self, key: Key, pool: Pool) -> Vec<Mismatch> {
        let mut found = ranges::of_pool(self, &pool);
        found.extend(pools::of_pool(self, &key, &pool));
        found.extend(sessions::of_pool(self, &pool));
        found.extend(filters::of_pool(self, &pool));
        self.pools.insert(key, pool.cluster.clone(), pool);
        found
    }

    fn neighbor(&mut self, key: Key, neighbor: Neighbor) -> Vec<Mismatch> {
        let (address, router) = (neighbor.address, neighbor.router.key.clone());
        let before = self.neighbors.insert(key.clone(), router, neighbor);
        if let Some(keys) =
            before.and_then(|before| before.address).and_then(|at| self.neighbors_at.get_mut(&at))
        {
            keys.remove(&key);
        }
        if let Some(address) = address {
            self.neighbors_at.entry(address).or_default().insert(key.clone());
        }
        let mut found = self.neighbors_at_nodes(std::iter::once(key.clone()));
        if let Some(neighbor) = self.neighbors.get(&key) {
            found.extend(router_sessions::of_neighbor(self, neighbor));
        }
        found
    }

    fn peer_group(&mut self, key: Key, group: PeerGroup) -> Vec<Mismatch> {
        let (router, name) = (group.router.key.clone(), group.name.clone());
        self.peer_groups.insert(key, (router.clone(), name.clone()), group);
        let is_member = |one: &Neighbor| matches!(&one.peer_group, Setting::Known(group) if *group == name);
        let members: Vec<_> = self.neighbors.keys_of(&router, is_member).cloned().collect();
        let mut found: Vec<_> = members
            .iter()
            .filter_map(|key| self.neighbors.get(key))
            .flat_map(|neighbor| router_sessions::of_neighbor(self, neighbor))
            .collect();
        found.extend(self.neighbors_at_nodes(members));
        found
    }

    /// What comes of a node being at an address, where that was not known.
    fn is_node(&mut self, type_name: &'static str, key: Key, address: Option<IpAddr>) -> Vec<Mismatch> {
        let Some(address) = self.nodes.say((type_name, key), address) else { return Vec::new() };
        let neighbors = self.neighbors_at.get(&address).cloned().unwrap_or_default();
        self.neighbors_at_nodes(neighbors)
    }

    /// What does not go together with these neighbors, as far as they are nodes.
    fn neighbors_at_nodes(&mut self, keys: impl IntoIterator<Item = Key>) -> Vec<Mismatch> {
        let mut found = Vec::new();
        let mut new_filters = Vec::new();
        for key in keys {
            let Some(neighbor) = self.neighbors.get(&key).filter(|one| self.is_at_node(one)) else {
                continue;
            };
            found.extend(sessions::of_neighbor(self, neighbor));
            let filters = Filter::all_of(self, neighbor);
            new_filters.extend(filters.into_iter().filter(|filter| !self.filters.contains(filter)));
        }
        for filter in new_filters {
            if self.filters.insert(filter.clone()) {
                found.extend(filters::of_filter(self, &filter));
            }
        }
        found
    }
}
