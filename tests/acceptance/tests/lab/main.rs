//! The real terraform against the built plugin, each test in a lab of its own. One program for all: most of their time is spent waiting
//! for clusters, so that tests side by side take little longer than one alone.

mod addon_repositories;
mod addons;
mod bad_input;
mod broken_links;
mod build_out;
mod by_hand;
mod cluster_objects;
mod control_plane_and_workers;
mod examples;
mod frr_k8s;
mod guide;
mod helm_releases;
mod hostile;
mod hostile_peers;
mod install;
mod interrupted;
mod node_storage;
mod node_troubles;
mod nodes;
mod proxmox;
mod rebuilt;
mod release;
mod router;
mod router_objects;
mod secrets;
mod single_node;
mod storage;
mod tofu;
mod user;
