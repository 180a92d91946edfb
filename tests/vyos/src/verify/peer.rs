//! Neighbors and peer groups of BGP.

use std::collections::BTreeMap;

use super::surroundings::has_address;
use super::{Check, Proposal, exists};
use crate::config::Version;
use crate::tree::Node;

/// What is said where Python stops at a name that is not there.
const CRASH: &str = "Traceback (most recent call last): KeyError: 'peer_group'";

/// Neighbors first, then groups, each in natural order.
pub(super) fn verify(
    bgp: &Node,
    system_as: &str,
    proposal: &Proposal<'_>,
    warnings: &mut Vec<String>,
) -> Check {
    let mut groups = BTreeMap::new();
    for (name, peer) in bgp.each("neighbor") {
        membership(peer, bgp, system_as, &mut groups)?;
        session(name, peer, system_as, true)?;
        neighbor(name, peer, bgp, proposal, warnings)?;
        own_as_is_external(name, peer, bgp, system_as)?;
        families(peer, bgp, system_as, proposal)?;
    }
    for (name, group) in bgp.each("peer-group") {
        session(name, group, system_as, false)?;
        own_as_is_external(name, group, bgp, system_as)?;
        families(group, bgp, system_as, proposal)?;
    }
    Ok(())
}

/// The AS number that counts for a neighbor: its own, its group's, or its interface's.
pub(super) fn remote_as<'tree>(peer: &'tree Node, bgp: &'tree Node) -> Option<&'tree str> {
    ["", "interface v6only ", "interface "].iter().find_map(|place| {
        peer.value(&format!("{place}remote-as")).or_else(|| {
            let group = peer.value(&format!("{place}peer-group"))?;
            bgp.value(&format!("peer-group {group} remote-as"))
        })
    })
}

/// The group exists, and its members are all on one side.
fn membership<'tree>(
    peer: &'tree Node,
    bgp: &Node,
    system_as: &str,
    groups: &mut BTreeMap<&'tree str, bool>,
) -> Check {
    let Some(group) = peer.value("peer-group") else { return Ok(()) };
    if !bgp.has(&format!("peer-group {group}")) {
        return Err(format!("Specified peer-group \"{group}\" for neighbor \"neighbor\" does not exist!"));
    }
    if let Some(remote_as) = peer.value("remote-as") {
        let internal = is_internal(remote_as, system_as);
        if *groups.entry(group).or_insert(internal) != internal {
            return Err("Peer-group members must be all internal or all external".to_owned());
        }
    }
    Ok(())
}

fn is_internal(remote_as: &str, system_as: &str) -> bool {
    remote_as == "internal" || remote_as == system_as
}

/// What holds for neighbors and groups alike.
fn session(name: &str, peer: &Node, system_as: &str, is_neighbor: bool) -> Check {
    if peer.each("local-role").count() > 1 {
        return Err(format!("Only one local role can be specified for peer \"{name}\"!"));
    }
    let mut local = peer.each("local-as").map(|(number, _)| number);
    if let Some(number) = local.next() {
        if local.next().is_some() {
            return Err(format!("Only one local-as number can be specified for peer \"{name}\"!"));
        }
        if number == system_as {
            return Err("Cannot have local-as same as system-as number".to_owned());
        }
        if is_neighbor && peer.value("remote-as") == Some(number) {
            return Err(format!(
                "Neighbor \"{name}\" has local-as specified which is the same as remote-as, this is not allowed!"
            ));
        }
    }
    if peer.has("ebgp-multihop") && peer.has("ttl-security") {
        return Err("You can not set both ebgp-multihop and ttl-security hops".to_owned());
    }
    if peer.has("ebgp-multihop") && peer.has("interface") {
        return Err(format!("Ebgp-multihop can not be used with directly connected neighbor \"{name}\""));
    }
    if peer.has("override-capability") && peer.has("strict-capability-match") {
        return Err(format!(
            "Neighbor \"{name}\" cannot have both override-capability and strict-capability-match configured at the same time!"
        ));
    }
    if peer.value("password").is_some_and(|password| password.contains(' ')) {
        return Err("Whitespace is not allowed in passwords!".to_owned());
    }
    Ok(())
}

/// What holds for neighbors only.
fn neighbor(
    name: &str,
    peer: &Node,
    bgp: &Node,
    proposal: &Proposal<'_>,
    warnings: &mut Vec<String>,
) -> Check {
    if let Some(group) = peer.value("interface v6only peer-group")
        && !bgp.has(&format!("peer-group {group}"))
    {
        return Err(CRASH.to_owned());
    }
    if remote_as(peer, bgp).is_none() {
        return Err(format!("Neighbor \"{name}\" remote-as must be set!"));
    }
    let group_family =
        peer.value("peer-group").is_some_and(|group| bgp.has(&format!("peer-group {group} address-family")));
    if !peer.has("address-family") && !group_family {
        warnings.push(format!("BGP neighbor \"{name}\" requires address-family!"));
    }
    for place in ["", "interface ", "interface v6only "] {
        let Some(group) = peer.value(&format!("{place}peer-group")) else { continue };
        if peer.has(&format!("{place}remote-as")) && bgp.has(&format!("peer-group {group} remote-as")) {
            return Err(format!(
                "Peer-group member \"{name}\" cannot override remote-as of peer-group \"{group}\"!"
            ));
        }
    }
    match name.parse() {
        Ok(address) if has_address(address, proposal) => {
            Err(format!("Can not configure local address as neighbor \"{name}\" in default VRF!"))
        }
        Ok(_) => Ok(()),
        Err(_) if peer.has("peer-group") => {
            Err(format!("peer-group must be set under the interface node of \"{name}\""))
        }
        Err(_) if peer.has("remote-as") => {
            Err(format!("remote-as must be set under the interface node of \"{name}\""))
        }
        Err(_) => Ok(()),
    }
}

/// The comparison is of numbers, so `internal` passes.
fn own_as_is_external(name: &str, peer: &Node, bgp: &Node, system_as: &str) -> Check {
    if peer.has("local-as") && remote_as(peer, bgp) == Some(system_as) {
        return Err(format!("local-as configured for \"{name}\", allowed only for eBGP peers!"));
    }
    Ok(())
}

fn families(peer: &Node, bgp: &Node, system_as: &str, proposal: &Proposal<'_>) -> Check {
    for (family_name, family) in peer.each("address-family") {
        if let Some(conditions) = family.child("conditionally-advertise") {
            conditional(conditions, proposal)?;
        }
        if family.has("addpath-tx-per-as") && !bgp.has("parameters deterministic-med") {
            return Err("addpath-tx-per-as requires BGP deterministic-med paramtere to be set!".to_owned());
        }
        let lists = if family_name == "ipv4-unicast" { "prefix-list" } else { "prefix-list6" };
        for direction in ["import", "export"] {
            exists(lists, family.value(&format!("prefix-list {direction}")), proposal)?;
        }
        for direction in ["import", "export"] {
            exists("route-map", family.value(&format!("route-map {direction}")), proposal)?;
        }
        // 1.4 looks at the node itself, later releases at the AS number that counts for it.
        let remote_as = match proposal.version {
            Version::V1_4 => peer.value("remote-as"),
            Version::V1_5 => remote_as(peer, bgp),
        };
        let internal = remote_as.is_some_and(|remote_as| is_internal(remote_as, system_as));
        if family.has("route-reflector-client") && !internal {
            return Err("route-reflector-client only supported for iBGP peers".to_owned());
        }
    }
    Ok(())
}

fn conditional(conditions: &Node, proposal: &Proposal<'_>) -> Check {
    if !conditions.has("advertise-map") {
        return Err("Must speficy advertise-map when conditionally-advertise is in use!".to_owned());
    }
    exists("route-map", conditions.value("advertise-map"), proposal)?;
    match (conditions.value("exist-map"), conditions.value("non-exist-map")) {
        (None, None) => {
            Err("Must either speficy exist-map or non-exist-map when conditionally-advertise is in use!"
                .to_owned())
        }
        (Some(_), Some(_)) => {
            Err("Can not specify both exist-map and non-exist-map for conditionally-advertise!".to_owned())
        }
        (map, other) => exists("route-map", map.or(other), proposal),
    }
}
