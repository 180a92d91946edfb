//! The node's certificates and the credentials made from them.

pub(crate) mod authority;
pub(crate) mod certificates;
pub(crate) mod kubeconfig;
pub(crate) mod names;
pub(crate) mod tokens;
