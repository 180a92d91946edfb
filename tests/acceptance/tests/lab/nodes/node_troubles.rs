//! What goes wrong with machines: each time a message on the right attribute, and the state as it was.

use crate::by_hand::shell;
use acceptance::{Action, Workspace};
use lab::{Lab, LabOptions};

fn node(host: &str, more: &str) -> String {
    format!(
        "resource \"microk8s_node\" \"this\" {{\n  host = {host:?}\n  channel = \"1.35/stable\"\n{more}}}\n"
    )
}

const ADDRESS: &str = "microk8s_node.this";

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_is_not_what_it_should_be() {
    let lab = Lab::start(LabOptions::with_nodes(2, false)).await.unwrap();
    let (first, second) = (&lab.nodes()[0], &lab.nodes()[1]);
    let short = "  timeouts = { create = \"20s\", update = \"20s\", delete = \"60s\" }\n";

    // Nobody is there.
    let workspace = Workspace::new(&lab, node("10.0.0.99", short)).await.unwrap();
    let errors = workspace.apply().await.unwrap().failed();
    assert_eq!(errors[0].summary, "Unable to create MicroK8s node 10.0.0.99");
    assert_eq!(errors[0].code, "host = \"10.0.0.99\"");

    // Somebody else's key, and a machine that shows another host key than the one that is given.
    let key = lab.nodes()[1].host_public_key().to_owned();
    workspace.configure(node("10.0.0.11", &format!("  host_key = {key:?}\n{short}"))).unwrap();
    let errors = workspace.apply().await.unwrap().failed();
    assert!(errors[0].code.starts_with("host_key = "), "{errors:?}");

    // A channel that the store does not have, and one that is none.
    workspace.configure(node("10.0.0.11", "").replace("1.35/stable", "9.9/stable")).unwrap();
    let errors = workspace.apply().await.unwrap().failed();
    assert_eq!(errors[0].code, "channel = \"9.9/stable\"");
    assert!(errors[0].detail.contains("snap info microk8s"), "{errors:?}");
    workspace.configure(node("10.0.0.11", "").replace("1.35/stable", "1.35-stable/x")).unwrap();
    assert_eq!(workspace.plan().await.unwrap().failed()[0].code, "channel = \"1.35-stable/x\"");

    // apt and cloud-init are busy: the create waits for them.
    first.switch_on("apt-busy", "").unwrap();
    workspace.configure(node("10.0.0.11", short)).unwrap();
    let errors = workspace.apply().await.unwrap().failed();
    assert!(errors[0].detail.starts_with("Step: wait for apt."), "{errors:?}");
    first.switch_off("apt-busy").unwrap();
    workspace.configure(node("10.0.0.11", "")).unwrap();
    workspace.apply().await.unwrap().succeeded();

    // Another machine answers at the new address.
    workspace.configure(node("10.0.0.12", "")).unwrap();
    workspace.plan().await.unwrap().plans(&[(ADDRESS, Action::Update)]);
    let errors = workspace.apply().await.unwrap().failed();
    assert!(errors[0].detail.contains("host key") && errors[0].detail.contains("-replace"), "{errors:?}");
    assert_eq!(workspace.state(ADDRESS).await.unwrap()["host"], "10.0.0.11");
    assert!(
        shell(second, "snap list microk8s 2>&1").await.contains("no matching snaps"),
        "the other machine is left alone"
    );

    // The machine at its other address is the same machine.
    workspace.configure(node("fd00:10::11", "")).unwrap();
    workspace.plan().await.unwrap().plans(&[(ADDRESS, Action::Update)]);
    workspace.apply().await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();

    // It is switched off: planning works, destroying asks, and forgetting is a choice.
    first.stop().await.unwrap();
    let plan = workspace.plan().await.unwrap().plans_nothing();
    assert_eq!(plan.warnings().len(), 1, "{plan:?}");
    let errors = workspace.destroy().await.unwrap().failed();
    assert!(errors[0].detail.contains("forget_unreachable = true"), "{errors:?}");
    workspace.configure(node("fd00:10::11", "  forget_unreachable = true\n")).unwrap();
    workspace.apply().await.unwrap().succeeded();
    workspace.destroy().await.unwrap().succeeded();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_is_followed_upwards_only() {
    let lab = Lab::start(LabOptions::with_nodes(1, false)).await.unwrap();
    let channel = |channel: &str| node("10.0.0.11", "").replace("1.35/stable", channel);
    let workspace = Workspace::new(&lab, channel("1.34/stable")).await.unwrap();
    workspace.apply().await.unwrap().succeeded();
    let before = workspace.state(ADDRESS).await.unwrap();
    assert!(before["version"].as_str().unwrap().starts_with("v1.34."), "{before}");

    workspace.configure(channel("1.35")).unwrap();
    workspace.plan().await.unwrap().plans(&[(ADDRESS, Action::Update)]);
    workspace.apply().await.unwrap().succeeded();
    let after = workspace.state(ADDRESS).await.unwrap();
    assert!(after["version"].as_str().unwrap().starts_with("v1.35."), "{after}");
    assert_ne!(after["revision"], before["revision"]);
    assert_eq!(after["machine_id"], before["machine_id"]);
    workspace.configure(channel("1.35/stable")).unwrap();
    workspace.plan().await.unwrap().plans_nothing();
    let listed = shell(&lab.nodes()[0], "snap list microk8s").await;
    assert!(listed.contains("1.35/stable") && listed.contains("held"), "{listed}");

    workspace.configure(channel("1.34/stable")).unwrap();
    let errors = workspace.plan().await.unwrap().failed();
    assert_eq!(errors[0].summary, "Unable to plan a downgrade to 1.34/stable");
    assert_eq!(errors[0].code, "channel = \"1.34/stable\"");
}
