//! Each fault shows while its file is there, and passes with it.

use crate::ground::{Ground, until};
use microk8s_stand_in::Fault;

pub(crate) async fn each_fault_shows_and_passes(ground: &Ground) {
    let node = ground.node("cp1", 11).await;
    let install = "snap install microk8s --classic --channel=1.35/stable";
    node.fault(Fault::ChangeInProgress, Some("auto-refresh")).await;
    let busy = node.run(install).await;
    let text = "error: snap \"microk8s\" has \"auto-refresh\" change in progress\n";
    assert_eq!((busy.code, busy.stderr.as_str()), (1, text));
    node.fault(Fault::ChangeInProgress, None).await;

    node.fault(Fault::InstallFails, Some("no space left")).await;
    let failed = node.run(install).await;
    assert!(failed.code == 1 && failed.stderr.contains("run hook \"install\": no space left"), "{failed:?}");
    assert_eq!(node.run("snap list microk8s").await.code, 1);
    node.fault(Fault::InstallFails, None).await;

    node.install("1.35/stable").await;
    node.fault(Fault::ApiHangs, Some("")).await;
    until("the API to hang", async || {
        let ended = node.microk8s("kubectl get --raw /version --request-timeout=2s").await;
        (ended.code != 0).then_some(())
    })
    .await;
    node.fault(Fault::ApiHangs, None).await;
    node.ready().await;

    node.fault(Fault::AgentUnreachable, Some("")).await;
    let health = "curl --silent --insecure --max-time 3 https://10.0.0.11:25000/health";
    until("the agent to be away", async || (node.run(health).await.code == 7).then_some(())).await;
    node.fault(Fault::AgentUnreachable, None).await;
    until("the agent", async || (node.run(health).await.stdout == "{\"status\":\"OK\"}").then_some(())).await;

    node.fault(Fault::JoinDoesNothing, Some("")).await;
    let joined = node.microk8s(&format!("join 10.0.0.99:25000/{}", "0".repeat(32))).await;
    assert!(joined.code == 0 && joined.stdout.ends_with("Successfully joined the cluster.\n"), "{joined:?}");
    assert_ne!(node.run("ls /var/snap/microk8s/current/var/lock/no-cert-reissue").await.code, 0);
    node.fault(Fault::JoinDoesNothing, None).await;
    let joined = node.microk8s(&format!("join 10.0.0.99:25000/{}", "0".repeat(32))).await;
    assert_eq!(joined.code, 1, "{joined:?}");

    node.fault(Fault::KubeliteRefuses, Some("as it was told")).await;
    node.said("snap restart microk8s.daemon-kubelite").await;
    until("kubelite to be given up", async || {
        node.said("snap services microk8s.daemon-kubelite").await.contains(" inactive ").then_some(())
    })
    .await;
    let said = node.said("journalctl -u snap.microk8s.daemon-kubelite -n 20 --output=cat").await;
    assert!(said.contains("kubelite refuses to start: as it was told"), "{said}");
    node.fault(Fault::KubeliteRefuses, None).await;
    node.said("snap restart microk8s.daemon-kubelite").await;
    node.ready().await;
}
