//! `vyos_bgp_neighbor`: a neighbor of a router's BGP.

use super::bgp_neighbor_family::{FIELDS as FAMILY, NeighborFamily};
use super::bgp_neighbor_rules as rules;
use super::bgp_timers::holdtime;
use super::remote_as::RemoteAs;
use super::{choices, words};
use crate::connection::router::ConfigTree;
use crate::engine::router_config::{
    Declaration, Field, Form, Need, RouterConfig, RouterTarget, RouterTargetDraft, Tag,
};
use std::net::IpAddr;
use tfplugin::types::{Secret, Text};
use tfplugin::{Diagnostic, Diagnostics, Object, Resource};

/// A neighbor that a VyOS router speaks BGP with, such as a node whose MetalLB speaker announces LoadBalancer
/// addresses.
///
/// Neighbors of one router that are created, changed or removed at the same time are one commit and one save; Terraform
/// does ten things at a time unless it is told more (`terraform apply -parallelism=100`). Leaves of
/// the neighbor that no argument names, set by hand on the router, stay as they are. Creating a neighbor that is there
/// already carries on where it is the same, and is refused otherwise with the `import` block to use.
///
/// Refer to an attribute of the router's `vyos_bgp` (`router = vyos_bgp.edge.router`), so that it is made before and
/// removed after its neighbors. Import id: `<router>/<address>`, or the address where there is only one router.
#[derive(Clone, Debug, Resource)]
#[resource(type_name = "vyos_bgp_neighbor")]
pub struct BgpNeighbor {
    #[attribute(flatten)]
    target: RouterTarget,

    /// IPv4 or IPv6 address of the neighbor. A different one makes a new neighbor.
    #[attribute(required, replace)]
    address: Text<IpAddr>,

    /// The neighbor's AS: a number from 1 to 4294967294, `internal` (the router's own AS) or `external` (any other).
    /// Required unless the `peer_group` has one, and not allowed then.
    #[attribute(optional)]
    pub(super) remote_as: Option<Text<RemoteAs>>,

    /// Text for people, at most 255 characters, without quotes.
    #[attribute(optional, check = words::description)]
    description: Option<String>,

    /// Peer-group that it takes its configuration from. It must exist on the router.
    #[attribute(optional, check = words::list)]
    pub(super) peer_group: Option<String>,

    /// Address or interface that the session starts from. VyOS does not check that it exists.
    #[attribute(optional, check = words::word)]
    update_source: Option<String>,

    /// Hops that a neighbor in another AS may be away, 1 to 255. Default: it is on the same network. Not together with `ttl_security_hops`.
    #[attribute(optional, check = words::within::<1, 255, _>)]
    pub(super) ebgp_multihop: Option<u8>,

    /// Hops that the neighbor may be away, judged by the TTL of what arrives, 1 to 254. Not together with
    /// `ebgp_multihop`, here or in the peer-group.
    #[attribute(optional, check = words::within::<1, 254, _>)]
    pub(super) ttl_security_hops: Option<u8>,

    /// Password of the session (TCP MD5), without blanks and quotes. VyOS keeps it in clear text, and so does the
    /// state.
    #[attribute(optional, check = words::password)]
    password: Option<Secret>,

    /// TCP port of the neighbor, 1 to 65535. Default: 179.
    #[attribute(optional, check = words::within::<1, 65535, _>)]
    port: Option<u16>,

    /// Least time between two updates in seconds, 0 to 600. Default: FRR's own.
    #[attribute(optional, check = words::within::<0, 600, _>)]
    advertisement_interval: Option<u16>,

    /// Timers of this session in place of the router's.
    #[attribute(optional)]
    timers: Option<NeighborTimers>,

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

    /// What to do when either side restarts: `enable`, `disable` or `restart-helper`. Default: the router's own
    /// setting.
    #[attribute(optional, check = choices::graceful_restart)]
    graceful_restart: Option<String>,

    /// What is exchanged in IPv4. The object being there, even empty (`{}`), turns the family on; VyOS turns none on by
    /// itself.
    #[attribute(optional)]
    pub(super) ipv4_unicast: Option<NeighborFamily>,

    /// What is exchanged in IPv6. The object being there, even empty (`{}`), turns the family on; VyOS turns none on by
    /// itself.
    #[attribute(optional)]
    pub(super) ipv6_unicast: Option<NeighborFamily>,
}

/// Timers of a session.
#[derive(Clone, Debug, Object)]
pub struct NeighborTimers {
    /// Seconds between two tries to connect, 1 to 65535. Default: FRR's own.
    #[attribute(optional, check = words::within::<1, 65535, _>)]
    connect: Option<u16>,

    /// Seconds between two keepalives, 1 to 65535. Needs `holdtime`. Default: the router's `timers`.
    #[attribute(optional, check = words::within::<1, 65535, _>)]
    pub(super) keepalive: Option<u16>,

    /// Seconds without a sign of life after which the session ends, 3 to 65535, or 0 for never. Needs `keepalive`.
    /// Default: the router's `timers`.
    #[attribute(optional, check = holdtime)]
    pub(super) holdtime: Option<u16>,
}

/// How a neighbor is watched with BFD.
#[derive(Clone, Debug, Object)]
pub struct NeighborBfd {
    /// BFD profile. VyOS does not check that it exists.
    #[attribute(optional, check = words::word)]
    profile: Option<String>,

    /// Ends the session also when BFD says that only the neighbor's control plane failed. Default `false`.
    #[attribute(default = false)]
    check_control_plane_failure: bool,
}

impl RouterConfig for BgpNeighbor {
    const DECLARATION: &'static Declaration = &Declaration {
        noun: "BGP neighbor",
        component: &["protocols", "bgp"],
        tag: Some(Tag { node: &["neighbor"], node_of_ipv6: None, attribute: "address", form: Form::Address }),
        needs: Some(Need { path: &["system-as"], type_name: "vyos_bgp" }),
        fields: &[
            Field::value("remote_as", &["remote-as"], Form::Decimal),
            Field::value("description", &["description"], Form::Text),
            Field::value("peer_group", &["peer-group"], Form::Text),
            Field::value("update_source", &["update-source"], Form::Address),
            Field::value("ebgp_multihop", &["ebgp-multihop"], Form::Number),
            Field::value("ttl_security_hops", &["ttl-security", "hops"], Form::Number),
            Field::value("password", &["password"], Form::Text),
            Field::value("port", &["port"], Form::Number),
            Field::value("advertisement_interval", &["advertisement-interval"], Form::Number),
            Field::group(
                "timers",
                &["timers"],
                &[
                    Field::value("connect", &["connect"], Form::Number),
                    Field::value("keepalive", &["keepalive"], Form::Number),
                    Field::value("holdtime", &["holdtime"], Form::Number),
                ],
            ),
            Field::flag("shutdown", &["shutdown"]),
            Field::flag("passive", &["passive"]),
            Field::presence(
                "bfd",
                &["bfd"],
                &[
                    Field::value("profile", &["profile"], Form::Text),
                    Field::flag("check_control_plane_failure", &["check-control-plane-failure"]),
                ],
            ),
            Field::flag("disable_connected_check", &["disable-connected-check"]),
            Field::flag("extended_nexthop", &["capability", "extended-nexthop"]),
            Field::value("graceful_restart", &["graceful-restart"], Form::Text),
            Field::presence("ipv4_unicast", &["address-family", "ipv4-unicast"], FAMILY),
            Field::presence("ipv6_unicast", &["address-family", "ipv6-unicast"], FAMILY),
        ],
        children: &[],
        users: None,
    };

    fn target(draft: &BgpNeighborDraft) -> &RouterTargetDraft {
        &draft.target
    }

    fn check(config: &BgpNeighborDraft, found: &mut Diagnostics) {
        rules::check(config, found);
    }

    fn fits(&self, component: &ConfigTree) -> Result<(), Box<Diagnostic>> {
        rules::fits(self, component)
    }
}
