//! What every advertisement says: which addresses are announced, and from which nodes.

use super::IpAddressPool;
use super::label_selector::{LabelSelector, distinct, selectors};
use crate::engine::cluster_object::{ClusterObject, Reference, ReferenceTarget};
use tfplugin::Model;

/// [`Announced::ip_address_pools`].
pub(super) const POOLS: Reference = Reference {
    attribute: "ip_address_pools",
    target: ReferenceTarget::Object(IpAddressPool::KIND),
    type_name: "metallb_ip_address_pool",
    consequence: "MetalLB ignores the name: no address of such a pool is announced.",
};

/// What is announced, and from where.
#[derive(Clone, Debug, Model)]
pub struct Announced {
    /// Pools to announce, by name. MetalLB ignores a name that does not exist; the apply warns of it.
    /// Default: with no `ip_address_pool_selectors` either, all pools there are and will be.
    #[attribute(optional, validate = distinct)]
    pub ip_address_pools: Option<Vec<String>>,

    /// Pools to announce, by their labels: any of these, beside `ip_address_pools`.
    #[attribute(optional, validate = selectors)]
    pub ip_address_pool_selectors: Option<Vec<LabelSelector>>,

    /// Services to announce, by their labels: any of these. MetalLB 0.16. Default: all with an address of the
    /// pools.
    #[attribute(optional, validate = selectors)]
    pub service_selectors: Option<Vec<LabelSelector>>,

    /// Nodes that announce: any of these. Default: all nodes.
    #[attribute(optional, validate = selectors)]
    pub node_selectors: Option<Vec<LabelSelector>>,
}
