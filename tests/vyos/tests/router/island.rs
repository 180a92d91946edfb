//! Network namespaces for tests, and routers in them.
//!
//! A namespace belongs to a thread that has left the test's own for a new one. Nothing is named and nothing
//! is left behind: a namespace ends with its thread and the daemons that the thread started.

use std::sync::mpsc;
use std::time::Duration;

use nix::sched::{CloneFlags, unshare};

use crate::support::{self, Bench};
use vyos_stand_in::{Frr, Version};

/// A thread in a network namespace of its own.
pub(crate) struct Island {
    /// The thread, as `ip link set netns` takes it.
    pub(crate) thread: i32,
    work: mpsc::Sender<Job>,
}

pub(crate) type Job = Box<dyn FnOnce(&tokio::runtime::Runtime) + Send>;

impl Island {
    pub(crate) fn new() -> Self {
        let (work, jobs) = mpsc::channel::<Job>();
        let (told, thread) = mpsc::channel();
        std::thread::spawn(move || {
            unshare(CloneFlags::CLONE_NEWNET).expect("a network namespace");
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            told.send(nix::unistd::gettid().as_raw()).expect("the test waits");
            for job in jobs {
                job(&runtime);
            }
        });
        let island = Self { thread: thread.recv().expect("the thread lives"), work };
        island.ip("link set lo up");
        island
    }

    /// Runs something on the island and waits for it.
    pub(crate) fn run<Out: Send + 'static>(&self, work: impl AsyncFnOnce() -> Out + Send + 'static) -> Out {
        let (done, outcome) = mpsc::channel();
        let job = move |runtime: &tokio::runtime::Runtime| {
            drop(done.send(runtime.block_on(work())));
        };
        self.work.send(Box::new(job)).expect("the thread lives");
        outcome.recv().expect("the work ended well")
    }

    /// Runs `ip` with these words.
    pub(crate) fn ip(&self, words: &str) {
        let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
        self.run(async move || {
            let output = tokio::process::Command::new("ip").args(&words).output().await.expect("ip runs");
            assert!(output.status.success(), "ip {words:?}: {}", String::from_utf8_lossy(&output.stderr));
        });
    }
}

/// A router on an island, which answers on its loopback.
pub(crate) async fn router(name: &str, version: Version) -> Bench {
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = support::config(version, folder.path());
    config.frr = true;
    config.instance = format!("vyos-{}-{name}", std::process::id());
    Bench::with(config, folder).await
}

/// Asks until the answer is as wanted; the last answer if that does not come.
pub(crate) async fn until(
    bench: &Bench,
    command: &str,
    wanted: impl Fn(&str) -> bool,
) -> Result<String, String> {
    let mut said = String::new();
    for _ in 0..100 {
        said = bench.router.vtysh(command).await.expect("this router has FRR");
        if wanted(&said) {
            return Ok(said);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Err(said)
}

/// Whether the test can run; says why not.
pub(crate) fn possible() -> bool {
    match Frr::check() {
        Ok(()) => true,
        Err(reason) => {
            println!("skipped: {reason}");
            false
        }
    }
}

/// Two islands joined by a cable between their `eth0`s with these addresses.
pub(crate) fn joined(left: &str, right: &str) -> (Island, Island) {
    let islands = (Island::new(), Island::new());
    islands.0.ip(&format!("link add eth0 type veth peer name eth0 netns {}", islands.1.thread));
    for (island, addresses) in [(&islands.0, left), (&islands.1, right)] {
        for address in addresses.split(' ') {
            let quick = if address.contains(':') { " nodad" } else { "" };
            island.ip(&format!("address add {address} dev eth0{quick}"));
        }
        island.ip("link set eth0 up");
    }
    islands
}
