//! What is done on machines over SSH.

mod addon_repositories;
mod addons;
mod cut_links;
mod helm_releases;
mod interrupted;
mod labels_and_taints;
mod life;
mod node_arguments;
pub(crate) mod node_storage;
mod node_troubles;
mod rebuilt;
