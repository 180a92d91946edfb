//! What a neighbor must not be, beside what no session must be.

use super::neighbor::{BgpNeighbor, BgpNeighborDraft};
use super::remote_as::RemoteAs;
use super::session_rules::{self as session_rules, excluded, word};
use super::timers::both_or_none;
use crate::connection::router::{ConfigTree, Veto};
use std::net::IpAddr;
use tfplugin::types::SemanticValue;
use tfplugin::{Diagnostics, Knowable};

/// What can be told from the configuration alone.
pub(super) fn check(config: &BgpNeighborDraft, diagnostics: &mut Diagnostics) {
    check_remote_as(config, diagnostics);
    if let Some(timers) = config.timers.given() {
        both_or_none(timers.keepalive, timers.holdtime, diagnostics);
    }
    check_link_local(config, diagnostics);
    session_rules::check(&config.remote_as, &config.session, diagnostics);
}

/// A link-local address is on every link.
fn check_link_local(config: &BgpNeighborDraft, diagnostics: &mut Diagnostics) {
    let Some(IpAddr::V6(address)) = config.address.known().map(|address| *address.value()) else { return };
    let without_interface = match &*config.session.update_source {
        Knowable::Known(source) => source.as_ref().is_none_or(|source| source.parse::<IpAddr>().is_ok()),
        Knowable::Unknown => false,
    };
    if address.is_unicast_link_local() && without_interface {
        diagnostics.warning_at(
            "address",
            "Link-local neighbor without an interface",
            format!(
                "{address} is there on every link, and the router cannot tell which one is meant: no session will come up. \
                 Name the interface in `update_source`, or use another address of the neighbor."
            ),
        );
    }
}

/// What can be told from the rest of the router's BGP.
pub(super) fn fits(neighbor: &BgpNeighbor, bgp: &ConfigTree) -> Result<(), Veto> {
    let group = neighbor.peer_group.as_ref().and_then(|name| bgp.at(&["peer-group", name]));
    if let Some((attribute, path)) = group.and_then(|group| excluded(&neighbor.session, group)) {
        let detail = format!(
            "Its peer-group has `{path}`, which excludes {attribute}. VyOS does not check this, and FRR refuses it. Keep one \
             of them."
        );
        return Err(Veto::new(detail).at(attribute));
    }
    let remote = match &neighbor.remote_as {
        Some(text) => Some(*text.value()),
        None => word(group.and_then(|group| group.at(&["remote-as"]))).and_then(RemoteAs::parse),
    };
    session_rules::fits(remote, &neighbor.session, bgp)
}

fn check_remote_as(config: &BgpNeighborDraft, diagnostics: &mut Diagnostics) {
    let no_group = matches!(*config.peer_group, Knowable::Known(None));
    if no_group && matches!(*config.remote_as, Knowable::Known(None)) {
        diagnostics.error_at(
            "remote_as",
            "Missing AS of the neighbor",
            "A neighbor without a peer_group needs remote_as: a number, `internal` or `external`.",
        );
    }
    let families = [&config.session.ipv4_unicast, &config.session.ipv6_unicast];
    if no_group && families.iter().all(|family| matches!(***family, Knowable::Known(None))) {
        diagnostics.warning_at(
            "ipv4_unicast",
            "The session will carry no routes",
            "Neither ipv4_unicast nor ipv6_unicast is set, and VyOS activates no address family by default. Add \
             `ipv4_unicast = {}`, `ipv6_unicast = {}` or both.",
        );
    }
}
