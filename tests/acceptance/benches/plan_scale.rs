//! How long terraform plans N nodes and N neighbors of one router, beside 2 N objects of core's own: what the
//! provider adds. Fails where that is too much, or where an object of a large plan costs much more than one
//! of a small plan.
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures processes and has nothing else to do meanwhile"
)]
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot run should say so and stop"
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const SIZES: [usize; 5] = [100, 200, 400, 800, 1600];
/// The size at which [`MOST_ADDED`] holds.
const HELD: usize = 800;
/// What the provider may add to a plan of core alone.
const MOST_ADDED: Duration = Duration::from_secs(1);
/// What the longest plan may add more for each object than one of [`FROM`]: below that, starting the process
/// is most of it.
const MOST_GROWTH: f64 = 3.0;
const FROM: usize = 200;
/// Plans of each kind, of which the fastest counts: others may use the machine.
const PLANS: usize = 3;

/// The same dependencies and the same count, with nothing to ask a provider.
fn of_core(size: usize) -> String {
    format!(
        "resource \"terraform_data\" \"node\" {{\n  count = {size}\n  input = \"10.2.${{floor(count.index / 250)}}.${{count.index % 250 + 1}}\"\n}}\n\n\
         resource \"terraform_data\" \"neighbor\" {{\n  count = {size}\n  input = \"10.2.${{floor(count.index / 250)}}.${{count.index % 250 + 1}}\"\n}}\n"
    )
}

fn of_provider(size: usize) -> String {
    format!(
        "terraform {{\n  required_providers {{\n    microk8s = {{ source = \"baremetal/microk8s\" }}\n  }}\n}}\n\n\
         provider \"microk8s\" {{\n  routers = {{ edge = {{ url = \"https://127.0.0.1:9\", api_key = \"none\" }} }}\n}}\n\n\
         resource \"microk8s_node\" \"this\" {{\n  count   = {size}\n  host    = \"10.2.${{floor(count.index / 250)}}.${{count.index % 250 + 1}}\"\n  \
         channel = \"1.35/stable\"\n}}\n\n\
         resource \"vyos_bgp_neighbor\" \"this\" {{\n  provider  = microk8s\n  count     = {size}\n  \
         address   = \"10.2.${{floor(count.index / 250)}}.${{count.index % 250 + 1}}\"\n  remote_as = \"internal\"\n}}\n"
    )
}

/// The shortest time of a plan that makes everything.
fn plan(configuration: &str) -> Duration {
    let folder = tempfile::tempdir().unwrap();
    let overrides = format!(
        "provider_installation {{\n  dev_overrides {{\n    \"baremetal/microk8s\" = {:?}\n  }}\n}}\n",
        release_plugin().parent().unwrap()
    );
    let settings = folder.path().join("cli.tfrc");
    std::fs::write(&settings, overrides).unwrap();
    std::fs::write(folder.path().join("main.tf"), configuration).unwrap();
    (0..PLANS).map(|_| plan_once(folder.path(), &settings)).min().unwrap()
}

fn plan_once(folder: &Path, settings: &Path) -> Duration {
    let begin = Instant::now();
    let output = Command::new("terraform")
        .args(["plan", "-no-color", "-input=false"])
        .current_dir(folder)
        .env("TF_CLI_CONFIG_FILE", settings)
        .output()
        .unwrap();
    let taken = begin.elapsed();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    taken
}

fn release_plugin() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let built = own.ancestors().nth(3).unwrap().join("release/terraform-provider-microk8s");
    assert!(built.is_file(), "there is no {}: run `make build` first", built.display());
    built
}

fn main() {
    let mut of_each = Vec::new();
    for size in SIZES {
        let (core, provider) = (plan(&of_core(size)), plan(&of_provider(size)));
        let added = provider.saturating_sub(core);
        println!(
            "{size} nodes + {size} neighbors: {:.2} s, core alone {:.2} s, added {:.2} s",
            provider.as_secs_f64(),
            core.as_secs_f64(),
            added.as_secs_f64()
        );
        assert!(size != HELD || added <= MOST_ADDED, "{added:?} are more than {MOST_ADDED:?}");
        if size >= FROM {
            of_each.push(added.as_secs_f64() / size as f64);
        }
    }
    let growth = of_each.last().unwrap() / of_each.first().unwrap();
    assert!(growth <= MOST_GROWTH, "an object of the largest plan adds {growth:.1} times as much");
}
