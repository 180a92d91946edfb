//! The build-out with Longhorn, whose chart is played: nodes get what storage needs, the release what
//! MicroK8s and a later destroy need.

use crate::by_hand::{command, shell};
use crate::nodes::node_storage::WRITE_PACKAGES;
use acceptance::{BuildOut, Cli};
use lab::{Lab, LabOptions};
use serde_json::json;

const CHART: [(&str, &str); 3] = [
    ("Chart.yaml", include_str!("../../../charts/longhorn/Chart.yaml")),
    ("values.yaml", include_str!("../../../charts/longhorn/values.yaml")),
    ("templates/all.yaml", include_str!("../../../charts/longhorn/templates/all.yaml")),
];

#[tokio::test(flavor = "multi_thread")]
async fn longhorn_is_installed_and_uninstalled_on_nodes_that_are_ready_for_it() {
    let lab = Lab::start(LabOptions::with_nodes(1, false)).await.unwrap();
    let [cp1] = lab.nodes() else { panic!("one node was asked for") };
    shell(cp1, WRITE_PACKAGES).await;
    for (file, text) in CHART {
        let write = format!(
            "mkdir -p /srv/longhorn/templates && cat >/srv/longhorn/{file} <<'END OF FILE'\n{text}END OF FILE\n"
        );
        shell(cp1, &write).await;
    }
    let variables = json!({
        "nodes": { cp1.name(): cp1.ipv4().to_string() }, "longhorn": { "chart": "/srv/longhorn" },
    });
    let build_out = BuildOut::read("storage").unwrap();
    let workspace = build_out.workspace_with(Cli::Terraform, &lab, &variables).await.unwrap();
    workspace.run(["init", "-no-color"]).await.unwrap().succeeded();
    workspace.apply().await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();

    command(cp1, &["systemctl", "is-active", "--quiet", "iscsid"]).await;
    let get = |object, path| ["/snap/bin/microk8s", "kubectl", "get", object, "-o", path];
    let replicas = get("storageclass/longhorn", "jsonpath={.parameters.numberOfReplicas}");
    assert_eq!(command(cp1, &replicas).await, "1", "a single node keeps a single copy");
    let class = get("persistentvolumeclaim/data", "jsonpath={.spec.storageClassName}");
    assert_eq!(command(cp1, &class).await, "longhorn");

    workspace.destroy().await.unwrap().succeeded();
    assert_eq!(workspace.resources().await.unwrap(), [""; 0]);
    shell(cp1, "! systemctl is-active --quiet iscsid || ! dpkg-query --show open-iscsi").await;
}
