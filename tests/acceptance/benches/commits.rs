//! A hundred neighbors of a router whose commits take three seconds: all that Terraform asks for at a time
//! share a commit, so `-parallelism` tells how many there are. With 1 each neighbor has a commit of its own,
//! as without any sharing.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot run should say so and stop"
)]

use acceptance::Workspace;
use lab::{Lab, LabOptions, RouterOptions};
use std::time::{Duration, Instant};

const COMMIT: Duration = Duration::from_secs(3);
const NEIGHBORS: &str = r#"
resource "vyos_bgp" "edge" {
  provider = microk8s

  router    = "edge"
  system_as = 64512
}

resource "vyos_bgp_neighbor" "all" {
  provider = microk8s
  for_each = toset([for last in range(1, 101) : "10.9.0.${last}"])

  router    = vyos_bgp.edge.router
  address   = each.key
  remote_as = "64513"
}
"#;

#[tokio::main]
async fn main() {
    println!("{:>12} {:>8} {:>6} {:>8} {:>6}", "parallelism", "commits", "saves", "time", "ratio");
    let mut alone = None;
    for parallelism in [1, 10, 100] {
        let (commits, saves, took) = apply(parallelism).await;
        let alone = *alone.get_or_insert(took);
        println!(
            "{parallelism:>12} {commits:>8} {saves:>6} {:>6.1} s {:>6.1}",
            took.as_secs_f64(),
            alone.as_secs_f64() / took.as_secs_f64(),
        );
    }
}

/// Applies the neighbors to a new router: commits, saves and time.
async fn apply(parallelism: usize) -> (u64, u64, Duration) {
    let router = RouterOptions { commit_delay: COMMIT, ..RouterOptions::default() };
    let lab = Lab::start(LabOptions { router: Some(router), ..LabOptions::default() }).await.unwrap();
    let control = lab.router().unwrap().control().unwrap();
    let workspace = Workspace::new(&lab, NEIGHBORS).await.unwrap();
    workspace.run(["apply", "-json", "-auto-approve", "-target=vyos_bgp.edge"]).await.unwrap().succeeded();
    let before = control.counters().await.unwrap();
    let start = Instant::now();
    let parallelism = format!("-parallelism={parallelism}");
    workspace.run(["apply", "-json", "-auto-approve", &parallelism]).await.unwrap().succeeded();
    let took = start.elapsed();
    let after = control.counters().await.unwrap();
    lab.stop().await.unwrap();
    (after.commits - before.commits, after.saves - before.saves, took)
}
