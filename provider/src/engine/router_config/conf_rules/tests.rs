//! A configuration for every rule that breaks it, and the same put right.

use super::*;

/// Lines below `policy` or `protocols` with a `;` between them, the leaf to blame, and lines that are right.
const ROWS: &[(&str, &str, &str)] = &[
    ("bgp neighbor A remote-as 1", "bgp system-as", "bgp system-as 1; bgp neighbor A remote-as 1"),
    (
        "bgp system-as 1; bgp neighbor A port 1",
        "bgp neighbor A remote-as",
        "bgp system-as 1; bgp neighbor A interface v6only",
    ),
    (
        "bgp system-as 1; bgp peer-group G port 1; bgp neighbor A peer-group G",
        "bgp neighbor A remote-as",
        "bgp system-as 1; bgp peer-group G remote-as 1; bgp neighbor A peer-group G",
    ),
    (
        "bgp system-as 1; bgp peer-group G remote-as 1; bgp neighbor A peer-group G; bgp neighbor A remote-as 1",
        "bgp neighbor A remote-as",
        "bgp system-as 1; bgp peer-group G port 1; bgp neighbor A peer-group G; bgp neighbor A remote-as 1",
    ),
    (
        "bgp system-as 1; bgp peer-group G port 1; bgp neighbor A peer-group G; bgp neighbor A remote-as internal; bgp neighbor B peer-group G; bgp neighbor B remote-as 2",
        "bgp neighbor A remote-as",
        "bgp system-as 1; bgp peer-group G port 1; bgp neighbor A peer-group G; bgp neighbor A remote-as internal; bgp neighbor B peer-group G; bgp neighbor B remote-as 1",
    ),
    (
        "bgp system-as 1; bgp peer-group G local-role peer; bgp peer-group G local-role rs-client",
        "bgp peer-group G local-role",
        "bgp system-as 1; bgp peer-group G local-role peer",
    ),
    (
        "bgp system-as 1; bgp peer-group G local-as 3; bgp peer-group G local-as 4",
        "bgp peer-group G local-as",
        "bgp system-as 1; bgp peer-group G local-as 3",
    ),
    (
        "bgp system-as 1; bgp peer-group G local-as 1",
        "bgp peer-group G local-as",
        "bgp system-as 1; bgp peer-group G local-as 2",
    ),
    (
        "bgp system-as 1; bgp neighbor A remote-as 2; bgp neighbor A local-as 2",
        "bgp neighbor A local-as",
        "bgp system-as 1; bgp neighbor A remote-as 2; bgp neighbor A local-as 3",
    ),
    (
        "bgp system-as 1; bgp neighbor A remote-as 1; bgp neighbor A local-as 2",
        "bgp neighbor A local-as",
        "bgp system-as 1; bgp neighbor A remote-as 3; bgp neighbor A local-as 2",
    ),
    (
        "bgp system-as 1; bgp peer-group G ebgp-multihop 2; bgp peer-group G ttl-security hops 2",
        "bgp peer-group G ttl-security",
        "bgp system-as 1; bgp peer-group G ebgp-multihop 2",
    ),
    (
        "bgp system-as 1; bgp neighbor A ebgp-multihop 2; bgp neighbor A interface remote-as 2",
        "bgp neighbor A interface",
        "bgp system-as 1; bgp neighbor A interface remote-as 2",
    ),
    (
        "bgp system-as 1; bgp peer-group G override-capability; bgp peer-group G strict-capability-match",
        "bgp peer-group G strict-capability-match",
        "bgp system-as 1; bgp peer-group G override-capability",
    ),
    (
        "bgp system-as 1; bgp peer-group G address-family ipv4-unicast; bgp peer-group G address-family ipv4-labeled-unicast",
        "bgp peer-group G address-family ipv4-labeled-unicast",
        "bgp system-as 1; bgp peer-group G address-family ipv4-unicast",
    ),
    (
        "bgp system-as 1; bgp peer-group G address-family ipv6-unicast; bgp peer-group G address-family ipv6-labeled-unicast",
        "bgp peer-group G address-family ipv6-labeled-unicast",
        "bgp system-as 1; bgp peer-group G address-family ipv6-unicast",
    ),
    (
        "bgp system-as 1; bgp peer-group G address-family ipv4-unicast conditionally-advertise exist-map E",
        "bgp peer-group G address-family ipv4-unicast conditionally-advertise advertise-map",
        "bgp system-as 1; bgp peer-group G address-family ipv4-unicast conditionally-advertise exist-map E; bgp peer-group G address-family ipv4-unicast conditionally-advertise advertise-map A",
    ),
    (
        "bgp system-as 1; bgp peer-group G address-family ipv4-unicast conditionally-advertise advertise-map E",
        "bgp peer-group G address-family ipv4-unicast conditionally-advertise exist-map",
        "bgp system-as 1",
    ),
    (
        "bgp system-as 1; bgp peer-group G address-family ipv4-unicast conditionally-advertise advertise-map E; bgp peer-group G address-family ipv4-unicast conditionally-advertise exist-map E; bgp peer-group G address-family ipv4-unicast conditionally-advertise non-exist-map E",
        "bgp peer-group G address-family ipv4-unicast conditionally-advertise non-exist-map",
        "bgp system-as 1",
    ),
    (
        "bgp system-as 1; bgp peer-group G address-family ipv4-unicast addpath-tx-per-as",
        "bgp peer-group G address-family ipv4-unicast addpath-tx-per-as",
        "bgp system-as 1; bgp parameters deterministic-med; bgp peer-group G address-family ipv4-unicast addpath-tx-per-as",
    ),
    (
        "bgp system-as 1; bgp neighbor A remote-as 2; bgp neighbor A address-family ipv6-unicast route-reflector-client",
        "bgp neighbor A address-family ipv6-unicast route-reflector-client",
        "bgp system-as 1; bgp neighbor A remote-as internal; bgp neighbor A address-family ipv6-unicast route-reflector-client",
    ),
    (
        "bgp system-as 1; bgp listen range R",
        "bgp listen range R peer-group",
        "bgp system-as 1; bgp peer-group G remote-as 1; bgp listen range R peer-group G",
    ),
    (
        "bgp system-as 1; bgp peer-group G port 1; bgp listen range R peer-group G",
        "bgp listen range R remote-as",
        "bgp system-as 1; bgp peer-group G remote-as 1; bgp listen range R peer-group G",
    ),
    (
        "bgp system-as 1; bgp parameters distance global internal 1; bgp parameters distance global local 1",
        "bgp parameters distance global external",
        "bgp system-as 1; bgp parameters distance prefix P",
    ),
    (
        "bgp system-as 1; bgp parameters distance global external 1; bgp parameters distance global local 1",
        "bgp parameters distance global internal",
        "bgp system-as 1",
    ),
    (
        "bgp system-as 1; bgp parameters distance global external 1; bgp parameters distance global internal 1",
        "bgp parameters distance global local",
        "bgp system-as 1",
    ),
    (
        "bgp system-as 1; bgp parameters tcp-keepalive interval 1; bgp parameters tcp-keepalive probes 1",
        "bgp parameters tcp-keepalive idle",
        "bgp system-as 1",
    ),
    (
        "bgp system-as 1; bgp parameters tcp-keepalive idle 1; bgp parameters tcp-keepalive probes 1",
        "bgp parameters tcp-keepalive interval",
        "bgp system-as 1",
    ),
    (
        "bgp system-as 1; bgp parameters tcp-keepalive idle 1; bgp parameters tcp-keepalive interval 1",
        "bgp parameters tcp-keepalive probes",
        "bgp system-as 1",
    ),
    (
        "bgp system-as 1; bgp address-family ipv4-unicast distance internal 1; bgp address-family ipv4-unicast distance local 1",
        "bgp address-family ipv4-unicast distance external",
        "bgp system-as 1",
    ),
    (
        "bgp system-as 1; bgp address-family ipv4-unicast distance external 1; bgp address-family ipv4-unicast distance local 1",
        "bgp address-family ipv4-unicast distance internal",
        "bgp system-as 1",
    ),
    (
        "bgp system-as 1; bgp address-family ipv4-unicast distance external 1; bgp address-family ipv4-unicast distance internal 1",
        "bgp address-family ipv4-unicast distance local",
        "bgp system-as 1",
    ),
    (
        "bgp system-as 1; bgp bmp target T port 1",
        "bgp bmp target T address",
        "bgp system-as 1; bgp bmp target T address A",
    ),
    (
        "ospf area 0 network N; ospf area 1 network N",
        "ospf area",
        "ospf area 0 network N; ospf area 1 network M",
    ),
    (
        "ospf area 0 network N; ospf interface I area 1",
        "ospf interface",
        "ospf area 0 network N; ospf interface I cost 1",
    ),
    (
        "ospf interface I hello-multiplier 5; ospf interface I dead-interval 5",
        "ospf interface I dead-interval",
        "ospf interface I dead-interval 5",
    ),
    (
        "ospf segment-routing local-block low-label-value 1",
        "ospf segment-routing local-block",
        "ospf segment-routing local-block low-label-value 1; ospf segment-routing global-block low-label-value 1",
    ),
    (
        "ospf segment-routing prefix P index explicit-null; ospf segment-routing prefix P index no-php-flag",
        "ospf segment-routing prefix P index no-php-flag",
        "ospf segment-routing prefix P index explicit-null",
    ),
    (
        "ospf summary-address P tag 1; ospf summary-address P no-advertise",
        "ospf summary-address P no-advertise",
        "ospf summary-address P tag 1",
    ),
    (
        "ospfv3 area 1 area-type stub; ospfv3 area 1 area-type nssa",
        "ospfv3 area 1 area-type",
        "ospfv3 area 1 area-type stub",
    ),
    (
        "ospfv3 area 1 range P advertise; ospfv3 area 1 range P not-advertise",
        "ospfv3 area 1 range P advertise",
        "ospfv3 area 1 range P not-advertise",
    ),
    ("static route P blackhole; static route P reject", "static route P reject", "static route P blackhole"),
    ("static route6 P blackhole; static route6 P reject", "static route6 P reject", "static route6 P reject"),
    (
        "policy access-list 1 rule 1 source any",
        "policy access-list 1 rule 1 action",
        "policy access-list 1 rule 1 source any; policy access-list 1 rule 1 action permit",
    ),
    (
        "policy access-list 1 rule 1 action permit",
        "policy access-list 1 rule 1 source",
        "policy access-list 1 description x",
    ),
    (
        "policy access-list 2000 rule 1 action permit; policy access-list 2000 rule 1 source any",
        "policy access-list 2000 rule 1 destination",
        "policy access-list 200 rule 1 action permit; policy access-list 200 rule 1 source any",
    ),
    (
        "policy access-list6 A rule 1 source any",
        "policy access-list6 A rule 1 action",
        "policy access-list6 A rule 1 source any; policy access-list6 A rule 1 action permit",
    ),
    (
        "policy access-list6 A rule 1 action permit",
        "policy access-list6 A rule 1 source",
        "policy access-list6 A description x",
    ),
    (
        "policy as-path-list A rule 1 regex x",
        "policy as-path-list A rule 1 action",
        "policy as-path-list A rule 1 regex x; policy as-path-list A rule 1 action permit",
    ),
    (
        "policy as-path-list A rule 1 action permit",
        "policy as-path-list A rule 1 regex",
        "policy as-path-list A description x",
    ),
    (
        "policy community-list A rule 1 regex x",
        "policy community-list A rule 1 action",
        "policy community-list A description x",
    ),
    (
        "policy community-list A rule 1 action permit",
        "policy community-list A rule 1 regex",
        "policy community-list A description x",
    ),
    (
        "policy extcommunity-list A rule 1 regex x",
        "policy extcommunity-list A rule 1 action",
        "policy extcommunity-list A description x",
    ),
    (
        "policy extcommunity-list A rule 1 action permit",
        "policy extcommunity-list A rule 1 regex",
        "policy extcommunity-list A description x",
    ),
    (
        "policy large-community-list A rule 1 regex x",
        "policy large-community-list A rule 1 action",
        "policy large-community-list A description x",
    ),
    (
        "policy large-community-list A rule 1 action permit",
        "policy large-community-list A rule 1 regex",
        "policy large-community-list A description x",
    ),
    (
        "policy prefix-list A rule 1 prefix P",
        "policy prefix-list A rule 1 action",
        "policy prefix-list A rule 1 prefix P; policy prefix-list A rule 1 action permit",
    ),
    (
        "policy prefix-list A rule 1 action permit",
        "policy prefix-list A rule 1 prefix",
        "policy prefix-list A description x",
    ),
    (
        "policy prefix-list A rule 1 prefix P; policy prefix-list A rule 1 action permit; policy prefix-list A rule 2 prefix P; policy prefix-list A rule 2 action permit",
        "policy prefix-list A rule",
        "policy prefix-list A rule 1 prefix P; policy prefix-list A rule 1 action permit; policy prefix-list A rule 2 prefix P; policy prefix-list A rule 2 action deny",
    ),
    (
        "policy prefix-list6 A rule 1 prefix P",
        "policy prefix-list6 A rule 1 action",
        "policy prefix-list6 A description x",
    ),
    (
        "policy prefix-list6 A rule 1 action permit",
        "policy prefix-list6 A rule 1 prefix",
        "policy prefix-list6 A description x",
    ),
    (
        "policy prefix-list6 A rule 1 prefix P; policy prefix-list6 A rule 1 action permit; policy prefix-list6 A rule 2 prefix P; policy prefix-list6 A rule 2 action permit",
        "policy prefix-list6 A rule",
        "policy prefix-list6 A description x",
    ),
    (
        "policy route-map A rule 1 continue 2",
        "policy route-map A rule 1 action",
        "policy route-map A rule 1 action permit; policy route-map A rule 1 continue 2",
    ),
    (
        "policy route-map A rule 1 action deny; policy route-map A rule 1 on-match next",
        "policy route-map A rule 1 on-match",
        "policy route-map A rule 1 action deny",
    ),
];

/// Pairs of actions that exclude each other, below `set` of a rule: the node and two leaves.
const PAIRS: &[(&str, &str, &str)] = &[
    ("community", "none", "replace"),
    ("community", "none", "add"),
    ("community", "none", "delete"),
    ("community", "replace", "add"),
    ("community", "replace", "delete"),
    ("large-community", "none", "replace"),
    ("large-community", "none", "add"),
    ("large-community", "none", "delete"),
    ("large-community", "replace", "add"),
    ("large-community", "replace", "delete"),
    ("extcommunity", "none", "rt"),
    ("extcommunity", "none", "soo"),
    ("extcommunity", "none", "bandwidth"),
];

fn words(line: &str) -> ConfigPath {
    let top = if line.starts_with("policy ") { "" } else { "protocols " };
    format!("{top}{line}").split(' ').map(str::to_owned).collect()
}

fn found(lines: &str) -> Option<(ConfigPath, String)> {
    let own: Vec<_> = lines.split("; ").map(words).collect();
    let mut outcome = ConfigTree::default();
    own.iter().for_each(|path| outcome.insert(path));
    fault(&own, &outcome)
}

/// Which rules a configuration breaks.
fn broken(lines: &str) -> BTreeSet<usize> {
    let own: Vec<_> = lines.split("; ").map(words).collect();
    let mut outcome = ConfigTree::default();
    own.iter().for_each(|path| outcome.insert(path));
    let nodes: BTreeSet<_> =
        own.iter().flat_map(|path| (1..=path.len()).map(|length| &path[..length])).collect();
    let breaks = |rule: &Rule| {
        let here = nodes.iter().filter(|path| fits(rule.node, path));
        here.filter_map(|path| rule.broken_by(&Node { path, tree: outcome.at(path)?, outcome: &outcome }))
            .next()
    };
    RULES.iter().enumerate().filter(|(_, rule)| breaks(rule).is_some()).map(|(at, _)| at).collect()
}

#[test]
fn every_rule_is_broken_by_its_row_and_by_no_other_configuration() {
    let mut seen = BTreeSet::new();
    for (bad, leaf, good) in ROWS {
        let (path, told) = found(bad).unwrap_or_else(|| panic!("{bad} is refused"));
        assert_eq!(path, words(leaf), "{bad}: {told}");
        assert!(!told.contains("  "), "{told}");
        seen.extend(broken(bad));
        assert_eq!(found(good), None, "{good}");
    }
    for (node, one, other) in PAIRS {
        let set = format!("policy route-map A rule 1 set {node}");
        let line = |leaf: &str| format!("policy route-map A rule 1 action permit; {set} {leaf}");
        let both = format!("{}; {set} {other}", line(one));
        assert_eq!(found(&both).unwrap().0, words(&format!("{set} {other}")), "{both}");
        assert_eq!((found(&line(one)), found(&line(other))), (None, None), "{both}");
        seen.extend(broken(&both));
    }
    let alone = "policy route-map A rule 1 action permit; policy route-map A rule 1 set extcommunity bandwidth-non-transitive";
    assert!(found(alone).is_some());
    assert_eq!(found(&format!("{alone}; policy route-map A rule 1 set extcommunity bandwidth 1")), None);
    seen.extend(broken(alone));
    let unseen: Vec<_> = RULES
        .iter()
        .enumerate()
        .filter(|(at, _)| !seen.contains(at))
        .map(|(_, rule)| (rule.node, rule.source))
        .collect();
    assert!(unseen.is_empty(), "{unseen:?} have no row");
}
