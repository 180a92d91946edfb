//! Add-ons of a node's cluster, and what the cluster says of itself.

use crate::by_hand::command;
use acceptance::{Action, Workspace};
use lab::{Lab, LabOptions, Node};

const ADDON: &str = r#"
resource "microk8s_addon" "community" {
  host = "10.0.0.11"
  name = "community"
}
"#;

const STATUS: &str = r#"
data "microk8s_status" "this" {
  host       = "10.0.0.11"
  wait       = { timeout = "2m" }
  depends_on = [microk8s_addon.community]
}
"#;

#[tokio::test(flavor = "multi_thread")]
async fn an_addon_is_enabled_found_missing_and_disabled() {
    let lab = Lab::start(LabOptions::with_nodes(1, true)).await.unwrap();
    let node = &lab.nodes()[0];
    let address = "microk8s_addon.community";
    let workspace = Workspace::new(&lab, format!("{ADDON}{STATUS}")).await.unwrap();
    workspace.apply().await.unwrap().succeeded();
    assert_eq!(enabled(node, "community").await, "enabled");
    let status = workspace.state("data.microk8s_status.this").await.unwrap();
    assert_eq!(status["running"], true);
    assert_eq!(status["high_availability"], false);
    assert_eq!(status["nodes"][0]["name"], "cp1");
    assert_eq!(status["nodes"][0]["role"], "control-plane");
    assert_eq!(status["nodes"][0]["ready"], true);
    assert_eq!(status["datastore_nodes"][0]["role"], "voter");
    let addons = status["addons"].as_array().unwrap();
    assert!(
        addons.iter().any(|addon| addon["name"] == "community" && addon["enabled"] == true),
        "{addons:?}"
    );

    workspace.configure(ADDON).unwrap();
    workspace.apply().await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();
    command(node, &["rm", "-r", "/var/snap/microk8s/common/addons/community"]).await;
    workspace.plan().await.unwrap().plans(&[(address, Action::Create)]);
    workspace.apply().await.unwrap().succeeded();

    workspace.run(["state", "rm", address]).await.unwrap().succeeded();
    workspace.import(address, "10.0.0.11/community").await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();

    let unknown = ADDON.replace("\"community\"\n}", "\"comunity\"\n}");
    workspace.configure(format!("{ADDON}{}", unknown.replace("\"community\" {", "\"wrong\" {"))).unwrap();
    let errors = workspace.apply().await.unwrap().failed();
    assert_eq!(errors[0].summary, "Unable to enable add-on core/comunity");
    assert!(errors[0].detail.contains("It has: cert-manager, "), "{errors:?}");
    assert_eq!(errors[0].code, "name = \"comunity\"");
    workspace.configure(ADDON).unwrap();
    workspace.plan().await.unwrap().plans_nothing();

    // A node that does not answer stops nothing, and its add-on stays in the state.
    node.stop().await.unwrap();
    let plan = workspace.plan().await.unwrap().plans_nothing();
    assert_eq!(plan.warnings().len(), 1, "{plan:?}");
    assert!(plan.warnings()[0].summary.starts_with("Unable to read 10.0.0.11"), "{plan:?}");
    let errors = workspace.destroy().await.unwrap().failed();
    assert!(errors[0].detail.contains("terraform state rm"), "{errors:?}");
    assert_eq!(workspace.state(address).await.unwrap()["name"], "community");
}

async fn enabled(node: &Node, addon: &str) -> String {
    command(node, &["/snap/bin/microk8s", "status", "--addon", addon]).await.trim().to_owned()
}
