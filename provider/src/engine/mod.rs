//! One engine per kind of target: what all types of that kind do alike.

pub mod attribute_reference;
pub mod cluster_object;
pub mod node_resource;
#[cfg(test)]
mod once_tests;
mod read_scope;
pub mod router_config;
pub mod timeouts;
pub mod wait;
