//! Which paths of a configuration name something else by its name, as one table for both directions: what a
//! commit would need that is not there, and who would be left naming what is taken away.
//!
//! What VyOS checks was read in its conf scripts (`vyos/vyos-1x: src/conf_mode @ sagitta`) and tried on a
//! 1.4. Without vyos-configd's journal a person is told nothing of it, so what can be known is found before
//! the commit.

use crate::connection::router::{ConfigPath, ConfigTree};
use std::str::Split;

/// What is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// `policy access-list`.
    AccessList,
    /// `policy access-list6`.
    AccessList6,
    /// `policy as-path-list`.
    AsPathList,
    /// `protocols bfd profile`.
    BfdProfile,
    /// `policy community-list`.
    CommunityList,
    /// `policy extcommunity-list`.
    ExtcommunityList,
    /// Whatever is below `interfaces`.
    Interface,
    /// `policy large-community-list`.
    LargeCommunityList,
    /// `peer-group` of the same BGP.
    PeerGroup,
    /// `policy prefix-list`.
    PrefixList,
    /// `policy prefix-list6`.
    PrefixList6,
    /// `policy route-map`.
    RouteMap,
}

/// Whether VyOS refuses a name that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    /// It does.
    Always,
    /// Only outside of VRFs: the daemon's own script takes it, and then every change of `policy` is refused,
    /// as if the name had been taken away while it is in use.
    OutsideVrf,
    /// It does not.
    Never,
}

struct Row {
    /// Words from the top: `=` is the name, a word that ends in `*` any that begins so, `**` any number of
    /// words. `protocols` of a VRF is meant too.
    path: &'static str,
    names: Named,
    check: Check,
}

const fn row(path: &'static str, names: Named, check: Check) -> Row {
    Row { path, names, check }
}

/// The first row that fits a path and a name counts.
const ROWS: &[Row] = &[
    row("protocols bgp neighbor ** peer-group =", Named::PeerGroup, Check::Always),
    row("protocols bgp listen range * peer-group =", Named::PeerGroup, Check::Always),
    row("protocols bgp ** address-family * route-map import =", Named::RouteMap, Check::Always),
    row("protocols bgp ** address-family * route-map export =", Named::RouteMap, Check::Always),
    row("protocols bgp ** address-family * route-map vpn * =", Named::RouteMap, Check::Always),
    row("protocols bgp ** conditionally-advertise advertise-map =", Named::RouteMap, Check::Always),
    row("protocols bgp ** conditionally-advertise exist-map =", Named::RouteMap, Check::Always),
    row("protocols bgp ** conditionally-advertise non-exist-map =", Named::RouteMap, Check::Always),
    row("protocols bgp ** unsuppress-map =", Named::RouteMap, Check::Never),
    row("protocols bgp ** address-family ipv6-* prefix-list import =", Named::PrefixList6, Check::Always),
    row("protocols bgp ** address-family ipv6-* prefix-list export =", Named::PrefixList6, Check::Always),
    row("protocols bgp ** address-family * prefix-list import =", Named::PrefixList, Check::Always),
    row("protocols bgp ** address-family * prefix-list export =", Named::PrefixList, Check::Always),
    row("protocols bgp ** filter-list * =", Named::AsPathList, Check::Never),
    row("protocols bgp ** address-family ipv6-* distribute-list * =", Named::AccessList6, Check::Never),
    row("protocols bgp ** distribute-list * =", Named::AccessList, Check::Never),
    row("protocols ospf redistribute table * route-map =", Named::RouteMap, Check::OutsideVrf),
    row("protocols ospf redistribute * route-map =", Named::RouteMap, Check::Always),
    row("protocols ospf default-information originate route-map =", Named::RouteMap, Check::Always),
    row("protocols ospf area * import-list =", Named::AccessList, Check::Always),
    row("protocols ospf area * export-list =", Named::AccessList, Check::Always),
    row("protocols ospf interface = **", Named::Interface, Check::Always),
    row("protocols ospfv3 redistribute * route-map =", Named::RouteMap, Check::Always),
    row("protocols ospfv3 default-information originate route-map =", Named::RouteMap, Check::Always),
    row("protocols ospfv3 area * import-list =", Named::AccessList6, Check::Never),
    row("protocols ospfv3 area * export-list =", Named::AccessList6, Check::Never),
    row("protocols ospfv3 interface = **", Named::Interface, Check::Always),
    row("protocols static route-map =", Named::RouteMap, Check::Always),
    row("protocols bfd peer * profile =", Named::BfdProfile, Check::Always),
    row("protocols ** bfd profile =", Named::BfdProfile, Check::Never),
    // What no script of its own looks at is found by that of `policy`, as in use.
    row("protocols ** route-map =", Named::RouteMap, Check::OutsideVrf),
    row("system ip protocol * route-map =", Named::RouteMap, Check::Always),
    row("system ipv6 protocol * route-map =", Named::RouteMap, Check::Always),
    row("vrf name * ip protocol * route-map =", Named::RouteMap, Check::Always),
    row("vrf name * ipv6 protocol * route-map =", Named::RouteMap, Check::Always),
    row("policy route-map * rule * call =", Named::RouteMap, Check::Never),
    row("policy route-map * rule * match as-path =", Named::AsPathList, Check::Never),
    row("policy route-map * rule * match community community-list =", Named::CommunityList, Check::Always),
    row("policy route-map * rule * match extcommunity =", Named::ExtcommunityList, Check::Always),
    row(
        "policy route-map * rule * match large-community large-community-list =",
        Named::LargeCommunityList,
        Check::Always,
    ),
    row("policy route-map * rule * match ip address prefix-list =", Named::PrefixList, Check::Always),
    row("policy route-map * rule * match ip * prefix-list =", Named::PrefixList, Check::Never),
    row("policy route-map * rule * match ip * access-list =", Named::AccessList, Check::Never),
    row("policy route-map * rule * match ipv6 address prefix-list =", Named::PrefixList6, Check::Always),
    row("policy route-map * rule * match ipv6 address access-list =", Named::AccessList6, Check::Never),
    row("policy route-map * rule * match ipv6 nexthop prefix-list =", Named::PrefixList6, Check::Always),
    row("policy route-map * rule * match ipv6 nexthop access-list =", Named::AccessList6, Check::Always),
    row("policy route-map * rule * set community delete =", Named::CommunityList, Check::Always),
    row("policy route-map * rule * set large-community delete =", Named::LargeCommunityList, Check::Always),
];

/// A name in a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) names: Named,
    pub(super) name: String,
    /// Which word of the path the name is.
    pub(super) at: usize,
    /// The node whose key the name is, from the top; the kinds of interfaces for one of these.
    pub(super) node: ConfigPath,
    /// Whether VyOS refuses it where the name is not there.
    pub(super) check: Check,
}

impl Named {
    /// Its node, from the top of the router or of a VRF.
    fn node(self) -> &'static [&'static str] {
        match self {
            Self::AccessList => &["policy", "access-list"],
            Self::AccessList6 => &["policy", "access-list6"],
            Self::AsPathList => &["policy", "as-path-list"],
            Self::BfdProfile => &["protocols", "bfd", "profile"],
            Self::CommunityList => &["policy", "community-list"],
            Self::ExtcommunityList => &["policy", "extcommunity-list"],
            Self::Interface => &["interfaces"],
            Self::LargeCommunityList => &["policy", "large-community-list"],
            Self::PeerGroup => &["protocols", "bgp", "peer-group"],
            Self::PrefixList => &["policy", "prefix-list"],
            Self::PrefixList6 => &["policy", "prefix-list6"],
            Self::RouteMap => &["policy", "route-map"],
        }
    }

    /// The type whose objects they are, and the attribute that is the name.
    pub(super) fn made_by(self) -> Option<&'static str> {
        match self {
            Self::PeerGroup => Some("vyos_bgp_peer_group.NAME.name"),
            Self::PrefixList => Some("vyos_prefix_list.NAME.name"),
            Self::PrefixList6 => Some("vyos_prefix_list6.NAME.name"),
            Self::RouteMap => Some("vyos_route_map.NAME.name"),
            _ => None,
        }
    }

    /// The containers in which it may be named.
    pub(super) fn named_within(self) -> Vec<ConfigPath> {
        let within: &[&str] = match self {
            Self::PeerGroup => &["protocols bgp"],
            Self::RouteMap => &["policy", "protocols", "vrf", "system ip", "system ipv6"],
            _ => &["policy", "protocols", "vrf"],
        };
        within.iter().map(|path| path.split(' ').map(str::to_owned).collect()).collect()
    }
}

impl Reference {
    /// The container to read for it.
    pub(super) fn container(&self) -> ConfigPath {
        match self.names {
            Named::PeerGroup | Named::BfdProfile => {
                self.node.split_last().map(|(_, above)| above.to_vec()).unwrap_or_default()
            }
            _ => self.node.first().cloned().into_iter().collect(),
        }
    }

    /// Whether what it names is there.
    pub(super) fn is_met(&self, outcome: &ConfigTree) -> bool {
        let node = outcome.at(&self.node);
        match self.names {
            Named::Interface => node.is_none_or(|kinds| has_interface(kinds, &self.name)),
            _ => node.is_some_and(|all| all.at(&[&self.name]).is_some()) && !self.is_unfindable(),
        }
    }

    /// Whether VyOS cannot find it although it is there: outside of `policy` it looks for route-maps word by
    /// word, and takes a dot for the end of one.
    pub(super) fn is_unfindable(&self) -> bool {
        self.names == Named::RouteMap && self.check == Check::Always && self.name.contains('.')
    }
}

/// All names in a path from the top.
pub(super) fn names_in(path: &[String]) -> Vec<Reference> {
    let (vrf, inside) = match path {
        [vrf, name, _, protocols, ..] if vrf == "vrf" && name == "name" && protocols == "protocols" => {
            path.split_at(3)
        }
        _ => path.split_at(0),
    };
    let mut found: Vec<(usize, Reference)> = Vec::new();
    for row in ROWS {
        let Some(at) = name_at(row.path.split(' '), inside, 0, None) else { continue };
        let Some(name) = inside.get(at).filter(|_| found.iter().all(|(other, _)| *other != at)) else {
            continue;
        };
        let node = row.names.node().iter().map(|word| (*word).to_owned());
        let node = match row.names {
            Named::PeerGroup => vrf.iter().cloned().chain(node).collect(),
            _ => node.collect(),
        };
        let check = match row.check {
            Check::OutsideVrf if !vrf.is_empty() => Check::Never,
            check => check,
        };
        let at_in_path = vrf.len() + at;
        found.push((at, Reference { names: row.names, name: name.clone(), at: at_in_path, node, check }));
    }
    found.into_iter().map(|(_, reference)| reference).collect()
}

/// Whether a path is what a pattern without a name says.
pub(super) fn fits(pattern: &str, path: &[String]) -> bool {
    name_at(pattern.split(' '), path, 0, Some(0)).is_some()
}

/// Where the name is, if the words from `at` fit the pattern.
fn name_at(mut rest: Split<'_, char>, path: &[String], at: usize, found: Option<usize>) -> Option<usize> {
    let Some(first) = rest.next() else {
        return found.filter(|_| at == path.len());
    };
    match first {
        "**" => (at..=path.len()).find_map(|next| name_at(rest.clone(), path, next, found)),
        "=" => path.get(at).and_then(|_| name_at(rest, path, at + 1, Some(at))),
        word => {
            let said = path.get(at)?;
            let fits = match word.strip_suffix('*') {
                Some(beginning) => said.starts_with(beginning),
                None => said == word,
            };
            fits.then(|| name_at(rest, path, at + 1, found)).flatten()
        }
    }
}

/// Paths of those that name this object, `node` being its node with its key, in a configuration seen from the
/// top.
pub(super) fn referrers(names: Named, node: &[String], outcome: &ConfigTree) -> Vec<String> {
    let Some((key, node)) = node.split_last() else { return Vec::new() };
    let uses = |path: &ConfigPath| {
        let mut all = names_in(path).into_iter();
        all.any(|one| one.names == names && one.name == *key && one.node == node)
    };
    outcome.ends().into_iter().filter(uses).map(|path| path.join(" ")).collect()
}

/// How VyOS calls interfaces that it makes or renames itself. Others may be there without its configuration.
const INTERFACES: &[&str] = &[
    "bond", "br", "dum", "eth", "gnv", "l2tpeth", "lan", "macsec", "peth", "pppoe", "sstpc", "tun", "veth",
    "vti", "vtun", "vxlan", "wg", "wlan", "wwan",
];

/// Whether the router has an interface, as far as its configuration says. One that VyOS does not manage is
/// taken for there.
fn has_interface(kinds: &ConfigTree, name: &str) -> bool {
    let (base, vlans) = name.split_once('.').unwrap_or((name, ""));
    let letters = base.trim_end_matches(|c: char| c.is_ascii_digit());
    if letters.len() == base.len() || !INTERFACES.contains(&letters) || kinds.is_empty() {
        return true;
    }
    let mut all = kinds.children().filter_map(|(_, kind)| kind.at(&[base]));
    let vlan = |interface: &ConfigTree| match vlans.split_once('.') {
        _ if vlans.is_empty() => true,
        Some((outer, inner)) => interface.at(&["vif-s", outer, "vif-c", inner]).is_some(),
        None => interface.at(&["vif", vlans]).is_some() || interface.at(&["vif-s", vlans]).is_some(),
    };
    all.any(vlan)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(path: &str) -> ConfigPath {
        path.split(' ').map(str::to_owned).collect()
    }

    fn outcome() -> ConfigTree {
        ConfigTree::from_json(&serde_json::json!({
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
        let used = |names, node: &str| referrers(names, &words(node), &all);
        assert_eq!(
            used(Named::RouteMap, "policy route-map A"),
            [
                "policy route-map B rule 10 call A".to_owned(),
                "protocols bgp address-family ipv4-unicast redistribute static route-map A".to_owned(),
                format!("{neighbor} ipv4-unicast route-map export A"),
                "system ip protocol bgp route-map A".to_owned(),
                "system ipv6 protocol static route-map A".to_owned(),
            ]
        );
        assert_eq!(
            used(Named::PrefixList, "policy prefix-list A"),
            [
                "policy route-map B rule 10 match ip address prefix-list A".to_owned(),
                format!("{neighbor} ipv4-unicast prefix-list import A"),
            ]
        );
        assert_eq!(
            used(Named::PrefixList6, "policy prefix-list6 A"),
            [
                "policy route-map B rule 10 match ipv6 address prefix-list A".to_owned(),
                format!("{neighbor} ipv6-unicast prefix-list export A"),
            ]
        );
        assert_eq!(
            used(Named::PeerGroup, "protocols bgp peer-group A"),
            [
                "protocols bgp listen range 10.0.0.0/24 peer-group A",
                "protocols bgp neighbor 10.0.0.1 peer-group A"
            ]
        );
        assert!(used(Named::RouteMap, "policy route-map B").is_empty());
    }

    #[test]
    fn a_name_is_met_by_what_it_names_only() {
        let all = outcome();
        for (path, met) in [
            ("protocols bgp neighbor 10.0.0.2 address-family ipv4-unicast prefix-list import A", true),
            ("protocols bgp neighbor 10.0.0.2 address-family ipv6-unicast prefix-list import A", false),
            ("protocols bgp neighbor 10.0.0.2 peer-group A", true),
            ("vrf name RED protocols bgp neighbor 10.0.0.9 peer-group A", false),
            (
                "vrf name RED protocols bgp neighbor 10.0.0.9 address-family ipv4-unicast route-map import A",
                true,
            ),
            ("protocols ospf redistribute bgp route-map C", false),
            ("policy route-map C rule 10 set community delete A", false),
            ("protocols ospf interface eth0 area 0", true),
            ("protocols ospf interface eth0.10", true),
            ("protocols ospf interface eth0.7.8", true),
            ("protocols ospf interface eth0.11", false),
            ("protocols ospfv3 interface eth9", false),
            ("protocols ospf interface lo", true),
            ("protocols ospf interface docker0", true),
        ] {
            let found = names_in(&words(path));
            assert_eq!(found.len(), 1, "{path}: {found:?}");
            assert_ne!(found[0].check, Check::Never, "{path}");
            assert_eq!(found[0].is_met(&all), met, "{path}");
        }
        for path in [
            "protocols bgp neighbor 10.0.0.2 address-family ipv4-unicast filter-list import C",
            "policy route-map C rule 10 call D",
            "vrf name RED protocols bgp address-family ipv4-unicast network 10.0.0.0/8 route-map C",
        ] {
            assert!(names_in(&words(path)).iter().all(|one| one.check == Check::Never), "{path}");
        }
        for path in
            ["protocols bgp neighbor 10.0.0.2 description A", "protocols bgp peer-group A remote-as 1"]
        {
            assert!(names_in(&words(path)).is_empty(), "{path}");
        }
    }
}
