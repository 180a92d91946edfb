//! `vyos_static_route`: a route that is configured, not learned.

use super::validators;
use crate::connection::router::{ConfigTree, Veto};
use crate::engine::router_config::{Declaration, RouterConfig, RouterTarget, ValueFormat};
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::net::IpAddr;
use tfplugin::types::Semantic;
use tfplugin::{Diagnostics, Model, Path, Value};

/// A static route of a VyOS router, of IPv4 or IPv6 as its `destination` is.
///
/// Next hops and interfaces that are not in the map of the configuration, added by hand on the router, are
/// removed; a map that is left out is not Terraform's, whoever fills it. Of several next hops, those with the
/// lowest distance are used at once. Import id: `<router>/<destination>`, such as `edge/2001:db8::/32`, or
/// the destination where there is only one router. VyOS 1.4 or later.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "vyos_static_route", version = 1, upgrade = not_disabled)]
pub struct StaticRoute {
    #[attribute(flatten)]
    target: RouterTarget,

    /// Network that the route leads to, of IPv4 or IPv6, without host bits; `0.0.0.0/0` or `::/0` for the
    /// default route. A different one makes a new route.
    #[attribute(required, requires_replace, identity, validate = destination)]
    destination: Semantic<IpNet>,

    /// Free-text description, at most 255 characters, without quotes.
    #[attribute(optional, validate = validators::description)]
    description: Option<String>,

    /// Routers that it leads over, by address, of the family of `destination`. Such as `{ "10.0.0.254" = {}
    /// }`.
    #[attribute(optional, validate = next_hops)]
    next_hops: Option<BTreeMap<String, NextHop>>,

    /// Interfaces that it leads out of without a router behind, by name. VyOS does not check that they exist.
    #[attribute(optional, validate = validators::devices)]
    interfaces: Option<BTreeMap<String, OutInterface>>,

    /// Silently drops matching traffic; `{}` where no other route is better. Not together with `reject`.
    #[attribute(optional)]
    blackhole: Option<Discard>,

    /// Rejects matching traffic (ICMP unreachable). Not together with `blackhole`.
    #[attribute(optional)]
    reject: Option<Discard>,
}

/// A router that a route leads over.
#[derive(Clone, Debug, Model)]
pub struct NextHop {
    /// Administrative distance, 1 to 255; the lowest is used. Default: 1.
    #[attribute(optional, validate = validators::within::<1, 255, _>)]
    distance: Option<u8>,

    /// Interface that the router is behind. Needed for a link-local address.
    #[attribute(optional, validate = validators::device)]
    interface: Option<String>,

    /// Does not use it, and keeps it in the configuration. Default `false`.
    #[attribute(default = false)]
    disable: bool,
}

/// An interface that a route leads out of.
#[derive(Clone, Debug, Model)]
pub struct OutInterface {
    /// Administrative distance, 1 to 255; the lowest is used. Default: 1.
    #[attribute(optional, validate = validators::within::<1, 255, _>)]
    distance: Option<u8>,

    /// Does not use it, and keeps it in the configuration. Default `false`.
    #[attribute(default = false)]
    disable: bool,
}

/// A route that leads nowhere.
#[derive(Clone, Debug, Model)]
pub struct Discard {
    /// Administrative distance, 1 to 255; the lowest is used. Default: 1.
    #[attribute(optional, validate = validators::within::<1, 255, _>)]
    distance: Option<u8>,

    /// Tag that route-maps may ask for, 1 to 4294967295. Default: none.
    #[attribute(optional, validate = validators::within::<1, 4_294_967_295, _>)]
    tag: Option<u32>,
}

impl RouterConfig for StaticRoute {
    const DECLARATION: Declaration =
        Declaration::tag("static route", "protocols static", "route {destination}").ipv6("route6").paths(&[
            &[
                ("next_hops", "next-hop {address}"),
                ("interfaces", "interface {name}"),
                ("blackhole", "blackhole {}"),
                ("reject", "reject {}"),
            ],
        ]);

    fn validate_config(config: &StaticRouteDraft, diagnostics: &mut Diagnostics) {
        if config.blackhole.given().is_some() && config.reject.given().is_some() {
            diagnostics.error_at(
                "reject",
                "Conflicting arguments",
                "blackhole and reject exclude each other. Keep one of them.",
            );
        }
        let ways = [
            config.next_hops.known().map(Option::is_none),
            config.interfaces.known().map(Option::is_none),
            config.blackhole.known().map(Option::is_none),
            config.reject.known().map(Option::is_none),
        ];
        if ways.iter().all(|none| *none == Some(true)) {
            diagnostics.error_at(
                "next_hops",
                "Missing next hop",
                "A route needs next_hops, interfaces, blackhole or reject; VyOS accepts one without and ignores it.",
            );
        }
        if let (Some(destination), Some(next_hops)) = (config.destination.known(), config.next_hops.given()) {
            check_next_hops(*destination.value(), next_hops, diagnostics);
        }
    }

    fn fits(&self, _: &ConfigTree) -> Result<(), Veto> {
        let mut found = Diagnostics::default();
        self.next_hops.iter().for_each(|all| check_next_hops(*self.destination.value(), all, &mut found));
        Veto::first(found)
    }
}

/// Up to version 0 there was no `disable`.
fn not_disabled(_: i64, state: &mut BTreeMap<String, Value>) -> Result<(), String> {
    for ways in ["next_hops", "interfaces"] {
        let Some(Value::Object(ways)) = state.get_mut(ways) else { continue };
        for way in ways.values_mut() {
            if let Value::Object(attributes) = way {
                attributes.insert("disable".to_owned(), Value::Bool(false));
            }
        }
    }
    Ok(())
}

fn check_next_hops(destination: IpNet, next_hops: &BTreeMap<String, NextHop>, diagnostics: &mut Diagnostics) {
    let (family, is_v6) = if destination.addr().is_ipv6() { ("IPv6", true) } else { ("IPv4", false) };
    for (address, next_hop) in next_hops {
        let at = Path::from("next_hops").key(address);
        match address.parse::<IpAddr>() {
            Ok(parsed) if parsed.is_ipv6() != is_v6 => {
                let detail = format!("{destination} is a network of {family}, {address} is not of it.");
                diagnostics.error_at(at, "Next hop of the other family", detail);
            }
            Ok(IpAddr::V6(parsed)) if parsed.is_unicast_link_local() && next_hop.interface.is_none() => {
                let detail =
                    format!("{address} is there on every link. Say with interface which one is meant.");
                diagnostics.error_at(at.attribute("interface"), "Missing interface", detail);
            }
            Ok(parsed) => {
                if let Err(reason) = validators::not_mapped(parsed) {
                    diagnostics.error_at(at, "Unusable next hop", format!("{reason}."));
                }
            }
            Err(_) => diagnostics.error_at(
                at,
                "Unusable next hop",
                format!("{address:?} is not an {family} address. Put an interface without a next hop into `interfaces`."),
            ),
        }
    }
}

fn next_hops(value: &Option<BTreeMap<String, NextHop>>) -> Result<(), String> {
    validators::distinct(value, ValueFormat::Address)
}

fn destination(value: &Semantic<IpNet>) -> Result<(), String> {
    let network = value.value();
    match network.trunc() == *network {
        true => Ok(()),
        false => Err(format!("{network} has host bits set; the network is {}", network.trunc())),
    }
}
