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

use crate::engine::router_config::{Declaration, RouterConfig, RouterResource};
use crate::session::Session;
use tfplugin::Registry;

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

/// Adds the types of this family to the registry of all that are served.
pub fn register(registry: Registry<Session>) -> Registry<Session> {
    registry
        .resource::<RouterResource<Bgp>>()
        .resource::<RouterResource<BgpNeighbor>>()
        .resource::<RouterResource<BgpPeerGroup>>()
        .resource::<RouterResource<Config>>()
        .resource::<RouterResource<Ospf>>()
        .resource::<RouterResource<Ospfv3>>()
        .resource::<RouterResource<PrefixList>>()
        .resource::<RouterResource<PrefixList6>>()
        .resource::<RouterResource<RouteMap>>()
        .resource::<RouterResource<StaticRoute>>()
        .data_source::<BgpSummary>()
        .data_source::<Routes>()
}

#[cfg(test)]
mod tests;
