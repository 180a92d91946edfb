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
