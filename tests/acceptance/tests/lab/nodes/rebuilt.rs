//! A machine is lost and a new one stands at its address: what the guide on unreachable targets says to do,
//! for a worker and for one of three control planes.
#![expect(clippy::unwrap_used, reason = "a test's helpers fail as the test does")]

use crate::by_hand::shell;
use acceptance::{Action, Workspace};
use lab::{Lab, LabOptions, Node};
use std::process::Stdio;
use std::time::{Duration, Instant};

const WITH_A_WORKER: &str = r#"
resource "microk8s_node" "cp1" {
  host    = "10.0.0.11"
  channel = "1.35/stable"
  hosts   = { cp1 = ["10.0.0.11"], cp2 = ["10.0.0.12"] }
}

resource "microk8s_node" "w1" {
  host    = "10.0.0.12"
  channel = "1.35/stable"
  hosts   = { cp1 = ["10.0.0.11"], cp2 = ["10.0.0.12"] }

  forget_unreachable = true
}

resource "microk8s_cluster_member" "w1" {
  host    = microk8s_node.w1.host
  cluster = microk8s_node.cp1.host
  role    = "worker"

  lifecycle {
    replace_triggered_by = [microk8s_node.w1.machine_id]
  }
}
"#;

/// Everything is reached through the first; any of them may be lost.
const OF_CONTROL_PLANES: &str = r#"
resource "microk8s_node" "this" {
  for_each = { cp1 = "10.0.0.11", cp2 = "10.0.0.12", cp3 = "10.0.0.13" }
  host     = each.value
  channel  = "1.35/stable"
  hosts    = { cp1 = ["10.0.0.11"], cp2 = ["10.0.0.12"], cp3 = ["10.0.0.13"] }

  forget_unreachable = true
}

resource "microk8s_cluster_member" "this" {
  for_each = toset(["cp2", "cp3"])
  host     = microk8s_node.this[each.key].host
  cluster  = microk8s_node.this["cp1"].host
  role     = "control-plane"
}

resource "microk8s_object" "shop" {
  cluster  = microk8s_node.this["cp1"].host
  manifest = { apiVersion = "v1", kind = "Namespace", metadata = { name = "shop", labels = { edition = var.edition } } }
}

variable "edition" {
  type    = string
  default = "first"
}
"#;

const NODES: &str = "/snap/bin/microk8s kubectl get nodes";

#[tokio::test(flavor = "multi_thread")]
async fn a_new_machine_takes_the_place_of_a_lost_one() {
    let lab = Lab::start(LabOptions::with_nodes(2, false)).await.unwrap();
    let [control_plane, worker] = lab.nodes() else { panic!("two nodes were asked for") };
    let workspace = Workspace::new(&lab, WITH_A_WORKER).await.unwrap();
    workspace.apply().await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();
    let before = workspace.state("microk8s_node.w1").await.unwrap();

    rebuild(worker).await;
    let lost = async {
        while !shell(control_plane, NODES).await.contains("NotReady") {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(120), lost).await.expect("the cluster misses the lost machine");

    // Nothing is done to a machine that nobody gave to Terraform.
    let plan = workspace.plan().await.unwrap().plans_nothing();
    assert!(plan.warnings().iter().any(|one| one.summary.contains("10.0.0.12")), "{plan:?}");
    assert_eq!(workspace.state("microk8s_node.w1").await.unwrap()["machine_id"], before["machine_id"]);

    forget_host_key(&lab, "10.0.0.12").await;
    let replace = ["-json", "-replace=microk8s_node.w1"];
    let plan = workspace.run([&["plan"], replace.as_slice()].concat()).await.unwrap();
    plan.plans(&[("microk8s_node.w1", Action::Replace), ("microk8s_cluster_member.w1", Action::Replace)]);
    workspace.run([&["apply", "-auto-approve"], replace.as_slice()].concat()).await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();
    let after = workspace.state("microk8s_node.w1").await.unwrap();
    assert_ne!(after["machine_id"], before["machine_id"]);
    assert_ne!(after["host_key"], before["host_key"]);
    let nodes = shell(control_plane, NODES).await;
    assert_eq!(nodes.matches(" Ready").count(), 2, "{nodes}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_machine_takes_the_place_of_a_lost_control_plane() {
    let lab = Lab::start(LabOptions::with_nodes(3, false)).await.unwrap();
    let [first, _, third] = lab.nodes() else { panic!("three nodes were asked for") };
    let workspace = Workspace::new(&lab, OF_CONTROL_PLANES).await.unwrap();
    workspace.apply().await.unwrap().succeeded();

    third.stop().await.unwrap();
    // Two of three keep the datastore: the cluster answers, and what is not on the lost machine can be
    // changed.
    let begin = Instant::now();
    let edition = ["-json", "-auto-approve", "-var=edition=second"];
    let apply = workspace.run([&["apply"], edition.as_slice()].concat()).await.unwrap().succeeded();
    assert!(begin.elapsed() < Duration::from_secs(60), "it took {:?}", begin.elapsed());
    assert!(apply.warnings().iter().any(|one| one.summary.contains("10.0.0.13")), "{apply:?}");
    let label = "/snap/bin/microk8s kubectl get namespace shop --output=jsonpath={.metadata.labels.edition}";
    assert_eq!(shell(first, label).await, "second");

    third.start().await.unwrap();
    rebuild(third).await;
    forget_host_key(&lab, "10.0.0.13").await;
    let replace = ["-replace=microk8s_node.this[\"cp3\"]", "-replace=microk8s_cluster_member.this[\"cp3\"]"];
    let replace = [["-json", "-var=edition=second"].as_slice(), replace.as_slice()].concat();
    workspace.run([&["apply", "-auto-approve"], replace.as_slice()].concat()).await.unwrap().succeeded();
    workspace.run(["plan", "-json", "-var=edition=second"]).await.unwrap().plans_nothing();
    let status = shell(first, "/snap/bin/microk8s status --format yaml").await;
    let members = status.split("addons:").next().unwrap().matches("address: ").count();
    assert_eq!(members, 3, "{status}");
    let nodes = shell(first, NODES).await;
    assert_eq!((nodes.matches(" Ready").count(), nodes.lines().count()), (3, 4), "{nodes}");
}

async fn forget_host_key(lab: &Lab, address: &str) {
    let known = lab.description().known_hosts.display().to_string();
    let mut forget = lab.operator("ssh-keygen");
    assert!(forget.args(["-R", address, "-f", &known]).output().await.unwrap().status.success());
}

/// What a machine is after it was installed anew: another one, bare, at the same address and of the same
/// name.
async fn rebuild(node: &Node) {
    let script = "set -e; snap remove --purge microk8s; rm -rf /var/lib/terraform-provider-microk8s; \
                  sed -i '/BEGIN microk8s_node/,/END microk8s_node/d' /etc/hosts; \
                  echo 0123456789abcdef0123456789abcdef > /etc/machine-id; cd /etc/ssh; rm ssh_host_*; \
                  ssh-keygen -q -t ed25519 -N '' -f ssh_host_ed25519_key";
    let output = node.exec(["sh", "-c", script]).stdin(Stdio::null()).output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    node.stop().await.unwrap();
    node.start().await.unwrap();
}
