//! The files in `/var/snap/microk8s/current/args`: how they are read, edited and first written.

pub(crate) mod defaults;
pub(crate) mod edit;
pub(crate) mod flags;
pub(crate) mod parse;
