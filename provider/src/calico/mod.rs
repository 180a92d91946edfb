//! Calico's own objects, with the checks that calicoctl would do.

mod blocks;
mod ippool;
mod pod_range;
mod selector;
#[cfg(test)]
mod tests;

pub use ippool::IpPool;

use crate::engine::cluster_object::{ClusterObjects, ClusterResource};
use crate::session::Session;
use tfplugin::Registry;

/// Adds the types of this family to the registry of all that are served.
pub fn register(registry: Registry<Session>) -> Registry<Session> {
    registry.resource::<ClusterResource<IpPool>>().list_resource::<ClusterObjects<IpPool>>()
}
