//! Objects of VyOS routers: a folder for each part of the configuration, a file in it for each Terraform type.

mod bgp;
mod config;
mod ospf;
mod policy;
mod show;
mod static_route;
mod validators;

pub use bgp::{Bgp, BgpNeighbor, BgpPeerGroup};
pub use config::Config;
pub use ospf::{Ospf, Ospfv3};
pub use policy::{PrefixList, PrefixList6, RouteMap};
pub use show::{BgpSummary, Routes};
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
