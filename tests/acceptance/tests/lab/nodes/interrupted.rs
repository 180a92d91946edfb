//! terraform is interrupted or killed in the middle of its work; the next apply carries on, nothing is
//! tainted or doubled.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a step that fails ends the test"
)]

use crate::by_hand::shell;
use acceptance::{Action, Workspace};
use lab::{Lab, LabOptions, Node};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

const NODE: &str = r#"
resource "microk8s_node" "this" {
  for_each = toset(["10.0.0.11", "10.0.0.12"])
  host     = each.key
  channel  = "1.35/stable"
}
"#;

const IPV6: &str = r#"
resource "microk8s_cluster_ipv6" "this" {
  host         = microk8s_node.this["10.0.0.11"].host
  cluster_cidr = "fd01::/64"
  service_cidr = "fd98::/108"
}
"#;

const MEMBER: &str = r#"
resource "microk8s_cluster_member" "this" {
  host    = microk8s_node.this["10.0.0.12"].host
  cluster = microk8s_cluster_ipv6.this.host
  role    = "control-plane"
}
"#;

/// How a run ends before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Ctrl-C, once.
    Interrupt,
    /// kill -9 of terraform, and with it of the plugin.
    Kill,
}

#[tokio::test(flavor = "multi_thread")]
async fn by_ctrl_c() {
    carries_on(End::Interrupt).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_kill() {
    carries_on(End::Kill).await;
}

async fn carries_on(end: End) {
    let lab = Lab::start(LabOptions::with_nodes(2, false)).await.unwrap();
    let [first, second] = lab.nodes() else { panic!("two nodes were asked for") };
    let nodes = [r#"microk8s_node.this["10.0.0.11"]"#, r#"microk8s_node.this["10.0.0.12"]"#];

    // In the middle of installing.
    let workspace = Workspace::new(&lab, NODE).await.unwrap();
    first.switch_on("install-slow", "4").unwrap();
    second.switch_on("install-slow", "4").unwrap();
    end_when(&workspace, end, first, "test -n \"$(pgrep -f '[s]nap install')\"").await;
    first.switch_off("install-slow").unwrap();
    second.switch_off("install-slow").unwrap();
    workspace.plan().await.unwrap().plans(&nodes.map(|node| (node, Action::Create)));
    workspace.apply().await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();

    // In the middle of the restart with both families.
    workspace.configure(format!("{NODE}{IPV6}")).unwrap();
    end_when(&workspace, end, first, "grep -q fd98 /var/snap/microk8s/current/args/kube-apiserver").await;
    workspace.plan().await.unwrap().plans(&[("microk8s_cluster_ipv6.this", Action::Create)]);
    workspace.apply().await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();

    // In the middle of a join.
    workspace.configure(format!("{NODE}{IPV6}{MEMBER}")).unwrap();
    end_when(&workspace, end, second, "test -e /var/snap/microk8s/current/var/lock/join-in-progress").await;
    workspace.plan().await.unwrap().plans(&[("microk8s_cluster_member.this", Action::Create)]);
    workspace.apply().await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();
    let status = shell(first, "/snap/bin/microk8s status --format yaml").await;
    assert_eq!(status.matches("- address:").count(), 2, "{status}");
    let names = shell(first, "/snap/bin/microk8s kubectl get nodes --output name").await;
    assert_eq!(names.lines().collect::<Vec<_>>(), ["node/cp1", "node/cp2"]);

    workspace.destroy().await.unwrap().succeeded();
    for node in lab.nodes() {
        assert!(shell(node, "snap list microk8s 2>&1").await.contains("no matching snaps installed"));
    }
}

/// Starts an apply and ends it as soon as `condition` holds on `node`.
async fn end_when(workspace: &Workspace<'_>, end: End, node: &Node, condition: &str) {
    let mut command = workspace.command(["apply", "-json", "-auto-approve"]);
    let mut apply = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let seen = async {
        while !node.exec(["sh", "-c", condition]).stderr(Stdio::null()).status().await.unwrap().success() {
            assert!(apply.try_wait().unwrap().is_none(), "terraform ended before {condition}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(90), seen)
        .await
        .unwrap_or_else(|_| panic!("never seen: {condition}"));
    match end {
        End::Kill => apply.kill().await.unwrap(),
        End::Interrupt => {
            let pid = apply.id().unwrap().to_string();
            assert!(Command::new("kill").args(["-INT", &pid]).status().await.unwrap().success());
        }
    }
    let ended = tokio::time::timeout(Duration::from_secs(60), apply.wait()).await;
    let status = ended.unwrap_or_else(|_| panic!("terraform does not end")).unwrap();
    assert!(!status.success(), "terraform was content although it was ended early");
    if end == End::Kill {
        // What terraform had locked is free again, and no plugin is left to go on.
        let plugin = "! pgrep -x terraform-provi";
        let gone = async {
            while !workspace
                .operator("sh")
                .args(["-c", plugin])
                .stdout(Stdio::null())
                .status()
                .await
                .unwrap()
                .success()
            {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), gone).await.expect("the plugin outlives terraform");
    }
}
