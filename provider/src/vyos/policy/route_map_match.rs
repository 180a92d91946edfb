//! What a rule of a route-map asks of a route.

use crate::engine::router_config::Paths;
use crate::vyos::validators;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use tfplugin::Model;
use tfplugin::types::Semantic;

/// What a route must be to match: all of it.
#[derive(Clone, Debug, Model)]
pub struct RouteMapMatch {
    /// Its network is permitted by this prefix-list of IPv4. It must exist on the router.
    #[attribute(optional, validate = validators::list)]
    ip_prefix_list: Option<String>,

    /// Its network is permitted by this prefix-list of IPv6. It must exist on the router.
    #[attribute(optional, validate = validators::list)]
    ipv6_prefix_list: Option<String>,

    /// Its IPv4 network is this long, 0 to 32.
    #[attribute(optional, validate = validators::within::<0, 32, _>)]
    ip_prefix_length: Option<u8>,

    /// Its IPv6 network is this long, 0 to 128.
    #[attribute(optional, validate = validators::within::<0, 128, _>)]
    ipv6_prefix_length: Option<u8>,

    /// Its network is permitted by the access-list of this number; FRR gives 1 to 199 and 1300 to 2699 their
    /// meaning. VyOS does not check that it exists.
    #[attribute(optional)]
    ip_access_list: Option<u32>,

    /// Its network is permitted by this access-list of IPv6. VyOS does not check that it exists.
    #[attribute(optional, validate = validators::word)]
    ipv6_access_list: Option<String>,

    /// Its next hop is this IPv4 address.
    #[attribute(optional)]
    ip_next_hop: Option<Semantic<Ipv4Addr>>,

    /// Its next hop is this IPv6 address.
    #[attribute(optional, validate = validators::ipv6_address)]
    ipv6_next_hop: Option<Semantic<Ipv6Addr>>,

    /// Its next hop is permitted by this prefix-list of IPv4. VyOS does not check that it exists.
    #[attribute(optional, validate = validators::word)]
    ip_next_hop_prefix_list: Option<String>,

    /// Its next hop is permitted by this prefix-list of IPv6. It must exist on the router.
    #[attribute(optional, validate = validators::list)]
    ipv6_next_hop_prefix_list: Option<String>,

    /// It leaves through this interface. VyOS does not check that it exists.
    #[attribute(optional, validate = validators::device)]
    interface: Option<String>,

    /// It was announced by this neighbor.
    #[attribute(optional, validate = validators::any_address)]
    peer: Option<Semantic<IpAddr>>,

    /// It comes from this protocol: `babel`, `bgp`, `connected`, `isis`, `kernel`, `ospf`, `ospfv3`, `rip`,
    /// `ripng`, `static`, `table` or `vnc`.
    #[attribute(optional, validate = validators::protocol)]
    protocol: Option<String>,

    /// Its metric (MED), 1 to 65535.
    #[attribute(optional, validate = validators::within::<1, 65535, _>)]
    metric: Option<u16>,

    /// Its tag, 1 to 65535.
    #[attribute(optional, validate = validators::within::<1, 65535, _>)]
    tag: Option<u16>,

    /// Its LOCAL_PREF, 0 to 4294967295.
    #[attribute(optional)]
    local_preference: Option<u32>,

    /// How it came to be: `egp`, `igp` or `incomplete`.
    #[attribute(optional, validate = validators::origin)]
    origin: Option<String>,

    /// Its path of ASes is permitted by this as-path-list. VyOS does not check that it exists.
    #[attribute(optional, validate = validators::word)]
    as_path: Option<String>,

    /// Its communities are permitted by this community-list. It must exist on the router.
    #[attribute(optional, validate = validators::word)]
    community: Option<String>,

    /// It has exactly the communities of `community`, and no others. Default `false`.
    #[attribute(default = false)]
    pub(super) community_exact_match: bool,

    /// Its large communities are permitted by this large-community-list. It must exist on the router.
    #[attribute(optional, validate = validators::list)]
    large_community: Option<String>,

    /// Its extended communities are permitted by this extcommunity-list. It must exist on the router.
    #[attribute(optional, validate = validators::list)]
    extcommunity: Option<String>,

    /// What the registry (RPKI) says of its origin: `invalid`, `notfound` or `valid`.
    #[attribute(optional, validate = validators::rpki)]
    rpki: Option<String>,
}

impl RouteMapMatch {
    /// Whether `community_exact_match` has no list to be exact about.
    pub(super) fn exact_about_nothing(&self) -> bool {
        self.community_exact_match && self.community.is_none()
    }
}

/// Where attributes are below `match`.
pub(super) const MATCH: &Paths = &[
    ("match.ip_prefix_list", "ip address prefix-list -> policy prefix-list"),
    ("match.ipv6_prefix_list", "ipv6 address prefix-list -> policy prefix-list6"),
    ("match.ip_prefix_length", "ip address prefix-len"),
    ("match.ipv6_prefix_length", "ipv6 address prefix-len"),
    ("match.ip_access_list", "ip address access-list ~> policy access-list"),
    ("match.ipv6_access_list", "ipv6 address access-list ~> policy access-list6"),
    ("match.ip_next_hop", "ip nexthop address"),
    ("match.ipv6_next_hop", "ipv6 nexthop address"),
    ("match.ip_next_hop_prefix_list", "ip nexthop prefix-list ~> policy prefix-list"),
    ("match.ipv6_next_hop_prefix_list", "ipv6 nexthop prefix-list -> policy prefix-list6"),
    ("match.community", "community community-list -> policy community-list"),
    ("match.community_exact_match", "community exact-match"),
    ("match.as_path", "as-path ~> policy as-path-list"),
    ("match.large_community", "large-community large-community-list -> policy large-community-list"),
    ("match.extcommunity", "extcommunity -> policy extcommunity-list"),
];
