//! The build-out that is put together of the three modules: a worker's speaker has a session with the router,
//! too.

use crate::by_hand::{shell, vtysh};
use acceptance::{BuildOut, Cli, whole};
use lab::{Lab, LabOptions, NodeOptions};

#[tokio::test(flavor = "multi_thread")]
async fn is_applied_planned_again_and_destroyed() {
    let node = |name: &str| NodeOptions { name: name.to_owned(), running: false };
    let lab = Lab::start(LabOptions { nodes: vec![node("cp1"), node("w1")], ..whole(0) }).await.unwrap();
    let ([cp1, w1], router) = (lab.nodes(), lab.router().unwrap()) else {
        panic!("two nodes were asked for")
    };
    let build_out = BuildOut::read("control-plane-and-workers").unwrap();
    let workspace = build_out.workspace(Cli::Terraform, &lab).await.unwrap();
    workspace.run(["init", "-no-color"]).await.unwrap().succeeded();
    workspace.apply().await.unwrap().succeeded();
    let plan = workspace.plan().await.unwrap().plans_nothing();
    assert!(plan.warnings().is_empty(), "{plan:?}");
    let running = vtysh(router, "show bgp summary").await;
    for node in [cp1, w1] {
        assert!(running.contains(&node.ipv4().to_string()), "{running}");
    }
    let workers =
        "/snap/bin/microk8s kubectl get nodes --selector=node.kubernetes.io/microk8s-worker --output=name";
    assert_eq!(shell(cp1, workers).await, "node/w1\n");

    workspace.destroy().await.unwrap().succeeded();
    assert_eq!(workspace.resources().await.unwrap(), [""; 0]);
    assert!(!vtysh(router, "show running-config").await.contains("router "));
    for node in [cp1, w1] {
        assert_eq!(shell(node, "ls /snap/bin").await.matches("microk8s").count(), 0);
    }
}
