//! A machine of the lab: a disk, a place on the network, services that its first process starts. Nodes and
//! the router are machines.
//!
//! The module `disk` lays out a new machine's disk, and `system` says what every one holds; `boot` is what
//! its first process does; `power` is the switch on its front.

pub mod boot;
pub(crate) mod disk;
pub(crate) mod init;
pub(crate) mod power;
pub(crate) mod system;

use crate::network::Place;
use crate::parts::Parts;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// All that is needed to switch a machine on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// Its hostname, by which the lab knows it.
    pub(crate) name: String,
    pub(crate) place: Place,
    /// Files and folders of the host that it sees, read-only.
    pub(crate) shared: Vec<Shared>,
    pub(crate) services: Vec<Service>,
    /// What is there when the machine is up.
    pub(crate) answers: Vec<Answer>,
}

/// A sign that a machine is up.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// Something listens on this TCP port.
    Port(u16),
    /// Something listens on the Unix socket of this path.
    Socket(String),
    /// VyOS's stand-in answers on its control socket, which it does when it has booted.
    Vyos(String),
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

/// A machine that has never been on, and what is put on its disk.
pub(crate) struct NewMachine {
    pub(crate) machine: Machine,
    pub(crate) files: Vec<disk::DiskFile>,
}

/// Where a machine sees the lab's own program, which plays several commands.
pub(crate) const PROGRAM: &str = "/opt/lab/bin/lab";
/// Where a machine sees the programs of the [parts](crate::parts).
pub(crate) const PROGRAMS: &str = "/opt/lab/bin";
/// Where a machine sees the manifests, charts and scripts of the [parts](crate::parts).
pub(crate) const FILES: &str = "/opt/lab/files";

/// The lab's program and the parts, each at its place on a machine.
pub(crate) fn shared(program: &Path, parts: &Parts) -> Vec<Shared> {
    let at = |folder: &str, name: &str, from: &Path| Shared {
        from: from.to_owned(),
        to: Path::new(folder).join(name),
    };
    let own = Shared { from: program.to_owned(), to: PROGRAM.into() };
    let programs = parts.programs.iter().map(|(name, from)| at(PROGRAMS, name, from));
    let files = parts.files.iter().map(|(name, from)| at(FILES, name, from));
    [own].into_iter().chain(programs).chain(files).collect()
}

impl Service {
    pub(crate) fn new(name: &str, program: &str, arguments: &[&str]) -> Service {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        Service { name: name.to_owned(), program: program.into(), arguments }
    }
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
