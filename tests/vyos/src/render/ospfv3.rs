//! `router ospf6` and what its interfaces carry.

use super::statements::{Row, line, rows, words};
use crate::tree::Node;

const INTERFACE: &[Row] = &[
    ("area", "ipv6 ospf6 area {}"),
    ("bfd", "ipv6 ospf6 bfd"),
    ("bfd profile", "ipv6 ospf6 bfd profile {}"),
    ("cost", "ipv6 ospf6 cost {}"),
    ("ifmtu", "ipv6 ospf6 ifmtu {}"),
    ("mtu-ignore", "ipv6 ospf6 mtu-ignore"),
    ("network", "ipv6 ospf6 network {}"),
    ("passive", "ipv6 ospf6 passive"),
];

/// What an interface carries even when nothing is set: leaf, statement, default.
const INTERFACE_DEFAULTS: &[(&str, &str, &str)] = &[
    ("dead-interval", "ipv6 ospf6 dead-interval", "40"),
    ("hello-interval", "ipv6 ospf6 hello-interval", "10"),
    ("instance-id", "ipv6 ospf6 instance-id", "0"),
    ("priority", "ipv6 ospf6 priority", "1"),
    ("retransmit-interval", "ipv6 ospf6 retransmit-interval", "5"),
    ("transmit-delay", "ipv6 ospf6 transmit-delay", "1"),
];

const AREA: &[Row] =
    &[("export-list", "area {x} export-list {}"), ("import-list", "area {x} import-list {}")];

const ROUTER: &[Row] = &[
    ("distance global", "distance {}"),
    ("log-adjacency-changes", "log-adjacency-changes"),
    ("log-adjacency-changes detail", "log-adjacency-changes detail"),
    ("parameters router-id", "ospf6 router-id {}"),
];

const DISTANCES: &[Row] =
    &[("intra-area", "intra-area {}"), ("inter-area", "inter-area {}"), ("external", "external {}")];

/// Statements are spelled as FRR shows them: without `advertise`, without the default type. A statement that
/// it shows differently is given to it again in a second pass, and after one of `router ospf6` FRR 8 takes
/// `interface` for a command of that block and fails.
fn redistribution(options: &Node) -> String {
    let kind = options.value("metric-type").filter(|kind| *kind != "2");
    let kind = kind.map(|kind| format!(" metric-type {kind}")).unwrap_or_default();
    let map = words(options, &[("route-map", "route-map {}")]);
    format!("{}{kind}{map}", words(options, &[("metric", "metric {}")]))
}

/// All statements of the section.
pub(super) fn render(ospfv3: &Node) -> String {
    let mut text = String::new();
    for (name, node) in ospfv3.each("interface") {
        line(&mut text, 0, &format!("interface {name}"));
        for (leaf, statement, default) in INTERFACE_DEFAULTS {
            line(&mut text, 1, &format!("{statement} {}", node.value(leaf).unwrap_or(default)));
        }
        text.push_str(&rows(node, INTERFACE, "", 1));
        line(&mut text, 0, "exit");
    }
    line(&mut text, 0, "router ospf6");
    for (name, area) in ospfv3.each("area") {
        for (kind, options) in area.each("area-type") {
            let options_rows: &[Row] = &[
                ("default-information-originate", "default-information-originate"),
                ("no-summary", "no-summary"),
            ];
            line(&mut text, 1, &format!("area {name} {kind}{}", words(options, options_rows)));
        }
        for (prefix, options) in area.each("range") {
            let hidden = words(options, &[("not-advertise", "not-advertise")]);
            line(&mut text, 1, &format!("area {name} range {prefix}{hidden}"));
        }
        text.push_str(&rows(area, AREA, name, 1));
    }
    let bandwidth = ospfv3.value("auto-cost reference-bandwidth").unwrap_or("100");
    line(&mut text, 1, &format!("auto-cost reference-bandwidth {bandwidth}"));
    if let Some(originate) = ospfv3.at("default-information originate") {
        let always = words(originate, &[("always", "always")]);
        line(&mut text, 1, &format!("default-information originate{always}{}", redistribution(originate)));
    }
    if let Some(distances) = ospfv3.at("distance ospfv3") {
        line(&mut text, 1, &format!("distance ospf6{}", words(distances, DISTANCES)));
    }
    text.push_str(&rows(ospfv3, ROUTER, "", 1));
    for (source, options) in ospfv3.each("redistribute") {
        line(&mut text, 1, &format!("redistribute {source}{}", redistribution(options)));
    }
    text + "exit\n"
}
