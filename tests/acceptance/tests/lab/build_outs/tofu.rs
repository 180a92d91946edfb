//! OpenTofu runs the same plugin as terraform does: a node, an object in its cluster and the router, from
//! create to destroy.

use acceptance::{Action, Cli, Workspace, provider_block};
use lab::{Lab, LabOptions, RouterOptions};

const CONFIGURATION: &str = r#"
resource "microk8s_node" "cp1" {
  host    = "10.0.0.11"
  channel = "1.35/stable"
}

resource "metallb_ip_address_pool" "default" {
  provider  = microk8s
  cluster   = microk8s_node.cp1.host
  name      = "default-pool"
  addresses = ["2001:DB8:f000:2::/64"]
}

resource "vyos_bgp" "edge" {
  provider  = microk8s
  router    = "edge"
  system_as = 4200000001
}

resource "vyos_bgp_neighbor" "cp1" {
  provider     = microk8s
  router       = vyos_bgp.edge.router
  address      = microk8s_node.cp1.host
  remote_as    = "4200000001"
  password     = "session-password"
  ipv6_unicast = {}
}
"#;

const RESOURCES: [&str; 4] =
    ["metallb_ip_address_pool.default", "microk8s_node.cp1", "vyos_bgp.edge", "vyos_bgp_neighbor.cp1"];

#[tokio::test(flavor = "multi_thread")]
async fn from_create_to_destroy() {
    let options = LabOptions { router: Some(RouterOptions::default()), ..LabOptions::with_nodes(1, false) };
    let lab = Lab::start(options).await.unwrap();
    let main = format!("{}\n{CONFIGURATION}", provider_block(&lab));
    let workspace = Workspace::with(Cli::Tofu, &lab, &main).await.unwrap();
    let version = workspace.run(["version"]).await.unwrap().succeeded().text;
    assert!(version.starts_with("OpenTofu v1."), "{version}");

    workspace.plan().await.unwrap().plans(&RESOURCES.map(|address| (address, Action::Create)));
    workspace.apply().await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();
    assert_eq!(workspace.resources().await.unwrap(), RESOURCES);

    for (address, id) in [
        ("microk8s_node.cp1", "10.0.0.11"),
        ("metallb_ip_address_pool.default", "10.0.0.11/default-pool"),
        ("vyos_bgp.edge", "edge"),
        ("vyos_bgp_neighbor.cp1", "edge/10.0.0.11"),
    ] {
        workspace.run(["state", "rm", address]).await.unwrap().succeeded();
        workspace.import(address, id).await.unwrap().succeeded();
    }
    workspace.plan().await.unwrap().plans_nothing();
    workspace.destroy().await.unwrap().succeeded();
    assert_eq!(workspace.resources().await.unwrap(), [""; 0]);
}
