//! What a neighbor of BGP and a group of neighbors have alike.

use super::neighbor_family::NeighborFamily;
use crate::engine::router_config::Paths;
use crate::vyos::validators;
use tfplugin::Model;
use tfplugin::types::Secret;

/// How a session is held, and what is exchanged in it.
#[derive(Clone, Debug, Model)]
pub struct BgpSession {
    /// Free-text description, at most 255 characters, without quotes.
    #[attribute(optional, validate = validators::description)]
    description: Option<String>,

    /// Address or interface that the session starts from. VyOS does not check that it exists.
    #[attribute(optional, validate = validators::source)]
    pub(super) update_source: Option<String>,

    /// Hops that a neighbor in another AS may be away, 1 to 255. Default: it is on the same network. Not
    /// together with `ttl_security_hops`.
    #[attribute(optional, validate = validators::within::<1, 255, _>)]
    pub(super) ebgp_multihop: Option<u8>,

    /// Hops that the neighbor may be away, judged by the TTL of what arrives, 1 to 254. Not together with
    /// `ebgp_multihop`, here or in a peer-group.
    #[attribute(optional, validate = validators::within::<1, 254, _>)]
    pub(super) ttl_security_hops: Option<u8>,

    /// Password of the session (TCP MD5), at most 80 characters, without blanks and quotes. VyOS keeps it in
    /// clear text, and so does the state, but for one that is given as `password_wo`. Left out: one that this
    /// resource never set, such as after an import, stays, and the plan warns; one that it set is removed.
    /// `""`: none.
    #[attribute(optional, adopt, write_only_form, validate = validators::password)]
    password: Option<Secret>,

    /// TCP port of the neighbor, 1 to 65535. Default: 179.
    #[attribute(optional, validate = validators::within::<1, 65535, _>)]
    port: Option<u16>,

    /// Keeps the session down, with the neighbor's configuration as it is. Default `false`.
    #[attribute(default = false)]
    shutdown: bool,

    /// Only waits for the neighbor to connect, and never connects itself. Default `false`.
    #[attribute(default = false)]
    passive: bool,

    /// Watches the neighbor with BFD; `{}` with FRR's own timers.
    #[attribute(optional)]
    bfd: Option<NeighborBfd>,

    /// Takes a neighbor in another AS that is reached over a loopback address, not directly. Default `false`.
    #[attribute(default = false)]
    disable_connected_check: bool,

    /// Negotiates IPv4 routes with IPv6 next hops (RFC 8950). Default `false`.
    #[attribute(default = false)]
    extended_nexthop: bool,

    /// What to do when either side restarts: `enable`, `disable` or `restart-helper`. Default: the router's
    /// own setting.
    #[attribute(optional, validate = validators::graceful_restart)]
    graceful_restart: Option<String>,

    /// What is exchanged in IPv4. The object being there, even empty (`{}`), turns the family on; VyOS
    /// activates none by default.
    #[attribute(optional)]
    pub(super) ipv4_unicast: Option<NeighborFamily>,

    /// What is exchanged in IPv6. The object being there, even empty (`{}`), turns the family on; VyOS
    /// activates none by default.
    #[attribute(optional)]
    pub(super) ipv6_unicast: Option<NeighborFamily>,
}

/// How a neighbor is watched with BFD.
#[derive(Clone, Debug, Model)]
pub struct NeighborBfd {
    /// BFD profile. VyOS does not check that it exists.
    #[attribute(optional, validate = validators::word)]
    profile: Option<String>,

    /// Ends the session also when BFD says that only the neighbor's control plane failed. Default `false`.
    #[attribute(default = false)]
    check_control_plane_failure: bool,
}

/// Where attributes are below the node.
pub(super) const PATHS: &Paths = &[
    ("update_source", "update-source {address}"),
    ("ttl_security_hops", "ttl-security hops"),
    ("bfd", "bfd {}"),
    ("bfd.profile", "profile ~> protocols bfd profile"),
    ("extended_nexthop", "capability extended-nexthop"),
    ("ipv4_unicast", "address-family ipv4-unicast {}"),
    ("ipv6_unicast", "address-family ipv6-unicast {}"),
];
