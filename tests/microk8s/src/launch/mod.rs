//! Launch configurations: the file that says how a node is to be set up, before and after its installation.

pub(crate) mod apply;
pub(crate) mod schema;
