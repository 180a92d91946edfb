//! Nothing outlives the router: not when it is stopped, and not when its process is killed.

use std::path::Path;
use std::time::Duration;

use crate::island::{Island, possible};
use crate::support;
use vyos_stand_in::{Control, Version};

/// Tells the hidden test below which folder to use.
const FOLDER: &str = "VYOS_STAND_IN_FOLDER";

/// The router of a process of its own, for the test that kills it.
#[tokio::test]
#[ignore = "only a part of the test below"]
async fn a_router_until_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let mut config = support::config(Version::V1_4, Path::new(&folder));
    config.frr = true;
    vyos_stand_in::run(config).await.expect("the router runs");
}

/// Programs whose command line names the instance.
fn programs(instance: &str) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").expect("processes").filter_map(Result::ok);
    let lines = entries.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains("/usr/lib/frr/") && line.contains(instance))
        .collect()
}

/// Waits until something is so.
async fn until(is_so: impl Fn() -> bool) -> bool {
    for _ in 0..200 {
        if is_so() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}

#[test]
fn a_killed_router_leaves_nothing() {
    if !possible() {
        return;
    }
    Island::new().run(async || {
        let folder = tempfile::tempdir().expect("a folder");
        let mut router = tokio::process::Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "lifetime::a_router_until_killed", "--ignored"])
            .env(FOLDER, folder.path())
            .stdout(std::process::Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("the router's process starts");
        let instance = format!("vyos-{}", router.id().expect("it runs"));
        let settings = Path::new("/etc/frr").join(&instance);
        let state = Path::new("/var/run/frr").join(&instance);
        let daemons = ["zebra", "staticd", "bgpd", "ospfd", "ospf6d"];
        let all_run =
            || daemons.iter().all(|name| programs(&instance).iter().any(|line| line.contains(name)));
        let control = Control::new(folder.path().join("control.sock"));
        for _ in 0..200 {
            if control.counters().await.is_ok_and(|counters| counters.boots == 1) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(all_run(), "the daemons run: {:?}", programs(&instance));
        assert!(settings.exists() && state.exists(), "they have their folders");
        router.kill().await.expect("it is killed");
        assert!(until(|| programs(&instance).is_empty()).await, "left behind: {:?}", programs(&instance));
        assert!(until(|| !settings.exists() && !state.exists()).await, "folders are left behind");
    });
}
