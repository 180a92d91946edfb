//! Running a program inside a lab: from the outside, through the namespaces that the lab's processes have.
//!
//! The program belongs to the lab from then on: it dies with the lab, and with the process that started it.

use crate::error::last_lines;
use crate::machine::boot::SEARCH_PATH;
use crate::machine::{self, CONSOLE, PID_FILE};
use crate::network::namespace_file;
use crate::{LabError, holder, operator, upstream};
use nix::sched::{CloneFlags, setns};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::{self, File};
use std::io::IsTerminal as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, ExitStatus};
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

/// Where in the lab a program runs.
#[derive(Clone, Copy, Debug)]
pub enum Where<'a> {
    /// The host's own files, on the operator's network.
    Operator,
    /// The host's own files, on the network of the client that is beyond the router.
    Client,
    /// Inside the machine of this name, as its root.
    Machine(&'a str),
}

/// Arguments for the `lab` program that make it run something inside the lab that this holder has.
pub(crate) fn arguments(holder: i32, place: Where<'_>) -> Vec<String> {
    let mut arguments = vec!["enter".to_owned(), "--holder".to_owned(), holder.to_string()];
    match place {
        Where::Operator => {}
        Where::Client => arguments.push("--client".to_owned()),
        Where::Machine(name) => arguments.extend(["--machine".to_owned(), name.to_owned()]),
    }
    arguments.push("--".to_owned());
    arguments
}

/// Runs a program in the lab to its end. The process that calls this must have one thread only: others would
/// stay outside.
pub fn run(holder: i32, place: Where<'_>, program: &[String]) -> Result<ExitCode, LabError> {
    let folder = match place {
        Where::Operator | Where::Client => {
            std::env::current_dir().map_err(LabError::system("find", "the working directory"))?
        }
        Where::Machine(_) => PathBuf::from("/"),
    };
    join(holder, place)?;
    // Entering a mount namespace loses the working directory.
    std::env::set_current_dir(&folder).map_err(LabError::system("enter", &folder))?;
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).args(program);
    if let Where::Machine(_) = place {
        command.env("PATH", SEARCH_PATH).env("HOME", "/root");
    }
    // No thread can be started any more: its process id would have to be of another namespace.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(LabError::system("start", "the async runtime"))?;
    runtime.block_on(accompany(command)).map(exit_code)
}

/// Runs the program and passes on to it what this process is told. A terminal tells the program itself.
async fn accompany(mut command: Command) -> Result<ExitStatus, LabError> {
    let listen = |kind| signal(kind).map_err(LabError::system("listen for", "signals"));
    // Before the program runs: it may be interrupted as soon as it does.
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    let at_terminal = std::io::stdin().is_terminal();
    let mut child = command.spawn().map_err(LabError::system("run", "setpriv"))?;
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok()).map(Pid::from_raw);
    let pass_on = |signal| {
        if let Some(pid) = pid {
            // It may have ended by itself just now.
            let _ = kill(pid, signal);
        }
    };
    loop {
        tokio::select! {
            status = child.wait() => return status.map_err(LabError::system("wait for", "the program in the lab")),
            _ = interrupt.recv() => if !at_terminal { pass_on(Signal::SIGINT) },
            _ = terminate.recv() => pass_on(Signal::SIGTERM),
        }
    }
}

/// The program's own code; for one that a signal ended, what a shell would say.
fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| Some(128 + status.signal()?));
    code.and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// Enters the namespaces, the mounts last, because the way to the others leads through those of the host.
fn join(holder: i32, place: Where<'_>) -> Result<(), LabError> {
    let mut opened = Vec::new();
    for (kind, file) in namespaces(holder, place)? {
        opened.push((kind, File::open(&file).map_err(LabError::system("open", &file))?, file));
    }
    for (kind, namespace, file) in opened {
        setns(namespace, kind).map_err(LabError::system("enter", file))?;
    }
    Ok(())
}

fn namespaces(holder: i32, place: Where<'_>) -> Result<Vec<(CloneFlags, PathBuf)>, LabError> {
    use CloneFlags as Kind;
    match place {
        Where::Operator => Ok(with_hosts_files(holder, operator::NAME)),
        Where::Client => Ok(with_hosts_files(holder, upstream::CLIENT)),
        Where::Machine(name) => {
            let folder = first_process(holder, name)?.join("ns");
            let kinds = [
                (Kind::CLONE_NEWUTS, "uts"),
                (Kind::CLONE_NEWIPC, "ipc"),
                (Kind::CLONE_NEWNET, "net"),
                (Kind::CLONE_NEWPID, "pid"),
                (Kind::CLONE_NEWNS, "mnt"),
            ];
            Ok(kinds.map(|(kind, file)| (kind, folder.join(file))).to_vec())
        }
    }
}

/// A network of the lab, and all else from the holder.
fn with_hosts_files(holder: i32, network: &str) -> Vec<(CloneFlags, PathBuf)> {
    let own = PathBuf::from(format!("/proc/{holder}/ns"));
    vec![
        (CloneFlags::CLONE_NEWNET, seen(holder, &namespace_file(network))),
        (CloneFlags::CLONE_NEWPID, own.join("pid")),
        (CloneFlags::CLONE_NEWNS, own.join("mnt")),
    ]
}

/// Where the host finds a file that the lab sees.
fn seen(holder: i32, path: &Path) -> PathBuf {
    PathBuf::from(format!("/proc/{holder}/root")).join(path.strip_prefix("/").unwrap_or(path))
}

/// The folder under `/proc` of a machine's first process.
fn first_process(holder: i32, machine: &str) -> Result<PathBuf, LabError> {
    let failed = |reason: String| Err(LabError::failed(format!("find what runs on {machine}"), reason));
    let folder = seen(holder, &machine::folder(machine));
    let Ok(pid) = fs::read_to_string(folder.join(PID_FILE)) else {
        return failed("it is switched off, or the lab has no such machine".to_owned());
    };
    let process = seen(holder, &Path::new("/proc").join(pid));
    if !process.exists() {
        let console = fs::read_to_string(folder.join(CONSOLE)).unwrap_or_default();
        return failed(format!("it went down by itself{}", last_lines(&console)));
    }
    Ok(process)
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
