//! The tree as statements of FRR: one file a section.

mod bgp;
mod neighbor;
mod ospf;
mod ospfv3;
mod policy;
mod route_map;
mod statements;
mod static_routes;

use crate::config::Version;
use crate::tree::Node;

/// A part of FRR's configuration that one component of the tree owns.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Section {
    /// Lists and route maps.
    Policy,
    /// Static routes.
    Static,
    /// OSPF for IPv4.
    Ospf,
    /// OSPF for IPv6.
    Ospfv3,
    /// BGP.
    Bgp,
}

impl Section {
    /// Every section, in the order of commit.
    pub const ALL: &[Self] = &[Self::Policy, Self::Static, Self::Ospf, Self::Ospfv3, Self::Bgp];

    /// The section of a component, if FRR has a part in it.
    pub fn of(path: &[String]) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|section| section.path().split(' ').eq(path.iter().map(String::as_str)))
    }

    /// The component of the section.
    pub fn path(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Static => "protocols static",
            Self::Ospf => "protocols ospf",
            Self::Ospfv3 => "protocols ospfv3",
            Self::Bgp => "protocols bgp",
        }
    }

    /// The daemon whose running configuration the section is compared with.
    pub fn daemon(self) -> &'static str {
        match self {
            Self::Policy | Self::Bgp => "bgpd",
            Self::Static => "staticd",
            Self::Ospf => "ospfd",
            Self::Ospfv3 => "ospf6d",
        }
    }

    /// How the statements of the section begin.
    pub fn statements(self) -> &'static [&'static str] {
        match self {
            Self::Policy => &[
                "access-list",
                "ipv6 access-list",
                "ip prefix-list",
                "ipv6 prefix-list",
                "route-map",
                "bgp as-path access-list",
                "bgp community-list",
                "bgp extcommunity-list",
                "bgp large-community-list",
            ],
            Self::Static => &["ip route", "ipv6 route"],
            Self::Ospf => &["router ospf", "interface"],
            Self::Ospfv3 => &["router ospf6", "interface"],
            Self::Bgp => &["router bgp"],
        }
    }
}

/// The statements of one section; nothing if its component is absent.
pub(crate) fn section(section: Section, root: &Node, version: Version) -> String {
    let Some(node) = root.at(section.path()) else { return String::new() };
    match section {
        Section::Policy => policy::render(node),
        Section::Static => static_routes::render(node, version),
        Section::Ospf => ospf::render(node),
        Section::Ospfv3 => ospfv3::render(node),
        Section::Bgp => bgp::render(node, version),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::testing::tree;

    fn rendered(which: Section, version: Version, lines: &[&str]) -> String {
        section(which, &tree(version, lines), version)
    }

    #[test]
    fn bgp_keeps_its_header_and_its_order() {
        let lines = [
            "protocols bgp system-as 65001",
            "protocols bgp parameters router-id 192.0.2.1",
            "protocols bgp parameters bestpath med missing-as-worst",
            "protocols bgp parameters bestpath med confed",
            "protocols bgp timers keepalive 3",
            "protocols bgp timers holdtime 9",
            "protocols bgp address-family ipv6-unicast redistribute ospfv3 metric 5",
            "protocols bgp peer-group PG address-family ipv6-unicast",
            "protocols bgp neighbor 192.0.2.2 peer-group PG",
            "protocols bgp neighbor 192.0.2.2 remote-as 65002",
            "protocols bgp neighbor 192.0.2.2 timers keepalive 1",
            "protocols bgp neighbor 192.0.2.2 local-as 7 no-prepend replace-as",
            "protocols bgp neighbor 192.0.2.2 address-family ipv4-unicast nexthop-self force",
            "protocols bgp neighbor 192.0.2.2 address-family ipv4-unicast attribute-unchanged med",
            "protocols bgp neighbor 192.0.2.2 address-family ipv4-unicast attribute-unchanged as-path",
            "protocols bgp listen range 198.51.100.0/24 peer-group PG",
        ];
        assert_eq!(
            rendered(Section::Bgp, Version::V1_4, &lines),
            "\
router bgp 65001
 no bgp ebgp-requires-policy
 no bgp default ipv4-unicast
 no bgp network import-check
 address-family ipv6 unicast
  redistribute ospf6 metric 5
 exit-address-family
 neighbor PG peer-group
 address-family ipv6 unicast
  neighbor PG activate
 exit-address-family
 neighbor 192.0.2.2 peer-group PG
 neighbor 192.0.2.2 remote-as 65002
 neighbor 192.0.2.2 local-as 7 no-prepend replace-as
 address-family ipv4 unicast
  neighbor 192.0.2.2 next-hop-self
  neighbor 192.0.2.2 next-hop-self force
  neighbor 192.0.2.2 attribute-unchanged as-path med
  neighbor 192.0.2.2 activate
 exit-address-family
 bgp listen range 198.51.100.0/24 peer-group PG
 bgp router-id 192.0.2.1
 bgp bestpath med missing-as-worst confed
 timers bgp 3 9
 bgp conditional-advertisement timer 60
exit
"
        );
    }

    #[test]
    fn later_releases_put_the_group_after_the_number() {
        let lines = [
            "protocols bgp system-as 65001",
            "protocols bgp peer-group PG",
            "protocols bgp neighbor 192.0.2.2 peer-group PG",
            "protocols bgp neighbor 192.0.2.2 remote-as 65002",
        ];
        let text = rendered(Section::Bgp, Version::V1_5, &lines);
        let neighbor = " neighbor 192.0.2.2 remote-as 65002\n neighbor 192.0.2.2 peer-group PG\n no neighbor 192.0.2.2 enforce-first-as\n";
        assert!(text.contains(neighbor), "{text}");
    }

    #[test]
    fn ospf_writes_its_defaults() {
        let lines = [
            "protocols ospf parameters router-id 1.1.1.1",
            "protocols ospf area 0 network 192.0.2.0/24",
            "protocols ospf redistribute bgp metric 100",
            "protocols ospf redistribute bgp metric-type 1",
        ];
        assert_eq!(
            rendered(Section::Ospf, Version::V1_4, &lines),
            "\
router ospf
 aggregation timer 5
 network 192.0.2.0/24 area 0
 auto-cost reference-bandwidth 100
 ospf abr-type cisco
 ospf router-id 1.1.1.1
 redistribute bgp metric 100 metric-type 1
 timers throttle spf 200 1000 10000
exit
"
        );
    }

    #[test]
    fn ospfv3_leaves_the_default_type_out() {
        let lines = ["protocols ospfv3 interface eth0 area 0", "protocols ospfv3 redistribute bgp"];
        let text = rendered(Section::Ospfv3, Version::V1_4, &lines);
        assert!(text.starts_with("interface eth0\n ipv6 ospf6 dead-interval 40\n"), "{text}");
        assert!(text.contains(" ipv6 ospf6 area 0\nexit\nrouter ospf6\n"), "{text}");
        assert!(text.contains(" redistribute bgp\n"), "{text}");
    }

    #[test]
    fn static_routes() {
        let lines = [
            "protocols static route 10.0.0.0/8 next-hop 192.0.2.1 distance 5",
            "protocols static route 10.0.0.0/8 next-hop 192.0.2.2 disable",
            "protocols static route 10.0.0.0/8 interface eth0",
            "protocols static route 10.10.0.0/16 blackhole tag 7",
            "protocols static route 10.10.0.0/16 blackhole distance 9",
            "protocols static route 10.9.0.0/16",
            "protocols static table 10 route6 2001:db8::/32 next-hop fe80::1 interface eth0",
        ];
        let discard = |order: &str| {
            format!(
                "ip route 10.0.0.0/8 192.0.2.1 5\nip route 10.0.0.0/8 eth0\nip route 10.10.0.0/16 blackhole {order}\nipv6 route 2001:db8::/32 fe80::1 eth0 table 10\n"
            )
        };
        assert_eq!(rendered(Section::Static, Version::V1_4, &lines), discard("9 tag 7"));
        assert_eq!(rendered(Section::Static, Version::V1_5, &lines), discard("tag 7 9"));
    }

    #[test]
    fn lists_and_route_maps() {
        let lines = [
            "policy prefix-list6 P rule 10 action permit",
            "policy prefix-list6 P rule 10 prefix 2001:db8::/32",
            "policy prefix-list6 P rule 10 le 64",
            "policy prefix-list6 EMPTY description nothing",
            "policy community-list 30 rule 5 action permit",
            "policy community-list 30 rule 5 regex 65001:1",
            "policy community-list NAMED rule 5 action deny",
            "policy community-list NAMED rule 5 regex 65001:.*",
            "policy route-map RM rule 10 action permit",
            "policy route-map RM rule 10 continue 20",
            "policy route-map RM rule 10 match community community-list NAMED",
            "policy route-map RM rule 10 match community exact-match",
            "policy route-map RM rule 10 match protocol ospfv3",
            "policy route-map RM rule 10 set community add local-as",
            "policy route-map RM rule 10 set local-preference 200",
            "policy route-map RM rule 9 action deny",
        ];
        assert_eq!(
            rendered(Section::Policy, Version::V1_4, &lines),
            "\
bgp community-list 30 seq 5 permit 65001:1
bgp community-list expanded NAMED seq 5 deny 65001:.*
ipv6 prefix-list EMPTY description nothing
ipv6 prefix-list P seq 10 permit 2001:db8::/32 le 64
route-map RM deny 9
exit
route-map RM permit 10
 on-match goto 20
 match community NAMED exact-match
 match source-protocol ospf6
 set community local-AS additive
 set local-preference 200
exit
"
        );
    }
}
