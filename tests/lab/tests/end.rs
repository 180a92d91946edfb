//! A lab ends with the process that started it, however that one ends.
#![expect(clippy::unwrap_used, reason = "a step that fails ends the test")]

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// All namespaces that the kernel lists for the processes that `wanted` holds for.
fn namespaces(wanted: impl Fn(&Path) -> bool) -> BTreeSet<PathBuf> {
    let processes = std::fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
    let kinds = ["mnt", "net", "pid", "uts", "ipc"];
    processes
        .filter(|process| process.join("ns").is_dir() && wanted(process))
        .flat_map(|process| kinds.map(|kind| process.join("ns").join(kind)))
        // A process may end between the listing and this.
        .filter_map(|link| std::fs::read_link(link).ok())
        .collect()
}

fn all_namespaces() -> BTreeSet<PathBuf> {
    namespaces(|_| true)
}

/// Starts `lab exec` with a command that says in which network namespace it runs and then waits.
#[expect(clippy::disallowed_methods, reason = "the test itself waits, nothing else runs in it")]
fn waiting_lab() -> Child {
    Command::new(env!("CARGO_BIN_EXE_lab"))
        .args(["exec", "--nodes", "2", "--vyos", "none", "--", "sh", "-c"])
        .arg("readlink /proc/self/ns/net; exec sleep 1000")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn eventually<T>(what: &str, mut look: impl FnMut() -> Result<T, String>) -> T {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        match look() {
            Ok(found) => return found,
            Err(seen) => assert!(Instant::now() < deadline, "{what}: {seen}"),
        }
    }
}

fn kill(mut lab: Child) {
    lab.kill().unwrap();
    lab.wait().unwrap();
}

/// What only waits to be buried by the host's first process is not alive.
fn is_alive(process: &Path) -> bool {
    std::fs::read_to_string(process.join("status")).is_ok_and(|status| !status.contains("State:\tZ"))
}

/// Neither these processes nor these namespaces.
fn nothing_is_left(processes: &[PathBuf], namespaces: &BTreeSet<PathBuf>) {
    eventually("all of the lab goes away", || {
        let left: Vec<_> = all_namespaces().intersection(namespaces).cloned().collect();
        let processes: Vec<_> = processes.iter().filter(|process| is_alive(process)).collect();
        if left.is_empty() && processes.is_empty() { Ok(()) } else { Err(format!("{left:?} {processes:?}")) }
    });
}

#[test]
fn nothing_is_left_after_the_process_that_started_the_lab_is_killed() {
    let before = all_namespaces();
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
    let mut lab = waiting_lab();
    let mut operator = String::new();
    BufReader::new(lab.stdout.take().unwrap()).read_line(&mut operator).unwrap();

    // Positive control: while the lab is up, its namespaces are seen in the way that is used below.
    // A walk through /proc may miss a process that moves meanwhile, hence more than one look.
    let (processes, own) = eventually("the holder, the operator and two nodes", || {
        let processes = descendants(lab.id());
        let of_lab = namespaces(|process| processes.iter().any(|one| one == process));
        let own: BTreeSet<_> = of_lab.difference(&before).cloned().collect();
        let count = |kind: &str| own.iter().filter(|name| name.to_string_lossy().starts_with(kind)).count();
        let all = ["mnt:", "net:", "pid:", "uts:"].map(count) == [3, 4, 3, 2];
        if all && own.contains(Path::new(operator.trim())) {
            Ok((processes, own))
        } else {
            Err(format!("{own:?}, and the operator in {operator}"))
        }
    });

    kill(lab);
    nothing_is_left(&processes, &own);
    // Mounts and named network namespaces lived in the lab's mount namespace, of which nothing showed
    // outside.
    assert_eq!(std::fs::read_to_string("/proc/self/mountinfo").unwrap(), mounts);
    assert!(!Path::new("/run/netns/node-cp1").exists() && !Path::new("/run/lab/machines").exists());
}

#[test]
fn nothing_is_left_when_it_is_killed_while_the_lab_starts() {
    let lab = waiting_lab();
    let processes = eventually("a node boots", || {
        let processes = descendants(lab.id());
        let command =
            |process: &PathBuf| std::fs::read_to_string(process.join("cmdline")).unwrap_or_default();
        let boots = processes.iter().map(command).any(|line| line.contains("\0boot\0"));
        if boots { Ok(processes) } else { Err(format!("{processes:?}")) }
    });
    kill(lab);
    nothing_is_left(&processes, &BTreeSet::new());
}

/// The `/proc` folders of all processes below this one.
fn descendants(pid: u32) -> Vec<PathBuf> {
    let parent = |process: &Path| -> Option<u32> {
        let status = std::fs::read_to_string(process.join("status")).ok()?;
        status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok()
    };
    let mut found = Vec::new();
    let mut parents = vec![pid];
    while let Some(above) = parents.pop() {
        for process in std::fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path()) {
            if parent(&process) == Some(above) {
                parents.push(process.file_name().unwrap().to_str().unwrap().parse().unwrap());
                found.push(process);
            }
        }
    }
    found
}
