//! One engine per kind of target: what all types of that kind do alike.

pub mod cluster_object;
pub mod failure;
pub mod gate;
pub mod import;
pub mod kept_secrets;
mod reading;
pub mod router_config;
pub mod step;
pub mod timeouts;
