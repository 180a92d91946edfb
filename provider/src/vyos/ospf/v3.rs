//! `vyos_ospfv3`: a router's OSPFv3 (for IPv6) as a whole.

use super::shared::{self, OspfProcess, OspfRedistribute, areas, check_anything, check_kind};
use super::v3_areas::{Ospfv3Area, Ospfv3Interface};
use crate::engine::router_config::{Declaration, RouterConfig};
use crate::vyos::validators;
use std::collections::BTreeMap;
use tfplugin::{Diagnostics, Model};

/// OSPFv3 of a VyOS router, which carries IPv6 routes to the routers around it, such as those of LoadBalancer
/// addresses that BGP learned from a cluster's nodes. `vyos_ospf` is the same for IPv4. There is one on a
/// router.
///
/// Areas, interfaces and sources that are not in the map of the configuration, added by hand on the router,
/// are removed (a map that is left out is not Terraform's, whoever fills it); parameters that no argument
/// names stay as they are. Destroying it removes `protocols ospfv3`. Creating it where OSPFv3 is already
/// configured succeeds if nothing differs, and otherwise fails with the `import` block to use. Import id: the
/// router's name. VyOS 1.4 or later.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "vyos_ospfv3")]
pub struct Ospfv3 {
    #[attribute(flatten)]
    process: OspfProcess,

    /// The areas, by number or in the form of an IPv4 address. Only what is special about an area needs to be
    /// here: one that an interface names exists without an entry.
    #[attribute(optional, validate = areas)]
    areas: Option<BTreeMap<String, Ospfv3Area>>,

    /// The interfaces, by name. They must exist on the router. Such as `{ eth1 = { area = "0", cost = 10 }
    /// }`.
    #[attribute(optional, validate = validators::devices)]
    interfaces: Option<BTreeMap<String, Ospfv3Interface>>,

    /// Routes to announce, by where they come from: `bgp`, `connected`, `static`, `kernel`, `isis`, `ripng`
    /// or `babel`. Such as `{ bgp = { metric = 100, metric_type = 1 } }`.
    #[attribute(optional, validate = sources)]
    redistribute: Option<BTreeMap<String, OspfRedistribute>>,
}

impl RouterConfig for Ospfv3 {
    const DECLARATION: Declaration =
        Declaration::container("OSPFv3", "protocols ospfv3").paths(&[shared::PATHS]);

    fn validate_config(config: &Ospfv3Draft, diagnostics: &mut Diagnostics) {
        check_anything(&config.areas, &config.interfaces, diagnostics);
        for (area, settings) in config.areas.given().into_iter().flatten() {
            check_kind(area, settings.stub.is_some(), settings.nssa.is_some(), diagnostics);
        }
    }
}

fn sources(value: &Option<BTreeMap<String, OspfRedistribute>>) -> Result<(), String> {
    validators::keys(value, &["bgp", "connected", "static", "kernel", "isis", "ripng", "babel"])
}
