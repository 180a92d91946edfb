//! Nodes, clusters and add-ons, over SSH.

mod args_file;
mod calico_rollout;
mod change_node;
pub mod cluster_ipv6;
mod cni_manifest;
mod datastore;
mod dual_stack;
mod host_addresses;
mod ipv6_checks;
mod ipv6_rollout;
mod join_token;
mod machine;
mod messages;
mod node_list;
mod range_checks;
mod range_pair;
mod scripts;
mod survey;
mod view;
mod yaml_lines;
