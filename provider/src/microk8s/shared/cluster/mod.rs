//! A cluster: all its machines together, and what is done to one after the other.

pub(crate) mod messages;
pub(crate) mod node_change;
pub(crate) mod quorum;
pub(crate) mod snapshot;
pub(crate) mod status_report;
