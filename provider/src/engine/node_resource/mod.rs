//! The engine of every resource on machines that are reached over SSH.

pub mod cluster_lock;
mod error;
pub mod step;

pub use error::NodeError;
