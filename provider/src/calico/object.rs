//! What Calico's objects have in common.

use crate::connection::cluster::Kind;

/// What some answers of the API server mean for all of Calico's kinds.
pub(super) const HINTS: &[(&str, &str)] = &[(
    "field not declared in schema",
    "The installed Calico does not know this attribute yet, or not any more. Leave it out, or update MicroK8s.",
)];

/// A kind of the whole cluster.
pub(super) const fn cluster_wide(kind: &'static str) -> Kind {
    Kind::cluster_wide("crd.projectcalico.org", "v1", kind)
}
