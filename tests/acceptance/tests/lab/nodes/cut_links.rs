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

/// What a pipe holds in Linux where nothing sets it, in bytes: pipe(7).
const PIPE: usize = 65536;

const MEMBERS: [&str; 2] =
    [r#"microk8s_cluster_member.this["10.0.0.12"]"#, r#"microk8s_cluster_member.this["10.0.0.13"]"#];

/// `microk8s leave` whose reader goes away: it dies at the line that it prints then. The locks that it
/// leaves.
///
/// Before it begins the pipe has room for the line that it may print first and for no more, so that it waits
/// at the next one until the reader, which reads nothing, sees the lock and is gone.
async fn leave_that_dies(node: &Node, first_line: &str, reader_waits_for: &str) -> String {
    const LOCKS: &str = "/var/snap/microk8s/current/var/lock";
    let list = format!("ls {LOCKS}");
    let before = shell(node, &list).await;
    let filled = PIPE - first_line.len();
    let leave = format!(
        "{{ head -c {filled} /dev/zero; /snap/bin/microk8s leave; echo \"it ended with $?\" >&2; }} |
         for i in $(seq 600); do [ ! -e {LOCKS}/{reader_waits_for} ] || break; sleep 0.1; done"
    );
    let left = shell(node, &leave).await;
    assert!(left.contains("it ended with 1"), "it did not die: {left}\nwith these locks before: {before}");
    shell(node, &list).await
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
        let (control_plane, worker) = tokio::join!(
            leave_that_dies(second, "", "installed.lock"),
            leave_that_dies(third, "Configuring services.\n", "no-apiserver-proxy")
        );
        assert!(control_plane.contains("no-cert-reissue"), "{control_plane}");
        assert!(worker.contains("clustered.lock") && worker.contains("no-apiserver-proxy"), "{worker}");
        // `status` names the members that its datastore last wrote down.
        let status = shell(
            first,
            "for i in $(seq 60); do
               status=$(/snap/bin/microk8s status --format yaml)
               [ $(echo \"$status\" | grep -c -e '- address:') != 1 ] || break
               sleep 0.5
             done; echo \"$status\"",
        )
        .await;
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
