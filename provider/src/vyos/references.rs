//! Who refers to a list, a route-map or a peer-group by its name. VyOS 1.4 lets the last route-map go although BGP still names
//! it, and then refuses every later change of BGP; of a peer-group in use it does not say who uses it.

use crate::connection::router::{ConfigPath, ConfigTree};
use crate::engine::router_config::Users;

/// Leaves that name a route-map.
const ROUTE_MAPS: &[&str] =
    &["route-map", "unsuppress-map", "advertise-map", "exist-map", "non-exist-map", "call"];

/// The containers that may refer to objects of `policy`, beside itself.
const WITHIN: &[&[&str]] = &[&["protocols"], &["vrf"]];

/// Of a route-map.
pub(super) const OF_ROUTE_MAP: Users = Users {
    within: WITHIN,
    find: |name, outcome| references(outcome, name, |leaf, _| ROUTE_MAPS.contains(&leaf)),
};

/// Of a prefix-list of IPv4.
pub(super) const OF_PREFIX_LIST: Users = Users {
    within: WITHIN,
    find: |name, outcome| references(outcome, name, |leaf, path| leaf == "prefix-list" && !is_ipv6(path)),
};

/// Of a prefix-list of IPv6. A neighbor's IPv6 family and `match ipv6` name one without the 6.
pub(super) const OF_PREFIX_LIST6: Users = Users {
    within: WITHIN,
    find: |name, outcome| {
        references(outcome, name, |leaf, path| {
            leaf == "prefix-list6" || (leaf == "prefix-list" && is_ipv6(path))
        })
    },
};

/// Of a peer-group: its members and the ranges that listen for it.
pub(super) const OF_PEER_GROUP: Users = Users {
    within: &[&["protocols", "bgp"]],
    find: |name, outcome| references(outcome, name, |leaf, path| leaf == "peer-group" && !is_group(path)),
};

/// Whether a path leads into a peer-group or to its node.
fn is_group(path: &[String]) -> bool {
    matches!(path, [_, bgp, group, ..] if bgp == "bgp" && group == "peer-group")
}

fn is_ipv6(path: &[String]) -> bool {
    path.iter().any(|word| word == "ipv6" || word.starts_with("ipv6-"))
}

/// Paths that end in such a leaf and this name, or in the leaf, a direction (`import`) and the name.
fn references(outcome: &ConfigTree, name: &str, names: fn(&str, &[String]) -> bool) -> Vec<String> {
    let refers = |path: &ConfigPath| match path.as_slice() {
        // An object without rules, itself.
        [policy, _, _] if policy == "policy" => false,
        [.., before, leaf, last] => last == name && (names(leaf, path) || names(before, path)),
        _ => false,
    };
    outcome.ends().into_iter().filter(refers).map(|path| path.join(" ")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_names_it_is_found_and_nobody_else() {
        let outcome = ConfigTree::from_json(&serde_json::json!({
            "policy": {
                "route-map": {"A": {}, "B": {"rule": {"10": {
                    "action": "permit", "call": "A", "match": {
                        "ip": {"address": {"prefix-list": "A"}}, "ipv6": {"address": {"prefix-list": "A"}},
                    },
                }}}},
                "prefix-list": {"A": {"description": "A"}},
            },
            "protocols": {"bgp": {
                "peer-group": {"A": {}},
                "listen": {"range": {"10.0.0.0/24": {"peer-group": "A"}}},
                "neighbor": {"10.0.0.1": {"description": "A", "peer-group": "A", "address-family": {
                    "ipv4-unicast": {"prefix-list": {"import": "A"}, "route-map": {"export": "A"}},
                    "ipv6-unicast": {"prefix-list": {"export": "A"}},
                }}},
                "address-family": {"ipv4-unicast": {"redistribute": {"static": {"route-map": "A"}}}},
            }},
        }));
        let neighbor = "protocols bgp neighbor 10.0.0.1 address-family";
        assert_eq!(
            (OF_ROUTE_MAP.find)("A", &outcome),
            [
                "policy route-map B rule 10 call A".to_owned(),
                "protocols bgp address-family ipv4-unicast redistribute static route-map A".to_owned(),
                format!("{neighbor} ipv4-unicast route-map export A"),
            ]
        );
        assert_eq!(
            (OF_PREFIX_LIST.find)("A", &outcome),
            [
                "policy route-map B rule 10 match ip address prefix-list A".to_owned(),
                format!("{neighbor} ipv4-unicast prefix-list import A"),
            ]
        );
        assert_eq!(
            (OF_PREFIX_LIST6.find)("A", &outcome),
            [
                "policy route-map B rule 10 match ipv6 address prefix-list A".to_owned(),
                format!("{neighbor} ipv6-unicast prefix-list export A"),
            ]
        );
        assert_eq!(
            (OF_PEER_GROUP.find)("A", &outcome),
            [
                "protocols bgp listen range 10.0.0.0/24 peer-group A",
                "protocols bgp neighbor 10.0.0.1 peer-group A"
            ]
        );
        assert!((OF_ROUTE_MAP.find)("B", &outcome).is_empty());
    }
}
