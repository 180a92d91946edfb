//! Nodes, clusters and add-ons, over SSH, and any object in the cluster. Each type has a folder of its own;
//! what several types work with is in [`shared`], which knows none of them.

mod action;
pub mod addon;
pub mod addon_repository;
pub mod cluster_ipv6;
pub mod cluster_member;
pub mod helm_release;
pub mod join_token;
pub mod kubeconfig;
pub mod node;
pub mod object;
#[cfg(test)]
mod script_tests;
mod shared;
pub mod status;
#[cfg(test)]
mod tests;

use crate::engine::cluster_object::{ClusterObjects, ClusterResource};
use crate::engine::node_resource::{NodeObjects, OverSsh};
use crate::session::Session;
use action::{BackupDatastore, OnNode, RefreshCertificates, Restart};
use tfplugin::Registry;

/// Adds the types of this family to the registry of all that are served.
pub fn register(registry: Registry<Session>) -> Registry<Session> {
    registry
        .resource::<OverSsh<addon::Addon>>()
        .resource::<OverSsh<addon_repository::AddonRepository>>()
        .resource::<OverSsh<cluster_ipv6::ClusterIpv6>>()
        .resource::<OverSsh<cluster_member::ClusterMember>>()
        .resource::<OverSsh<helm_release::HelmRelease>>()
        .resource::<OverSsh<node::Node>>()
        .resource::<ClusterResource<object::GenericObject>>()
        .list_resource::<NodeObjects<addon::Addon>>()
        .list_resource::<NodeObjects<cluster_ipv6::ClusterIpv6>>()
        .list_resource::<NodeObjects<cluster_member::ClusterMember>>()
        .list_resource::<NodeObjects<node::Node>>()
        .list_resource::<ClusterObjects<object::GenericObject>>()
        .data_source::<status::Status>()
        .ephemeral_resource::<join_token::JoinToken>()
        .ephemeral_resource::<kubeconfig::Kubeconfig>()
        .action::<OnNode<BackupDatastore>>()
        .action::<OnNode<RefreshCertificates>>()
        .action::<OnNode<Restart>>()
}
