//! The three ways out of the process: a node over SSH, a cluster's API, a router's API. None knows a family
//! of types.

pub mod bounds;
pub mod cluster;
pub mod masking;
pub mod retry;
pub mod router;
pub mod ssh;
