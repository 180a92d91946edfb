//! Why a route is not in the kernel: the first step on its way that it did not take, and what is known there.

use super::OpCommand;
use super::bgp_neighbors::PeerSession;
use super::routing_table::{Entry, Table};
use ipnet::IpNet;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The command that shows BGP's own table of IPv4.
pub(super) const BGP_IPV4: OpCommand = OpCommand { noun: "BGP's routes", command: &["bgp", "ipv4", "json"] };
/// The command that shows BGP's own table of IPv6.
pub(super) const BGP_IPV6: OpCommand = OpCommand { noun: "BGP's routes", command: &["bgp", "ipv6", "json"] };

/// What BGP knows.
#[derive(Debug, Default)]
pub(super) struct Bgp {
    /// Paths by network, of both families.
    pub(super) paths: BTreeMap<IpNet, Vec<BgpPath>>,
    /// Sessions by neighbor.
    pub(super) sessions: BTreeMap<String, PeerSession>,
}

/// A path that a neighbor announced.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct BgpPath {
    valid: bool,
    peer_id: String,
    #[serde(rename = "nexthops")]
    next_hops: Vec<BgpHop>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct BgpHop {
    ip: String,
}

#[derive(Deserialize)]
struct Printed {
    #[serde(default)]
    routes: BTreeMap<IpNet, Vec<BgpPath>>,
}

/// Reads BGP's table of one family.
pub(super) fn bgp_table(printed: &str) -> Result<BTreeMap<IpNet, Vec<BgpPath>>, serde_json::Error> {
    serde_json::from_str::<Printed>(printed).map(|printed| printed.routes)
}

/// Why the kernel has no route to `network`, or none of `protocol`.
pub(super) fn reason(network: IpNet, protocol: Option<&str>, table: &Table, bgp: &Bgp) -> String {
    let asked = |entry: &&Entry| protocol.is_none_or(|protocol| entry.protocol == protocol);
    let offered: &[Entry] = table.get(&network).map(Vec::as_slice).unwrap_or_default();
    let ours = offered.iter().filter(asked).max_by_key(|entry| entry.selected);
    let chosen = offered.iter().find(|entry| entry.selected);
    let why = match (ours, chosen) {
        (Some(ours), _) if ours.selected => {
            let refused = if ours.failed { "refused it" } else { "does not have it" };
            format!(
                "{} offers it over {} and it was chosen, but the kernel {refused}. Is the address family on at that \
                 interface?",
                ours.protocol,
                ours.way()
            )
        }
        (Some(ours), Some(chosen)) => format!(
            "{} offers it over {}, but a route of {} over {} with distance {} is used in its place.",
            ours.protocol,
            ours.way(),
            chosen.protocol,
            chosen.way(),
            chosen.distance
        ),
        (Some(ours), None) => {
            format!("{} offers it over {}, but no next hop of it can be reached.", ours.protocol, ours.way())
        }
        (None, chosen) => {
            let instead =
                chosen.map(|chosen| format!(" There is one of {}.", chosen.protocol)).unwrap_or_default();
            format!("{}{instead}", not_offered(network, protocol, bgp))
        }
    };
    // What FRR sends over a session between IPv4 addresses from an interface without IPv6; it is valid there,
    // and of no use.
    let hint = if network.addr().is_ipv6() && why.contains("::ffff:") {
        " That next hop is an IPv4 address: IPv6 is off on the neighbor's interface to this router."
    } else {
        ""
    };
    format!("{network}: {why}{hint}")
}

/// Why the protocol does not offer it.
fn not_offered(network: IpNet, protocol: Option<&str>, bgp: &Bgp) -> String {
    if let Some(protocol) = protocol.filter(|protocol| *protocol != "bgp") {
        return format!("{protocol} offers no route to it.");
    }
    let from = |path: &BgpPath| {
        let hops: Vec<_> = path.next_hops.iter().map(|hop| hop.ip.as_str()).collect();
        format!("{} with next hop {}", path.peer_id, hops.join(", "))
    };
    match bgp.paths.get(&network).map(Vec::as_slice) {
        Some([first, ..]) if !first.valid => {
            format!("BGP has it from {}, but that next hop cannot be reached from here.", from(first))
        }
        Some([first, ..]) => {
            format!("BGP has it from {} and did not hand it on to the routing table.", from(first))
        }
        _ if bgp.sessions.is_empty() => {
            "no protocol offers a route to it, and BGP has no neighbors.".to_owned()
        }
        _ => {
            let (family, name) = if network.addr().is_ipv6() {
                ("ipv6Unicast", "ipv6_unicast")
            } else {
                ("ipv4Unicast", "ipv4_unicast")
            };
            let carries = |one: &PeerSession| one.is_established() && one.families.contains_key(family);
            let why = if bgp.sessions.values().any(carries) {
                "No BGP neighbor announces it, or a filter on this router drops it.".to_owned()
            } else {
                format!("No established BGP session carries {name}.")
            };
            let sessions: Vec<_> = bgp
                .sessions
                .iter()
                .map(|(address, one)| format!("{address} is {}", one.in_words()))
                .collect();
            format!("no protocol offers a route to it. {why} {}", sessions.join("; "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::bgp_neighbors::sessions;
    use super::super::routing_table::table;
    use super::*;

    /// As FRR 8.4 printed them.
    const TABLE: &str = r#"{
      "2001:db8:f000::1/128": [{"protocol": "bgp", "selected": true, "installed": true, "distance": 200,
        "nexthops": [{"fib": true, "ip": "fd07::2", "interfaceName": "eth0", "active": true}]}],
      "2001:db8:f000::3/128": [
        {"protocol": "bgp", "distance": 200, "nexthops": [{"ip": "fd07::2", "interfaceName": "eth0", "active": true}]},
        {"protocol": "static", "selected": true, "installed": true, "distance": 1,
         "nexthops": [{"unreachable": true, "blackhole": true, "active": true}]}],
      "2001:db8:f000::4/128": [{"protocol": "ospf6", "selected": true, "distance": 110,
        "nexthops": [{"ip": "fe80::2", "interfaceName": "eth1"}]}],
      "2001:db8:f000::5/128": [{"protocol": "static", "distance": 1, "nexthops": [{"ip": "fd99::1"}]}]
    }"#;
    const BGP: &str = r#"{"vrfId": 0, "routes": {
      "2001:db8:f000::2/128": [{"pathFrom": "internal", "peerId": "10.7.0.2", "nexthops": [{"ip": "fd99::1"}]}],
      "2001:db8:f000::6/128": [{"valid": true, "peerId": "10.7.0.2", "nexthops": [{"ip": "fd07::2"}]}],
      "2001:db8:f000::8/128": [{"valid": true, "peerId": "10.7.0.2", "nexthops": [{"ip": "::ffff:10.7.0.2"}]}]
    }}"#;

    #[test]
    fn the_step_that_was_not_taken_is_told() {
        let table = table(TABLE).unwrap();
        let sessions = sessions(r#"{"10.7.0.2": {"bgpState": "OpenSent"}}"#).unwrap();
        let bgp = Bgp { paths: bgp_table(BGP).unwrap(), sessions };
        let told = |last: u8, protocol| {
            reason(format!("2001:db8:f000::{last}/128").parse().unwrap(), protocol, &table, &bgp)
        };
        let nobody = Bgp::default();
        insta::assert_snapshot!(
            [
                told(1, Some("ospfv3")),
                told(2, None),
                told(3, Some("bgp")),
                told(4, None),
                told(5, None),
                told(6, Some("bgp")),
                told(7, Some("bgp")),
                told(8, Some("bgp")),
                reason("192.0.2.0/24".parse().unwrap(), None, &table, &nobody),
            ]
            .join("\n")
        );
    }
}
