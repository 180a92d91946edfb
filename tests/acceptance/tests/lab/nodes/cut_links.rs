//! A leave that died of its link, as one that was run by hand still does, is undone by an apply and completed
//! by a destroy. What the provider runs itself survives the link: `interrupted` shows that.

use crate::by_hand::shell;
use acceptance::{Action, Workspace};
use lab::{Lab, LabOptions, Node};

const CONFIGURATION: &str = r#"
resource "microk8s_node" "this" {
  for_each = toset(["10.0.0.11", "10.0.0.12", "10.0.0.13"])
  host     = each.key
  channel  = "1.35/stable"
}

resource "microk8s_cluster_member" "this" {
  for_each = { "10.0.0.12" = "control-plane", "10.0.0.13" = "worker" }
  host     = microk8s_node.this[each.key].host
  cluster  = microk8s_node.this["10.0.0.11"].host
  role     = each.value
}
"#;

const MEMBERS: [&str; 2] =
    [r#"microk8s_cluster_member.this["10.0.0.12"]"#, r#"microk8s_cluster_member.this["10.0.0.13"]"#];

/// `microk8s leave` whose reader goes away after so many lines: it dies at the next one. The locks that it
/// leaves.
async fn leave_after(node: &Node, lines: u8) -> String {
    let locks = "ls /var/snap/microk8s/current/var/lock";
    let before = shell(node, locks).await;
    let leave =
        format!("{{ /snap/bin/microk8s leave; echo \"it ended with $?\" >&2; }} | head -n {lines}; sleep 3");
    let left = shell(node, &leave).await;
    let died = !left.contains("Waiting") && !left.contains("it ended with 0");
    assert!(died, "it did not die: {left}\nwith these locks before: {before}");
    shell(node, locks).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leave_that_died_of_it_is_undone_or_completed() {
    let lab = Lab::start(LabOptions::with_nodes(3, false)).await.unwrap();
    let [first, second, third] = lab.nodes() else { panic!("three nodes were asked for") };
    let workspace = Workspace::new(&lab, CONFIGURATION).await.unwrap();
    workspace.apply().await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();

    // Both at `Generating new cluster certificates.`: of a control plane it is the first line.
    let cut = async || {
        let (control_plane, worker) = tokio::join!(leave_after(second, 0), leave_after(third, 1));
        assert!(control_plane.contains("no-cert-reissue"), "{control_plane}");
        assert!(worker.contains("clustered.lock") && worker.contains("no-apiserver-proxy"), "{worker}");
        let status = shell(first, "/snap/bin/microk8s status --format yaml").await;
        assert_eq!(status.matches("- address:").count(), 1, "{status}");
    };
    cut().await;
    workspace.plan().await.unwrap().plans(&MEMBERS.map(|member| (member, Action::Update)));
    workspace.apply().await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();
    let nodes = shell(first, "/snap/bin/microk8s kubectl get nodes --no-headers").await;
    assert_eq!(nodes.lines().filter(|line| line.contains(" Ready ")).count(), 3, "{nodes}");

    cut().await;
    workspace.destroy().await.unwrap().succeeded();
    assert_eq!(workspace.resources().await.unwrap(), [""; 0]);
    for node in lab.nodes() {
        assert!(shell(node, "snap list microk8s 2>&1").await.contains("no matching snaps installed"));
        assert_eq!(
            shell(
                node,
                "ls -d /var/lib/terraform-provider-microk8s* /run/terraform-provider-microk8s* 2>/dev/null"
            )
            .await,
            ""
        );
    }
}
