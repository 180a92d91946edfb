//! Places in a router's configuration that name an object of it, and that no type writes but `vyos_config`.
//! The tests hold them, and what the fields of the types say, against VyOS' own tree.

/// Families of addresses that refer as these do.
pub(super) const ALIKE: &[(&str, &str)] = &[("ipv4-unicast", "ipv4-*"), ("ipv6-unicast", "ipv6-*")];

/// Words from the top and what is named: `=` is the name, a word that ends in `*` any that begins so, `**`
/// any number of words; the arrow is as in a declaration.
pub(super) const PLACES: &[&str] = &[
    "protocols bgp neighbor * interface peer-group = -> protocols bgp peer-group",
    "protocols bgp neighbor * interface v6only peer-group = -> protocols bgp peer-group",
    "protocols bgp listen range * peer-group = -> protocols bgp peer-group",
    "protocols bgp address-family * route-map vpn * = -> policy route-map",
    "protocols bgp * * address-family l2vpn-evpn route-map * = -> policy route-map",
    "protocols bgp * * address-family * conditionally-advertise * = -> policy route-map",
    "protocols bgp * * address-family * unsuppress-map = ~> policy route-map",
    "protocols ospf access-list = ** ~> policy access-list",
    "protocols ospf area * import-list = -> policy access-list",
    "protocols ospf area * export-list = -> policy access-list",
    "protocols ospfv3 area * import-list = ~> policy access-list6",
    "protocols ospfv3 area * export-list = ~> policy access-list6",
    "protocols isis fast-reroute lfa remote prefix-list = ** ~> policy prefix-list",
    "protocols static route-map = -> policy route-map",
    "protocols bfd peer * profile = -> protocols bfd profile",
    "protocols ** bfd profile = ~> protocols bfd profile",
    "protocols static ** bfd multi-hop source * profile = ~> protocols bfd profile",
    "protocols ** route-map = ~> policy route-map",
    "system ip protocol * route-map = -> policy route-map",
    "system ipv6 protocol * route-map = -> policy route-map",
    "vrf name * ip protocol * route-map = -> policy route-map",
    "vrf name * ipv6 protocol * route-map = -> policy route-map",
    "policy route-map * rule * match ip * access-list = ~> policy access-list",
    "policy route-map * rule * match ip route-source prefix-list = ~> policy prefix-list",
    "policy route-map * rule * match ipv6 nexthop access-list = -> policy access-list6",
];

#[cfg(test)]
mod tests {
    use super::{ALIKE, PLACES};
    use crate::connection::router::{ConfigPath, ConfigTree};
    use crate::engine::router_config::References;
    use crate::vyos::{REFERENCES, layouts};
    use serde_json::json;
    use vyos_stand_in::{SetRules, Version};

    fn words(path: &str) -> ConfigPath {
        path.split(' ').map(str::to_owned).collect()
    }

    fn outcome() -> ConfigTree {
        ConfigTree::from_json(&json!({
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
            "system": {
                "ip": {"protocol": {"bgp": {"route-map": "A"}}}, "ipv6": {"protocol": {"static": {"route-map": "A"}}},
            },
            "vrf": {"name": {"RED": {"protocols": {"bgp": {"neighbor": {"10.0.0.9": {"peer-group": "A"}}}}}}},
            "interfaces": {"ethernet": {"eth0": {"vif": {"10": {}}, "vif-s": {"7": {"vif-c": {"8": {}}}}}}},
        }))
    }

    #[test]
    fn whoever_names_it_is_found_and_nobody_else() {
        let all = outcome();
        let neighbor = "protocols bgp neighbor 10.0.0.1 address-family";
        let used = |subject: &str| REFERENCES.referrers(&words(subject), &all);
        assert_eq!(
            used("policy route-map A"),
            [
                "policy route-map B rule 10 call A".to_owned(),
                "protocols bgp address-family ipv4-unicast redistribute static route-map A".to_owned(),
                format!("{neighbor} ipv4-unicast route-map export A"),
                "system ip protocol bgp route-map A".to_owned(),
                "system ipv6 protocol static route-map A".to_owned(),
            ]
        );
        assert_eq!(
            used("policy prefix-list A"),
            [
                "policy route-map B rule 10 match ip address prefix-list A".to_owned(),
                format!("{neighbor} ipv4-unicast prefix-list import A"),
            ]
        );
        assert_eq!(
            used("policy prefix-list6 A"),
            [
                "policy route-map B rule 10 match ipv6 address prefix-list A".to_owned(),
                format!("{neighbor} ipv6-unicast prefix-list export A"),
            ]
        );
        assert_eq!(
            used("protocols bgp peer-group A"),
            [
                "protocols bgp listen range 10.0.0.0/24 peer-group A",
                "protocols bgp neighbor 10.0.0.1 peer-group A"
            ]
        );
        assert_eq!(
            used("vrf name RED protocols bgp peer-group A"),
            ["vrf name RED protocols bgp neighbor 10.0.0.9 peer-group A"]
        );
        assert!(used("policy route-map B").is_empty());
    }

    #[test]
    fn a_name_is_met_by_what_it_names_only() {
        let all = outcome();
        for (path, met) in [
            ("protocols bgp neighbor 10.0.0.2 address-family ipv4-unicast prefix-list import A", true),
            ("protocols bgp neighbor 10.0.0.2 address-family ipv6-unicast prefix-list import A", false),
            ("protocols bgp neighbor 10.0.0.2 address-family ipv6-multicast prefix-list import A", false),
            ("protocols bgp neighbor 10.0.0.2 peer-group A", true),
            ("vrf name RED protocols bgp neighbor 10.0.0.9 peer-group A", false),
            (
                "vrf name RED protocols bgp neighbor 10.0.0.9 address-family ipv4-unicast route-map import A",
                true,
            ),
            ("protocols ospf redistribute bgp route-map C", false),
            ("protocols ospf redistribute table 10 route-map C", false),
            ("protocols bgp address-family ipv4-unicast network 10.0.0.0/8 route-map C", false),
            ("policy route-map C rule 10 set community delete A", false),
            ("protocols ospf interface eth0 area 0", true),
            ("protocols ospf interface eth0.10", true),
            ("protocols ospf interface eth0.7.8", true),
            ("protocols ospf interface eth0.11", false),
            ("protocols ospfv3 interface eth9", false),
            ("protocols ospf interface lo", true),
            ("protocols ospf interface docker0", true),
        ] {
            let found = REFERENCES.names_in(&words(path));
            assert_eq!(found.len(), 1, "{path}: {found:?}");
            assert!(found[0].is_required(), "{path}");
            assert_eq!(found[0].is_met(&all), met, "{path}");
        }
        for path in [
            "protocols bgp neighbor 10.0.0.2 address-family ipv4-unicast filter-list import C",
            "protocols bgp neighbor 10.0.0.2 bfd profile C",
            "policy route-map C rule 10 call D",
            "vrf name RED protocols bgp address-family ipv4-unicast network 10.0.0.0/8 route-map C",
        ] {
            let found = REFERENCES.names_in(&words(path));
            assert_eq!(found.len(), 1, "{path}: {found:?}");
            assert!(!found[0].is_required(), "{path}");
        }
        for path in
            ["protocols bgp neighbor 10.0.0.2 description A", "protocols bgp peer-group A remote-as 1"]
        {
            assert!(REFERENCES.names_in(&words(path)).is_empty(), "{path}");
        }
    }

    /// Kinds of objects that are named.
    const NAMED: [&str; 3] = ["policy", "protocols bfd profile", "protocols bgp peer-group"];

    /// The path of a leaf or tag node of VyOS' tree, with a name at its end.
    fn named(pattern: &str) -> ConfigPath {
        words(&format!("{} NAME", pattern.replace('*', "KEY")))
    }

    #[test]
    fn every_name_that_vyos_offers_from_its_tree_is_known() {
        for version in [Version::V1_4, Version::V1_5] {
            let all = SetRules::new(version).unwrap().references();
            let offered = all.iter().filter(|(_, node)| NAMED.iter().any(|kind| node.starts_with(kind)));
            let mut count = 0;
            for (pattern, node) in offered {
                let found = REFERENCES.names_in(&named(pattern));
                let name = found.iter().find(|one| one.name == "NAME");
                let found_node = name.map(|one| one.node.join(" ")).unwrap_or_default();
                // FRR has lists of its own for IPv6 where VyOS offers those of IPv4.
                let fits = found_node.ends_with(node) || found_node == format!("{node}6");
                assert!(fits, "{version:?} {pattern} names {node}, not {found_node:?}");
                count += 1;
            }
            assert!(count > 300, "{count}");
        }
    }

    #[test]
    fn no_place_is_said_in_vain() {
        let leaves = SetRules::new(Version::V1_4).unwrap().leaves();
        let paths: Vec<_> = leaves
            .iter()
            .filter(|leaf| !leaf.starts_with("vrf name * proto"))
            .map(|one| named(one))
            .collect();
        for place in PLACES {
            let others: Vec<_> = PLACES.iter().copied().filter(|other| other != place).collect();
            let without = References::of(layouts(), ALIKE, &others);
            let is_needed = |path: &ConfigPath| without.names_in(path) != REFERENCES.names_in(path);
            let ends: Vec<_> =
                place.split(' ').take_while(|word| *word != "=").filter(|word| !word.contains('*')).collect();
            let mut near =
                paths.iter().filter(|path| ends.iter().all(|word| path.iter().any(|one| one == word)));
            assert!(near.any(is_needed), "{place}");
        }
    }
}
