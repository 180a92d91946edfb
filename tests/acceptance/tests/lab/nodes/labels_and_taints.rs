//! Labels and taints of nodes, ours beside those of others, on a control plane and on a worker that joined.

use crate::by_hand::{command, shell};
use acceptance::{Action, Workspace};
use lab::{Lab, LabOptions, Node};
use serde_json::Value;

const CONFIGURATION: &str = r#"
locals {
  hosts = { cp1 = ["10.0.0.11"], w1 = ["10.0.0.12"] }
}

resource "microk8s_node" "cp1" {
  host    = "10.0.0.11"
  channel = "1.35/stable"
  hosts   = local.hosts
  labels  = { "topology.kubernetes.io/zone" = "a" }
}

resource "microk8s_node" "w1" {
  host    = "10.0.0.12"
  channel = "1.35/stable"
  hosts   = local.hosts
  labels  = { "topology.kubernetes.io/zone" = "b", "example.com/disk" = "" }
  taints = [
    { key = "dedicated", value = "storage", effect = "NoSchedule" },
    { key = "dedicated", effect = "PreferNoSchedule" },
  ]
}

resource "microk8s_cluster_member" "w1" {
  host    = microk8s_node.w1.host
  cluster = microk8s_node.cp1.host
  role    = "worker"
}
"#;

const WORKER: &str = "microk8s_node.w1";

async fn kubectl(node: &Node, words: &str) -> String {
    shell(node, &format!("/snap/bin/microk8s kubectl {words}")).await
}

/// The labels and taints of a node that the control plane `node` knows.
async fn seen(node: &Node, name: &str) -> (Value, Value) {
    let object: Value = kubectl(node, &format!("get node {name} -o json")).await.parse().unwrap_or_default();
    let part = |path: &str| object.pointer(path).cloned().unwrap_or_default();
    (part("/metadata/labels"), part("/spec/taints"))
}

#[tokio::test(flavor = "multi_thread")]
async fn are_ours_alone_and_come_back_after_a_join() {
    let lab = Lab::start(LabOptions::with_nodes(2, false)).await.unwrap();
    let cp1 = &lab.nodes()[0];
    let w1 = command(&lab.nodes()[1], &["hostname"]).await;
    let w1 = w1.trim();
    let configuration = CONFIGURATION.replace("w1 = [", &format!("{w1} = ["));
    let workspace = Workspace::new(&lab, &configuration).await.unwrap();
    workspace.apply().await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();
    let (labels, taints) = seen(cp1, w1).await;
    assert_eq!(
        (&labels["topology.kubernetes.io/zone"], &labels["example.com/disk"]),
        (&"b".into(), &"".into())
    );
    assert_eq!(taints.as_array().unwrap().len(), 2, "{taints}");
    assert_eq!(seen(cp1, "cp1").await.0["topology.kubernetes.io/zone"], "a");

    // What others do to the node is not ours, what they do to ours is mended.
    kubectl(cp1, &format!("cordon {w1}")).await;
    kubectl(cp1, &format!("label node {w1} theirs=x")).await;
    kubectl(cp1, &format!("taint node {w1} theirs=x:NoSchedule")).await;
    workspace.plan().await.unwrap().plans_nothing();
    for spoil in [
        "label node W example.com/disk-",
        "taint node W dedicated=other:NoSchedule --overwrite",
        "taint node W dedicated-",
    ] {
        kubectl(cp1, &spoil.replace('W', w1)).await;
        workspace.plan().await.unwrap().plans(&[(WORKER, Action::Update)]);
        workspace.apply().await.unwrap().succeeded();
        workspace.plan().await.unwrap().plans_nothing();
    }
    let keys = |taints: &Value| {
        let text = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
        let all = taints.as_array().unwrap().iter();
        let mut keys: Vec<String> = all
            .map(|one| format!("{}={}:{}", text(one, "key"), text(one, "value"), text(one, "effect")))
            .collect();
        keys.sort();
        keys.join(" ")
    };
    let (_, taints) = seen(cp1, w1).await;
    let theirs = "node.kubernetes.io/unschedulable=:NoSchedule theirs=x:NoSchedule";
    assert_eq!(keys(&taints), format!("dedicated=:PreferNoSchedule dedicated=storage:NoSchedule {theirs}"));

    workspace.run(["state", "rm", WORKER]).await.unwrap().succeeded();
    workspace.import(WORKER, "10.0.0.12").await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();

    // Taken out one by one, and with the attributes.
    workspace.configure(configuration.replace(", \"example.com/disk\" = \"\"", "")).unwrap();
    workspace.apply().await.unwrap().succeeded();
    let (labels, _) = seen(cp1, w1).await;
    assert_eq!((labels.get("example.com/disk"), &labels["theirs"]), (None, &"x".into()));
    let begin = configuration.find("  labels  = { \"topology.kubernetes.io/zone\" = \"b\"").unwrap();
    let end = begin + configuration[begin..].find("  ]\n").unwrap() + 4;
    let without = format!("{}{}", &configuration[..begin], &configuration[end..]);
    workspace.configure(&without).unwrap();
    workspace.plan().await.unwrap().plans(&[(WORKER, Action::Update)]);
    workspace.apply().await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();
    let (labels, taints) = seen(cp1, w1).await;
    assert_eq!((labels.get("topology.kubernetes.io/zone"), &labels["theirs"]), (None, &"x".into()));
    assert_eq!(keys(&taints), theirs);
    shell(&lab.nodes()[1], "! test -e /var/lib/terraform-provider-microk8s/marks").await;
    workspace.destroy().await.unwrap().succeeded();
}
