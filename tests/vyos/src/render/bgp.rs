//! `router bgp`.

use super::neighbor;
use super::statements::{Row, line, rows, words};
use crate::config::Version;
use crate::tree::Node;

/// Families in the words of VyOS and of FRR.
const FAMILIES: &[(&str, &str)] = &[("ipv4-unicast", "ipv4 unicast"), ("ipv6-unicast", "ipv6 unicast")];

const NETWORK: &[Row] = &[("route-map", "route-map {}"), ("backdoor", "backdoor")];
const AGGREGATE: &[Row] =
    &[("as-set", "as-set"), ("summary-only", "summary-only"), ("route-map", "route-map {}")];
const REDISTRIBUTE: &[Row] = &[("metric", "metric {}"), ("route-map", "route-map {}")];
const MAXIMUM_PATHS: &[Row] =
    &[("maximum-paths ebgp", "maximum-paths {}"), ("maximum-paths ibgp", "maximum-paths ibgp {}")];

/// Parameters that are one statement each.
const PARAMETERS: &[Row] = &[
    ("router-id", "bgp router-id {}"),
    ("cluster-id", "bgp cluster-id {}"),
    ("always-compare-med", "bgp always-compare-med"),
    ("deterministic-med", "bgp deterministic-med"),
    ("allow-martian-nexthop", "bgp allow-martian-nexthop"),
    ("disable-ebgp-connected-route-check", "bgp disable-ebgp-connected-route-check"),
    ("fast-convergence", "bgp fast-convergence"),
    ("graceful-shutdown", "bgp graceful-shutdown"),
    ("log-neighbor-changes", "bgp log-neighbor-changes"),
    ("no-client-to-client-reflection", "no bgp client-to-client reflection"),
    ("no-fast-external-failover", "no bgp fast-external-failover"),
    ("no-suppress-duplicates", "no bgp suppress-duplicates"),
    ("no-hard-administrative-reset", "no bgp hard-administrative-reset"),
    ("no-ipv6-auto-ra", "no bgp ipv6-auto-ra"),
    ("reject-as-sets", "bgp reject-as-sets"),
    ("shutdown", "bgp shutdown"),
    ("suppress-fib-pending", "bgp suppress-fib-pending"),
    ("route-reflector-allow-outbound-policy", "bgp route-reflector allow-outbound-policy"),
    ("minimum-holdtime", "bgp minimum-holdtime {}"),
    ("labeled-unicast", "bgp labeled-unicast {}"),
    ("default local-pref", "bgp default local-preference {}"),
    ("bestpath as-path confed", "bgp bestpath as-path confed"),
    ("bestpath as-path ignore", "bgp bestpath as-path ignore"),
    ("bestpath as-path multipath-relax", "bgp bestpath as-path multipath-relax"),
    ("bestpath bandwidth", "bgp bestpath bandwidth {}"),
    ("bestpath compare-routerid", "bgp bestpath compare-routerid"),
    ("bestpath med", "bgp bestpath med {}"),
    ("bestpath peer-type multipath-relax", "bgp bestpath peer-type multipath-relax"),
    ("confederation identifier", "bgp confederation identifier {}"),
    ("confederation peers", "bgp confederation peers {}"),
    ("graceful-restart", "bgp graceful-restart"),
    ("graceful-restart stalepath-time", "bgp graceful-restart stalepath-time {}"),
];

/// The whole block; nothing without an AS number, which verification lets pass only when all is gone.
pub(super) fn render(bgp: &Node, version: Version) -> String {
    let Some(system_as) = bgp.value("system-as") else { return String::new() };
    let mut text = format!("router bgp {system_as}\n");
    let policy = if bgp.has("parameters ebgp-requires-policy") { "" } else { "no " };
    line(&mut text, 1, &format!("{policy}bgp ebgp-requires-policy"));
    line(&mut text, 1, "no bgp default ipv4-unicast");
    let import_check = if bgp.has("parameters network-import-check") { "" } else { "no " };
    line(&mut text, 1, &format!("{import_check}bgp network import-check"));
    for (name, words) in FAMILIES {
        if let Some(node) = bgp.at("address-family").and_then(|families| families.child(name)) {
            line(&mut text, 1, &format!("address-family {words}"));
            family(&mut text, node);
            line(&mut text, 1, "exit-address-family");
        }
    }
    for (name, group) in bgp.each("peer-group") {
        line(&mut text, 1, &format!("neighbor {name} peer-group"));
        text.push_str(&neighbor::render(name, group, version));
    }
    for (name, peer) in bgp.each("neighbor") {
        text.push_str(&neighbor::render(name, peer, version));
    }
    text.push_str(&rows(bgp, &[("listen limit", "bgp listen limit {}")], "", 1));
    for (prefix, range) in bgp.each("listen range") {
        let group = range.value("peer-group").unwrap_or_default();
        line(&mut text, 1, &format!("bgp listen range {prefix} peer-group {group}"));
    }
    if let Some(node) = bgp.at("parameters") {
        parameters(&mut text, node);
    }
    if version == Version::V1_5 && !bgp.has("parameters reject-as-sets") {
        line(&mut text, 1, "no bgp reject-as-sets");
    }
    if let (Some(keepalive), Some(holdtime)) = (bgp.value("timers keepalive"), bgp.value("timers holdtime")) {
        line(&mut text, 1, &format!("timers bgp {keepalive} {holdtime}"));
    }
    let timer = bgp.value("parameters conditional-advertisement timer").unwrap_or("60");
    line(&mut text, 1, &format!("bgp conditional-advertisement timer {timer}"));
    text + "exit\n"
}

fn parameters(text: &mut String, node: &Node) {
    text.push_str(&rows(node, PARAMETERS, "", 1));
    let three = |path: &str, names: [&str; 3]| -> Option<String> {
        let node = node.at(path)?;
        let values: Option<Vec<&str>> = names.iter().map(|name| node.value(name)).collect();
        values.map(|values| values.join(" "))
    };
    if let Some(values) = three("tcp-keepalive", ["idle", "interval", "probes"]) {
        line(text, 1, &format!("bgp tcp-keepalive {values}"));
    }
    if let Some(half_life) = node.value("dampening half-life") {
        let rest = three("dampening", ["re-use", "start-suppress-time", "max-suppress-time"]);
        line(text, 1, &format!("bgp dampening {half_life} {}", rest.unwrap_or_default()));
    }
    if let Some(values) = three("distance global", ["external", "internal", "local"]) {
        line(text, 1, &format!("distance bgp {values}"));
    }
    for (prefix, distance) in node.each("distance prefix") {
        line(text, 1, &format!("distance {} {prefix}", distance.value("distance").unwrap_or_default()));
    }
}

fn family(text: &mut String, node: &Node) {
    for (prefix, network) in node.each("network") {
        line(text, 2, &format!("network {prefix}{}", words(network, NETWORK)));
    }
    for (prefix, aggregate) in node.each("aggregate-address") {
        line(text, 2, &format!("aggregate-address {prefix}{}", words(aggregate, AGGREGATE)));
    }
    text.push_str(&rows(node, MAXIMUM_PATHS, "", 2));
    for (source, options) in node.each("redistribute") {
        match source {
            "table" if options.values.is_empty() => {
                for (table, options) in options.children() {
                    let options = words(options, REDISTRIBUTE);
                    line(text, 2, &format!("redistribute table-direct {table}{options}"));
                }
            }
            // The release of that leaf prints no number, which FRR refuses.
            "table" => line(text, 2, "redistribute table"),
            source => {
                let source = if source == "ospfv3" { "ospf6" } else { source };
                line(text, 2, &format!("redistribute {source}{}", words(options, REDISTRIBUTE)));
            }
        }
    }
    let distance = ["external", "internal", "local"].map(|name| node.value(&format!("distance {name}")));
    if let [Some(external), Some(internal), Some(local)] = distance {
        line(text, 2, &format!("distance bgp {external} {internal} {local}"));
    }
    for (prefix, distance) in node.each("distance prefix") {
        line(text, 2, &format!("distance {} {prefix}", distance.value("distance").unwrap_or_default()));
    }
}
