//! Whole nodes in namespaces of their own, driven through their commands as the provider drives them.
//!
//! This one program is the driver, the nodes' first process and the nodes' commands; by what name it was
//! called decides. Needs root and the programs of a control plane, from `KUBEBUILDER_ASSETS`, `PATH` or the
//! lab's cache.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test with a driver of its own: what goes wrong ends the scenario, and its lines are its result"
)]

mod cluster;
mod dual_stack;
mod faults;
mod ground;
mod one_node;
mod programs;

use ground::Ground;
use std::process::ExitCode;

/// Set for the driver once it is in namespaces of its own, which take everything along when it ends.
const INSIDE: &str = "MICROK8S_STAND_IN_NODES_INSIDE";

fn main() -> ExitCode {
    let mut words = std::env::args();
    let called = words.next().unwrap_or_default();
    let name = called.rsplit('/').next().unwrap_or_default().to_owned();
    let arguments: Vec<String> = words.collect();
    if ["snap", "microk8s", "microk8s.kubectl", "journalctl", "cloud-init"].contains(&name.as_str()) {
        return microk8s_stand_in::command::run(&name, arguments);
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if let [word, file] = arguments.as_slice()
        && word == "node"
    {
        let config = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        runtime.block_on(microk8s_stand_in::daemon::run(config)).unwrap();
        return ExitCode::SUCCESS;
    }
    let given = |flag: &str| arguments.iter().any(|word| word == flag);
    let filter = arguments.iter().find(|word| !word.starts_with('-')).map_or("", String::as_str);
    let wanted = |name: &str| if given("--exact") { name == filter } else { name.contains(filter) };
    if given("--list") {
        SCENARIOS.iter().filter(|name| wanted(name)).for_each(|name| println!("{name}: test"));
        return ExitCode::SUCCESS;
    }
    if std::env::var_os(INSIDE).is_none() {
        return runtime.block_on(go_inside(&arguments));
    }
    tokio::task::LocalSet::new().block_on(&runtime, run(wanted))
}

/// Runs the driver again in namespaces of its own.
async fn go_inside(arguments: &[String]) -> ExitCode {
    let program = std::env::current_exe().unwrap();
    let mut command = tokio::process::Command::new("unshare");
    command.args(["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]);
    let status = command.arg(program).args(arguments).env(INSIDE, "1").status().await.unwrap();
    ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1))
}

/// Lists the scenarios, and runs those that are wanted.
macro_rules! scenarios {
    ($($module:ident :: $name:ident),* $(,)?) => {
        const SCENARIOS: &[&str] = &[$(concat!(stringify!($module), "::", stringify!($name))),*];

        async fn run(wanted: impl Fn(&str) -> bool) -> ExitCode {
            let ground = Ground::prepare().await;
            let mut counts = [0, 0];
            $(
                let name = concat!(stringify!($module), "::", stringify!($name));
                if wanted(name) {
                    let started = std::time::Instant::now();
                    let ground = ground.clone();
                    let ended = tokio::task::spawn_local(async move { $module::$name(&ground).await }).await;
                    let word = if ended.is_ok() { "ok" } else { "FAILED" };
                    println!("test {name} ... {word} ({:.1} s)", started.elapsed().as_secs_f32());
                    counts[usize::from(ended.is_err())] += 1;
                }
            )*
            println!("{} passed, {} failed", counts[0], counts[1]);
            ExitCode::from(u8::from(counts[1] > 0 || counts[0] == 0))
        }
    };
}

scenarios![
    one_node::installs_and_answers,
    one_node::a_wrong_flag_stops_it_and_the_journal_says_why,
    one_node::stops_starts_refreshes_and_is_removed,
    one_node::comes_back_after_a_power_cut,
    dual_stack::a_launch_configuration_makes_both_families,
    cluster::control_planes_and_a_worker_join_and_leave,
    cluster::a_lost_spare_stops_nothing,
    cluster::a_lost_majority_stops_the_api,
    faults::each_fault_shows_and_passes,
];
