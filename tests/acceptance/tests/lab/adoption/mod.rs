//! What was built by hand is taken over: listed, its configuration generated and rewritten, imported. Nothing
//! changes by that, and secrets stay where they are.
#![expect(clippy::unwrap_used, reason = "a step that fails ends the test")]

mod published;
mod whole;

use acceptance::{Cli, Workspace, provider_block};
use lab::Lab;
use std::process::Stdio;

/// A `list` block.
pub(super) fn list(type_name: &str, config: &str) -> String {
    let label = type_name.split_once('_').map_or(type_name, |(_, rest)| rest);
    format!(
        "list \"{type_name}\" \"{label}\" {{\n  provider = microk8s\n  config {{\n    {config}\n  }}\n}}\n"
    )
}

/// All types of a router.
pub(super) const OF_ROUTERS: [&str; 10] = [
    "vyos_bgp",
    "vyos_bgp_neighbor",
    "vyos_bgp_peer_group",
    "vyos_ospf",
    "vyos_ospfv3",
    "vyos_prefix_list",
    "vyos_prefix_list6",
    "vyos_route_map",
    "vyos_static_route",
    "vyos_config",
];

/// A folder in which what these lists find was generated as `adopted.tf`.
pub(super) async fn generated<'lab>(lab: &'lab Lab, lists: &str) -> (Workspace<'lab>, String) {
    let workspace = Workspace::with(Cli::Terraform116, lab, &provider_block(lab)).await.unwrap();
    workspace.write("main.tfquery.hcl", lists).unwrap();
    let query = ["query", "-no-color", "-generate-config-out=adopted.tf"];
    let listed = workspace.run(query).await.unwrap().succeeded().text;
    (workspace, listed)
}

/// The file as `adopt` leaves it, and what that printed.
pub(super) async fn adopt(workspace: &Workspace<'_>) -> (String, String) {
    let file = workspace.path().join("adopted.tf");
    let mut command = tokio::process::Command::new(acceptance::plugin().unwrap());
    let output = command.arg("adopt").arg(&file).stdin(Stdio::null()).output().await.unwrap();
    assert!(output.status.success(), "{output:?}");
    (std::fs::read_to_string(file).unwrap(), String::from_utf8(output.stdout).unwrap())
}
