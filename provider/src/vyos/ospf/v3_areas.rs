//! Areas and interfaces of OSPFv3.

use super::shared::{OspfLink, area};
use crate::vyos::validators;
use std::collections::BTreeMap;
use tfplugin::Model;

/// An area.
#[derive(Clone, Debug, Model)]
pub struct Ospfv3Area {
    /// A stub: routes from outside OSPF do not come in, a default route does. Not for the backbone.
    #[attribute(optional)]
    pub(super) stub: Option<Ospfv3Stub>,

    /// A stub that may announce routes from outside OSPF itself. Not for the backbone.
    #[attribute(optional)]
    pub(super) nssa: Option<Ospfv3Nssa>,

    /// Networks that other areas see in place of what lies inside, by prefix.
    #[attribute(optional, validate = validators::networks::<ipnet::Ipv6Net, _>)]
    ranges: Option<BTreeMap<String, Ospfv3Range>>,
}

/// What a stub lets in.
#[derive(Clone, Debug, Model)]
pub struct Ospfv3Stub {
    /// Keeps routes of other areas out too. Default `false`.
    #[attribute(default = false)]
    no_summary: bool,
}

/// What an nssa lets in.
#[derive(Clone, Debug, Model)]
pub struct Ospfv3Nssa {
    /// Keeps routes of other areas out too. Default `false`.
    #[attribute(default = false)]
    no_summary: bool,

    /// Announces a default route into it. Default `false`.
    #[attribute(default = false)]
    default_information_originate: bool,
}

/// A network in place of what lies inside it.
#[derive(Clone, Debug, Model)]
pub struct Ospfv3Range {
    /// Announces neither it nor what lies inside. Default `false`.
    #[attribute(default = false)]
    not_advertise: bool,
}

/// An interface.
#[derive(Clone, Debug, Model)]
pub struct Ospfv3Interface {
    /// Area that it takes part in: a number, or the form of an IPv4 address.
    #[attribute(required, validate = area)]
    area: String,

    #[attribute(flatten)]
    link: OspfLink,

    /// Network type: `broadcast` or `point-to-point`. Default: what the interface is.
    #[attribute(optional, validate = validators::ospfv3_network)]
    network: Option<String>,

    /// Announces the interface's network without forming adjacencies on it. Default `false`: OSPFv3 of VyOS
    /// has no other default for its interfaces.
    #[attribute(default = false)]
    passive: bool,

    /// MTU that is announced to neighbors, 1 to 65535, at most the interface's own. Default: the interface's
    /// own.
    #[attribute(optional, validate = validators::within::<1, 65535, _>)]
    ifmtu: Option<u16>,

    /// Number of the instance on the network, 0 to 255. All routers of the network need the same. Default: 0.
    #[attribute(optional)]
    instance_id: Option<u8>,
}
