//! The statements of a neighbor or a peer group.

use super::statements::{Row, line, rows};
use crate::config::Version;
use crate::tree::Node;

/// `{x}` is the neighbor's address or the group's name.
const SESSION: &[Row] = &[
    ("remote-as", "neighbor {x} remote-as {}"),
    ("interface remote-as", "neighbor {x} interface remote-as {}"),
    ("interface v6only remote-as", "neighbor {x} interface v6only remote-as {}"),
    ("interface peer-group", "neighbor {x} interface peer-group {}"),
    ("interface v6only peer-group", "neighbor {x} interface v6only peer-group {}"),
    ("advertisement-interval", "neighbor {x} advertisement-interval {}"),
    ("bfd", "neighbor {x} bfd"),
    ("bfd check-control-plane-failure", "neighbor {x} bfd check-control-plane-failure"),
    ("bfd profile", "neighbor {x} bfd profile {}"),
    ("capability dynamic", "neighbor {x} capability dynamic"),
    ("capability extended-nexthop", "neighbor {x} capability extended-nexthop"),
    ("capability software-version", "neighbor {x} capability software-version"),
    ("description", "neighbor {x} description {}"),
    ("disable-capability-negotiation", "neighbor {x} dont-capability-negotiate"),
    ("disable-connected-check", "neighbor {x} disable-connected-check"),
    ("ebgp-multihop", "neighbor {x} ebgp-multihop {}"),
    ("enforce-first-as", "neighbor {x} enforce-first-as"),
    ("override-capability", "neighbor {x} override-capability"),
    ("passive", "neighbor {x} passive"),
    ("password", "neighbor {x} password {}"),
    ("path-attribute discard", "neighbor {x} path-attribute discard {}"),
    ("path-attribute treat-as-withdraw", "neighbor {x} path-attribute treat-as-withdraw {}"),
    ("port", "neighbor {x} port {}"),
    ("shutdown", "neighbor {x} shutdown"),
    ("solo", "neighbor {x} solo"),
    ("strict-capability-match", "neighbor {x} strict-capability-match"),
    ("timers connect", "neighbor {x} timers connect {}"),
    ("ttl-security hops", "neighbor {x} ttl-security hops {}"),
    ("update-source", "neighbor {x} update-source {}"),
];

const GRACEFUL_RESTART: &[(&str, &str)] = &[
    ("enable", "graceful-restart"),
    ("disable", "graceful-restart-disable"),
    ("restart-helper", "graceful-restart-helper"),
];

const FAMILY: &[Row] = &[
    ("addpath-tx-all", "neighbor {x} addpath-tx-all-paths"),
    ("addpath-tx-per-as", "neighbor {x} addpath-tx-bestpath-per-AS"),
    ("allowas-in", "neighbor {x} allowas-in"),
    ("allowas-in number", "neighbor {x} allowas-in {}"),
    ("as-override", "neighbor {x} as-override"),
    ("capability orf prefix-list receive", "neighbor {x} capability orf prefix-list receive"),
    ("capability orf prefix-list send", "neighbor {x} capability orf prefix-list send"),
    ("disable-send-community extended", "no neighbor {x} send-community extended"),
    ("disable-send-community standard", "no neighbor {x} send-community standard"),
    ("distribute-list export", "neighbor {x} distribute-list {} out"),
    ("distribute-list import", "neighbor {x} distribute-list {} in"),
    ("filter-list export", "neighbor {x} filter-list {} out"),
    ("filter-list import", "neighbor {x} filter-list {} in"),
    ("maximum-prefix", "neighbor {x} maximum-prefix {}"),
    ("maximum-prefix-out", "neighbor {x} maximum-prefix-out {}"),
    ("nexthop-self", "neighbor {x} next-hop-self"),
    ("nexthop-self force", "neighbor {x} next-hop-self force"),
    ("prefix-list export", "neighbor {x} prefix-list {} out"),
    ("prefix-list import", "neighbor {x} prefix-list {} in"),
    ("remove-private-as", "neighbor {x} remove-private-AS"),
    ("remove-private-as all", "neighbor {x} remove-private-AS all"),
    ("route-map export", "neighbor {x} route-map {} out"),
    ("route-map import", "neighbor {x} route-map {} in"),
    ("route-reflector-client", "neighbor {x} route-reflector-client"),
    ("route-server-client", "neighbor {x} route-server-client"),
    ("soft-reconfiguration inbound", "neighbor {x} soft-reconfiguration inbound"),
    ("unsuppress-map", "neighbor {x} unsuppress-map {}"),
    ("weight", "neighbor {x} weight {}"),
    ("default-originate", "neighbor {x} default-originate"),
    ("default-originate route-map", "neighbor {x} default-originate route-map {}"),
];

const FAMILIES: &[(&str, &str)] = &[
    ("address-family ipv4-unicast", "address-family ipv4 unicast"),
    ("address-family ipv6-unicast", "address-family ipv6 unicast"),
];

/// All statements about one neighbor or group.
pub(super) fn render(x: &str, node: &Node, version: Version) -> String {
    let mut text = String::new();
    let membership = rows(node, &[("peer-group", "neighbor {x} peer-group {}")], x, 1);
    let mut session = rows(node, SESSION, x, 1);
    if version == Version::V1_4 {
        // 1.4 puts the group first, later releases the AS number.
        text.push_str(&membership);
    } else {
        let at = if node.has("remote-as") { session.find('\n').map_or(0, |at| at + 1) } else { 0 };
        session.insert_str(at, &membership);
        if !node.has("enforce-first-as") {
            line(&mut session, 1, &format!("no neighbor {x} enforce-first-as"));
        }
    }
    text.push_str(&session);
    if let Some(how) = node.value("graceful-restart")
        && let Some((_, words)) = GRACEFUL_RESTART.iter().find(|(name, _)| *name == how)
    {
        line(&mut text, 1, &format!("neighbor {x} {words}"));
    }
    for (number, options) in node.each("local-as") {
        let options = match (options.has("no-prepend"), options.has("no-prepend replace-as")) {
            (_, true) => "no-prepend replace-as",
            (true, false) => "no-prepend",
            _ => "",
        };
        line(&mut text, 1, &format!("neighbor {x} local-as {number} {options}"));
    }
    for (role, options) in node.each("local-role") {
        let strict = if options.has("strict") { "strict-mode" } else { "" };
        line(&mut text, 1, &format!("neighbor {x} local-role {role} {strict}"));
    }
    if let (Some(keepalive), Some(holdtime)) = (node.value("timers keepalive"), node.value("timers holdtime"))
    {
        line(&mut text, 1, &format!("neighbor {x} timers {keepalive} {holdtime}"));
    }
    for (path, words) in FAMILIES {
        if let Some(family) = node.at(path) {
            line(&mut text, 1, words);
            text.push_str(&self::family(x, family));
            line(&mut text, 1, "exit-address-family");
        }
    }
    text
}

fn family(x: &str, node: &Node) -> String {
    let mut text = rows(node, FAMILY, x, 2);
    if let Some(kept) = node.at("attribute-unchanged") {
        let kept: Vec<&str> = kept.children().map(|(name, _)| name).collect();
        line(&mut text, 2, &format!("neighbor {x} attribute-unchanged {}", kept.join(" ")));
    }
    if let Some(advertise) = node.value("conditionally-advertise advertise-map") {
        for (leaf, word) in [("exist-map", "exist-map"), ("non-exist-map", "non-exist-map")] {
            if let Some(map) = node.value(&format!("conditionally-advertise {leaf}")) {
                line(&mut text, 2, &format!("neighbor {x} advertise-map {advertise} {word} {map}"));
            }
        }
    }
    line(&mut text, 2, &format!("neighbor {x} activate"));
    text
}
