//! `protocols bgp`: what concerns the instance. Neighbors and peer groups are in `peer.rs`.

use super::{Check, Proposal, peer};
use crate::tree::Node;

const DISTANCES: &[&str] = &["external", "internal", "local"];

pub(super) fn verify(bgp: &Node, proposal: &Proposal<'_>, warnings: &mut Vec<String>) -> Check {
    let Some(system_as) = bgp.value("system-as") else {
        return Err("BGP system-as number must be defined!".to_owned());
    };
    peer::verify(bgp, system_as, proposal, warnings)?;
    listen(bgp)?;
    for distance in DISTANCES {
        let global = bgp.at("parameters distance global");
        if global.is_some_and(|global| !global.has(distance)) {
            return Err(format!(
                "Missing mandatory configuration option for global administrative distance {distance}!"
            ));
        }
    }
    if let Some(keepalive) = bgp.at("parameters tcp-keepalive")
        && ["idle", "interval", "probes"].iter().any(|leaf| !keepalive.has(leaf))
    {
        return Err("TCP keepalive incomplete - idle, keepalive and probes must be set".to_owned());
    }
    for (name, family) in bgp.each("address-family") {
        let Some(distances) = family.child("distance") else { continue };
        // Asked for as soon as the node is there, also for what is below `prefix` alone.
        if let Some(missing) = DISTANCES.iter().find(|distance| !distances.has(distance)) {
            let name = name.replace('-', "_");
            return Err(format!(
                "Missing mandatory configuration option for {name} administrative distance {missing}!"
            ));
        }
    }
    Ok(())
}

fn listen(bgp: &Node) -> Check {
    for (prefix, range) in bgp.each("listen range") {
        let Some(group) = range.value("peer-group") else {
            return Err(format!("Listen range for prefix \"{prefix}\" has no peer group configured."));
        };
        if !bgp.has(&format!("peer-group {group}")) {
            return Err(format!("Peer-group \"{group}\" for listen range \"{prefix}\" does not exist!"));
        }
        if peer::remote_as(range, bgp).is_none() {
            return Err(format!("Peer-group \"{group}\" requires remote-as to be set!"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::config::Version::{self, V1_4, V1_5};
    use crate::verify::testing::report;

    /// Lines that are set besides the AS number, and what is said about them.
    const REFUSED: &[(Version, &[&str], &str)] = &[
        (
            V1_4,
            &["listen range 192.0.2.0/24"],
            "Listen range for prefix \"192.0.2.0/24\" has no peer group configured.",
        ),
        (
            V1_4,
            &["listen range 192.0.2.0/24 peer-group PG"],
            "Peer-group \"PG\" for listen range \"192.0.2.0/24\" does not exist!",
        ),
        (
            V1_4,
            &["listen range 192.0.2.0/24 peer-group PG", "peer-group PG"],
            "Peer-group \"PG\" requires remote-as to be set!",
        ),
        (
            V1_4,
            &["parameters distance global internal 20"],
            "Missing mandatory configuration option for global administrative distance external!",
        ),
        (
            V1_4,
            &["address-family ipv4-unicast distance internal 20"],
            "Missing mandatory configuration option for ipv4_unicast administrative distance external!",
        ),
        (
            V1_4,
            &["address-family ipv4-unicast distance prefix 192.0.2.0/24 distance 20"],
            "Missing mandatory configuration option for ipv4_unicast administrative distance external!",
        ),
        (
            V1_4,
            &["parameters tcp-keepalive idle 10"],
            "TCP keepalive incomplete - idle, keepalive and probes must be set",
        ),
        (
            V1_4,
            &["neighbor 192.0.2.2 peer-group PG"],
            "Specified peer-group \"PG\" for neighbor \"neighbor\" does not exist!",
        ),
        (
            V1_4,
            &[
                "peer-group PG remote-as 65002",
                "neighbor 192.0.2.2 remote-as 65002",
                "neighbor 192.0.2.2 peer-group PG",
            ],
            "Peer-group member \"192.0.2.2\" cannot override remote-as of peer-group \"PG\"!",
        ),
        (
            V1_4,
            &[
                "peer-group PG",
                "neighbor 192.0.2.2 remote-as 65002",
                "neighbor 192.0.2.2 peer-group PG",
                "neighbor 192.0.2.3 remote-as 65001",
                "neighbor 192.0.2.3 peer-group PG",
            ],
            "Peer-group members must be all internal or all external",
        ),
        (
            V1_4,
            &["neighbor 192.0.2.1 remote-as 65002"],
            "Can not configure local address as neighbor \"192.0.2.1\" in default VRF!",
        ),
        (
            V1_4,
            &["neighbor 192.0.2.2 remote-as 65002", "neighbor 192.0.2.2 local-as 65001"],
            "Cannot have local-as same as system-as number",
        ),
        (
            V1_4,
            &["neighbor 192.0.2.2 local-as 1", "neighbor 192.0.2.2 local-as 2"],
            "Only one local-as number can be specified for peer \"192.0.2.2\"!",
        ),
        (
            V1_4,
            &["neighbor 192.0.2.2 local-as 2", "neighbor 192.0.2.2 remote-as 2"],
            "Neighbor \"192.0.2.2\" has local-as specified which is the same as remote-as, this is not allowed!",
        ),
        (
            V1_4,
            &["neighbor 192.0.2.2 local-as 2", "neighbor 192.0.2.2 remote-as 65001"],
            "local-as configured for \"192.0.2.2\", allowed only for eBGP peers!",
        ),
        (
            V1_4,
            &["neighbor 192.0.2.2 local-role peer", "neighbor 192.0.2.2 local-role customer"],
            "Only one local role can be specified for peer \"192.0.2.2\"!",
        ),
        (
            V1_4,
            &["neighbor 192.0.2.2 ebgp-multihop 2", "neighbor 192.0.2.2 ttl-security hops 2"],
            "You can not set both ebgp-multihop and ttl-security hops",
        ),
        (
            V1_4,
            &["neighbor eth0 ebgp-multihop 2", "neighbor eth0 interface remote-as 2"],
            "Ebgp-multihop can not be used with directly connected neighbor \"eth0\"",
        ),
        (V1_4, &["neighbor eth0 remote-as 2"], "remote-as must be set under the interface node of \"eth0\""),
        (
            V1_4,
            &["neighbor eth0 interface v6only peer-group NOPE"],
            "Traceback (most recent call last): KeyError: 'peer_group'",
        ),
        (
            V1_4,
            &[
                "neighbor 192.0.2.2 remote-as 2",
                "neighbor 192.0.2.2 address-family ipv6-unicast prefix-list import PL",
            ],
            "Specified prefix-list6 \"PL\" does not exist!",
        ),
        (
            V1_4,
            &[
                "neighbor 192.0.2.2 remote-as 2",
                "neighbor 192.0.2.2 address-family ipv4-unicast route-map export RM",
            ],
            "Specified route-map \"RM\" does not exist!",
        ),
        (
            V1_4,
            &[
                "neighbor 192.0.2.2 remote-as 2",
                "neighbor 192.0.2.2 address-family ipv4-unicast route-reflector-client",
            ],
            "route-reflector-client only supported for iBGP peers",
        ),
        (
            V1_4,
            &[
                "peer-group PG remote-as 65001",
                "neighbor 192.0.2.2 peer-group PG",
                "neighbor 192.0.2.2 address-family ipv4-unicast route-reflector-client",
            ],
            "route-reflector-client only supported for iBGP peers",
        ),
        (
            V1_5,
            &[
                "peer-group PG",
                "neighbor 192.0.2.2 peer-group PG",
                "neighbor 192.0.2.2 remote-as 2",
                "neighbor 192.0.2.2 address-family ipv4-unicast route-reflector-client",
            ],
            "route-reflector-client only supported for iBGP peers",
        ),
        (
            V1_4,
            &[
                "neighbor 192.0.2.2 remote-as 2",
                "neighbor 192.0.2.2 address-family ipv4-unicast addpath-tx-per-as",
            ],
            "addpath-tx-per-as requires BGP deterministic-med paramtere to be set!",
        ),
        (
            V1_4,
            &[
                "neighbor 192.0.2.2 remote-as 2",
                "neighbor 192.0.2.2 address-family ipv4-unicast conditionally-advertise exist-map A",
            ],
            "Must speficy advertise-map when conditionally-advertise is in use!",
        ),
    ];

    #[test]
    fn refusals_are_worded_as_the_router_words_them() {
        for (version, lines, said) in REFUSED {
            let mut all =
                vec!["interfaces ethernet eth0 address 192.0.2.1/24", "protocols bgp system-as 65001"];
            let lines: Vec<String> = lines.iter().map(|line| format!("protocols bgp {line}")).collect();
            all.extend(lines.iter().map(String::as_str));
            assert_eq!(report(*version, "protocols bgp", &all).error.as_deref(), Some(*said), "{lines:?}");
        }
    }

    #[test]
    fn the_number_comes_first() {
        let report = report(V1_4, "protocols bgp", &["protocols bgp timers holdtime 9"]);
        assert_eq!(report.error.as_deref(), Some("BGP system-as number must be defined!"));
    }

    #[test]
    fn what_is_not_checked_passes() {
        let neighbor = "protocols bgp neighbor 192.0.2.2";
        let lines = [
            "protocols bgp system-as 65001".to_owned(),
            "protocols bgp peer-group PG remote-as 65001".to_owned(),
            format!("{neighbor} peer-group PG"),
            format!("{neighbor} address-family ipv4-unicast route-reflector-client"),
            format!("{neighbor} address-family ipv4-unicast filter-list import NONE"),
            format!("{neighbor} address-family ipv4-unicast default-originate route-map NONE"),
            format!("{neighbor} bfd profile NONE"),
            "protocols bgp address-family ipv4-unicast redistribute static route-map NONE".to_owned(),
        ];
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let report = report(V1_5, "protocols bgp", &lines);
        assert_eq!((report.error, report.warnings), (None, Vec::new()));
    }
}
