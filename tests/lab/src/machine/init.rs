//! The first process of a PID namespace: starts what it is told to, buries every orphan that the kernel hands
//! to it, and ends with the first of its own children, which ends all other processes of the namespace.

use crate::LabError;
use nix::sys::wait::{WaitStatus, wait};
use nix::unistd::Pid;
use std::path::Path;

/// A program that the first process starts, and its name in messages.
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) command: std::process::Command,
}

/// How the first of the services to end did so.
pub(crate) struct Ended {
    pub(crate) name: String,
    /// In words, to follow the name.
    pub(crate) how: String,
}

/// Starts all services and waits until one of them ends.
pub(crate) fn run(services: Vec<Service>) -> Result<Ended, LabError> {
    let mut running = Vec::new();
    for mut service in services {
        let program = Path::new(service.command.get_program()).to_owned();
        let child = service.command.spawn().map_err(LabError::system("run", program))?;
        // A process id is a positive number that fits, by the kernel's own definition.
        running.push((Pid::from_raw(i32::try_from(child.id()).unwrap_or_default()), service.name));
    }
    loop {
        let status = wait().map_err(LabError::system("wait for", "the processes of this namespace"))?;
        let how = match status {
            WaitStatus::Exited(_, code) => format!("exited with {code}"),
            WaitStatus::Signaled(_, signal, _) => format!("was ended by {signal}"),
            _ => continue,
        };
        if let Some((_, name)) = running.iter().find(|(pid, _)| status.pid() == Some(*pid)) {
            return Ok(Ended { name: name.clone(), how });
        }
    }
}
