//! The rules, in the order in which their scripts ask them.

use super::conditions::{
    area_in_two_ways, denies_and_goes_on, local_as_inside, local_as_of_the_neighbor, local_as_of_the_router,
    mixes_its_group, needs_deterministic_med, network_in_two_areas, no_destination, no_remote_as,
    overrides_its_group, reflects_to_another_as, rule_twice,
};
use super::{Refused, Rule};

const fn rule(node: &'static str, refused: Refused, source: &'static str) -> Rule {
    Rule { node, refused, source }
}

const BGP: &str = "protocols_bgp.py";
const CONDITIONAL: &str = "protocols bgp * * address-family * conditionally-advertise";

pub(super) const RULES: &[Rule] = &[
    rule("protocols bgp", Refused::Without(&["system-as"]), BGP),
    rule("protocols bgp neighbor *", Refused::Without(&["remote-as", "peer-group", "interface"]), BGP),
    rule(
        "protocols bgp neighbor *",
        Refused::If(no_remote_as, "neither it nor its peer-group has a remote-as. Set it at one of them"),
        "protocols_bgp.py: Neighbor remote-as must be set!",
    ),
    rule(
        "protocols bgp neighbor *",
        Refused::If(
            overrides_its_group,
            "it has a remote-as, and so has its peer-group. Leave out one of them",
        ),
        "protocols_bgp.py: Peer-group member cannot override remote-as of peer-group",
    ),
    rule(
        "protocols bgp neighbor *",
        Refused::If(
            mixes_its_group,
            "some members of its peer-group are in the AS of the router and some are not. Give each kind a group of its own",
        ),
        "protocols_bgp.py: Peer-group members must be all internal or all external",
    ),
    rule(
        "protocols bgp * *",
        Refused::Several("local-role"),
        "protocols_bgp.py: Only one local role can be specified",
    ),
    rule(
        "protocols bgp * *",
        Refused::Several("local-as"),
        "protocols_bgp.py: Only one local-as number can be specified",
    ),
    rule(
        "protocols bgp * *",
        Refused::If(local_as_of_the_router, "its local-as is the AS of the router. Leave it out"),
        "protocols_bgp.py: Cannot have local-as same as system-as number",
    ),
    rule(
        "protocols bgp neighbor *",
        Refused::If(local_as_of_the_neighbor, "its local-as is its remote-as. Correct one of them"),
        "protocols_bgp.py: local-as specified which is the same as remote-as",
    ),
    rule(
        "protocols bgp neighbor *",
        Refused::If(local_as_inside, "a neighbor in the AS of the router takes no local-as. Leave it out"),
        "protocols_bgp.py: local-as allowed only for eBGP peers!",
    ),
    rule(
        "protocols bgp * *",
        Refused::Both("ebgp-multihop", "ttl-security"),
        "protocols_bgp.py: You can not set both ebgp-multihop and ttl-security hops",
    ),
    rule(
        "protocols bgp neighbor *",
        Refused::Both("ebgp-multihop", "interface"),
        "protocols_bgp.py: Ebgp-multihop can not be used with directly connected neighbor",
    ),
    rule(
        "protocols bgp * *",
        Refused::Both("override-capability", "strict-capability-match"),
        "protocols_bgp.py: cannot have both override-capability and strict-capability-match",
    ),
    rule(
        "protocols bgp * * address-family",
        Refused::Both("ipv4-unicast", "ipv4-labeled-unicast"),
        "protocols_bgp.py: cannot have both ipv4-unicast and ipv4-labeled-unicast",
    ),
    rule(
        "protocols bgp * * address-family",
        Refused::Both("ipv6-unicast", "ipv6-labeled-unicast"),
        "protocols_bgp.py: cannot have both ipv6-unicast and ipv6-labeled-unicast",
    ),
    rule(CONDITIONAL, Refused::Without(&["advertise-map"]), BGP),
    rule(CONDITIONAL, Refused::Without(&["exist-map", "non-exist-map"]), BGP),
    rule(
        CONDITIONAL,
        Refused::Both("exist-map", "non-exist-map"),
        "protocols_bgp.py: Can not specify both exist-map and non-exist-map",
    ),
    rule(
        "protocols bgp * * address-family *",
        Refused::If(
            needs_deterministic_med,
            "addpath-tx-per-as needs `protocols bgp parameters deterministic-med`. Set that too",
        ),
        "protocols_bgp.py: addpath-tx-per-as requires BGP deterministic-med",
    ),
    rule(
        "protocols bgp * *",
        Refused::If(
            reflects_to_another_as,
            "route-reflector-client is for neighbors in the AS of the router. Leave it out",
        ),
        "protocols_bgp.py: route-reflector-client only supported for iBGP peers",
    ),
    rule("protocols bgp listen range *", Refused::Without(&["peer-group"]), BGP),
    rule(
        "protocols bgp listen range *",
        Refused::If(no_remote_as, "neither it nor its peer-group has a remote-as. Set it at one of them"),
        "protocols_bgp.py: Peer-group requires remote-as to be set!",
    ),
    rule("protocols bgp parameters distance global", Refused::Without(&["external"]), BGP),
    rule("protocols bgp parameters distance global", Refused::Without(&["internal"]), BGP),
    rule("protocols bgp parameters distance global", Refused::Without(&["local"]), BGP),
    rule("protocols bgp parameters tcp-keepalive", Refused::Without(&["idle"]), BGP),
    rule("protocols bgp parameters tcp-keepalive", Refused::Without(&["interval"]), BGP),
    rule("protocols bgp parameters tcp-keepalive", Refused::Without(&["probes"]), BGP),
    rule("protocols bgp address-family * distance", Refused::Without(&["external"]), BGP),
    rule("protocols bgp address-family * distance", Refused::Without(&["internal"]), BGP),
    rule("protocols bgp address-family * distance", Refused::Without(&["local"]), BGP),
    rule("protocols bgp bmp target *", Refused::Without(&["address"]), BGP),
    rule(
        "protocols ospf",
        Refused::If(network_in_two_areas, "a network is in two areas. Keep it in one of them"),
        "protocols_ospf.py: Network already defined in different area!",
    ),
    rule(
        "protocols ospf",
        Refused::If(
            area_in_two_ways,
            "interfaces have an area, and areas have networks. Use one of the two ways for all",
        ),
        "protocols_ospf.py: Can not use OSPF interface area and area network configuration at the same time!",
    ),
    rule(
        "protocols ospf interface *",
        Refused::Both("hello-multiplier", "dead-interval"),
        "protocols_ospf.py: Can not use hello-multiplier and dead-interval concurrently",
    ),
    rule(
        "protocols ospf segment-routing",
        Refused::Alone("local-block", "global-block"),
        "protocols_ospf.py: Segment routing local-block requires global-block",
    ),
    rule(
        "protocols ospf segment-routing prefix * index",
        Refused::Both("explicit-null", "no-php-flag"),
        "protocols_ospf.py: cannot have both explicit-null and no-php-flag",
    ),
    rule(
        "protocols ospf summary-address *",
        Refused::Both("tag", "no-advertise"),
        "protocols_ospf.py: Can not set both \"tag\" and \"no-advertise\"",
    ),
    rule(
        "protocols ospfv3 area *",
        Refused::Several("area-type"),
        "protocols_ospfv3.py: Can only configure one area-type for OSPFv3 area",
    ),
    rule(
        "protocols ospfv3 area * range *",
        Refused::Both("not-advertise", "advertise"),
        "protocols_ospfv3.py: \"not-advertise\" and \"advertise\" cannot be both configured",
    ),
    rule(
        "protocols static route *",
        Refused::Both("blackhole", "reject"),
        "protocols_static.py: Can not use both blackhole and reject",
    ),
    rule(
        "protocols static route6 *",
        Refused::Both("blackhole", "reject"),
        "protocols_static.py: Can not use both blackhole and reject",
    ),
    rule("policy access-list * rule *", Refused::Without(&["action"]), POLICY),
    rule("policy access-list * rule *", Refused::Without(&["source"]), POLICY),
    rule(
        "policy access-list * rule *",
        Refused::If(
            no_destination,
            "extended access-lists (100 to 199, 2000 to 2699) need a destination in every rule. Give it",
        ),
        "policy.py: A destination must be specified",
    ),
    rule("policy access-list6 * rule *", Refused::Without(&["action"]), POLICY),
    rule("policy access-list6 * rule *", Refused::Without(&["source"]), POLICY),
    rule("policy as-path-list * rule *", Refused::Without(&["action"]), POLICY),
    rule("policy as-path-list * rule *", Refused::Without(&["regex"]), POLICY),
    rule("policy community-list * rule *", Refused::Without(&["action"]), POLICY),
    rule("policy community-list * rule *", Refused::Without(&["regex"]), POLICY),
    rule("policy extcommunity-list * rule *", Refused::Without(&["action"]), POLICY),
    rule("policy extcommunity-list * rule *", Refused::Without(&["regex"]), POLICY),
    rule("policy large-community-list * rule *", Refused::Without(&["action"]), POLICY),
    rule("policy large-community-list * rule *", Refused::Without(&["regex"]), POLICY),
    rule("policy prefix-list * rule *", Refused::Without(&["action"]), POLICY),
    rule("policy prefix-list * rule *", Refused::Without(&["prefix"]), POLICY),
    rule(
        "policy prefix-list *",
        Refused::If(rule_twice, "two of its rules are the same. Leave out one of them"),
        "policy.py: Rule contains a duplicate prefix definition!",
    ),
    rule("policy prefix-list6 * rule *", Refused::Without(&["action"]), POLICY),
    rule("policy prefix-list6 * rule *", Refused::Without(&["prefix"]), POLICY),
    rule(
        "policy prefix-list6 *",
        Refused::If(rule_twice, "two of its rules are the same. Leave out one of them"),
        "policy.py: Rule contains a duplicate prefix definition!",
    ),
    rule("policy route-map * rule *", Refused::Without(&["action"]), POLICY),
    rule(
        "policy route-map * rule *",
        Refused::If(
            denies_and_goes_on,
            "a rule that denies cannot continue. Leave out `continue` and `on-match`, or permit",
        ),
        "policy.py: \"continue\" or \"on-match\" cannot be used with action deny!",
    ),
    rule("policy route-map * rule * set community", Refused::Both("none", "replace"), COMMUNITY),
    rule("policy route-map * rule * set community", Refused::Both("none", "add"), COMMUNITY),
    rule("policy route-map * rule * set community", Refused::Both("none", "delete"), COMMUNITY),
    rule("policy route-map * rule * set community", Refused::Both("replace", "add"), COMMUNITY),
    rule("policy route-map * rule * set community", Refused::Both("replace", "delete"), COMMUNITY),
    rule("policy route-map * rule * set large-community", Refused::Both("none", "replace"), COMMUNITY),
    rule("policy route-map * rule * set large-community", Refused::Both("none", "add"), COMMUNITY),
    rule("policy route-map * rule * set large-community", Refused::Both("none", "delete"), COMMUNITY),
    rule("policy route-map * rule * set large-community", Refused::Both("replace", "add"), COMMUNITY),
    rule("policy route-map * rule * set large-community", Refused::Both("replace", "delete"), COMMUNITY),
    rule("policy route-map * rule * set extcommunity", Refused::Both("none", "rt"), EXTCOMMUNITY),
    rule("policy route-map * rule * set extcommunity", Refused::Both("none", "soo"), EXTCOMMUNITY),
    rule("policy route-map * rule * set extcommunity", Refused::Both("none", "bandwidth"), EXTCOMMUNITY),
    rule(
        "policy route-map * rule * set extcommunity",
        Refused::Alone("bandwidth-non-transitive", "bandwidth"),
        EXTCOMMUNITY,
    ),
];

const POLICY: &str = "policy.py: must be specified";
const COMMUNITY: &str = "policy.py: Unexpected combination between action replace, add, delete or none";
const EXTCOMMUNITY: &str =
    "policy.py: Unexpected combination between none, rt, soo, bandwidth, bandwidth-non-transitive";
