//! A router's configuration: made, planned again, drifted, imported, taken away; many changes are one commit.
#![expect(clippy::unwrap_used, reason = "a step that fails ends the test")]

use crate::by_hand::{configure, vtysh};
use acceptance::{Action, Workspace};
use lab::{Lab, LabOptions, RouterOptions, VyosVersion};
use std::sync::Arc;
use std::time::Duration;

const EDGE: &str = r#"
resource "vyos_bgp" "edge" {
  provider  = microk8s
  router    = "edge"
  system_as = 4200000001
  router_id = "10.0.0.1"
}

resource "vyos_bgp_neighbor" "cp1" {
  provider     = microk8s
  router       = vyos_bgp.edge.router
  address      = "10.0.0.11"
  remote_as    = "4200000001"
  description  = "metallb-cp1"
  ipv6_unicast = { soft_reconfiguration_inbound = true }
}

resource "vyos_bgp_neighbor" "cp2" {
  provider     = microk8s
  router       = vyos_bgp.edge.router
  address      = "fd00:10:0::12"
  remote_as    = "internal"
  ipv6_unicast = {}
}
"#;
const BGP: &str = "vyos_bgp.edge";
const FIRST: &str = "vyos_bgp_neighbor.cp1";
const SECOND: &str = "vyos_bgp_neighbor.cp2";

async fn router_lab(router: RouterOptions) -> Lab {
    Lab::start(LabOptions { router: Some(router), ..LabOptions::default() }).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn from_create_to_destroy_on_vyos_1_4() {
    whole_life(VyosVersion::V1_4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_create_to_destroy_on_vyos_1_5() {
    whole_life(VyosVersion::V1_5).await;
}

async fn whole_life(version: VyosVersion) {
    let lab = router_lab(RouterOptions { version, ..RouterOptions::default() }).await;
    let router = lab.router().unwrap();
    let workspace = Workspace::new(&lab, EDGE).await.unwrap();
    workspace.plan().await.unwrap().plans(&[BGP, FIRST, SECOND].map(|address| (address, Action::Create)));
    workspace.apply().await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();
    let running = vtysh(router, "show running-config").await;
    assert!(running.contains("router bgp 4200000001"), "{running}");
    assert!(running.contains("neighbor 10.0.0.11 description metallb-cp1"), "{running}");

    // Somebody at the router deletes a neighbour, and describes the other and gives it what no argument
    // names.
    let delete = r#"[{"op":"delete","path":["protocols","bgp","neighbor","10.0.0.11"]},
                     {"op":"set","path":["protocols","bgp","neighbor","fd00:10::12","description"],"value":"mine"},
                     {"op":"set","path":["protocols","bgp","neighbor","fd00:10::12","solo"]}]"#;
    configure(&lab, delete).await;
    workspace.plan().await.unwrap().plans(&[(FIRST, Action::Create), (SECOND, Action::Update)]);
    workspace.apply().await.unwrap().succeeded();
    let running = vtysh(router, "show running-config").await;
    assert!(running.contains("neighbor fd00:10::12 solo") && !running.contains("mine"), "{running}");
    let remote =
        r#"{"op":"set","path":["protocols","bgp","neighbor","10.0.0.11","remote-as"],"value":"external"}"#;
    configure(&lab, remote).await;
    workspace.plan().await.unwrap().plans(&[(FIRST, Action::Update)]);
    workspace.apply().await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();

    for (address, id) in [(BGP, "edge"), (FIRST, "edge/10.0.0.11"), (SECOND, "edge/fd00:10::12")] {
        workspace.run(["state", "rm", address]).await.unwrap().succeeded();
        workspace.import(address, id).await.unwrap().succeeded();
    }
    workspace.plan().await.unwrap().plans_nothing();

    // What was applied was saved.
    router.control().unwrap().power_cycle().await.unwrap();
    workspace.plan().await.unwrap().plans_nothing();

    workspace.destroy().await.unwrap().succeeded();
    assert!(!vtysh(router, "show running-config").await.contains("router bgp"));
}

fn neighbors(addresses: impl Iterator<Item = String>) -> String {
    let list = addresses.map(|address| format!("{address:?}")).collect::<Vec<_>>().join(", ");
    format!(
        "resource \"vyos_bgp\" \"edge\" {{\n  provider  = microk8s\n  router    = \"edge\"\n  system_as = 64512\n}}\n\n\
         resource \"vyos_bgp_neighbor\" \"all\" {{\n  provider  = microk8s\n  for_each  = toset([{list}])\n  \
         router    = vyos_bgp.edge.router\n  address   = each.key\n  remote_as = \"64512\"\n  ipv6_unicast = {{}}\n}}\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_neighbors_are_two_commits_and_a_bad_one_fails_alone() {
    // As long as a commit of a real router takes: what comes meanwhile goes into the next one.
    let lab =
        router_lab(RouterOptions { commit_delay: Duration::from_secs(3), ..RouterOptions::default() }).await;
    let control = lab.router().unwrap().control().unwrap();
    let hundred = || (1..=100).map(|last| format!("10.9.0.{last}"));
    let workspace = Workspace::new(&lab, neighbors(std::iter::empty())).await.unwrap();
    workspace.apply().await.unwrap().succeeded();
    let before = control.counters().await.unwrap();
    workspace.configure(neighbors(hundred())).unwrap();
    workspace.run(["apply", "-json", "-auto-approve", "-parallelism=100"]).await.unwrap().succeeded();
    let after = control.counters().await.unwrap();
    let (commits, saves) = (after.commits - before.commits, after.saves - before.saves);
    assert!((1..=2).contains(&commits), "{commits} commits");
    assert!((1..=commits).contains(&saves), "{saves} saves");

    // The router's own address cannot be a neighbour: VyOS refuses it when it commits.
    let own = std::iter::once("10.0.0.1".to_owned());
    workspace
        .configure(neighbors(hundred().chain((101..=120).map(|last| format!("10.9.0.{last}"))).chain(own)))
        .unwrap();
    let errors =
        workspace.run(["apply", "-json", "-auto-approve", "-parallelism=100"]).await.unwrap().failed();
    let addresses: Vec<_> = errors.iter().map(|error| error.address.as_str()).collect();
    assert_eq!(addresses, [r#"vyos_bgp_neighbor.all["10.0.0.1"]"#], "{errors:?}");
    let running = vtysh(lab.router().unwrap(), "show running-config").await;
    assert_eq!(running.matches(" remote-as 64512").count(), 120, "{running}");
}

/// Route-maps that nothing orders.
fn route_maps(count: usize) -> String {
    format!(
        "resource \"vyos_route_map\" \"all\" {{\n  provider = microk8s\n  count    = {count}\n  router   = \"edge\"\n  \
         name     = \"RM-${{count.index}}\"\n  rules    = {{ 10 = {{ action = \"permit\" }} }}\n}}\n"
    )
}

/// With Terraform's own parallelism of ten, and as many processes at work beside it as the machine has cores.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_for_at_one_time_is_one_commit_on_a_busy_machine_too() {
    let lab =
        router_lab(RouterOptions { commit_delay: Duration::from_secs(3), ..RouterOptions::default() }).await;
    let control = lab.router().unwrap().control().unwrap();
    let mut commits = Vec::new();
    for configuration in [neighbors((1..=30).map(|last| format!("10.9.0.{last}"))), route_maps(53)] {
        let workspace = Workspace::new(&lab, configuration).await.unwrap();
        let before = control.counters().await.unwrap();
        let working = Arc::new(());
        for _ in 0..std::thread::available_parallelism().unwrap().get() {
            let working = Arc::downgrade(&working);
            // Until the apply or the test ends, however it does.
            std::thread::spawn(move || while working.strong_count() > 0 {});
        }
        workspace.apply().await.unwrap().succeeded();
        drop(working);
        commits.push(control.counters().await.unwrap().commits - before.commits);
        workspace.destroy().await.unwrap().succeeded();
    }
    // As few as Terraform's own parallelism allows, and one more where other labs keep the machine busy too:
    // it had been one for each object.
    let few = [4..=5, 6..=7];
    assert!(commits.iter().zip(&few).all(|(commits, few)| few.contains(commits)), "{commits:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_lock_is_waited_out() {
    let lab = router_lab(RouterOptions::default()).await;
    let control = lab.router().unwrap().control().unwrap();
    let workspace = Workspace::new(&lab, EDGE).await.unwrap();
    control.faults(vyos_stand_in::Faults { commit_locked: true, ..Default::default() }).await.unwrap();
    let apply = workspace.apply();
    let unlock = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        let refused = control.counters().await.unwrap();
        control.faults(vyos_stand_in::Faults::default()).await.unwrap();
        refused
    };
    let (run, while_locked) = tokio::join!(apply, unlock);
    run.unwrap().succeeded();
    assert!(while_locked.requests > 0, "nobody asked while the lock was held");
}

const BY_HAND: &[&str] = &[
    "protocols bgp system-as 4200000001",
    "protocols bgp peer-group NODES remote-as internal",
    "protocols bgp peer-group NODES password of-the-group",
    "protocols bgp neighbor 10.0.0.11 peer-group NODES",
    "protocols bgp neighbor 10.0.0.12 remote-as internal",
    "protocols bgp neighbor 10.0.0.12 password of-the-neighbor",
    "protocols ospf interface eth0 area 0",
    "protocols ospf interface eth0 authentication md5 key-id 7 md5-key of-the-link",
];

const IMPORTS: &[(&str, &str)] = &[
    ("vyos_bgp.edge", "edge"),
    ("vyos_bgp_peer_group.nodes", "edge/NODES"),
    ("vyos_bgp_neighbor.cp1", "edge/10.0.0.11"),
    ("vyos_bgp_neighbor.cp2", "edge/10.0.0.12"),
    ("vyos_ospf.edge", "edge"),
];

/// Terraform leaves the secrets out of what it generates.
#[tokio::test(flavor = "multi_thread")]
async fn a_generated_configuration_deletes_no_password() {
    let lab = router_lab(RouterOptions::default()).await;
    let sets: Vec<_> = BY_HAND
        .iter()
        .map(|path| {
            let path: Vec<_> = path.split(' ').map(|word| format!("{word:?}")).collect();
            format!(r#"{{"op":"set","path":[{}]}}"#, path.join(","))
        })
        .collect();
    configure(&lab, &format!("[{}]", sets.join(","))).await;
    let imports: String = IMPORTS
        .iter()
        .map(|(to, id)| format!("import {{\n  provider = microk8s\n  to = {to}\n  id = {id:?}\n}}\n"))
        .collect();
    let workspace = Workspace::new(&lab, imports).await.unwrap();
    let arguments = ["plan", "-json", "-generate-config-out=generated.tf"];
    let plan = workspace.run(arguments).await.unwrap().succeeded();
    let generated = std::fs::read_to_string(workspace.path().join("generated.tf")).unwrap();
    assert!(!generated.contains("of-the-"), "{generated}");
    let stays = |action| matches!(action, Action::Import | Action::NoOp);
    assert!(plan.changes().iter().all(|change| stays(change.action)), "{plan:?}\n{generated}");
    let warnings = plan.warnings();
    let told: Vec<_> = warnings.iter().filter(|one| one.summary.starts_with("Secrets stay")).collect();
    assert_eq!(told.len(), 1, "{warnings:?}");
    for secret in ["`password` of BGP neighbor 10.0.0.12", "`password` of BGP peer-group NODES", "md5_keys"] {
        assert!(told.iter().any(|one| one.detail.contains(secret)), "{told:?}");
    }

    workspace.apply().await.unwrap().succeeded();
    let renamed = generated.replace("= \"edge\"", "= \"gw\"");
    workspace.write("generated.tf", &renamed).unwrap();
    let block = std::fs::read_to_string(workspace.path().join("main.tf")).unwrap();
    workspace.write("main.tf", &block.replace("edge =", "gw =").replace("id = \"edge", "id = \"gw")).unwrap();
    let plan = workspace.plan().await.unwrap();
    assert!(plan.changes().iter().all(|change| change.action == Action::Update), "{plan:?}");
    workspace.apply().await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();
    let running = vtysh(lab.router().unwrap(), "show running-config").await;
    for secret in ["of-the-neighbor", "of-the-group", "of-the-link"] {
        assert!(running.contains(secret), "{secret}:\n{running}");
    }
}
