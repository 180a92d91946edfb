//! The build-out of one machine without a router: its page answers on the machine's own network, over both
//! families.

use crate::by_hand::shell;
use acceptance::{BuildOut, Cli};
use lab::{Lab, LabOptions, METALLB_CHART};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn answers_on_its_own_network_and_is_destroyed() {
    let lab = Lab::start(LabOptions { traffic: true, ..LabOptions::with_nodes(1, false) }).await.unwrap();
    let [cp1] = lab.nodes() else { panic!("one node was asked for") };
    let variables = json!({
        "name": cp1.name(), "address": cp1.ipv4().to_string(), "metallb": { "chart": METALLB_CHART },
    });
    let build_out = BuildOut::read("single-node").unwrap();
    let workspace = build_out.workspace_with(Cli::Terraform, &lab, &variables).await.unwrap();
    workspace.run(["init", "-no-color"]).await.unwrap().succeeded();
    workspace.apply().await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();

    let output = workspace.run(["output", "-json", "web_addresses"]).await.unwrap().succeeded().text;
    let mut addresses: Vec<String> = serde_json::from_str(&output).unwrap();
    addresses.sort();
    assert_eq!(addresses, ["10.0.0.200", "fd00:10::200"]);
    for url in ["http://10.0.0.200/", "http://[fd00:10::200]/"] {
        let mut curl = lab.operator("curl");
        // The program in the pod may start a moment after the address is answered for.
        curl.args([
            "--silent",
            "--show-error",
            "--fail",
            "--retry",
            "20",
            "--retry-delay",
            "1",
            "--retry-all-errors",
        ]);
        let answer = curl.args(["--max-time", "2", url]).output().await.unwrap();
        assert!(answer.status.success(), "{url}: {answer:?}");
    }

    // What answered are the pod's own addresses, one of each family.
    workspace.apply().await.unwrap().succeeded();
    let state = workspace.state("data.metallb_service_addresses.web").await.unwrap();
    let endpoints = state["services"]["default/nginx"]["endpoints"].as_array().unwrap();
    assert!(endpoints.iter().all(|one| one["ready"] == true && one["node"] == cp1.name()), "{endpoints:?}");
    let told: Vec<_> = endpoints.iter().map(|one| one["address"].as_str().unwrap()).collect();
    let own = "/snap/bin/microk8s kubectl get pods --output=jsonpath='{.items[*].status.podIPs[*].ip}'";
    assert_eq!(told.join(" "), shell(cp1, own).await);

    workspace.destroy().await.unwrap().succeeded();
    assert_eq!(workspace.resources().await.unwrap(), [""; 0]);
    assert_eq!(shell(cp1, "ls /snap/bin").await.matches("microk8s").count(), 0);
}
