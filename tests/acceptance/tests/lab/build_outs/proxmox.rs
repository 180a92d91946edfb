//! A build-out whose machines are made in the same apply: their addresses are unknown at the first plan, and
//! unknown again when a network card changes. Nothing is replaced for that.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a step that fails ends the test")]

use acceptance::{Action, BuildOut, Cli, Workspace};
use lab::{Lab, LabOptions};
use serde_json::{Value, json};
use std::process::Stdio;

const NODES: [(&str, u16, &str); 2] = [("cp1", 11, "control-plane"), ("w1", 12, "worker")];
const CARD_CHANGES: &str = "-var=firewall=true";

#[tokio::test(flavor = "multi_thread")]
async fn machines_come_and_go_with_the_cluster() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    let build_out = BuildOut::read("proxmox").unwrap();
    let workspace = build_out.workspace_with(Cli::Terraform, &lab, &variables(&lab).await).await.unwrap();
    workspace.run(["init", "-no-color"]).await.unwrap().succeeded();
    assert_eq!(unknown_hosts(&workspace, &[]).await, NODES.map(|(name, ..)| node(name)));

    workspace.apply().await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();
    let before: Vec<_> = workspace.resources().await.unwrap();
    assert!(before.contains(&node("w1")), "{before:?}");

    // The cards change, and with them what the agents tell.
    assert_eq!(unknown_hosts(&workspace, &[CARD_CHANGES]).await, NODES.map(|(name, ..)| node(name)));
    let plan = workspace.run(["plan", "-json", CARD_CHANGES]).await.unwrap().succeeded();
    let not_in_place: Vec<_> =
        plan.changes().into_iter().filter(|one| one.action != Action::Update).collect();
    assert!(not_in_place.is_empty(), "{not_in_place:?}");
    assert_eq!(plan.action("proxmox_virtual_environment_vm.node[\"cp1\"]"), Some(Action::Update));
    workspace.run(["apply", "-json", "-auto-approve", CARD_CHANGES]).await.unwrap().succeeded();
    workspace.run(["plan", "-json", CARD_CHANGES]).await.unwrap().plans_nothing();

    assert!(runs(&lab, "cp1").await && runs(&lab, "edge").await);
    // The two images, a snippet and a number for each machine.
    assert_eq!(kept_by_the_server(&lab).await.len(), 2 + 2 * (NODES.len() + 1));
    workspace.destroy().await.unwrap().succeeded();
    assert_eq!(workspace.resources().await.unwrap(), [""; 0]);
    assert!(!runs(&lab, "cp1").await && !runs(&lab, "edge").await);
    assert_eq!(kept_by_the_server(&lab).await, [""; 0]);
}

fn node(name: &str) -> String {
    format!("module.cluster.microk8s_node.this[{name:?}]")
}

/// The nodes whose `host` the plan does not know, in order.
async fn unknown_hosts(workspace: &Workspace<'_>, more: &[&str]) -> Vec<String> {
    workspace.run([&["plan", "-json", "-out=plan"], more].concat()).await.unwrap().succeeded();
    let shown = workspace.run(["show", "-json", "plan"]).await.unwrap().succeeded().text;
    let plan: Value = serde_json::from_str(shown.trim()).unwrap();
    let changes = plan["resource_changes"].as_array().unwrap().iter();
    let unknown = changes
        .filter(|one| one["type"] == "microk8s_node" && one["change"]["after_unknown"]["host"] == true);
    unknown.map(|one| one["address"].as_str().unwrap().to_owned()).collect()
}

async fn runs(lab: &Lab, machine: &str) -> bool {
    lab.machine(machine).exec(["true"]).stdin(Stdio::null()).output().await.unwrap().status.success()
}

async fn kept_by_the_server(lab: &Lab) -> Vec<String> {
    let found = lab.operator("find").args(["/run/lab/proxmox", "-type", "f"]).output().await.unwrap();
    assert!(found.status.success(), "{found:?}");
    String::from_utf8(found.stdout).unwrap().lines().map(str::to_owned).collect()
}

async fn variables(lab: &Lab) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let mut nodes = serde_json::Map::new();
    let mut private_keys = serde_json::Map::new();
    for (name, number, role) in NODES {
        let file = folder.path().join(name);
        let mut keygen = lab.operator("ssh-keygen");
        keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"]).arg(&file);
        assert!(keygen.output().await.unwrap().status.success());
        let host_key = std::fs::read_to_string(file.with_extension("pub")).unwrap();
        private_keys.insert(name.to_owned(), json!(std::fs::read_to_string(&file).unwrap()));
        let (ipv4, ipv6) = (format!("10.0.0.{number}"), format!("fd00:10::{number}"));
        let node = json!({
            "vm_id": 100 + number, "ipv4": ipv4, "ipv6": ipv6, "role": role, "host_key": host_key.trim(),
        });
        nodes.insert(name.to_owned(), node);
    }
    let mut public = lab.operator("ssh-keygen");
    let public = public.arg("-y").arg("-f").arg(&lab.description().ssh_private_key).output().await.unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate =
        rcgen::CertificateParams::new(["10.0.0.1".to_owned()]).unwrap().self_signed(&key).unwrap();
    json!({
        "proxmox_endpoint": "https://pve.example.com:8006/",
        "proxmox_api_token": "terraform@pve!lab=00000000-0000-0000-0000-000000000000",
        "vyos_image": "https://example.com/vyos-1.4.qcow2",
        "nodes": nodes,
        "host_private_keys": private_keys,
        "ssh_public_key": String::from_utf8(public.stdout).unwrap().trim(),
        "router": { "vm_id": 101, "ipv4": "10.0.0.1", "ipv6": "fd00:10::1" },
        "router_api_key": "madeup1234",
        "router_certificate": certificate.pem(),
        "router_private_key": key.serialize_pem(),
    })
}
