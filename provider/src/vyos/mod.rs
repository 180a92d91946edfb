//! Objects of VyOS routers, one file per Terraform type.

mod bgp;
mod bgp_family;
mod bgp_neighbor;
mod bgp_neighbor_family;
mod bgp_neighbor_rules;
mod bgp_peer_group;
mod bgp_session;
mod bgp_session_rules;
mod bgp_sessions;
mod bgp_summary;
mod bgp_timers;
mod choices;
mod communities;
mod config;
mod missing_routes;
mod ospf;
mod ospf_parts;
mod ospf_routes;
mod ospfv3;
mod ospfv3_parts;
mod prefix_list;
mod prefix_list6;
mod prefix_rules;
mod remote_as;
mod route_map;
mod route_map_match;
mod route_map_rules;
mod route_map_set;
mod routes;
mod routing_table;
mod shown;
mod static_route;
mod words;

pub use bgp::Bgp;
pub use bgp_neighbor::BgpNeighbor;
pub use bgp_peer_group::BgpPeerGroup;
pub use bgp_summary::BgpSummary;
pub use config::Config;
pub use ospf::Ospf;
pub use ospfv3::Ospfv3;
pub use prefix_list::PrefixList;
pub use prefix_list6::PrefixList6;
pub use route_map::RouteMap;
pub use routes::Routes;
pub use static_route::StaticRoute;

use crate::engine::router_config::{Declaration, RouterConfig};

const fn of<T: RouterConfig>() -> (&'static str, &'static Declaration) {
    (T::TYPE_NAME, T::DECLARATION)
}

/// Every type here that is a part of a router's configuration, and what it is there.
pub const DECLARATIONS: &[(&str, &Declaration)] = &[
    of::<Bgp>(),
    of::<BgpNeighbor>(),
    of::<BgpPeerGroup>(),
    of::<Config>(),
    of::<Ospf>(),
    of::<Ospfv3>(),
    of::<PrefixList>(),
    of::<PrefixList6>(),
    of::<RouteMap>(),
    of::<StaticRoute>(),
];

#[cfg(test)]
mod tests;
