//! What OSPF and OSPFv3 have alike: what the router does in them, how an interface takes part, what they
//! announce of other protocols, and what they ask of an area.

use crate::engine::router_config::{Paths, RouterTarget, ValueFormat};
use crate::vyos::validators;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use tfplugin::types::Semantic;
use tfplugin::{Diagnostics, Knowable, Model, Path};

/// What the router does in OSPF of either version.
#[derive(Clone, Debug, Model)]
pub struct OspfProcess {
    #[attribute(flatten)]
    target: RouterTarget,

    /// The router's identifier in OSPF, in the form of an IPv4 address. Default: FRR chooses the highest IPv4
    /// address; a router without any needs one here.
    #[attribute(optional)]
    router_id: Option<Semantic<Ipv4Addr>>,

    /// Announces a default route; `{}` while the router has one itself. Default: none is announced.
    #[attribute(optional)]
    default_information: Option<OspfDefaultInformation>,

    /// Bandwidth in Mbit/s that costs 1, 1 to 4294967: faster interfaces cost no less. Default: 100.
    #[attribute(optional, validate = validators::within::<1, 4_294_967, _>)]
    reference_bandwidth: Option<u32>,

    /// Logs changes of the state of neighbors. Default `false`.
    #[attribute(default = false)]
    log_adjacency_changes: bool,
}

/// How an interface takes part.
#[derive(Clone, Debug, Model)]
pub struct OspfLink {
    /// Cost, 1 to 65535. Default: `reference_bandwidth` divided by the interface's.
    #[attribute(optional, validate = validators::within::<1, 65535, _>)]
    cost: Option<u16>,

    /// Priority in the election of the network's designated router, 0 to 255; 0 never becomes one. Default:
    /// 1.
    #[attribute(optional)]
    priority: Option<u8>,

    /// Seconds between two hellos, 1 to 65535. All routers of the network need the same. Default: 10.
    #[attribute(optional, validate = validators::within::<1, 65535, _>)]
    hello_interval: Option<u16>,

    /// Seconds without a hello after which a neighbor is considered down, 1 to 65535. All routers of the
    /// network need the same. Default: 40.
    #[attribute(optional, validate = validators::within::<1, 65535, _>)]
    dead_interval: Option<u16>,

    /// Seconds after which what was not acknowledged is sent again, 1 to 65535. Default: 5.
    #[attribute(optional, validate = validators::within::<1, 65535, _>)]
    retransmit_interval: Option<u16>,

    /// Seconds that sending takes, 1 to 65535. Default: 1.
    #[attribute(optional, validate = validators::within::<1, 65535, _>)]
    transmit_delay: Option<u16>,

    /// Accepts neighbors with a different MTU. Default `false`.
    #[attribute(default = false)]
    mtu_ignore: bool,

    /// Watches the neighbors with BFD; `{}` with FRR's own timers.
    #[attribute(optional)]
    bfd: Option<OspfBfd>,
}

/// Routes of another protocol.
#[derive(Clone, Debug, Model)]
pub struct OspfRedistribute {
    /// Metric that the routes get, 0 to 16777214. Default: FRR's own, 20 for most sources.
    #[attribute(optional, validate = validators::within::<0, 16_777_214, _>)]
    metric: Option<u32>,

    /// `1` for a metric that grows on the way through the area, `2` for one that does not. Default: 2.
    #[attribute(optional, validate = validators::within::<1, 2, _>)]
    metric_type: Option<u8>,

    /// Route-map that the routes pass. It must exist on the router; VyOS finds none with a dot in its name.
    #[attribute(optional, validate = validators::route_map_without_dot)]
    route_map: Option<String>,
}

/// A default route for the other routers.
#[derive(Clone, Debug, Model)]
pub struct OspfDefaultInformation {
    /// Announces it also while this router has no default route itself. Default `false`.
    #[attribute(default = false)]
    always: bool,

    /// Metric that it gets, 0 to 16777214. Default: FRR's own.
    #[attribute(optional, validate = validators::within::<0, 16_777_214, _>)]
    metric: Option<u32>,

    /// `1` for a metric that grows on the way through the area, `2` for one that does not. Default: 2.
    #[attribute(optional, validate = validators::within::<1, 2, _>)]
    metric_type: Option<u8>,

    /// Route-map that says when, and with what. It must exist on the router; VyOS finds none with a dot in
    /// its name.
    #[attribute(optional, validate = validators::route_map_without_dot)]
    route_map: Option<String>,
}

/// Watches the other routers with BFD.
#[derive(Clone, Debug, Model)]
pub struct OspfBfd {
    /// BFD profile. VyOS does not check that it exists.
    #[attribute(optional, validate = validators::word)]
    profile: Option<String>,
}

/// Where attributes are that both have.
pub(super) const PATHS: &Paths = &[
    ("router_id", "parameters router-id"),
    ("areas", "area {area}"),
    ("stub", "area-type stub {}"),
    ("nssa", "area-type nssa {}"),
    ("ranges", "range {network}"),
    ("interfaces", "interface {name} -> interfaces"),
    ("interfaces.area", "area {area}"),
    ("bfd", "bfd {}"),
    ("bfd.profile", "profile ~> protocols bfd profile"),
    ("route_map", "route-map -> policy route-map"),
    ("default_information", "default-information originate {}"),
    ("reference_bandwidth", "auto-cost reference-bandwidth"),
];

/// A map whose keys are areas.
pub(super) fn areas<T>(value: &Option<BTreeMap<String, T>>) -> Result<(), String> {
    value.iter().flat_map(BTreeMap::keys).try_for_each(|key| area(key))?;
    validators::distinct(value, ValueFormat::Area)
}

/// An area: a number or the form of an IPv4 address.
pub(super) fn area(text: &str) -> Result<(), String> {
    match validators::is_number::<0, { u32::MAX }>(text) || text.parse::<std::net::Ipv4Addr>().is_ok() {
        true => Ok(()),
        false => Err(format!("{text:?} is not a valid area: a number such as 0, or dotted such as 0.0.0.0")),
    }
}

/// Rules for what an area lets in; `stub` and `nssa` say which of them are there.
pub(super) fn check_kind(area: &str, stub: bool, nssa: bool, diagnostics: &mut Diagnostics) {
    let at = |attribute: &str| Path::from("areas").key(area).attribute(attribute);
    if stub && nssa {
        let detail = "An area is of one kind: stub and nssa exclude each other. Keep one of them.";
        diagnostics.error_at(at("nssa"), "Conflicting arguments", detail);
    }
    if ValueFormat::Area.canonical(area) == "0" && (stub || nssa) {
        let detail = "The backbone, area 0, is neither a stub nor an nssa: FRR refuses both. Leave it out.";
        diagnostics.error_at(at(if stub { "stub" } else { "nssa" }), "Not for the backbone", detail);
    }
}

/// A router that takes part nowhere is none: VyOS could not tell it from no configuration.
pub(super) fn check_anything<A, B>(
    areas: &Knowable<Option<A>>,
    interfaces: &Knowable<Option<B>>,
    diagnostics: &mut Diagnostics,
) {
    if matches!((areas, interfaces), (Knowable::Known(None), Knowable::Known(None))) {
        diagnostics.error_at("interfaces", "No OSPF interfaces", "Configure at least one interface or area.");
    }
}
