//! Nodes, clusters and add-ons, over SSH, and any object in the cluster. Each type has a folder of its own; what several types
//! work with is in [`shared`], which knows none of them.

pub mod addon;
pub mod addon_repository;
pub mod cluster_ipv6;
pub mod cluster_member;
pub mod helm_release;
pub mod node;
pub mod object;
mod shared;
pub mod status;
#[cfg(test)]
mod tests;
