//! `vyos_bgp_neighbor`: a neighbor of a router's BGP.

use super::neighbor_family::PATHS as FAMILY;
use super::neighbor_rules as rules;
use super::remote_as::RemoteAs;
use super::session::{BgpSession, PATHS as SESSION};
use super::timers::holdtime;
use crate::connection::router::{ConfigTree, Veto};
use crate::engine::router_config::{Declaration, RouterConfig, RouterTarget};
use crate::vyos::validators;
use std::net::IpAddr;
use tfplugin::types::Semantic;
use tfplugin::{Diagnostics, Model};

/// A BGP peer of a VyOS router, such as a node whose MetalLB speaker announces LoadBalancer
/// addresses.
///
/// Neighbors of one router that are created, changed or removed at the same time are one commit and one save;
/// Terraform performs ten operations at a time by default (more with `terraform apply -parallelism=100`).
/// Leaves of the neighbor that no argument names, set by hand on the router, stay as they are. Creating a
/// neighbor that exists already succeeds if nothing differs, and otherwise fails with the `import` block to
/// use.
///
/// Refer to an attribute of the router's `vyos_bgp` (`router = vyos_bgp.edge.router`), so that it is made
/// before and removed after its neighbors. Import id: `<router>/<address>`, or the address where there is
/// only one router.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "vyos_bgp_neighbor")]
pub struct BgpNeighbor {
    #[attribute(flatten)]
    target: RouterTarget,

    /// IPv4 or IPv6 address of the neighbor. A different one makes a new neighbor.
    #[attribute(required, requires_replace, identity, validate = validators::address)]
    address: Semantic<IpAddr>,

    /// The neighbor's AS: a number from 1 to 4294967294, `internal` (the router's own AS) or `external` (any
    /// other). Required unless the `peer_group` has one, and not allowed then.
    #[attribute(optional)]
    pub(super) remote_as: Option<Semantic<RemoteAs>>,

    /// Peer-group (`vyos_bgp_peer_group`) that it takes its configuration from. It must exist on the router.
    #[attribute(optional, validate = validators::list)]
    pub(super) peer_group: Option<String>,

    /// Least time between two updates in seconds, 0 to 600. Default: FRR's own.
    #[attribute(optional, validate = validators::within::<0, 600, _>)]
    advertisement_interval: Option<u16>,

    /// Timers of this session in place of the router's.
    #[attribute(optional)]
    timers: Option<NeighborTimers>,

    #[attribute(flatten)]
    pub(super) session: BgpSession,
}

/// Timers of a session.
#[derive(Clone, Debug, Model)]
pub struct NeighborTimers {
    /// Seconds between two tries to connect, 1 to 65535. Default: FRR's own.
    #[attribute(optional, validate = validators::within::<1, 65535, _>)]
    connect: Option<u16>,

    /// Seconds between two keepalives, 1 to 65535. Needs `holdtime`. Default: the router's `timers`.
    #[attribute(optional, validate = validators::within::<1, 65535, _>)]
    pub(super) keepalive: Option<u16>,

    /// Seconds without a sign of life after which the session ends, 3 to 65535, or 0 for never. Needs
    /// `keepalive`. Default: the router's `timers`.
    #[attribute(optional, validate = holdtime)]
    pub(super) holdtime: Option<u16>,
}

impl RouterConfig for BgpNeighbor {
    const DECLARATION: Declaration = Declaration::tag("BGP neighbor", "protocols bgp", "neighbor {address}")
        .requires("system-as", "vyos_bgp")
        .paths(&[SESSION, FAMILY, &[("peer_group", "peer-group -> protocols bgp peer-group")]]);

    fn validate_config(config: &BgpNeighborDraft, diagnostics: &mut Diagnostics) {
        rules::check(config, diagnostics);
    }

    fn fits(&self, component: &ConfigTree) -> Result<(), Veto> {
        rules::fits(self, component)
    }
}
