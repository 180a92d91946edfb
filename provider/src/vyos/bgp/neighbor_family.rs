//! What a neighbor exchanges in one address family.

use crate::engine::router_config::Paths;
use crate::vyos::validators;
use tfplugin::Model;

/// What is exchanged with the neighbor in this address family. The object being there, even empty, turns the
/// family on; VyOS activates none by default.
#[derive(Clone, Debug, PartialEq, Model)]
pub struct NeighborFamily {
    /// Route-map that routes from the neighbor pass. It must exist on the router; VyOS finds none with a dot
    /// in its name.
    #[attribute(optional, validate = validators::route_map_without_dot)]
    pub route_map_import: Option<String>,

    /// Route-map that routes to the neighbor pass. It must exist on the router; VyOS finds none with a dot in
    /// its name.
    #[attribute(optional, validate = validators::route_map_without_dot)]
    pub route_map_export: Option<String>,

    /// Prefix-list that routes from the neighbor pass: a `prefix-list` for IPv4, a `prefix-list6` for IPv6.
    /// It must exist on the router.
    #[attribute(optional, validate = validators::list)]
    pub prefix_list_import: Option<String>,

    /// Prefix-list that routes to the neighbor pass, as `prefix_list_import`.
    #[attribute(optional, validate = validators::list)]
    pub prefix_list_export: Option<String>,

    /// As-path-list that routes from the neighbor pass. VyOS does not check that it exists.
    #[attribute(optional, validate = validators::word)]
    pub filter_list_import: Option<String>,

    /// As-path-list that routes to the neighbor pass. VyOS does not check that it exists.
    #[attribute(optional, validate = validators::word)]
    pub filter_list_export: Option<String>,

    /// Number of the access-list that routes from the neighbor pass, 1 to 65535. Not together with
    /// `prefix_list_import`. VyOS does not check that it exists.
    #[attribute(optional, validate = validators::within::<1, 65535, _>)]
    pub distribute_list_import: Option<u32>,

    /// Number of the access-list that routes to the neighbor pass, 1 to 65535. Not together with
    /// `prefix_list_export`. VyOS does not check that it exists.
    #[attribute(optional, validate = validators::within::<1, 65535, _>)]
    pub distribute_list_export: Option<u32>,

    /// Announces this router as the next hop of routes learned from outside the AS. Default `false`.
    #[attribute(default = false)]
    pub nexthop_self: bool,

    /// Announces this router as the next hop of reflected routes too. Needs `nexthop_self`. Default `false`.
    #[attribute(default = false)]
    pub nexthop_self_force: bool,

    /// Keeps what the neighbor sent before filters, so that they can change without asking it again. Default
    /// `false`.
    #[attribute(default = false)]
    pub soft_reconfiguration_inbound: bool,

    /// Most prefixes that are taken from the neighbor before the session is torn down, 1 to 4294967295.
    /// Default: any number.
    #[attribute(optional, validate = validators::within::<1, 4_294_967_295, _>)]
    pub maximum_prefix: Option<u32>,

    /// Most prefixes that are sent to the neighbor, 1 to 4294967295. Default: any number.
    #[attribute(optional, validate = validators::within::<1, 4_294_967_295, _>)]
    pub maximum_prefix_out: Option<u32>,

    /// Sends a default route to the neighbor; `{}` does so always. Default: none is sent.
    #[attribute(optional)]
    pub default_originate: Option<DefaultOriginate>,

    /// Takes routes that carry this router's own AS; `{}` up to three times. Default: they are dropped.
    #[attribute(optional)]
    pub allowas_in: Option<AllowasIn>,

    /// Replaces the neighbor's AS by this router's own in what is sent to it. Only for a neighbor in another
    /// AS. Default `false`.
    #[attribute(default = false)]
    pub as_override: bool,

    /// Takes private AS numbers out of what is sent. Only for a neighbor in another AS. Default `false`.
    #[attribute(default = false)]
    pub remove_private_as: bool,

    /// Reflects routes to this neighbor, which must be in the router's own AS. Default `false`.
    #[attribute(default = false)]
    pub route_reflector_client: bool,

    /// Serves this neighbor as a route server. Default `false`.
    #[attribute(default = false)]
    pub route_server_client: bool,

    /// Weight of the neighbor's routes, 1 to 65535; the highest wins on this router.
    #[attribute(optional, validate = validators::within::<1, 65535, _>)]
    pub weight: Option<u32>,

    /// Sends all paths, not only the best one. Default `false`.
    #[attribute(default = false)]
    pub addpath_tx_all: bool,
}

/// A default route for the neighbor.
#[derive(Clone, Debug, PartialEq, Model)]
pub struct DefaultOriginate {
    /// Route-map that says when. VyOS does not check that it exists.
    #[attribute(optional, validate = validators::route_map)]
    pub route_map: Option<String>,
}

/// Routes that carry this router's own AS.
#[derive(Clone, Debug, PartialEq, Model)]
pub struct AllowasIn {
    /// How often it may be in the path, 1 to 10. Default: 3, set by FRR.
    #[attribute(optional, validate = validators::within::<1, 10, _>)]
    pub number: Option<u8>,
}

/// Where attributes are below `address-family ...`.
pub(super) const PATHS: &Paths = &[
    ("route_map_import", "route-map import -> policy route-map"),
    ("route_map_export", "route-map export -> policy route-map"),
    ("ipv4_unicast.prefix_list_import", "prefix-list import -> policy prefix-list"),
    ("ipv4_unicast.prefix_list_export", "prefix-list export -> policy prefix-list"),
    ("ipv6_unicast.prefix_list_import", "prefix-list import -> policy prefix-list6"),
    ("ipv6_unicast.prefix_list_export", "prefix-list export -> policy prefix-list6"),
    ("filter_list_import", "filter-list import ~> policy as-path-list"),
    ("filter_list_export", "filter-list export ~> policy as-path-list"),
    ("ipv4_unicast.distribute_list_import", "distribute-list import ~> policy access-list"),
    ("ipv4_unicast.distribute_list_export", "distribute-list export ~> policy access-list"),
    ("ipv6_unicast.distribute_list_import", "distribute-list import ~> policy access-list6"),
    ("ipv6_unicast.distribute_list_export", "distribute-list export ~> policy access-list6"),
    ("nexthop_self_force", "nexthop-self force"),
    ("soft_reconfiguration_inbound", "soft-reconfiguration inbound"),
    ("default_originate", "default-originate {}"),
    ("default_originate.route_map", "route-map ~> policy route-map"),
    ("allowas_in", "allowas-in {}"),
];
