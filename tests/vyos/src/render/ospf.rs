//! `router ospf` and what its interfaces carry.

use super::statements::{Row, line, rows, words};
use crate::tree::Node;

/// What an interface carries even when nothing is set: leaf, statement, default.
const INTERFACE_DEFAULTS: &[(&str, &str, &str)] = &[
    ("priority", "ip ospf priority", "1"),
    ("hello-interval", "ip ospf hello-interval", "10"),
    ("retransmit-interval", "ip ospf retransmit-interval", "5"),
    ("transmit-delay", "ip ospf transmit-delay", "1"),
];

const INTERFACE: &[Row] = &[
    ("area", "ip ospf area {}"),
    ("bandwidth", "bandwidth {}"),
    ("bfd", "ip ospf bfd"),
    ("bfd profile", "ip ospf bfd profile {}"),
    ("cost", "ip ospf cost {}"),
    ("mtu-ignore", "ip ospf mtu-ignore"),
    ("network", "ip ospf network {}"),
    ("authentication plaintext-password", "ip ospf authentication-key {}"),
];

const REDISTRIBUTE: &[Row] = &[("metric", "metric {}")];

const ROUTER: &[Row] = &[
    ("default-metric", "default-metric {}"),
    ("distance global", "distance {}"),
    ("distance ospf external", "distance ospf external {}"),
    ("distance ospf inter-area", "distance ospf inter-area {}"),
    ("distance ospf intra-area", "distance ospf intra-area {}"),
    ("log-adjacency-changes", "log-adjacency-changes"),
    ("log-adjacency-changes detail", "log-adjacency-changes detail"),
    ("maximum-paths", "maximum-paths {}"),
    ("passive-interface", "passive-interface {}"),
    ("parameters opaque-lsa", "ospf opaque-lsa"),
    ("parameters rfc1583-compatibility", "ospf rfc1583compatibility"),
    ("parameters router-id", "ospf router-id {}"),
];

/// All statements of the section.
pub(super) fn render(ospf: &Node) -> String {
    let mut text = String::new();
    for (name, node) in ospf.each("interface") {
        interface(&mut text, name, node);
    }
    line(&mut text, 0, "router ospf");
    line(&mut text, 1, &format!("aggregation timer {}", ospf.value("aggregation timer").unwrap_or("5")));
    for (list, node) in ospf.each("access-list") {
        for protocol in node.at("export").into_iter().flat_map(|leaf| &leaf.values) {
            line(&mut text, 1, &format!("distribute-list {list} out {protocol}"));
        }
    }
    for (name, node) in ospf.each("area") {
        area(&mut text, name, node);
    }
    let bandwidth = ospf.value("auto-cost reference-bandwidth").unwrap_or("100");
    line(&mut text, 1, &format!("auto-cost reference-bandwidth {bandwidth}"));
    if let Some(originate) = ospf.at("default-information originate") {
        line(&mut text, 1, &format!("default-information originate{}", default_information(originate)));
    }
    for (address, node) in ospf.each("neighbor") {
        let priority = node.value("priority").unwrap_or("0");
        let poll = node.value("poll-interval").unwrap_or("60");
        line(&mut text, 1, &format!("neighbor {address} priority {priority} poll-interval {poll}"));
    }
    let abr = ospf.value("parameters abr-type").unwrap_or("cisco");
    line(&mut text, 1, &format!("ospf abr-type {abr}"));
    text.push_str(&rows(ospf, ROUTER, "", 1));
    for (source, options) in ospf.each("redistribute") {
        if source == "table" {
            for (table, options) in options.children() {
                line(&mut text, 1, &format!("redistribute table {table}{}", redistribution(options)));
            }
        } else {
            line(&mut text, 1, &format!("redistribute {source}{}", redistribution(options)));
        }
    }
    let throttle = [("delay", "200"), ("initial-holdtime", "1000"), ("max-holdtime", "10000")]
        .map(|(leaf, default)| ospf.value(&format!("timers throttle spf {leaf}")).unwrap_or(default));
    line(&mut text, 1, &format!("timers throttle spf {}", throttle.join(" ")));
    text + "exit\n"
}

/// ` metric M metric-type T route-map R`, with the type always there.
fn redistribution(options: &Node) -> String {
    let kind = options.value("metric-type").unwrap_or("2");
    let map = words(options, &[("route-map", "route-map {}")]);
    format!("{} metric-type {kind}{map}", words(options, REDISTRIBUTE))
}

/// The same with `always` before it.
fn default_information(options: &Node) -> String {
    words(options, &[("always", "always")]) + &redistribution(options)
}

fn interface(text: &mut String, name: &str, node: &Node) {
    line(text, 0, &format!("interface {name}"));
    for (leaf, statement, default) in INTERFACE_DEFAULTS {
        line(text, 1, &format!("{statement} {}", node.value(leaf).unwrap_or(default)));
    }
    match node.value("hello-multiplier") {
        Some(multiplier) => {
            line(text, 1, &format!("ip ospf dead-interval minimal hello-multiplier {multiplier}"));
        }
        None => {
            let dead = node.value("dead-interval").unwrap_or("40");
            line(text, 1, &format!("ip ospf dead-interval {dead}"));
        }
    }
    text.push_str(&rows(node, INTERFACE, "", 1));
    if let Some(keys) = node.at("authentication md5 key-id") {
        line(text, 1, "ip ospf authentication message-digest");
        for (number, key) in keys.children() {
            let secret = key.value("md5-key").unwrap_or_default();
            line(text, 1, &format!("ip ospf message-digest-key {number} md5 {secret}"));
        }
    }
    if node.has("passive") {
        let no = if node.has("passive disable") { "no " } else { "" };
        line(text, 1, &format!("{no}ip ospf passive"));
    }
    line(text, 0, "exit");
}

fn area(text: &mut String, name: &str, node: &Node) {
    for (kind, options) in node.each("area-type").filter(|(kind, _)| *kind != "normal") {
        let translate = words(options, &[("translate", "translate-{}"), ("no-summary", "no-summary")]);
        line(text, 1, &format!("area {name} {kind}{translate}"));
        if let Some(cost) = options.value("default-cost") {
            line(text, 1, &format!("area {name} default-cost {cost}"));
        }
    }
    if let Some(how) = node.value("authentication") {
        let digest = if how == "md5" { "message-digest" } else { "" };
        line(text, 1, &format!("area {name} authentication {digest}"));
    }
    for network in node.at("network").into_iter().flat_map(|leaf| &leaf.values) {
        line(text, 1, &format!("network {network} area {name}"));
    }
    for (prefix, range) in node.each("range") {
        line(
            text,
            1,
            &format!("area {name} range {prefix}{}", words(range, &[("not-advertise", "not-advertise")])),
        );
        // Each in a statement of its own, as `ospfd.frr.j2` of 1.4 has them.
        for option in [("cost", "cost {}"), ("substitute", "substitute {}")] {
            if range.has(option.0) {
                line(text, 1, &format!("area {name} range {prefix}{}", words(range, &[option])));
            }
        }
    }
    let rest: &[Row] = &[
        ("export-list", "area {x} export-list {}"),
        ("import-list", "area {x} import-list {}"),
        ("shortcut", "area {x} shortcut {}"),
    ];
    text.push_str(&rows(node, rest, name, 1));
}
