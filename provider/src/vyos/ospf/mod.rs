//! `vyos_ospf`: a router's OSPF (version 2, for IPv4) as a whole.

mod areas;
mod shared;
mod v3;
mod v3_areas;

pub use v3::Ospfv3;

use crate::engine::router_config::{Declaration, RouterConfig};
use crate::vyos::validators;
use areas::{OspfArea, OspfInterface};
use shared::{OspfProcess, OspfRedistribute, areas, check_anything, check_kind};
use std::collections::{BTreeMap, BTreeSet};
use tfplugin::{Diagnostics, Knowable, Model, Path, Value};

/// OSPF of a VyOS router, which carries IPv4 routes to the routers around it, such as those that BGP learned
/// from a cluster's nodes. `vyos_ospfv3` is the same for IPv6. There is one on a router.
///
/// Areas, interfaces and sources that are not in the map of the configuration, added by hand on the router,
/// are removed (a map that is left out is not Terraform's, whoever fills it); parameters that no argument
/// names stay as they are. Destroying it removes `protocols ospf`. Creating it where OSPF is already
/// configured succeeds if nothing differs, and otherwise fails with the `import` block to use. Import id: the
/// router's name. VyOS 1.4 or later.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "vyos_ospf", version = 1, upgrade = without_passive_false)]
pub struct Ospf {
    #[attribute(flatten)]
    process: OspfProcess,

    /// The areas, by number or in the form of an IPv4 address. Such as `{ "0" = { networks = ["10.0.0.0/24"]
    /// } }`. An area that only interfaces name need not be here.
    #[attribute(optional, validate = areas)]
    areas: Option<BTreeMap<String, OspfArea>>,

    /// The interfaces, by name. They must exist on the router. Such as `{ eth1 = { area = "0", cost = 10 }
    /// }`.
    #[attribute(optional, validate = validators::devices)]
    interfaces: Option<BTreeMap<String, OspfInterface>>,

    /// Routes to announce, by where they come from: `bgp`, `connected`, `static`, `kernel`, `isis`, `rip` or
    /// `babel`; from VyOS 1.5 on also `nhrp`. Such as `{ bgp = { metric = 100, metric_type = 1 } }`.
    #[attribute(optional, validate = sources)]
    redistribute: Option<BTreeMap<String, OspfRedistribute>>,

    /// Equal paths that are used at once, 1 to 64. Default: FRR's own limit.
    #[attribute(optional, validate = validators::within::<1, 64, _>)]
    maximum_paths: Option<u8>,

    /// Makes all interfaces passive, except those with `passive = false`. Default `false`.
    #[attribute(default = false)]
    passive_interface_default: bool,
}

impl RouterConfig for Ospf {
    const DECLARATION: Declaration = Declaration::container("OSPF", "protocols ospf").paths(&[
        shared::PATHS,
        areas::PATHS,
        &[("passive_interface_default", "passive-interface default")],
    ]);

    fn validate_config(config: &OspfDraft, diagnostics: &mut Diagnostics) {
        check_anything(&config.areas, &config.interfaces, diagnostics);
        let areas = config.areas.given();
        let mut networks = BTreeSet::new();
        for (area, settings) in areas.into_iter().flatten() {
            check_kind(area, settings.stub.is_some(), settings.nssa.is_some(), diagnostics);
            for network in settings.networks.iter().flat_map(|set| &set.0) {
                if !networks.insert(network.canonical()) {
                    diagnostics.error_at(
                        Path::from("areas").key(area).attribute("networks"),
                        "Network in two areas",
                        format!("{network} is in another area already. Keep it in one of them."),
                    );
                }
            }
        }
        check_ways_in(!networks.is_empty(), &config.interfaces, diagnostics);
    }

    fn check_planned(planned: &OspfDraft, diagnostics: &mut Diagnostics) {
        for (name, interface) in planned.interfaces.given().into_iter().flatten() {
            let keys = interface.md5_keys.iter().flatten();
            for (number, _) in keys.filter(|(_, key)| key.md5_key.is_none()) {
                diagnostics.error_at(
                    Path::from("interfaces").key(name).attribute("md5_keys").key(number).attribute("md5_key"),
                    "Missing key",
                    format!("{name} has no key {number} that could stay. Give its `md5_key`, or leave {number} out."),
                );
            }
        }
    }
}

/// Up to version 0, `passive` was false where nothing was said; now that is `passive disable`, and null is
/// nothing.
fn without_passive_false(_: i64, state: &mut BTreeMap<String, Value>) -> Result<(), String> {
    let Some(Value::Object(interfaces)) = state.get_mut("interfaces") else { return Ok(()) };
    for interface in interfaces.values_mut() {
        if let Value::Object(attributes) = interface
            && attributes.get("passive") == Some(&Value::Bool(false))
        {
            attributes.insert("passive".to_owned(), Value::Null);
        }
    }
    Ok(())
}

/// Interfaces come into areas in one way or the other.
fn check_ways_in(
    by_network: bool,
    interfaces: &Knowable<Option<BTreeMap<String, OspfInterface>>>,
    diagnostics: &mut Diagnostics,
) {
    let with_area = interfaces.given().into_iter().flatten().filter(|(_, one)| one.area.is_some());
    for (name, _) in with_area.filter(|_| by_network) {
        diagnostics.error_at(
            Path::from("interfaces").key(name).attribute("area"),
            "Conflicting area assignment",
            "VyOS accepts areas with networks or interfaces with an area, not both. Keep one of them.",
        );
    }
}

fn sources(value: &Option<BTreeMap<String, OspfRedistribute>>) -> Result<(), String> {
    validators::keys(value, &["bgp", "connected", "static", "kernel", "isis", "rip", "babel", "nhrp"])
}
