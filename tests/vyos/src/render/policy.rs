//! Lists of `policy`. Route maps are in `route_map.rs`.

use super::route_map;
use super::statements::{Row, line, words};
use crate::tree::Node;

const PREFIX_LISTS: &[Row] = &[("prefix-list", "ip prefix-list"), ("prefix-list6", "ipv6 prefix-list")];
const LENGTHS: &[Row] = &[("ge", "ge {}"), ("le", "le {}")];

/// Lists of regular expressions; the word `expanded` stands before names that are no numbers.
const REGEX_LISTS: &[(&str, &str, bool)] = &[
    ("as-path-list", "bgp as-path access-list", false),
    ("community-list", "bgp community-list", true),
    ("extcommunity-list", "bgp extcommunity-list", true),
    ("large-community-list", "bgp large-community-list", true),
];

/// All statements of the section. A list without a rule makes none.
pub(super) fn render(policy: &Node) -> String {
    let mut text = String::new();
    for (name, list) in policy.each("access-list") {
        for (number, rule) in list.each("rule") {
            let source = address(rule.child("source"));
            let numbered = name.parse::<u32>().unwrap_or_default();
            let extended = (100..200).contains(&numbered) || (2000..2700).contains(&numbered);
            let addresses =
                if extended { format!("ip {source} {}", address(rule.child("destination"))) } else { source };
            let action = action(rule);
            line(&mut text, 0, &format!("access-list {name} seq {number} {action} {addresses}"));
        }
    }
    for (name, list) in policy.each("access-list6") {
        for (number, rule) in list.each("rule") {
            let source = match rule.value("source network") {
                Some(network) if rule.has("source exact-match") => format!("{network} exact-match"),
                Some(network) => network.to_owned(),
                None => "any".to_owned(),
            };
            line(&mut text, 0, &format!("ipv6 access-list {name} seq {number} {} {source}", action(rule)));
        }
    }
    for (kind, statement, may_expand) in REGEX_LISTS {
        for (name, list) in policy.each(kind) {
            let expand = *may_expand && !name.bytes().all(|byte| byte.is_ascii_digit());
            let expanded = if expand { "expanded " } else { "" };
            for (number, rule) in list.each("rule") {
                let regex = rule.value("regex").unwrap_or_default();
                let action = action(rule);
                line(&mut text, 0, &format!("{statement} {expanded}{name} seq {number} {action} {regex}"));
            }
        }
    }
    for (kind, statement) in PREFIX_LISTS {
        for (name, list) in policy.each(kind) {
            if let Some(description) = list.value("description") {
                line(&mut text, 0, &format!("{statement} {name} description {description}"));
            }
            for (number, rule) in list.each("rule") {
                let prefix = rule.value("prefix").unwrap_or_default();
                let lengths = words(rule, LENGTHS);
                let action = action(rule);
                line(&mut text, 0, &format!("{statement} {name} seq {number} {action} {prefix}{lengths}"));
            }
        }
    }
    text + &route_map::render(policy)
}

fn action(rule: &Node) -> &str {
    rule.value("action").unwrap_or("permit")
}

fn address(node: Option<&Node>) -> String {
    let value = |leaf: &str| node.and_then(|node| node.value(leaf));
    match (value("host"), value("network"), value("inverse-mask")) {
        (Some(host), _, _) => format!("host {host}"),
        (_, Some(network), Some(mask)) => format!("{network} {mask}"),
        _ => "any".to_owned(),
    }
}
