//! The power switch of a machine. Off is what it says: nothing gets a chance to tidy up, only the disk stays.

use super::disk::Disk;
use super::{Answer, CONSOLE, Machine, NewMachine, PID_FILE};
use crate::network::{Place, namespace_file};
use crate::{LabError, process};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

const PATIENCE: Duration = Duration::from_secs(30);
const INTERVAL: Duration = Duration::from_millis(20);
const LISTENING: &str = "0A";

/// A machine with its switch.
pub(crate) struct Powered {
    machine: Machine,
    /// The `lab` program.
    program: PathBuf,
    /// The `unshare` process that keeps the machine alive, while it is on.
    process: Option<Child>,
}

impl Powered {
    /// A new machine, off.
    pub(crate) fn new(new: NewMachine, program: &Path) -> Result<Powered, LabError> {
        let NewMachine { machine, files } = new;
        Disk::of(&machine).format(&files)?;
        let description = serde_json::to_vec(&machine)
            .map_err(|error| LabError::failed(format!("describe {}", machine.name), error.to_string()))?;
        let file = description_file(&machine);
        fs::write(&file, description).map_err(LabError::system("write", &file))?;
        Ok(Powered { machine, program: program.to_owned(), process: None })
    }

    /// Switches the machine on and waits until it answers. Nothing to do where it is on.
    pub(crate) async fn on(&mut self) -> Result<(), LabError> {
        // One that is going down by itself just now is still on, but will not answer.
        if let Some(process) = &mut self.process {
            let up = wait_until_up(&self.machine, process).await;
            if up.is_ok() || self.is_on() {
                return up;
            }
        }
        let console = self.machine.folder().join(CONSOLE);
        let output = File::options()
            .create(true)
            .append(true)
            .open(&console)
            .map_err(LabError::system("write", &console))?;
        let errors = output.try_clone().map_err(LabError::system("write", &console))?;
        let child = Command::new("nsenter")
            .arg(format!("--net={}", namespace_file(&self.machine.place.namespace).display()))
            .args(["unshare", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child"])
            .arg(&self.program)
            .arg("boot")
            .arg(description_file(&self.machine))
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .kill_on_drop(true)
            .spawn()
            .map_err(LabError::system("run", "unshare"))?;
        let child = self.process.insert(child);
        wait_until_up(&self.machine, child).await
    }

    /// What the machine is on the network.
    pub(crate) fn place(&self) -> &Place {
        &self.machine.place
    }

    /// Switches the machine off and wipes its disk.
    pub(crate) async fn scrap(mut self) -> Result<(), LabError> {
        self.off().await?;
        let folder = self.machine.folder();
        fs::remove_dir_all(&folder).map_err(LabError::system("remove", &folder))
    }

    /// A machine also goes down by itself, when one of its services ends.
    pub(crate) fn is_on(&mut self) -> bool {
        self.process.as_mut().is_some_and(|process| matches!(process.try_wait(), Ok(None)))
    }

    /// Switches the machine off and waits until nothing of it runs any more. Nothing to do where it is off.
    pub(crate) async fn off(&mut self) -> Result<(), LabError> {
        let is_on = self.is_on();
        let Some(mut child) = self.process.take() else { return Ok(()) };
        let pid = first_process(&self.machine);
        if is_on {
            child.kill().await.map_err(LabError::system("switch off", &self.machine.name))?;
        }
        let Some(pid) = pid else { return Ok(()) };
        let deadline = Instant::now() + PATIENCE;
        // The first process stays until all others of the machine are gone, and they hold its mounts.
        while Path::new("/proc").join(&pid).exists() {
            if Instant::now() > deadline {
                let reason = format!("process {pid} is still there after {} s", PATIENCE.as_secs());
                return Err(LabError::failed(format!("switch {} off", self.machine.name), reason));
            }
            sleep(INTERVAL).await;
        }
        let file = self.machine.folder().join(PID_FILE);
        fs::remove_file(&file).map_err(LabError::system("remove", &file))
    }
}

fn description_file(machine: &Machine) -> PathBuf {
    machine.folder().join("machine.json")
}

fn first_process(machine: &Machine) -> Option<String> {
    fs::read_to_string(machine.folder().join(PID_FILE)).ok()
}

async fn wait_until_up(machine: &Machine, child: &mut Child) -> Result<(), LabError> {
    let deadline = Instant::now() + PATIENCE;
    let failed = |reason: String| {
        let console = fs::read_to_string(machine.folder().join(CONSOLE)).unwrap_or_default();
        Err(LabError::failed(format!("switch {} on", machine.name), format!("{reason}\n{console}")))
    };
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return failed(format!("its first process {}", process::outcome(status)));
        }
        let silent = match first_process(machine) {
            Some(pid) => silent(&pid, &machine.answers).await,
            None => machine.answers.first(),
        };
        let Some(silent) = silent else { return Ok(()) };
        if Instant::now() > deadline {
            return failed(format!("no answer of {silent:?} after {} s", PATIENCE.as_secs()));
        }
        sleep(INTERVAL).await;
    }
}

/// The first that does not answer yet of the machine whose first process this is.
async fn silent<'a>(pid: &str, answers: &'a [Answer]) -> Option<&'a Answer> {
    for answer in answers {
        if !is_there(pid, answer).await {
            return Some(answer);
        }
    }
    None
}

async fn is_there(pid: &str, answer: &Answer) -> bool {
    let process = Path::new("/proc").join(pid);
    let read = |table: &str| fs::read_to_string(process.join("net").join(table)).unwrap_or_default();
    match answer {
        Answer::Port(port) => ["tcp", "tcp6"].iter().any(|table| has_listener(&read(table), *port)),
        Answer::Socket(path) => read("unix").lines().any(|line| line.ends_with(path)),
        Answer::Vyos(path) => {
            let socket = process.join("root").join(path.trim_start_matches('/'));
            let control = vyos_stand_in::Control::new(socket);
            timeout(PATIENCE, control.counters()).await.is_ok_and(|counters| counters.is_ok())
        }
    }
}

/// Reads the kernel's table of TCP sockets: the second column is the local address, the fourth the state.
fn has_listener(sockets: &str, port: u16) -> bool {
    let suffix = format!(":{port:04X}");
    sockets.lines().skip(1).any(|line| {
        let mut columns = line.split_whitespace().skip(1);
        columns.next().is_some_and(|local| local.ends_with(&suffix)) && columns.nth(1) == Some(LISTENING)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_is_told_from_a_connection() {
        let table = "  sl  local_address rem_address   st tx_queue\n   \
                     0: 0B00000A:0016 0200000A:D2F0 01 0:0\n   1: 00000000:01BB 00000000:0000 0A 0:0\n";
        assert!(has_listener(table, 443));
        assert!(!has_listener(table, 22), "that one is established");
        assert!(!has_listener(table, 80));
    }
}
