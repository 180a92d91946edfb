//! Two routers with real routing daemons, each in a network namespace of its own, joined by a cable.
//!
//! Namespaces belong to threads: each router runs on a thread that has left the test's namespace for a new
//! one. Nothing is named and nothing is left behind: the namespaces end with their threads and daemons.

use std::sync::mpsc;
use std::time::Duration;

use crate::support::{self, Bench};
use nix::sched::{CloneFlags, unshare};
use serde_json::{Value, json};
use vyos_stand_in::{Frr, Version};

/// A thread in a network namespace of its own.
struct Island {
    /// The thread, as `ip link set netns` takes it.
    thread: i32,
    work: mpsc::Sender<Job>,
}

/// What FRR prints of a neighbor whose session stands.
const ESTABLISHED: &str = "\"bgpState\":\"Established\"";

type Job = Box<dyn FnOnce(&tokio::runtime::Runtime) + Send>;

impl Island {
    fn new() -> Self {
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
        Self { thread: thread.recv().expect("the thread lives"), work }
    }

    /// Runs something on the island and waits for it.
    fn run<Out: Send + 'static>(&self, work: impl AsyncFnOnce() -> Out + Send + 'static) -> Out {
        let (done, outcome) = mpsc::channel();
        let job = move |runtime: &tokio::runtime::Runtime| {
            drop(done.send(runtime.block_on(work())));
        };
        self.work.send(Box::new(job)).expect("the thread lives");
        outcome.recv().expect("the work ended well")
    }

    /// Runs `ip` with these words.
    fn ip(&self, words: &str) {
        let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
        self.run(async move || {
            let output = tokio::process::Command::new("ip").args(&words).output().await.expect("ip runs");
            assert!(output.status.success(), "ip {words:?}: {}", String::from_utf8_lossy(&output.stderr));
        });
    }
}

/// A router on an island, which answers on its loopback.
async fn router(name: &str, version: Version) -> Bench {
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = support::config(version, folder.path());
    config.frr = true;
    config.instance = format!("vyos-{}-{name}", std::process::id());
    Bench::with(config, folder).await
}

/// Asks until the answer is as wanted; the last answer if that does not come.
async fn until(bench: &Bench, command: &str, wanted: impl Fn(&str) -> bool) -> Result<String, String> {
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
fn possible() -> bool {
    match Frr::check() {
        Ok(()) => true,
        Err(reason) => {
            println!("skipped: {reason}");
            false
        }
    }
}

#[test]
fn two_routers_hold_a_session_and_exchange_routes() {
    if !possible() {
        return;
    }
    let (left, right) = (Island::new(), Island::new());
    for island in [&left, &right] {
        island.ip("link set lo up");
    }
    left.ip(&format!("link add eth0 type veth peer name eth0 netns {}", right.thread));
    for (island, address) in [(&left, "10.9.0.1/24"), (&right, "10.9.0.2/24")] {
        island.ip(&format!("address add {address} dev eth0"));
        island.ip("link set eth0 up");
    }
    let (ready, started) = mpsc::channel();
    let (learn, learned) = tokio::sync::oneshot::channel::<()>();
    let (finish, finished) = tokio::sync::oneshot::channel::<()>();
    let side = std::thread::spawn(move || {
        right.run(async move || {
            let bench = router("right", Version::V1_5).await;
            let said = bench
                .configure(&[
                    "set policy prefix-list6 OURS rule 10 action permit",
                    "set policy prefix-list6 OURS rule 10 prefix 2001:db8:f000::/48",
                    "set policy prefix-list6 OURS rule 10 le 64",
                    "set policy route-map IN rule 10 action permit",
                    "set policy route-map IN rule 10 set local-preference 200",
                    "set protocols bgp system-as 65002",
                    "set protocols bgp timers keepalive 3",
                    "set protocols bgp timers holdtime 9",
                    "set protocols bgp neighbor 10.9.0.1 remote-as 65001",
                    "set protocols bgp neighbor 10.9.0.1 timers connect 1",
                    "set protocols bgp neighbor 10.9.0.1 address-family ipv4-unicast route-map import IN",
                    "set protocols bgp neighbor 10.9.0.1 address-family ipv6-unicast prefix-list import OURS",
                ])
                .await;
            assert_eq!(said.data(), "");
            ready.send(()).expect("the test waits");
            let routes = until(&bench, "show bgp ipv4 json", |said| said.contains("10.77.0.0/16")).await;
            let routes: Value = serde_json::from_str(&routes.expect("the route arrives")).expect("JSON");
            assert_eq!(
                routes["routes"]["10.77.0.0/16"][0]["locPrf"], 200,
                "the route map is applied: {routes}"
            );
            learn.send(()).expect("the left router waits");
            drop(finished.await);
            bench.router.stop().await;
        });
    });
    started.recv_timeout(Duration::from_secs(60)).expect("the right router is configured");
    left.run(async move || {
        let bench = router("left", Version::V1_4).await;
        let said = bench
            .configure(&[
                "set protocols bgp system-as 65001",
                "set protocols bgp parameters router-id 10.9.0.1",
                "set protocols bgp neighbor 10.9.0.2 remote-as external",
                "set protocols bgp neighbor 10.9.0.2 timers connect 1",
                "set protocols bgp neighbor 10.9.0.2 address-family ipv4-unicast",
                "set protocols bgp neighbor 10.9.0.2 address-family ipv6-unicast",
                "set protocols bgp address-family ipv4-unicast redistribute static",
                "set protocols static route 10.77.0.0/16 blackhole",
            ])
            .await;
        assert_eq!(said.data(), Value::Null);
        let established = until(&bench, "show bgp neighbors json", |said| said.contains(ESTABLISHED)).await;
        assert!(established.is_ok(), "{established:?}");
        let shown =
            bench.post("/show", json!({"op": "show", "path": ["bgp", "neighbors", "json"]})).await.data();
        assert!(shown.as_str().is_some_and(|shown| shown.contains(ESTABLISHED)), "{shown}");

        learned.await.expect("the right router learns the route");

        // An update as deletion and setting in one request leaves the session alone.
        let count = |text: &str| {
            let shown: Value = serde_json::from_str(text).expect("FRR prints JSON");
            shown["10.9.0.2"]["connectionsEstablished"].as_u64()
        };
        let before = bench.router.vtysh("show bgp neighbors json").await.unwrap_or_default();
        bench
            .configure(&[
                "delete protocols bgp neighbor 10.9.0.2",
                "set protocols bgp neighbor 10.9.0.2 remote-as external",
                "set protocols bgp neighbor 10.9.0.2 description upstream",
                "set protocols bgp neighbor 10.9.0.2 timers connect 1",
                "set protocols bgp neighbor 10.9.0.2 address-family ipv4-unicast",
                "set protocols bgp neighbor 10.9.0.2 address-family ipv6-unicast",
            ])
            .await
            .data();
        let after = bench.router.vtysh("show bgp neighbors json").await.unwrap_or_default();
        assert!(after.contains("\"upstream\"") && after.contains(ESTABLISHED), "{after}");
        assert_eq!(count(&after), count(&before), "the session was not reset");

        // What FRR refuses fails the component with FRR's words.
        let said = bench.configure(&["set protocols bgp neighbor 10.9.0.2 description  "]).await;
        assert_eq!(said.status, 400, "{said:?}");
        let said = bench.configure(&["set protocols bgp neighbor 10.9.0.2 timers connect 0"]).await;
        assert!(said.error().contains("[[protocols bgp]] failed\nCommit failed\n"), "{said:?}");
        assert!(said.error().contains("% Unknown command"), "{said:?}");

        bench.configure(&["delete protocols bgp"]).await.data();
        let gone = bench.router.vtysh("show running-config bgpd").await.unwrap_or_default();
        assert!(!gone.contains("router bgp"), "{gone}");
        finish.send(()).expect("the right router waits");
        bench.router.stop().await;
    });
    side.join().expect("the right router saw what it should");
}
