//! The three ways out of the process: a node over SSH, a cluster's API, a router's API. None knows a family
//! of types.

pub mod bounds;
pub mod cluster;
mod error;
mod freshness;
pub mod masking;
mod outage;
pub mod retry;
pub mod router;
pub mod ssh;

pub use error::{ConnectionError, ErrorClass};
pub use freshness::Freshness;

use std::path::PathBuf;

/// `~/` as a shell and OpenSSH read it.
pub fn expand_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}
