//! `vyos_bgp_neighbor`: a neighbor of a router's BGP.

use super::bgp_neighbor_family::{FIELDS as FAMILY, NeighborFamily};
use super::remote_as::RemoteAs;
use super::words;
use crate::engine::router_config::{
    Declaration, Field, Form, Need, RouterConfig, RouterTarget, RouterTargetDraft, Tag,
};
use std::net::IpAddr;
use tfplugin::types::{Secret, Text};
use tfplugin::{Diagnostics, Knowable, Object, Path, Resource};

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
    remote_as: Option<Text<RemoteAs>>,

    /// Free text, at most 255 characters, without quotes.
    #[attribute(optional, check = words::description)]
    description: Option<String>,

    /// Peer-group that it takes its configuration from. It must exist on the router.
    #[attribute(optional, check = words::list)]
    peer_group: Option<String>,

    /// Address or interface that the session starts from. VyOS does not check that it exists.
    #[attribute(optional, check = words::word)]
    update_source: Option<String>,

    /// Hops that a neighbor in another AS may be away, 1 to 255. Not together with `ttl_security_hops`.
    #[attribute(optional, check = words::within::<1, 255, _>)]
    ebgp_multihop: Option<u8>,

    /// Hops that the neighbor may be away, judged by the TTL of what arrives, 1 to 254. Not together with
    /// `ebgp_multihop`, here or in the peer-group.
    #[attribute(optional, check = words::within::<1, 254, _>)]
    ttl_security_hops: Option<u8>,

    /// Password of the session (TCP MD5), without blanks and quotes. VyOS keeps it in clear text, and so does the
    /// state.
    #[attribute(optional, check = words::password)]
    password: Option<Secret>,

    /// TCP port of the neighbor, 1 to 65535. Default: 179.
    #[attribute(optional, check = words::within::<1, 65535, _>)]
    port: Option<u16>,

    /// Least time between two updates in seconds, 0 to 600.
    #[attribute(optional, check = words::within::<0, 600, _>)]
    advertisement_interval: Option<u16>,

    /// Timers of this session in place of the router's.
    #[attribute(optional)]
    timers: Option<NeighborTimers>,

    /// Keeps the session down. Default `false`.
    #[attribute(default = false)]
    shutdown: bool,

    /// Waits for the neighbor to connect. Default `false`.
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
    #[attribute(optional, check = graceful_restart)]
    graceful_restart: Option<String>,

    /// IPv4 routes are exchanged.
    #[attribute(optional)]
    ipv4_unicast: Option<NeighborFamily>,

    /// IPv6 routes are exchanged.
    #[attribute(optional)]
    ipv6_unicast: Option<NeighborFamily>,
}

/// Timers of a session.
#[derive(Clone, Debug, Object)]
pub struct NeighborTimers {
    /// Seconds between two tries to connect, 1 to 65535.
    #[attribute(optional, check = words::within::<1, 65535, _>)]
    connect: Option<u16>,

    /// Seconds between two keepalives, 1 to 65535. Needs `holdtime`.
    #[attribute(optional, check = words::within::<1, 65535, _>)]
    keepalive: Option<u16>,

    /// Seconds without a sign of life after which the session ends, 3 to 65535, or 0 for never. Needs `keepalive`.
    #[attribute(optional, check = holdtime)]
    holdtime: Option<u16>,
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
        tag: Some(Tag { node: &["neighbor"], attribute: "address", form: Form::Address }),
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
    };

    fn target(draft: &BgpNeighborDraft) -> &RouterTargetDraft {
        &draft.target
    }

    fn check(config: &BgpNeighborDraft, found: &mut Diagnostics) {
        check_remote_as(config, found);
        if config.ebgp_multihop.given().is_some() && config.ttl_security_hops.given().is_some() {
            found.error_at(
                "ttl_security_hops",
                "Conflicting arguments",
                "ebgp_multihop and ttl_security_hops exclude each other. Keep one of them.",
            );
        }
        if let Some(timers) = config.timers.given()
            && timers.keepalive.is_some() != timers.holdtime.is_some()
        {
            found.error_at(
                Path::from("timers").attribute(if timers.keepalive.is_some() {
                    "holdtime"
                } else {
                    "keepalive"
                }),
                "Missing timer",
                "VyOS silently ignores one of keepalive and holdtime without the other. Give both.",
            );
        }
        for (name, family) in [("ipv4_unicast", &config.ipv4_unicast), ("ipv6_unicast", &config.ipv6_unicast)]
        {
            if let Some(family) = family.given() {
                check_family(config, &Path::from(name), family, found);
            }
        }
    }
}

fn check_remote_as(config: &BgpNeighborDraft, found: &mut Diagnostics) {
    let missing = |value: &Knowable<Option<_>>| matches!(value, Knowable::Known(None));
    let no_group = matches!(config.peer_group, Knowable::Known(None));
    if missing(&config.remote_as) && no_group {
        found.error_at(
            "remote_as",
            "Missing AS of the neighbor",
            "A neighbor without a peer_group needs remote_as: a number, `internal` or `external`.",
        );
    }
    if no_group
        && [&config.ipv4_unicast, &config.ipv6_unicast].iter().all(|one| matches!(one, Knowable::Known(None)))
    {
        found.warning_at(
            "ipv4_unicast",
            "The session will carry no routes",
            "Neither ipv4_unicast nor ipv6_unicast is there, and VyOS turns on none by itself. Add \
             `ipv4_unicast = {}`, `ipv6_unicast = {}` or both.",
        );
    }
}

/// Combinations that VyOS accepts and FRR refuses at the commit, keeping half of it.
fn check_family(config: &BgpNeighborDraft, at: &Path, family: &NeighborFamily, found: &mut Diagnostics) {
    let remote = config.remote_as.given().map(|text| *text.meaning());
    let only = |side, word: &str, attribute: &str, found: &mut Diagnostics| {
        let detail = format!(
            "{attribute} is only for a neighbor whose remote_as is {word}; FRR refuses it otherwise."
        );
        if remote == Some(side) {
            found.error_at(at.clone().attribute(attribute), "Not for this neighbor", detail);
        }
    };
    if family.as_override {
        only(RemoteAs::Internal, "external", "as_override", found);
    }
    if family.remove_private_as {
        only(RemoteAs::Internal, "external", "remove_private_as", found);
    }
    if family.route_reflector_client {
        only(RemoteAs::External, "internal", "route_reflector_client", found);
    }
    if family.nexthop_self_force && !family.nexthop_self {
        found.error_at(
            at.clone().attribute("nexthop_self_force"),
            "Missing nexthop_self",
            "nexthop_self_force widens nexthop_self, which is not set. Set it too.",
        );
    }
    let lists = [
        ("import", family.prefix_list_import.is_some() && family.distribute_list_import.is_some()),
        ("export", family.prefix_list_export.is_some() && family.distribute_list_export.is_some()),
    ];
    for (direction, _) in lists.iter().filter(|(_, both)| *both) {
        found.error_at(
            at.clone().attribute(format!("distribute_list_{direction}")),
            "Conflicting lists",
            format!("FRR takes prefix_list_{direction} or distribute_list_{direction}, not both. Keep one of them."),
        );
    }
}

fn graceful_restart(value: &Option<String>) -> Result<(), String> {
    match value.as_deref() {
        None | Some("enable" | "disable" | "restart-helper") => Ok(()),
        Some(other) => Err(format!("{other:?} is not `enable`, `disable` or `restart-helper`")),
    }
}

/// FRR refuses 1 and 2.
pub(super) fn holdtime(value: &Option<u16>) -> Result<(), String> {
    match value {
        Some(seconds @ 1..=2) => Err(format!("{seconds} is not 0 and not from 3 to 65535")),
        _ => Ok(()),
    }
}
