//! `route-map`.

use super::statements::{Row, line, rows};
use crate::tree::Node;

const FIRST: &[Row] =
    &[("call", "call {}"), ("continue", "on-match goto {}"), ("description", "description {}")];

const MATCH: &[Row] = &[
    ("as-path", "match as-path {}"),
    ("extcommunity", "match extcommunity {}"),
    ("interface", "match interface {}"),
    ("ip address access-list", "match ip address {}"),
    ("ip address prefix-list", "match ip address prefix-list {}"),
    ("ip address prefix-len", "match ip address prefix-len {}"),
    ("ip nexthop access-list", "match ip next-hop {}"),
    ("ip nexthop address", "match ip next-hop address {}"),
    ("ip nexthop prefix-len", "match ip next-hop prefix-len {}"),
    ("ip nexthop prefix-list", "match ip next-hop prefix-list {}"),
    ("ip nexthop type", "match ip next-hop type {}"),
    ("ip route-source access-list", "match ip route-source {}"),
    ("ip route-source prefix-list", "match ip route-source prefix-list {}"),
    ("ipv6 address access-list", "match ipv6 address {}"),
    ("ipv6 address prefix-list", "match ipv6 address prefix-list {}"),
    ("ipv6 address prefix-len", "match ipv6 address prefix-len {}"),
    ("ipv6 nexthop address", "match ipv6 next-hop address {}"),
    ("ipv6 nexthop access-list", "match ipv6 next-hop {}"),
    ("ipv6 nexthop prefix-list", "match ipv6 next-hop prefix-list {}"),
    ("ipv6 nexthop type", "match ipv6 next-hop type {}"),
    ("large-community large-community-list", "match large-community {}"),
    ("local-preference", "match local-preference {}"),
    ("metric", "match metric {}"),
    ("origin", "match origin {}"),
    ("peer", "match peer {}"),
    ("rpki", "match rpki {}"),
    ("tag", "match tag {}"),
];

const THEN: &[Row] = &[("on-match next", "on-match next"), ("on-match goto", "on-match goto {}")];

const SET: &[Row] = &[
    ("as-path exclude", "set as-path exclude {}"),
    ("as-path prepend", "set as-path prepend {}"),
    ("as-path prepend-last-as", "set as-path prepend last-as {}"),
    ("atomic-aggregate", "set atomic-aggregate"),
    ("community delete", "set comm-list {} delete"),
    ("community replace", "set community {}"),
    ("community add", "set community {} additive"),
    ("community none", "set community none"),
    ("distance", "set distance {}"),
    ("extcommunity none", "set extcommunity none"),
    ("extcommunity rt", "set extcommunity rt {}"),
    ("extcommunity soo", "set extcommunity soo {}"),
    ("ip-next-hop", "set ip next-hop {}"),
    ("ipv6-next-hop global", "set ipv6 next-hop global {}"),
    ("ipv6-next-hop local", "set ipv6 next-hop local {}"),
    ("ipv6-next-hop peer-address", "set ipv6 next-hop peer-address"),
    ("ipv6-next-hop prefer-global", "set ipv6 next-hop prefer-global"),
    ("large-community replace", "set large-community {}"),
    ("large-community add", "set large-community {} additive"),
    ("large-community none", "set large-community none"),
    ("large-community delete", "set large-comm-list {} delete"),
    ("local-preference", "set local-preference {}"),
    ("metric", "set metric {}"),
    ("metric-type", "set metric-type {}"),
    ("origin", "set origin {}"),
    ("originator-id", "set originator-id {}"),
    ("src", "set src {}"),
    ("table", "set table {}"),
    ("tag", "set tag {}"),
    ("weight", "set weight {}"),
];

/// All route maps. One without a rule makes no statement.
pub(super) fn render(policy: &Node) -> String {
    let mut text = String::new();
    for (name, map) in policy.each("route-map") {
        for (number, rule) in map.each("rule") {
            let action = rule.value("action").unwrap_or("permit");
            line(&mut text, 0, &format!("route-map {name} {action} {number}"));
            text.push_str(&rows(rule, FIRST, "", 1));
            if let Some(node) = rule.child("match") {
                matches(&mut text, node);
            }
            text.push_str(&rows(rule, THEN, "", 1));
            if let Some(node) = rule.child("set") {
                sets(&mut text, node);
            }
            line(&mut text, 0, "exit");
        }
    }
    text
}

fn matches(text: &mut String, node: &Node) {
    if let Some(list) = node.value("community community-list") {
        let exact = if node.has("community exact-match") { "exact-match" } else { "" };
        line(text, 1, &format!("match community {list} {exact}"));
    }
    text.push_str(&rows(node, MATCH, "", 1));
    if let Some(protocol) = node.value("protocol") {
        let protocol = if protocol == "ospfv3" { "ospf6" } else { protocol };
        line(text, 1, &format!("match source-protocol {protocol}"));
    }
}

fn sets(text: &mut String, node: &Node) {
    if let (Some(number), Some(address)) = (node.value("aggregator as"), node.value("aggregator ip")) {
        line(text, 1, &format!("set aggregator as {number} {address}"));
    }
    if let Some(bandwidth) = node.value("extcommunity bandwidth") {
        let kept = if node.has("extcommunity bandwidth-non-transitive") { "non-transitive" } else { "" };
        line(text, 1, &format!("set extcommunity bandwidth {bandwidth} {kept}"));
    }
    // FRR spells this one community with capital letters.
    text.push_str(&rows(node, SET, "", 1).replace(" local-as", " local-AS"));
}
