//! What MetalLB's speakers announce and to whom.

mod address_range;
mod ip_address_pool;
mod label_selector;
mod object;

pub use address_range::AddressRange;
pub use ip_address_pool::IpAddressPool;
pub use label_selector::LabelSelector;
pub use object::NamespacedObject;
