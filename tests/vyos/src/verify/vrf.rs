//! `vrf` (`vrf.py` of vyos-1x, sagitta c3f688653511 of 2024-10-17). What is routed in a VRF is checked by its
//! own components.

use super::{Check, Proposal, exists};
use crate::tree::Node;

/// Words of `ip link` that no VRF may be called like.
const RESERVED: &[&str] =
    &["add", "all", "broadcast", "default", "delete", "dev", "get", "inet", "mtu", "link", "type", "vrf"];

pub(super) fn verify(vrf: Option<&Node>, proposal: &Proposal<'_>) -> Check {
    let before = proposal.running.each("vrf name");
    for (name, _) in before.filter(|(name, _)| vrf.is_none_or(|vrf| !vrf.has(&format!("name {name}")))) {
        let mut interfaces = proposal.candidate.each("interfaces").flat_map(|(_, kind)| kind.children());
        if interfaces.any(|(_, interface)| interface.value("vrf") == Some(name)) {
            return Err(format!("Can not remove VRF \"{name}\", it still has member interfaces!"));
        }
    }
    let mut tables = Vec::new();
    for (name, one) in vrf.into_iter().flat_map(|vrf| vrf.each("name")) {
        if RESERVED.contains(&name) {
            // The script's own spelling.
            return Err(format!("VRF name \"{name}\" is reserved and connot be used!"));
        }
        let Some(table) = one.value("table") else {
            return Err(format!("VRF \"{name}\" table id is mandatory!"));
        };
        let old = proposal.running.value(&format!("vrf name {name} table"));
        if old.is_some_and(|old| old != table) {
            return Err(format!("VRF \"{name}\" table id modification not possible!"));
        }
        if tables.contains(&table) {
            return Err(format!("VRF \"{name}\" table id is not unique!"));
        }
        tables.push(table);
        for family in ["ip protocol", "ipv6 protocol"] {
            for (_, protocol) in one.each(family) {
                exists("route-map", protocol.value("route-map"), proposal)?;
            }
        }
    }
    Ok(())
}

/// Families of BGP that no neighbor in a VRF may have, by how their names end.
const OUTSIDE: [&str; 3] = ["-flowspec", "-labeled-unicast", "-vpn"];

/// The families of the neighbors and groups of a VRF's BGP.
pub(super) fn families(bgp: &Node) -> Check {
    let peers = ["neighbor", "peer-group"].into_iter().flat_map(|kind| bgp.each(kind));
    let mut families = peers.flat_map(|(_, peer)| peer.each("address-family"));
    match families.find(|(name, _)| OUTSIDE.iter().any(|end| name.ends_with(end))) {
        Some((name, _)) => Err(format!("VRF is not allowed for address-family '{name}'")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Version::V1_5;
    use crate::verify::testing::report;

    #[test]
    fn what_the_script_refuses_is_refused_in_its_words() {
        for (lines, said) in [
            (&["vrf name RED description x"][..], Some("VRF \"RED\" table id is mandatory!")),
            (&["vrf name add table 100"], Some("VRF name \"add\" is reserved and connot be used!")),
            (
                &["vrf name BLUE table 100", "vrf name RED table 100"],
                Some("VRF \"RED\" table id is not unique!"),
            ),
            (
                &["vrf name RED table 100", "vrf name RED ip protocol bgp route-map NONE"],
                Some("Specified route-map \"NONE\" does not exist!"),
            ),
            (&["vrf name BLUE table 100", "vrf name RED table 101"], None),
        ] {
            assert_eq!(report(V1_5, "vrf", lines).error.as_deref(), said, "{lines:?}");
        }
        let bgp = "vrf name RED protocols bgp";
        let lines = [format!("{bgp} neighbor 192.0.2.2 remote-as 1")];
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        assert_eq!(report(V1_5, bgp, &lines).error.as_deref(), Some("BGP system-as number must be defined!"));
        for (family, is_refused) in [("ipv4-flowspec", true), ("ipv6-vpn", true), ("ipv6-unicast", false)] {
            let peer = format!("{bgp} neighbor 192.0.2.2");
            let lines = [
                format!("{bgp} system-as 1"),
                format!("{peer} remote-as 2"),
                format!("{peer} address-family {family}"),
            ];
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let said = report(V1_5, bgp, &lines).error;
            let refused = format!("VRF is not allowed for address-family '{family}'");
            assert_eq!(said, is_refused.then_some(refused), "{family}");
        }
    }
}
