//! `vyos_bgp`: a router's BGP as a whole.

mod family;
mod neighbor;
mod neighbor_family;
mod neighbor_rules;
mod peer_group;
pub(super) mod remote_as;
mod session;
mod session_rules;
mod timers;

pub use neighbor::BgpNeighbor;
pub use peer_group::BgpPeerGroup;

use crate::engine::router_config::{Declaration, Paths, RouterConfig, RouterTarget};
use crate::values::Asn;
use crate::vyos::validators;
use family::{Ipv4Family, Ipv6Family, PATHS as FAMILY};
use remote_as::HIGHEST;
use std::net::Ipv4Addr;
use tfplugin::types::Semantic;
use tfplugin::{Diagnostics, Model};
use timers::{both_or_none, holdtime};

/// BGP of a VyOS router: its AS, its identifier, and what it announces. There is one on a router.
///
/// Neighbors and peer-groups are objects of their own (`vyos_bgp_neighbor`) and are left alone when this one
/// changes; a changed `system_as` restarts all sessions. Parameters that no argument names, set by hand on
/// the router, stay as they are. Destroying it removes `protocols bgp`, but is refused while neighbors or
/// peer-groups are left: let them refer to an attribute of it, so that they go before it.
///
/// Creating it where BGP is already configured succeeds if nothing differs, and otherwise fails with the
/// `import` block to use. Import id: the router's name. VyOS 1.4 or later.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "vyos_bgp")]
pub struct Bgp {
    #[attribute(flatten)]
    target: RouterTarget,

    /// The router's AS number, 1 to 4294967294.
    #[attribute(required, validate = system_as)]
    system_as: Asn,

    /// The router's BGP identifier, in the form of an IPv4 address. Default: FRR chooses the highest IPv4
    /// address; a router without any needs one here.
    #[attribute(optional)]
    router_id: Option<Semantic<Ipv4Addr>>,

    /// Identifier of the cluster that it reflects routes for, in the form of an IPv4 address. Default:
    /// `router_id`.
    #[attribute(optional)]
    cluster_id: Option<Semantic<Ipv4Addr>>,

    /// Logs changes of the state of neighbors. Default `false`.
    #[attribute(default = false)]
    log_neighbor_changes: bool,

    /// Exchanges nothing with neighbors in other ASes unless a policy says what (RFC 8212). Default `false`.
    #[attribute(default = false)]
    ebgp_requires_policy: bool,

    /// Announces `networks` only while the router has a route to them. Default `false`.
    #[attribute(default = false)]
    network_import_check: bool,

    /// Compares the MED of routes from different ASes. Default `false`.
    #[attribute(default = false)]
    always_compare_med: bool,

    /// Compares MEDs independent of the order in which routes came. Default `false`.
    #[attribute(default = false)]
    deterministic_med: bool,

    /// Uses equal paths at once although they lead through different ASes. Default `false`.
    #[attribute(default = false)]
    multipath_relax: bool,

    /// Prefers the lowest router identifier to the oldest route. Default `false`.
    #[attribute(default = false)]
    compare_routerid: bool,

    /// Announces a route only once the kernel has it. Default `false`.
    #[attribute(default = false)]
    suppress_fib_pending: bool,

    /// Asks the neighbors to avoid this router (RFC 8326). Default `false`.
    #[attribute(default = false)]
    graceful_shutdown: bool,

    /// Graceful restart (RFC 4724) in both roles; `{}` for FRR's own time. Default: this router helps
    /// neighbors that restart, and does not ask for their help.
    #[attribute(optional)]
    graceful_restart: Option<GracefulRestart>,

    /// LOCAL_PREF of routes that come without one, 0 to 4294967295; the highest wins within the AS. Default:
    /// 100.
    #[attribute(optional)]
    default_local_preference: Option<u32>,

    /// Timers of all sessions that have none of their own.
    #[attribute(optional)]
    timers: Option<Timers>,

    /// What is announced in IPv4. This alone turns no session's family on.
    #[attribute(optional)]
    ipv4_unicast: Option<Ipv4Family>,

    /// What is announced in IPv6. This alone turns no session's family on.
    #[attribute(optional)]
    ipv6_unicast: Option<Ipv6Family>,
}

/// Timers of sessions.
#[derive(Clone, Debug, Model)]
pub struct Timers {
    /// Seconds between two keepalives, 1 to 65535. Needs `holdtime`. Default: 60.
    #[attribute(optional, validate = validators::within::<1, 65535, _>)]
    keepalive: Option<u16>,

    /// Seconds without a sign of life after which a session ends, 3 to 65535, or 0 for never. Needs
    /// `keepalive`. Default: 180.
    #[attribute(optional, validate = holdtime)]
    holdtime: Option<u16>,
}

/// How long a restarting neighbor's routes are kept.
#[derive(Clone, Debug, Model)]
pub struct GracefulRestart {
    /// Seconds that the routes of a restarting neighbor are kept, 1 to 3600. Default: 360, set by FRR.
    #[attribute(optional, validate = validators::within::<1, 3600, _>)]
    stalepath_time: Option<u16>,
}

const PATHS: &Paths = &[
    ("router_id", "parameters router-id"),
    ("cluster_id", "parameters cluster-id"),
    ("log_neighbor_changes", "parameters log-neighbor-changes"),
    ("ebgp_requires_policy", "parameters ebgp-requires-policy"),
    ("network_import_check", "parameters network-import-check"),
    ("always_compare_med", "parameters always-compare-med"),
    ("deterministic_med", "parameters deterministic-med"),
    ("multipath_relax", "parameters bestpath as-path multipath-relax"),
    ("compare_routerid", "parameters bestpath compare-routerid"),
    ("suppress_fib_pending", "parameters suppress-fib-pending"),
    ("graceful_shutdown", "parameters graceful-shutdown"),
    ("graceful_restart", "parameters graceful-restart {}"),
    ("default_local_preference", "parameters default local-pref"),
    ("ipv4_unicast", "address-family ipv4-unicast"),
    ("ipv6_unicast", "address-family ipv6-unicast"),
];

impl RouterConfig for Bgp {
    const DECLARATION: Declaration = Declaration::container("BGP", "protocols bgp")
        .paths(&[PATHS, FAMILY])
        .children(&["neighbor", "peer-group"]);

    fn validate_config(config: &BgpDraft, diagnostics: &mut Diagnostics) {
        if let Some(timers) = config.timers.given() {
            both_or_none(timers.keepalive, timers.holdtime, diagnostics);
        }
    }
}

fn system_as(value: &Asn) -> Result<(), String> {
    match value.get() {
        number if number > HIGHEST => Err(format!("{number} is reserved; VyOS takes 1 to {HIGHEST}")),
        _ => Ok(()),
    }
}
