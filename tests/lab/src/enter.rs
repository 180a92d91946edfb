//! Running a program inside a lab: from the outside, through the namespaces that the lab's processes have.
//!
//! The program belongs to the lab from then on: it dies with the lab, and with the process that started it.

use crate::machine::{self, PID_FILE};
use crate::network::namespace_file;
use crate::{LabError, holder, operator};
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};

/// Where in the lab a program runs.
#[derive(Clone, Copy, Debug)]
pub enum Where<'a> {
    /// The host's own files, on the operator's network.
    Operator,
    /// Inside the machine of this name, as its root.
    Machine(&'a str),
}

/// Arguments for the `lab` program that make it run something inside the lab that this holder has.
pub(crate) fn arguments(holder: i32, place: Where<'_>) -> Vec<String> {
    let mut arguments = vec!["enter".to_owned(), "--holder".to_owned(), holder.to_string()];
    if let Where::Machine(name) = place {
        arguments.extend(["--machine".to_owned(), name.to_owned()]);
    }
    arguments.push("--".to_owned());
    arguments
}

/// Becomes the program that is named first; returns only when that is not possible.
#[expect(clippy::disallowed_methods, reason = "this replaces the process and waits for nothing")]
pub fn run(holder: i32, place: Where<'_>, program: &[String]) -> LabError {
    let mut command = std::process::Command::new("nsenter");
    match flags(holder, place) {
        Ok(flags) => command.args(flags),
        Err(error) => return error,
    };
    command.args(["--", "setpriv", "--pdeathsig", "KILL", "--"]);
    if let Where::Operator = place {
        // Entering a mount namespace loses the working directory.
        match std::env::current_dir() {
            Ok(folder) => command.arg("env").arg("--chdir").arg(folder),
            Err(source) => return LabError::system("find", "the working directory")(source),
        };
    }
    let error = command.args(program).exec();
    LabError::system("run", "nsenter")(error)
}

fn flags(holder: i32, place: Where<'_>) -> Result<Vec<String>, LabError> {
    let flag = |kind: &str, file: PathBuf| format!("--{kind}={}", file.display());
    match place {
        Where::Operator => {
            let own = PathBuf::from(format!("/proc/{holder}/ns"));
            let network = seen(holder, &namespace_file(operator::NAME));
            Ok(vec![flag("mount", own.join("mnt")), flag("pid", own.join("pid")), flag("net", network)])
        }
        Where::Machine(name) => {
            let namespaces = first_process(holder, name)?.join("ns");
            let kinds = [("mount", "mnt"), ("uts", "uts"), ("ipc", "ipc"), ("net", "net"), ("pid", "pid")];
            Ok(kinds.map(|(kind, file)| flag(kind, namespaces.join(file))).to_vec())
        }
    }
}

/// Where the host finds a file that the lab sees.
fn seen(holder: i32, path: &Path) -> PathBuf {
    PathBuf::from(format!("/proc/{holder}/root")).join(path.strip_prefix("/").unwrap_or(path))
}

/// The folder under `/proc` of a machine's first process.
fn first_process(holder: i32, machine: &str) -> Result<PathBuf, LabError> {
    let file = seen(holder, &machine::folder(machine).join(PID_FILE));
    let pid = fs::read_to_string(&file).map_err(|error| {
        let reason = format!("it is switched off or not there: no {} ({error})", file.display());
        LabError::failed(format!("find what runs on {machine}"), reason)
    })?;
    Ok(seen(holder, &Path::new("/proc").join(pid)))
}

/// Where the host finds a file of a machine.
pub(crate) fn file(holder: i32, machine: &str, path: &Path) -> Result<PathBuf, LabError> {
    Ok(first_process(holder, machine)?.join("root").join(path.strip_prefix("/").unwrap_or(path)))
}

/// The `lab` program: the one that is running, or the one that is built beside a test program.
pub(crate) fn lab_program() -> Result<PathBuf, LabError> {
    const NAME: &str = "lab";
    let own = holder::own_program()?;
    let is_lab = |path: &Path| path.file_name().is_some_and(|name| name == NAME);
    let beside = own.ancestors().skip(1).take(2).map(|folder| folder.join(NAME));
    [own.clone()].into_iter().filter(|own| is_lab(own)).chain(beside).find(|path| path.is_file()).ok_or_else(
        || {
            let reason = format!("it is not beside {}; `cargo build --package lab` makes it", own.display());
            LabError::failed("find the program `lab`", reason)
        },
    )
}
