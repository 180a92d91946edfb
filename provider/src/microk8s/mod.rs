//! Nodes, clusters and add-ons, over SSH.

mod args_file;
mod cni_manifest;
mod datastore;
mod dual_stack;
mod host_addresses;
mod join_token;
mod node_list;
mod range_checks;
mod range_pair;
mod yaml_lines;
