//! A bare machine becomes a node of a dual-stack cluster, and a bare machine again.

use crate::by_hand::command;
use acceptance::{Action, Workspace};
use lab::{Lab, LabOptions};

const NODE: &str = r#"
resource "microk8s_node" "cp1" {
  host    = "10.0.0.11"
  channel = "1.35/stable"
  hosts   = { cp1 = ["10.0.0.11"], cp2 = ["10.0.0.12"] }
}
"#;

const IPV6: &str = r#"
resource "microk8s_cluster_ipv6" "this" {
  host         = microk8s_node.cp1.host
  cluster_cidr = "fd01::/64"
  service_cidr = "fd98::/108"
  nat_outgoing = true
}
"#;

#[tokio::test(flavor = "multi_thread")]
async fn from_a_bare_machine_to_dual_stack_and_back() {
    let lab = Lab::start(LabOptions::with_nodes(1, false)).await.unwrap();
    let node = &lab.nodes()[0];
    let workspace = Workspace::new(&lab, NODE).await.unwrap();
    workspace.apply().await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();
    let state = workspace.state("microk8s_node.cp1").await.unwrap();
    assert_eq!(state["node_name"], "cp1");
    assert_eq!(state["host_key"], node.host_public_key().trim_end_matches(" cp1"));
    assert!(command(node, &["cat", "/etc/hosts"]).await.contains("10.0.0.12 cp2"));

    // What someone else did to the machine is found and mended.
    command(node, &["sed", "-i", "/cp2/d", "/etc/hosts"]).await;
    command(node, &["snap", "refresh", "--unhold", "microk8s"]).await;
    workspace.plan().await.unwrap().plans(&[("microk8s_node.cp1", Action::Update)]);
    workspace.apply().await.unwrap().succeeded();
    assert!(command(node, &["cat", "/etc/hosts"]).await.contains("10.0.0.12 cp2"));
    assert!(command(node, &["snap", "list", "microk8s"]).await.contains("held"));

    workspace.run(["state", "rm", "microk8s_node.cp1"]).await.unwrap().succeeded();
    workspace.import("microk8s_node.cp1", "10.0.0.11").await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();

    workspace.configure(format!("{NODE}{IPV6}")).unwrap();
    workspace.apply().await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();
    let arguments = "/var/snap/microk8s/current/args/kube-apiserver";
    let line = "--service-cluster-ip-range=10.152.183.0/24,fd98::/108";
    assert!(command(node, &["cat", arguments]).await.contains(line));

    command(node, &["sed", "-i", "s/,fd98.*//", arguments]).await;
    workspace.plan().await.unwrap().plans(&[("microk8s_cluster_ipv6.this", Action::Update)]);
    workspace.apply().await.unwrap().succeeded();
    assert!(command(node, &["cat", arguments]).await.contains(line));

    workspace.run(["state", "rm", "microk8s_cluster_ipv6.this"]).await.unwrap().succeeded();
    workspace.import("microk8s_cluster_ipv6.this", "10.0.0.11").await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();

    workspace.destroy().await.unwrap().succeeded();
    assert!(command(node, &["snap", "list", "microk8s"]).await.contains("no matching snaps installed"));
    assert!(!command(node, &["cat", "/etc/hosts"]).await.contains("cp2"));
    assert_eq!(command(node, &["ls", "-A", "/var/snap"]).await, "");
}
