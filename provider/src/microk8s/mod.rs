//! Nodes, clusters and add-ons, over SSH; and any object in the cluster.

pub mod addon;
mod addon_steps;
mod args_file;
mod calico_rollout;
mod change_node;
mod channel;
pub mod cluster_ipv6;
pub mod cluster_member;
mod cni_manifest;
mod datastore;
mod dual_stack;
mod host_addresses;
mod hosts_block;
mod ipv6_checks;
mod ipv6_rollout;
mod join;
mod join_token;
mod journal;
mod load_balancer_ranges;
mod machine;
mod messages;
pub mod node;
mod node_facts;
mod node_list;
mod node_readiness;
mod node_removal;
mod node_scripts;
mod node_steps;
#[cfg(test)]
mod node_steps_tests;
pub mod object;
mod peer_settings;
mod quorum;
mod range_checks;
mod range_pair;
mod removal;
mod scripts;
mod service_ranges;
mod snap_answer;
mod standing;
pub mod status;
mod status_report;
mod survey;
#[cfg(test)]
mod testing;
mod view;
mod yaml_lines;
