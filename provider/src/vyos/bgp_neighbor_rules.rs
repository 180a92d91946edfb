//! What a neighbor must not be: combinations that VyOS ignores, or takes for right while FRR refuses them at the commit
//! and keeps half of the change.

use super::bgp_neighbor::{BgpNeighbor, BgpNeighborDraft};
use super::bgp_neighbor_family::NeighborFamily;
use super::bgp_timers::both_or_none;
use super::remote_as::RemoteAs;
use crate::connection::router::ConfigTree;
use tfplugin::types::Meaning;
use tfplugin::{Diagnostic, Diagnostics, Knowable, Path};

/// What can be told from the configuration alone.
pub(super) fn check(config: &BgpNeighborDraft, found: &mut Diagnostics) {
    check_remote_as(config, found);
    if config.ebgp_multihop.given().is_some() && config.ttl_security_hops.given().is_some() {
        found.error_at(
            "ttl_security_hops",
            "Conflicting arguments",
            "ebgp_multihop and ttl_security_hops exclude each other. Keep one of them.",
        );
    }
    if let Some(timers) = config.timers.given() {
        both_or_none(timers.keepalive, timers.holdtime, found);
    }
    let side = match config.remote_as.given().map(|text| *text.meaning()) {
        Some(RemoteAs::Internal) => Side::Internal,
        Some(RemoteAs::External) => Side::External,
        _ => Side::Unknown,
    };
    for (name, family) in [("ipv4_unicast", &config.ipv4_unicast), ("ipv6_unicast", &config.ipv6_unicast)] {
        if let Some(family) = family.given() {
            check_family(name, family, found);
            wrong_side(side, name, family).into_iter().for_each(|problem| found.push(problem));
        }
    }
}

/// What can be told from the rest of the router's BGP.
pub(super) fn fits(neighbor: &BgpNeighbor, bgp: &ConfigTree) -> Result<(), Box<Diagnostic>> {
    let group = neighbor.peer_group.as_ref().and_then(|name| bgp.at(&["peer-group", name]));
    let of_group = |path: &[&str]| group.and_then(|group| group.at(path));
    let conflicts = [
        (neighbor.ttl_security_hops.is_some(), "ttl_security_hops", &["ebgp-multihop"][..]),
        (neighbor.ebgp_multihop.is_some(), "ebgp_multihop", &["ttl-security", "hops"][..]),
    ];
    for (attribute, path) in
        conflicts.iter().filter(|(given, ..)| *given).map(|(_, attribute, path)| (attribute, path))
    {
        if of_group(path).is_some() {
            let detail = format!(
                "Its peer-group has `{}`, which excludes {attribute}. VyOS does not check this, and FRR refuses it. \
                 Keep one of them.",
                path.join(" ")
            );
            return Err(Box::new(Diagnostic::error("", detail).at(*attribute)));
        }
    }
    let word = |tree: Option<&ConfigTree>| {
        tree.and_then(|leaf| leaf.children().next().map(|(word, _)| word.to_owned()))
    };
    let remote = match &neighbor.remote_as {
        Some(text) => Some(*text.meaning()),
        None => word(of_group(&["remote-as"])).as_deref().and_then(RemoteAs::parse),
    };
    let own = word(bgp.at(&["system-as"])).as_deref().and_then(RemoteAs::parse);
    let side = match (remote, own) {
        (Some(RemoteAs::Internal), _) => Side::Internal,
        (Some(RemoteAs::External), _) => Side::External,
        (Some(remote), Some(own)) if remote == own => Side::Internal,
        (Some(_), Some(_)) => Side::External,
        _ => Side::Unknown,
    };
    let families = [("ipv4_unicast", &neighbor.ipv4_unicast), ("ipv6_unicast", &neighbor.ipv6_unicast)];
    let problems = families.into_iter().filter_map(|(name, family)| Some((name, family.as_ref()?)));
    match problems.flat_map(|(name, family)| wrong_side(side, name, family)).next() {
        Some(problem) => Err(Box::new(problem)),
        None => Ok(()),
    }
}

/// Where the neighbor is, seen from the router's AS.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Internal,
    External,
    Unknown,
}

fn wrong_side(side: Side, at: &str, family: &NeighborFamily) -> Vec<Diagnostic> {
    let only = [
        (family.as_override, "as_override", Side::Internal, "another AS"),
        (family.remove_private_as, "remove_private_as", Side::Internal, "another AS"),
        (family.route_reflector_client, "route_reflector_client", Side::External, "the router's own AS"),
    ];
    let wrong = only.into_iter().filter(|(given, _, not_on, _)| *given && *not_on == side);
    wrong
        .map(|(_, attribute, _, right)| {
            let detail =
                format!("{attribute} is only for a neighbor in {right}; the router refuses it otherwise.");
            Diagnostic::error("Not for this neighbor", detail).at(Path::from(at).attribute(attribute))
        })
        .collect()
}

fn check_remote_as(config: &BgpNeighborDraft, found: &mut Diagnostics) {
    let no_group = matches!(config.peer_group, Knowable::Known(None));
    if no_group && matches!(config.remote_as, Knowable::Known(None)) {
        found.error_at(
            "remote_as",
            "Missing AS of the neighbor",
            "A neighbor without a peer_group needs remote_as: a number, `internal` or `external`.",
        );
    }
    let families = [&config.ipv4_unicast, &config.ipv6_unicast];
    if no_group && families.iter().all(|family| matches!(family, Knowable::Known(None))) {
        found.warning_at(
            "ipv4_unicast",
            "The session will carry no routes",
            "Neither ipv4_unicast nor ipv6_unicast is there, and VyOS turns on none by itself. Add \
             `ipv4_unicast = {}`, `ipv6_unicast = {}` or both.",
        );
    }
}

fn check_family(at: &str, family: &NeighborFamily, found: &mut Diagnostics) {
    if family.nexthop_self_force && !family.nexthop_self {
        found.error_at(
            Path::from(at).attribute("nexthop_self_force"),
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
            Path::from(at).attribute(format!("distribute_list_{direction}")),
            "Conflicting lists",
            format!("FRR takes prefix_list_{direction} or distribute_list_{direction}, not both. Keep one of them."),
        );
    }
}
