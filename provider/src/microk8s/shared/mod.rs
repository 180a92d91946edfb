//! What several types work with: one machine, all machines of a cluster, the files that configure a node.
//! Nothing here knows a type.

pub(crate) mod cluster;
pub(crate) mod config_files;
pub(crate) mod control_plane;
pub(crate) mod hcl_or_yaml;
pub(crate) mod machine;
#[cfg(test)]
pub(crate) mod testing;
