//! Nodes, clusters and add-ons, over SSH, and any object in the cluster. A type's own parts are in the folder of its name; what several
//! types work with is in `machine` (one machine), `cluster` (all machines of one) and `settings` (the files that make a node dual-stack).

pub mod addon;
pub mod addon_repository;
mod addon_steps;
mod cluster;
pub mod cluster_ipv6;
pub mod cluster_member;
mod document;
#[cfg(test)]
mod endless_tests;
pub mod helm_release;
mod look;
mod machine;
pub mod node;
pub mod object;
mod settings;
pub mod status;
#[cfg(test)]
mod testing;
