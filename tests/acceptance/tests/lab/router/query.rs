//! A router that was configured by hand is listed and adopted with terraform 1.16: nothing changes on it.

use crate::by_hand::{configure, vtysh};
use acceptance::{Cli, Workspace, provider_block};
use lab::{Lab, LabOptions, RouterOptions};

/// A session with a password, what it lets through, and a route.
const BY_HAND: &str = r#"[
    {"op": "set", "path": ["protocols", "bgp", "system-as", "64512"]},
    {"op": "set", "path": ["protocols", "bgp", "neighbor", "10.0.0.11", "remote-as", "64512"]},
    {"op": "set", "path": ["protocols", "bgp", "neighbor", "10.0.0.11", "password", "session-password"]},
    {"op": "set", "path": ["protocols", "bgp", "neighbor", "10.0.0.11", "address-family", "ipv6-unicast"]},
    {"op": "set", "path": ["policy", "prefix-list6", "LB", "rule", "10", "action", "permit"]},
    {"op": "set", "path": ["policy", "prefix-list6", "LB", "rule", "10", "prefix", "2001:db8:f000:2::/64"]},
    {"op": "set", "path": ["protocols", "static", "route", "192.0.2.0/24", "blackhole"]}
]"#;

const TYPES: [&str; 4] = ["vyos_bgp", "vyos_bgp_neighbor", "vyos_prefix_list6", "vyos_static_route"];

#[tokio::test(flavor = "multi_thread")]
async fn what_was_configured_by_hand_is_listed_and_adopted() {
    let options = LabOptions { router: Some(RouterOptions::default()), ..LabOptions::default() };
    let lab = Lab::start(options).await.unwrap();
    configure(&lab, BY_HAND).await;
    let before = vtysh(lab.router().unwrap(), "show running-config").await;
    assert!(before.contains("neighbor 10.0.0.11 password session-password"), "{before}");

    let workspace = Workspace::with(Cli::Terraform116, &lab, &provider_block(&lab)).await.unwrap();
    let list = |name: &str| {
        format!(
            "list \"{name}\" \"all\" {{\n  provider = microk8s\n  config {{\n    router = \"edge\"\n  }}\n}}\n"
        )
    };
    workspace.write("main.tfquery.hcl", &TYPES.map(list).concat()).unwrap();
    let query = ["query", "-no-color", "-generate-config-out=adopted.tf"];
    let listed = workspace.run(query).await.unwrap().succeeded().text;
    for found in ["BGP neighbor 10.0.0.11 on router", "LB on router", "192.0.2.0/24 on router"] {
        assert!(listed.contains(found), "{found} is not in\n{listed}");
    }
    let adopted = std::fs::read_to_string(workspace.path().join("adopted.tf")).unwrap();
    assert_eq!(
        adopted.matches("\nimport {").count() + usize::from(adopted.starts_with("import {")),
        4,
        "{adopted}"
    );
    assert!(!adopted.contains("session-password"), "{adopted}");

    let applied = workspace.run(["apply", "-no-color", "-auto-approve"]).await.unwrap().succeeded().text;
    assert!(applied.contains("4 imported, 0 added, 0 changed, 0 destroyed"), "{applied}");
    workspace.plan().await.unwrap().plans_nothing();
    assert_eq!(vtysh(lab.router().unwrap(), "show running-config").await, before);
}
