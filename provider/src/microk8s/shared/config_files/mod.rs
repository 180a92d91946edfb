//! The settings of a node that have to do with both families of addresses, and the files that hold them.

pub(crate) mod args_file;
pub(crate) mod autodetection;
pub(crate) mod cni_manifest;
pub(crate) mod dual_stack;
pub(crate) mod range_pair;
pub(crate) mod yaml_lines;
