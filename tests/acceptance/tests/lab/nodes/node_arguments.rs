//! Flags of the services on a node: brought, mended, taken back where a service does not know one, and taken
//! away with what was there before put back.

use crate::by_hand::{command, shell};
use acceptance::{Action, Workspace};
use lab::{Lab, LabOptions};

const ADDRESS: &str = "microk8s_node.cp1";
const ARGUMENTS: &str = "/var/snap/microk8s/current/args";

fn node(args: &str) -> String {
    format!(
        "resource \"microk8s_node\" \"cp1\" {{\n  host    = \"10.0.0.11\"\n  channel = \"1.35/stable\"\n{args}\n}}\n"
    )
}

const ARGS: &str = r#"
  args = {
    kubelet        = { max-pods = 250, v = 2 }
    kube-apiserver = { event-ttl = "10m" }
    containerd     = { log-level = "warn" }
  }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn are_brought_mended_and_taken_back() {
    let lab = Lab::start(LabOptions::with_nodes(1, false)).await.unwrap();
    let machine = &lab.nodes()[0];
    let workspace = Workspace::new(&lab, node(ARGS)).await.unwrap();
    workspace.apply().await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();
    let has = async |file: &str, line: &str| {
        let text = command(machine, &["cat", &format!("{ARGUMENTS}/{file}")]).await;
        assert_eq!(text.lines().filter(|one| *one == line).count(), 1, "{file}: {text}");
    };
    let restarts = async || {
        let journal =
            command(machine, &["journalctl", "-u", "snap.microk8s.daemon-kubelite", "--no-pager"]).await;
        journal.matches("Started Service for snap application").count()
    };
    has("kubelet", "--max-pods=250").await;
    has("kube-apiserver", "--event-ttl=10m").await;
    has("containerd", "--log-level=warn").await;

    // What somebody else did to ours is found, flag by flag; what he did beside it is his.
    shell(
        machine,
        &format!(
            "sed -i s/250/110/ {ARGUMENTS}/kubelet; echo --max-open-files=2000000 >>{ARGUMENTS}/kubelet"
        ),
    )
    .await;
    workspace.plan().await.unwrap().plans(&[(ADDRESS, Action::Update)]);
    let before = restarts().await;
    workspace.apply().await.unwrap().succeeded();
    assert_eq!(restarts().await, before + 1);
    workspace.plan().await.unwrap().plans_nothing();
    has("kubelet", "--max-open-files=2000000").await;

    // An unknown flag of each kind of file: found by its start, and taken back.
    for (file, more, said) in [
        ("kubelet", ("v = 2", "v = 2, no-such-flag = 1"), "unknown flag: --no-such-flag"),
        (
            "kube-scheduler",
            ("args = {", "args = {\n    kube-scheduler = { no-such-flag = 1 }"),
            "unknown flag: --no-such-flag",
        ),
        (
            "containerd",
            ("\"warn\"", "\"warn\", no-such-flag = 1"),
            "flag provided but not defined: -no-such-flag",
        ),
    ] {
        let text = format!("{ARGUMENTS}/{file}");
        let was = command(machine, &["cat", &text]).await;
        let wrong = ARGS.replace(more.0, more.1);
        workspace.configure(node(&wrong)).unwrap();
        let errors = workspace.apply().await.unwrap().failed();
        assert!(errors[0].detail.contains(said), "{errors:?}");
        assert!(errors[0].code.contains("args"), "{errors:?}");
        assert_eq!(command(machine, &["cat", &text]).await, was, "{file}");
        shell(machine, "/snap/bin/microk8s kubectl get --raw /readyz").await;
        workspace.configure(node(ARGS)).unwrap();
        workspace.plan().await.unwrap().plans_nothing();
    }

    workspace.run(["state", "rm", ADDRESS]).await.unwrap().succeeded();
    workspace.import(ADDRESS, "10.0.0.11").await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();

    // A flag that the release does not have any more never reaches the node.
    workspace.configure(node("  args = { kubelet = { register-schedulable = false } }")).unwrap();
    let errors = workspace.plan().await.unwrap().failed();
    assert!(errors[0].detail.contains("Kubernetes 1.35 has no flag --register-schedulable"), "{errors:?}");

    workspace.configure(node("")).unwrap();
    workspace.plan().await.unwrap().plans(&[(ADDRESS, Action::Update)]);
    workspace.apply().await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();
    has("kube-apiserver", "--event-ttl=5m").await;
    shell(
        machine,
        &format!("! grep -e --max-pods -e --log-level {ARGUMENTS}/kubelet {ARGUMENTS}/containerd"),
    )
    .await;
    shell(machine, "! test -e /var/lib/terraform-provider-microk8s/arguments").await;
    workspace.destroy().await.unwrap().succeeded();
}
