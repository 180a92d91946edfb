//! What labs of several sizes cost: until their machines answer, and until these are one cluster of three
//! control planes and workers. Memory is what the whole lab takes of the host's, files in memory included.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a benchmark that cannot run should say so and stop"
)]

use lab::{Lab, LabOptions, Node, NodeOptions};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::sleep;

const SIZES: [usize; 3] = [3, 10, 50];
const CONTROL_PLANES: usize = 3;
/// Nodes that come up at a time: each is a control plane of its own before it joins, which takes the CPU.
const AT_ONCE: usize = 3;
/// How long the last node may take to show in the cluster.
const PATIENCE: Duration = Duration::from_secs(120);
/// After this, what was started has the memory that it keeps.
const SETTLE: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() {
    println!("{:>5}  {:>8} {:>9}  {:>8} {:>9}", "nodes", "machines", "memory", "cluster", "memory");
    for size in SIZES {
        let before = available();
        let start = Instant::now();
        let lab = Lab::start(LabOptions { nodes: names(size), ..LabOptions::default() }).await.unwrap();
        let machines = start.elapsed();
        sleep(SETTLE).await;
        let of_machines = before - available();
        let start = Instant::now();
        form_cluster(lab.nodes()).await;
        let cluster = start.elapsed();
        sleep(SETTLE).await;
        println!(
            "{size:>5}  {:>6.1} s {of_machines:>5} MiB  {:>6.1} s {:>5} MiB",
            machines.as_secs_f64(),
            cluster.as_secs_f64(),
            before - available(),
        );
        lab.stop().await.unwrap();
    }
}

/// What the host has left, in MiB.
fn available() -> i64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<i64>().unwrap() / 1024
}

fn names(size: usize) -> Vec<NodeOptions> {
    let name = |index: usize| match index {
        0..CONTROL_PLANES => format!("cp{}", index + 1),
        _ => format!("w{}", index + 1 - CONTROL_PLANES),
    };
    (0..size).map(|index| NodeOptions { name: name(index), running: false }).collect()
}

/// One node after the other becomes a control plane; the workers come some at a time.
async fn form_cluster(nodes: &[Node]) {
    let (control_planes, workers) = nodes.split_at(CONTROL_PLANES);
    let first = &control_planes[0];
    install(first).await;
    for node in &control_planes[1..] {
        join(node, first, &[]).await;
    }
    for batch in workers.chunks(AT_ONCE) {
        let mut joining = JoinSet::new();
        for node in batch {
            let (node, first) = (node.clone(), first.clone());
            joining.spawn(async move { join(&node, &first, &["--worker"]).await });
        }
        joining.join_all().await;
    }
    // A node that has joined shows a moment later.
    let names = [MICROK8S, "kubectl", "get", "nodes", "-o", "name"];
    let deadline = Instant::now() + PATIENCE;
    while run(first, &names).await.lines().count() < nodes.len() {
        assert!(Instant::now() < deadline, "not all of {} nodes are in the cluster", nodes.len());
        sleep(Duration::from_millis(500)).await;
    }
}

const MICROK8S: &str = "/snap/bin/microk8s";

async fn install(node: &Node) {
    run(node, &["snap", "install", "microk8s", "--classic", "--channel=1.35/stable"]).await;
    run(node, &[MICROK8S, "status", "--wait-ready", "--timeout", "300"]).await;
}

async fn join(node: &Node, first: &Node, role: &[&str]) {
    install(node).await;
    let token = run(first, &[MICROK8S, "add-node", "--format", "json"]).await;
    let token: serde_json::Value = serde_json::from_str(&token).unwrap();
    let url = token["urls"][0].as_str().unwrap();
    run(node, &[&[MICROK8S, "join", url], role].concat()).await;
}

async fn run(node: &Node, words: &[&str]) -> String {
    let output = node.exec(words).output().await.unwrap();
    assert!(output.status.success(), "{} on {}: {output:?}", words.join(" "), node.name());
    String::from_utf8(output.stdout).unwrap()
}
