//! Objects of VyOS routers: a folder for each part of the configuration, a file in it for each Terraform
//! type.

mod action;
mod bgp;
mod config;
mod elsewhere;
mod ospf;
mod policy;
mod show;
mod static_route;
mod validators;

pub use action::{BgpReset, Save};
pub use bgp::{Bgp, BgpNeighbor, BgpPeerGroup};
pub use config::Config;
pub use ospf::{Ospf, Ospfv3};
pub use policy::{PrefixList, PrefixList6, RouteMap};
pub use show::{BgpSummary, Routes};
pub use static_route::StaticRoute;

use crate::connection::router::ConfigPath;
use crate::engine::attribute_reference::AttributeReference;
use crate::engine::router_config::{
    self, FamilyMember, Layout, References, RouterObjects, RouterPaths, RouterResource, layout,
};
use crate::session::Session;
use std::sync::LazyLock;
use tfplugin::Registry;
use tfplugin::provider::TypeName;

/// The types that are a part of a router's configuration: the only list of them. Behind the semicolon is the
/// one whose objects are wherever their path leads, and are what the others leave.
macro_rules! configuration_types {
    ($($listed:ty),+; $any:ty $(,)?) => {
        configuration_types![@all $($listed,)+ $any];

        /// Adds the types of this family to the registry of all that are served.
        pub fn register(registry: Registry<Session>) -> Registry<Session> {
            let registry = registry$(.list_resource::<RouterObjects<$listed>>())+;
            let registry = registry.list_resource::<RouterPaths<$any>>();
            register_types(registry)
                .data_source::<BgpSummary>()
                .data_source::<Routes>()
                .action::<BgpReset>()
                .action::<Save>()
        }
    };
    (@all $($type:ty),+) => {
        /// Names of the types that are a part of a router's configuration, and what they are there.
        const TYPES: &[(&str, fn() -> &'static Layout)] = &[$((<$type>::TYPE_NAME, layout::<$type>)),+];

        $(impl FamilyMember for $type {
            fn references() -> &'static References {
                &REFERENCES
            }

            fn layouts() -> Vec<(&'static str, &'static Layout)> {
                layouts().collect()
            }
        })+

        fn register_types(registry: Registry<Session>) -> Registry<Session> {
            registry$(.resource::<RouterResource<$type>>())+
        }
    };
}

configuration_types![
    Bgp,
    BgpNeighbor,
    BgpPeerGroup,
    Ospf,
    Ospfv3,
    PrefixList,
    PrefixList6,
    RouteMap,
    StaticRoute;
    Config,
];

/// Who names whom on a router.
static REFERENCES: LazyLock<References> =
    LazyLock::new(|| References::of(layouts(), elsewhere::ALIKE, elsewhere::PLACES));

/// All of them.
pub fn layouts() -> impl Iterator<Item = (&'static str, &'static Layout)> + Clone {
    TYPES.iter().map(|(name, layout)| (*name, layout()))
}

/// Which attributes of these types are the value of another one's.
pub fn attribute_references() -> Vec<AttributeReference> {
    router_config::attribute_references(layouts())
}

/// The words of a path from the top that name objects, and the nodes of these with their keys.
pub fn named_in(path: &[String]) -> Vec<(usize, ConfigPath)> {
    let names = REFERENCES.names_in(path).into_iter();
    names.map(|one| (one.at, [one.node.as_slice(), &[one.name]].concat())).collect()
}

/// A type by its name, and what it is on the router; nothing where it is no part of a router's configuration.
pub fn layout_of(type_name: &str) -> Option<(&'static str, &'static Layout)> {
    layouts().find(|(name, _)| *name == type_name)
}

#[cfg(test)]
mod tests;
