//! A machine of the lab: a disk, a place on the network, services that its first process starts. Nodes and the router
//! are machines.
//!
//! [`disk`] lays out what a new machine's disk holds; [`boot`] is what its first process does; [`power`] is the
//! switch on its front.

pub mod boot;
pub(crate) mod disk;
pub(crate) mod power;

use crate::network::Place;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// All that is needed to switch a machine on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// Its hostname, by which the lab knows it.
    pub(crate) name: String,
    pub(crate) place: Place,
    /// Files and folders of the host that it sees, read-only.
    pub(crate) shared: Vec<Shared>,
    pub(crate) services: Vec<Service>,
    /// The TCP port that answers when the machine is up.
    pub(crate) port: u16,
}

/// A file or folder of the host, and where a machine sees it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Shared {
    pub(crate) from: PathBuf,
    pub(crate) to: PathBuf,
}

/// A program that runs as long as the machine does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Service {
    /// Names it in messages, and its log `/var/log/<name>.log`.
    pub(crate) name: String,
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
}

impl Machine {
    /// Where the holder keeps what belongs to the machine.
    pub(crate) fn folder(&self) -> PathBuf {
        folder(&self.name)
    }
}

/// Where the holder keeps what belongs to the machine of this name.
pub(crate) fn folder(name: &str) -> PathBuf {
    PathBuf::from(crate::holder::FOLDER).join("machines").join(name)
}

/// Holds the process id of the machine's first process, as the holder's namespace counts.
pub(crate) const PID_FILE: &str = "pid";
/// Holds what the machine's first process says.
pub(crate) const CONSOLE: &str = "console.log";
