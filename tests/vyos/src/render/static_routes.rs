//! Static routes.

use super::statements::{Row, line, words};
use crate::config::Version;
use crate::tree::Node;

const NEXT_HOP: &[Row] = &[
    ("interface", "{}"),
    ("distance", "{}"),
    ("vrf", "nexthop-vrf {}"),
    ("segments", "segments {}"),
    ("bfd profile", "bfd profile {}"),
];
const INTERFACE: &[Row] = &[("distance", "{}"), ("vrf", "nexthop-vrf {}"), ("segments", "segments {}")];
/// 1.4 puts the tag last, later releases the distance.
const DISCARD: &[Row] = &[("distance", "{}"), ("tag", "tag {}")];
const DISCARD_1_5: &[Row] = &[("tag", "tag {}"), ("distance", "{}")];

/// All statements of the section. A route without a next hop makes none.
pub(super) fn render(node: &Node, version: Version) -> String {
    let mut text = String::new();
    routes(&mut text, node, "", version);
    for (table, node) in node.each("table") {
        routes(&mut text, node, &format!(" table {table}"), version);
    }
    text
}

fn routes(text: &mut String, node: &Node, table: &str, version: Version) {
    let discard = if version == Version::V1_4 { DISCARD } else { DISCARD_1_5 };
    for (kind, statement) in [("route", "ip route"), ("route6", "ipv6 route")] {
        for (prefix, route) in node.each(kind) {
            let mut add = |rest: &str| line(text, 0, &format!("{statement} {prefix} {rest}{table}"));
            for (way, options) in [("next-hop", NEXT_HOP), ("interface", INTERFACE)] {
                for (target, hop) in route.each(way).filter(|(_, hop)| !hop.has("disable")) {
                    add(&format!("{target}{}", words(hop, options)));
                }
            }
            for way in ["blackhole", "reject"] {
                if let Some(way_node) = route.child(way) {
                    add(&format!("{way}{}", words(way_node, discard)));
                }
            }
        }
    }
}
