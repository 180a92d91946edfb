//! What all of MetalLB's objects have in common.

use crate::engine::cluster_object::cluster_address;
use crate::engine::timeouts::Timeouts;
use crate::values::{namespace_name, object_name};
use tfplugin::Model;

/// API group of MetalLB's objects.
pub(super) const GROUP: &str = "metallb.io";

/// What some answers of the API server mean for all of MetalLB's kinds.
pub(super) const HINTS: &[(&str, &str)] = &[
    (
        "resource must be created in",
        "MetalLB reads objects in its own namespace only. Set `namespace` to the one that it names.",
    ),
    (
        "on native bgp mode",
        "MetalLB runs its native BGP mode here, as MicroK8s's add-on does, which does not know this. Its FRR modes do; they \
         come with MetalLB's own manifests or Helm chart.",
    ),
    (
        "native bgp mode does not support ipv6",
        "MetalLB runs its native BGP mode here, as MicroK8s's add-on does, which announces IPv4 alone. Its FRR modes \
         announce both; they come with MetalLB's own manifests or Helm chart.",
    ),
    (
        "native BGP mode only supports legacy communities",
        "MetalLB runs its native BGP mode here, as MicroK8s's add-on does, which knows no large communities. Its FRR modes do; \
         they come with MetalLB's own manifests or Helm chart.",
    ),
    (
        ", used by BGPPeer",
        "Destroy the peer first, or give it another profile. A peer that refers to the profile (`bfd_profile = \
         metallb_bfd_profile.fast.name`) is destroyed before it.",
    ),
    (
        "Maximum boundary value must be of type integer",
        "The installed MetalLB is too old for this Kubernetes: from 1.36 on, its peers need MetalLB 0.16 or newer.",
    ),
    (
        "field not declared in schema",
        "The installed MetalLB does not know this attribute yet. Leave it out, or update MetalLB.",
    ),
];

/// The address of one of MetalLB's objects.
#[derive(Clone, Debug, Model)]
pub struct MetallbObject {
    /// The cluster: address of one of its control-plane nodes, over which its API server is reached through
    /// SSH. Default: the cluster of the provider's `kubernetes` block. It is an address and not the cluster's
    /// identity: another address of the same cluster is a change in place.
    #[attribute(optional, identity(mutable), validate = cluster_address)]
    pub cluster: Option<String>,

    /// Namespace of the object, which is the one that MetalLB runs in: it ignores others. Default
    /// `metallb-system`, as MicroK8s's add-on and MetalLB's own manifests have it.
    #[attribute(default = "metallb-system".to_owned(), requires_replace, identity, validate = namespace_name)]
    pub namespace: String,

    /// Name of the object. Another name is another object.
    #[attribute(required, requires_replace, identity, validate = object_name)]
    pub name: String,

    /// How long to wait. Default: 5 minutes each.
    #[attribute(optional)]
    pub timeouts: Option<Timeouts>,
}
