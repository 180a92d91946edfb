//! Objects in a cluster, each alone: made, planned again, drifted, imported, taken away.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a step that fails ends the test")]

use acceptance::{Action, Workspace};
use lab::{Lab, LabOptions, Node};
use serde_json::Value;
use std::process::Stdio;

/// A type in a configuration of its own.
struct Case {
    address: &'static str,
    configuration: &'static str,
    /// Behind `<cluster>/`.
    import: &'static str,
    /// The object for kubectl.
    object: [&'static str; 2],
    /// A merge patch behind terraform's back on something that the configuration says.
    drift: &'static str,
}

const POOL: Case = Case {
    address: "metallb_ip_address_pool.this",
    configuration: r#"
resource "metallb_ip_address_pool" "this" {
  provider  = microk8s
  cluster   = "10.0.0.11"
  name      = "default-pool"
  addresses = ["2001:DB8:f000:2::/64", "192.0.2.10-192.0.2.20"]
}
"#,
    import: "metallb-system/default-pool",
    object: ["ipaddresspools.metallb.io", "default-pool"],
    drift: r#"{"spec":{"addresses":["192.0.2.0/28"]}}"#,
};

#[tokio::test(flavor = "multi_thread")]
async fn each_type_from_create_to_destroy() {
    let lab = Lab::start(LabOptions::with_nodes(1, true)).await.unwrap();
    let node = &lab.nodes()[0];
    for case in [POOL] {
        whole_life(&lab, node, &case).await;
    }
}

async fn whole_life(lab: &Lab, node: &Node, case: &Case) {
    let workspace = Workspace::new(lab, case.configuration).await.unwrap();
    workspace.plan().await.unwrap().plans(&[(case.address, Action::Create)]);
    workspace.apply().await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();
    let made = object(node, case).await.unwrap();

    kubectl(
        node,
        &[
            "patch",
            case.object[0],
            case.object[1],
            "--namespace=metallb-system",
            "--type=merge",
            "--patch",
            case.drift,
        ],
    )
    .await
    .unwrap();
    assert_ne!(object(node, case).await.unwrap()["spec"], made["spec"], "the drift did not happen");
    workspace.plan().await.unwrap().plans(&[(case.address, Action::Update)]);
    workspace.apply().await.unwrap().succeeded();
    assert_eq!(object(node, case).await.unwrap()["spec"], made["spec"]);

    let before = workspace.state(case.address).await.unwrap();
    workspace.run(["state", "rm", case.address]).await.unwrap().succeeded();
    workspace.import(case.address, &format!("{}/{}", node.ipv4(), case.import)).await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();
    assert_eq!(workspace.state(case.address).await.unwrap()["name"], before["name"]);

    kubectl(node, &["delete", case.object[0], case.object[1], "--namespace=metallb-system"]).await.unwrap();
    workspace.plan().await.unwrap().plans(&[(case.address, Action::Create)]);
    workspace.apply().await.unwrap().succeeded();
    workspace.destroy().await.unwrap().succeeded();
    assert!(object(node, case).await.is_err(), "it is still there");
}

async fn object(node: &Node, case: &Case) -> Result<Value, String> {
    let text = kubectl(
        node,
        &["get", case.object[0], case.object[1], "--namespace=metallb-system", "--output=json"],
    )
    .await?;
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

async fn kubectl(node: &Node, arguments: &[&str]) -> Result<String, String> {
    let mut command = node.exec(["/snap/bin/microk8s", "kubectl"].iter().chain(arguments));
    let output = command.stdin(Stdio::null()).output().await.map_err(|error| error.to_string())?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}
