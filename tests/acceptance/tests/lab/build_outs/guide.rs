//! The configuration that the guide "From bare machines to a dual-stack cluster" unfolds, applied to
//! machines.

use acceptance::{Cli, LAB_OVERRIDE, Workspace, snippets, whole};
use lab::{Lab, METALLB_CHART};
use std::collections::BTreeMap;
use std::path::Path;

#[tokio::test(flavor = "multi_thread")]
async fn its_configuration_is_applied_planned_again_and_destroyed() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides/dual-stack-cluster.md");
    let found = snippets(&std::fs::read_to_string(guide).unwrap());
    let [configuration] = found.as_slice() else { panic!("the guide shows one configuration: {found:?}") };
    let lab = Lab::start(whole(3)).await.unwrap();
    let router = lab.router().unwrap();
    // Only how the lab's machines are logged in to and where the chart is differs from a reader's.
    let own = format!(
        "resource \"microk8s_helm_release\" \"metallb\" {{\n  repository = null\n  version    = null\n  \
         chart      = {METALLB_CHART:?}\n}}\n\nprovider \"microk8s\" {{\n  ssh = {{\n    user             = \"ubuntu\"\n    private_key_file = {:?}\n    \
         config_file      = {:?}\n  }}\n}}\n",
        lab.description().ssh_private_key,
        lab.description().ssh_config
    );
    let variables = serde_json::json!({ "router_api_key": router.api_key() }).to_string();
    let files = [
        ("main.tf", configuration.as_str()),
        (LAB_OVERRIDE, &own),
        ("edge.pem", router.ca_certificate()),
        ("lab.auto.tfvars.json", &variables),
    ];
    let workspace = Workspace::of_files(Cli::Terraform, &lab, &files).await.unwrap();
    workspace.run(["init", "-no-color"]).await.unwrap().succeeded();
    workspace.apply().await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();
    let outputs = workspace.run(["output", "-json", "sessions"]).await.unwrap().succeeded().text;
    let established =
        lab.nodes().iter().map(|node| (node.ipv4().to_string(), "Established".to_owned())).collect();
    assert_eq!(serde_json::from_str::<BTreeMap<String, String>>(&outputs).unwrap(), established);
    workspace.destroy().await.unwrap().succeeded();
    assert_eq!(workspace.resources().await.unwrap(), [""; 0]);
}
