//! `metallb_ip_address_pool`.

use super::MetallbObject;
use super::label_selector::{LabelSelector, distinct, selectors};
use super::object::{GROUP, HINTS};
use crate::connection::cluster::Kind;
use crate::engine::cluster_object::ClusterObject;
use crate::values::AddressRange;
use tfplugin::types::Semantic;
use tfplugin::{Diagnostics, Model};

/// Addresses that MetalLB hands out to Services of type LoadBalancer.
///
/// A pool only hands out; a `metallb_bgp_advertisement` announces its addresses. A dual-stack Service takes
/// both of its addresses from one pool, so such a pool has networks of both families. Shrinking or destroying
/// a pool in use is not refused: its Services get addresses of another pool, or none.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "metallb_ip_address_pool")]
pub struct IpAddressPool {
    #[attribute(flatten)]
    object: MetallbObject,

    /// The addresses: networks (`192.0.2.0/24`, `2001:db8::/64`) and ranges (`192.0.2.10-192.0.2.20`) of
    /// either family. They overlap neither each other nor another pool.
    #[attribute(required, validate = not_empty)]
    addresses: Vec<Semantic<AddressRange>>,

    /// Whether Services get addresses of this pool without asking for it. Default `true`.
    #[attribute(default = true)]
    auto_assign: bool,

    /// Whether IPv4 addresses that end in .0 and .255 are left out, for clients that take them for broadcast
    /// addresses. Default `false`.
    #[attribute(default = false)]
    avoid_buggy_ips: bool,

    /// Keeps the pool for the Services that match both the namespace part (`namespaces` or
    /// `namespace_selectors`) and `service_selectors`; a part that is left out matches all. Such a pool is
    /// tried before the general ones. Needs MetalLB 0.13.8. Default: all Services.
    #[attribute(optional)]
    service_allocation: Option<ServiceAllocation>,
}

/// The Services that a pool is for: those that match the namespace part and the service part. A part that is
/// left out matches all.
#[derive(Clone, Debug, Model)]
pub struct ServiceAllocation {
    /// Order among the pools that fit a Service: the lowest number from 1 on wins, 0 or none comes last.
    #[attribute(optional)]
    priority: Option<u32>,

    /// Namespaces of the Services, by name.
    #[attribute(optional, validate = distinct)]
    namespaces: Option<Vec<String>>,

    /// Namespaces of the Services, by their labels: any of these.
    #[attribute(optional, validate = selectors)]
    namespace_selectors: Option<Vec<LabelSelector>>,

    /// Services by their labels: any of these.
    #[attribute(optional, validate = selectors)]
    service_selectors: Option<Vec<LabelSelector>>,
}

impl ClusterObject for IpAddressPool {
    const KIND: Kind = Kind::namespaced(GROUP, "v1beta1", "IPAddressPool");
    const FIELD_NAMES: &'static [(&'static str, &'static str)] = &[("avoid_buggy_ips", "avoidBuggyIPs")];
    const HINTS: &'static [(&'static str, &'static str)] = HINTS;

    fn validate_config(config: &IpAddressPoolDraft, diagnostics: &mut Diagnostics) {
        let Some(addresses) = config.addresses.known() else { return };
        for (at, range) in addresses.iter().enumerate() {
            if let Some(unusable) = range.value().unusable() {
                let path = tfplugin::Path::from("addresses").index(at);
                let detail = format!("{range} contains {unusable}, at which no Service can be reached.");
                diagnostics.error_at(path, "Addresses that no Service can have", detail);
            }
            if let Some(earlier) =
                addresses.iter().take(at).find(|earlier| earlier.value().overlaps(range.value()))
            {
                let path = tfplugin::Path::from("addresses").index(at);
                let detail = format!("{range} overlaps {earlier} in the same pool, which MetalLB refuses.");
                diagnostics.error_at(path, "Overlapping addresses", detail);
            }
        }
    }
}

fn not_empty(addresses: &[Semantic<AddressRange>]) -> Result<(), String> {
    match addresses.is_empty() {
        true => Err("a pool needs addresses".to_owned()),
        false => Ok(()),
    }
}
