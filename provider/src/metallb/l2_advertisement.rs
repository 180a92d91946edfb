//! `metallb_l2_advertisement`.

use super::MetallbObject;
use super::advertisement_common::{Announced, POOLS};
use super::label_selector::distinct;
use super::object::{GROUP, HINTS};
use crate::connection::cluster::Kind;
use crate::engine::cluster_object::{ClusterObject, Reference};
use tfplugin::Model;

/// Announces the addresses of pools on the nodes' own network, by ARP and neighbour discovery: for addresses
/// out of the network that the nodes are in.
///
/// One node answers for an address at a time; another takes over when it fails. Where the router speaks BGP,
/// `metallb_bgp_advertisement` spreads the traffic over all nodes. MicroK8s's add-on, where it was enabled
/// with a range, brings an L2Advertisement of all pools of its own, `default-advertise-all-pools`.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "metallb_l2_advertisement")]
pub struct L2Advertisement {
    #[attribute(flatten)]
    object: MetallbObject,

    #[attribute(flatten)]
    announced: Announced,

    /// Network interfaces of the nodes to announce on, by name. A name that a node lacks is ignored there.
    /// MetalLB 0.13.6. Default: all interfaces.
    #[attribute(optional, validate = distinct)]
    interfaces: Option<Vec<String>>,
}

impl ClusterObject for L2Advertisement {
    const KIND: Kind = Kind::namespaced(GROUP, "v1beta1", "L2Advertisement");
    const HINTS: &'static [(&'static str, &'static str)] = HINTS;
    const REFERENCES: &'static [Reference] = &[POOLS];
}
