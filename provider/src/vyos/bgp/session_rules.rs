//! What a session must not be, a neighbor's or a group's: combinations that VyOS ignores, or takes for right
//! while FRR refuses them at the commit and keeps half of the change.

use super::neighbor_family::NeighborFamily;
use super::remote_as::RemoteAs;
use super::session::{BgpSession, BgpSessionDraft};
use crate::connection::router::{ConfigTree, Veto};
use tfplugin::types::{Semantic, SemanticValue};
use tfplugin::{Diagnostic, Diagnostics, Knowable, Path};

/// What can be told from the configuration alone.
pub(super) fn check(
    remote_as: &Knowable<Option<Semantic<RemoteAs>>>,
    session: &BgpSessionDraft,
    diagnostics: &mut Diagnostics,
) {
    if session.ebgp_multihop.given().is_some() && session.ttl_security_hops.given().is_some() {
        diagnostics.error_at(
            "ttl_security_hops",
            "Conflicting arguments",
            "ebgp_multihop and ttl_security_hops exclude each other. Keep one of them.",
        );
    }
    let side = match remote_as.given().map(|text| *text.value()) {
        Some(RemoteAs::Internal) => Side::Internal,
        Some(RemoteAs::External) => Side::External,
        _ => Side::Unknown,
    };
    for (name, family) in [("ipv4_unicast", &session.ipv4_unicast), ("ipv6_unicast", &session.ipv6_unicast)] {
        if let Some(family) = family.given() {
            check_family(name, family, diagnostics);
            wrong_side(side, name, family).into_iter().for_each(|problem| diagnostics.push(problem));
        }
    }
}

/// What can be told once the router's own AS is known.
pub(super) fn fits(remote_as: Option<RemoteAs>, session: &BgpSession, bgp: &ConfigTree) -> Result<(), Veto> {
    let own = word(bgp.at(&["system-as"])).and_then(RemoteAs::parse);
    let side = match (remote_as, own) {
        (Some(RemoteAs::Internal), _) => Side::Internal,
        (Some(RemoteAs::External), _) => Side::External,
        (Some(remote), Some(own)) if remote == own => Side::Internal,
        (Some(_), Some(_)) => Side::External,
        _ => Side::Unknown,
    };
    let families = [("ipv4_unicast", &session.ipv4_unicast), ("ipv6_unicast", &session.ipv6_unicast)];
    let problems = families.into_iter().filter_map(|(name, family)| Some((name, family.as_ref()?)));
    let mut found = Diagnostics::new();
    let wrong = problems.flat_map(|(name, family)| wrong_side(side, name, family));
    wrong.for_each(|problem| found.push(problem));
    Veto::first(found)
}

/// The value of a leaf.
pub(super) fn word(leaf: Option<&ConfigTree>) -> Option<&str> {
    leaf.and_then(|leaf| leaf.children().next().map(|(word, _)| word))
}

/// The two ways to say how far a neighbor is, as attribute and path, each with the path of the other.
/// `others` is what a neighbor or a group has to go with: FRR takes one way on both.
pub(super) fn excluded(session: &BgpSession, others: &ConfigTree) -> Option<(&'static str, &'static str)> {
    let ways = [
        (session.ttl_security_hops.is_some(), "ttl_security_hops", &["ebgp-multihop"][..], "ebgp-multihop"),
        (
            session.ebgp_multihop.is_some(),
            "ebgp_multihop",
            &["ttl-security", "hops"][..],
            "ttl-security hops",
        ),
    ];
    let clash = ways.into_iter().find(|(given, _, path, _)| *given && others.at(path).is_some());
    clash.map(|(_, attribute, _, path)| (attribute, path))
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

fn check_family(at: &str, family: &NeighborFamily, diagnostics: &mut Diagnostics) {
    if family.nexthop_self_force && !family.nexthop_self {
        diagnostics.error_at(
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
        diagnostics.error_at(
            Path::from(at).attribute(format!("distribute_list_{direction}")),
            "Conflicting lists",
            format!("FRR takes prefix_list_{direction} or distribute_list_{direction}, not both. Keep one of them."),
        );
    }
}
