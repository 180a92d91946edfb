//! What MetalLB's speakers announce and to whom.

mod advertisement_common;
mod bfd_profile;
mod bgp_advertisement;
mod bgp_mode;
mod bgp_peer;
mod bgp_sessions;
mod community;
mod ip_address_pool;
mod l2_advertisement;
mod label_selector;
mod object;
mod service_addresses;
#[cfg(test)]
mod tests;
mod wait;

pub use bfd_profile::BfdProfile;
pub use bgp_advertisement::BgpAdvertisement;
pub use bgp_peer::BgpPeer;
pub use bgp_sessions::BgpSessions;
pub use community::Community;
pub use ip_address_pool::IpAddressPool;
pub use l2_advertisement::L2Advertisement;
pub use label_selector::LabelSelector;
pub use object::MetallbObject;
pub use service_addresses::ServiceAddresses;

use crate::engine::attribute_reference::AttributeReference;
use crate::engine::cluster_object::{ClusterObjects, ClusterResource, attribute_references as of};
use crate::session::Session;
use tfplugin::Registry;

/// Adds the types of this family to the registry of all that are served.
pub fn register(registry: Registry<Session>) -> Registry<Session> {
    registry
        .resource::<ClusterResource<BfdProfile>>()
        .resource::<ClusterResource<BgpAdvertisement>>()
        .resource::<ClusterResource<BgpPeer>>()
        .resource::<ClusterResource<Community>>()
        .resource::<ClusterResource<IpAddressPool>>()
        .resource::<ClusterResource<L2Advertisement>>()
        .list_resource::<ClusterObjects<BfdProfile>>()
        .list_resource::<ClusterObjects<BgpAdvertisement>>()
        .list_resource::<ClusterObjects<BgpPeer>>()
        .list_resource::<ClusterObjects<Community>>()
        .list_resource::<ClusterObjects<IpAddressPool>>()
        .list_resource::<ClusterObjects<L2Advertisement>>()
        .data_source::<BgpSessions>()
        .data_source::<ServiceAddresses>()
}

/// Which attributes of these types are the value of another one's.
pub fn attribute_references() -> Vec<AttributeReference> {
    [of::<BgpAdvertisement>(), of::<BgpPeer>(), of::<L2Advertisement>()].concat()
}
