//! `calico_ip_reservation`.

use super::cidrs::cidrs;
use super::object::{HINTS, cluster_wide};
use crate::connection::cluster::Kind;
use crate::engine::cluster_object::{ClusterObject, ClusterWideObject};
use tfplugin::Model;
use tfplugin::model::Set;

/// Addresses of pools that Calico gives to no pod of its own accord.
///
/// Pods that have one keep it, and a pod that asks for one by annotation gets it. Prefer a few short ranges:
/// Calico passes over the reserved addresses of a block one by one.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "calico_ip_reservation")]
pub struct IpReservation {
    #[attribute(flatten)]
    object: ClusterWideObject,

    /// The addresses and networks, of either family: `["10.1.0.0/28", "fd01::1"]`. At least one.
    #[attribute(required, validate = cidrs)]
    reserved_cidrs: Set<String>,
}

impl ClusterObject for IpReservation {
    const KIND: Kind = cluster_wide("IPReservation");
    const FIELD_NAMES: &'static [(&'static str, &'static str)] = &[("reserved_cidrs", "reservedCIDRs")];
    const HINTS: &'static [(&'static str, &'static str)] = HINTS;
}
