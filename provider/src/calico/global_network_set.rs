//! `calico_global_network_set`.

use super::cidrs::some_cidrs;
use super::object::{HINTS, cluster_wide};
use crate::connection::cluster::Kind;
use crate::engine::cluster_object::{ClusterObject, ClusterWideObject};
use std::collections::BTreeMap;
use tfplugin::Model;
use tfplugin::model::Set;

/// Addresses outside of the cluster under a label, for the selectors of policies.
///
/// A rule whose `selector` matches the set's labels is about its addresses: one list of trusted networks for
/// all policies.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "calico_global_network_set")]
pub struct GlobalNetworkSet {
    #[attribute(flatten)]
    object: ClusterWideObject,

    /// Labels that selectors match, such as `{ role = "office" }`. Others' labels stay as they are. Default:
    /// none.
    #[attribute(optional)]
    labels: Option<BTreeMap<String, String>>,

    /// The networks and addresses, of either family: `["192.0.2.0/24", "2001:db8::7"]`. Default: none.
    #[attribute(optional, validate = some_cidrs)]
    nets: Option<Set<String>>,
}

impl ClusterObject for GlobalNetworkSet {
    const KIND: Kind = cluster_wide("GlobalNetworkSet");
    const HINTS: &'static [(&'static str, &'static str)] = HINTS;
}
