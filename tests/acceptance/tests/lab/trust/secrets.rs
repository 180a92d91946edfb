//! What is secret shows neither in what terraform prints, nor in the plugin's log, nor in any process's
//! arguments.
#![expect(clippy::unwrap_used, reason = "a step that fails ends the test")]

use crate::by_hand::command;
use acceptance::Workspace;
use lab::{Lab, LabOptions, RouterOptions};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

const PEER_PASSWORD: &str = "planted-peer-password";
const NEIGHBOR_PASSWORD: &str = "planted-neighbor-password";

const CONFIGURATION: &str = r#"
resource "microk8s_node" "cp1" {
  host    = "10.0.0.11"
  channel = "1.35/stable"
}

ephemeral "microk8s_kubeconfig" "this" {
  host      = microk8s_node.cp1.host
  node_name = microk8s_node.cp1.node_name
}

provider "microk8s" {
  alias      = "api"
  kubernetes = { kubeconfig = ephemeral.microk8s_kubeconfig.this.kubeconfig }
}

resource "microk8s_object" "by_kubeconfig" {
  provider = microk8s.api
  manifest = {
    apiVersion = "v1"
    kind       = "ConfigMap"
    metadata   = { name = "by-kubeconfig" }
  }
}

resource "metallb_bgp_peer" "edge" {
  provider     = microk8s
  cluster      = microk8s_node.cp1.host
  name         = "planted-name"
  my_asn       = 64512
  peer_asn     = 64513
  peer_address = "10.0.0.1"
  password     = "planted-peer-password"
  HOLD
}

resource "vyos_bgp" "edge" {
  provider  = microk8s
  router    = "edge"
  system_as = 64513
}

resource "vyos_bgp_neighbor" "cp1" {
  provider     = microk8s
  router              = vyos_bgp.edge.router
  address             = "10.0.0.11"
  remote_as           = "external"
  password_wo         = "planted-neighbor-password"
  password_wo_version = 1
  ipv6_unicast        = {}
}
"#;

/// How FRR's own reload calls its shell on the router, a password among the arguments. Nobody but FRR can
/// change that.
const FRR_ON_THE_ROUTER: &str = "/usr/bin/vtysh --config_dir /etc/frr -N router ";

/// The arguments of every process that ran while the commands did, as far as frequent looks saw them: on the
/// operator's machine and on the nodes.
async fn watch_arguments(mut done: tokio::sync::oneshot::Receiver<()>) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    while done.try_recv().is_err() {
        for process in std::fs::read_dir("/proc").unwrap().filter_map(Result::ok) {
            if let Ok(arguments) = std::fs::read(process.path().join("cmdline")) {
                seen.insert(String::from_utf8_lossy(&arguments).replace('\0', " "));
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    seen.retain(|arguments| !arguments.starts_with(FRR_ON_THE_ROUTER));
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn stay_out_of_output_log_and_process_lists() {
    let options = LabOptions { router: Some(RouterOptions::default()), ..LabOptions::with_nodes(1, false) };
    let lab = Lab::start(options).await.unwrap();
    let workspace = Workspace::new(&lab, CONFIGURATION.replace("HOLD", "")).await.unwrap();
    let log = workspace.path().join("plugin.log");
    let key =
        workspace.operator("cat").arg(&lab.description().ssh_private_key).output().await.unwrap().stdout;
    let key = String::from_utf8(key).unwrap();
    let key_line = key.lines().nth(2).unwrap();

    let (end, done) = tokio::sync::oneshot::channel();
    let watch = tokio::spawn(watch_arguments(done));
    let mut printed = String::new();
    printed += &run(&workspace, &log, &["apply", "-auto-approve", "-no-color"]).await;
    let state = std::fs::read_to_string(workspace.path().join("terraform.tfstate")).unwrap();
    let admin = admin_key(&lab).await;
    let made =
        command(lab.nodes().first().unwrap(), &["/snap/bin/microk8s", "kubectl", "get", "configmap"]).await;
    assert!(made.contains("by-kubeconfig"), "{made}");
    let secrets =
        [PEER_PASSWORD, NEIGHBOR_PASSWORD, lab.router().unwrap().api_key(), key_line, admin.as_str()];
    workspace
        .configure(CONFIGURATION.replace("HOLD", "hold_time = \"30s\"\n  keepalive_time = \"10s\""))
        .unwrap();
    printed += &run(&workspace, &log, &["plan", "-no-color"]).await;
    printed += &run(&workspace, &log, &["apply", "-auto-approve", "-no-color"]).await;
    printed += &run(&workspace, &log, &["destroy", "-auto-approve", "-no-color"]).await;
    end.send(()).unwrap();
    let arguments = watch.await.unwrap().into_iter().collect::<Vec<_>>().join("\n");
    let logged = std::fs::read_to_string(&log).unwrap();

    for secret in secrets {
        for (place, text) in
            [("the output", &printed), ("the plugin's log", &logged), ("a process's arguments", &arguments)]
        {
            let shown = text.lines().find(|line| line.contains(secret));
            assert_eq!(shown, None, "{place} shows {secret}");
        }
    }
    // Positive controls: each place was looked at while it held what stands beside the secrets.
    assert!(printed.contains("planted-name"), "{printed}");
    for way in ["host=10.0.0.11", "endpoint=configure", "tf_resource_type=metallb_bgp_peer"] {
        assert!(logged.contains(way), "the log says nothing of {way}: {logged}");
    }
    assert!(arguments.contains("10.0.0.11"), "no process with the node's address was seen: {arguments}");
    // The state is where terraform keeps sensitive values; what is write-only and what only the provider's
    // configuration says is not in it.
    assert!(state.contains(PEER_PASSWORD) && state.contains("password_wo_version"), "{state}");
    assert!(!state.contains(NEIGHBOR_PASSWORD) && !state.contains(&admin), "{state}");
    assert!(!state.contains(lab.router().unwrap().api_key()) && !state.contains(key_line), "{state}");
}

/// The private key that the cluster's administrator has, as the node's kubeconfig says it.
async fn admin_key(lab: &Lab) -> String {
    let text = command(lab.nodes().first().unwrap(), &["/snap/bin/microk8s", "config"]).await;
    text.lines().find_map(|line| line.trim().strip_prefix("client-key-data: ")).unwrap().to_owned()
}

/// Runs terraform with the plugin's log at its fullest.
async fn run(workspace: &Workspace<'_>, log: &Path, arguments: &[&str]) -> String {
    let mut command = workspace.command(arguments);
    command.env("TF_LOG_PROVIDER", "TRACE").env("TF_LOG_PATH", log);
    let output = command.output().await.unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "terraform {arguments:?}: {text}");
    text
}
