//! Calico's own objects, with the checks that calicoctl would do.

mod blocks;
mod cidrs;
mod felix_configuration;
mod global_network_policy;
mod global_network_set;
mod host_endpoint;
mod ip_reservation;
mod ippool;
mod network_policy;
mod object;
mod pod_range;
mod policy_rule;
#[cfg(test)]
mod policy_tests;
mod selector;
#[cfg(test)]
mod tests;

pub use felix_configuration::FelixConfiguration;
pub use global_network_policy::GlobalNetworkPolicy;
pub use global_network_set::GlobalNetworkSet;
pub use host_endpoint::HostEndpoint;
pub use ip_reservation::IpReservation;
pub use ippool::IpPool;
pub use network_policy::NetworkPolicy;

use crate::engine::cluster_object::{ClusterObjects, ClusterResource};
use crate::session::Session;
use tfplugin::Registry;

/// Adds the types of this family to the registry of all that are served.
pub fn register(registry: Registry<Session>) -> Registry<Session> {
    registry
        .resource::<ClusterResource<FelixConfiguration>>()
        .resource::<ClusterResource<GlobalNetworkPolicy>>()
        .resource::<ClusterResource<GlobalNetworkSet>>()
        .resource::<ClusterResource<HostEndpoint>>()
        .resource::<ClusterResource<IpReservation>>()
        .resource::<ClusterResource<IpPool>>()
        .resource::<ClusterResource<NetworkPolicy>>()
        .list_resource::<ClusterObjects<FelixConfiguration>>()
        .list_resource::<ClusterObjects<GlobalNetworkPolicy>>()
        .list_resource::<ClusterObjects<GlobalNetworkSet>>()
        .list_resource::<ClusterObjects<HostEndpoint>>()
        .list_resource::<ClusterObjects<IpReservation>>()
        .list_resource::<ClusterObjects<IpPool>>()
        .list_resource::<ClusterObjects<NetworkPolicy>>()
}
