//! Several nodes: joining, leaving, and losing the datastore's majority.

use crate::ground::{Ended, Ground, Node, until};

async fn token(node: &Node) -> String {
    node.microk8s("add-node --format token-check").await.stdout.trim().to_owned()
}

async fn join(node: &Node, through: &Node, options: &str) -> Ended {
    let token = token(through).await;
    node.microk8s(format!("join 10.0.0.11:25000/{token} {options}").trim()).await
}

async fn roles(node: &Node) -> Vec<String> {
    let status = node.microk8s("status --format yaml").await.stdout;
    status.lines().filter_map(|line| line.trim().strip_prefix("role: ")).map(str::to_owned).collect()
}

async fn three(ground: &Ground) -> [Node; 3] {
    let nodes = tokio::join!(ground.node("cp1", 11), ground.node("cp2", 12), ground.node("cp3", 13));
    let nodes = [nodes.0, nodes.1, nodes.2];
    let [one, two, three] = &nodes;
    tokio::join!(one.install("1.35/stable"), two.install("1.35/stable"), three.install("1.35/stable"));
    for node in &nodes[1..] {
        let joined = join(node, &nodes[0], "").await;
        assert_eq!(joined.code, 0, "{joined:?}");
        assert!(joined.stdout.ends_with("Successfully joined the cluster.\n"), "{joined:?}");
    }
    nodes[0].sees_ready(&["cp1", "cp2", "cp3"]).await;
    nodes
}

pub(crate) async fn control_planes_and_a_worker_join_and_leave(ground: &Ground) {
    let [cp1, cp2, cp3] = three(ground).await;
    until("three voters", async || (roles(&cp1).await == ["voter"; 3]).then_some(())).await;
    let status = cp2.microk8s("status").await.stdout;
    assert!(status.contains("high-availability: yes\n  datastore master nodes: 10.0.0.11:19001 10.0.0.12:19001 10.0.0.13:19001\n"), "{status}");

    let worker = ground.node("worker1", 14).await;
    worker.install("1.35/stable").await;
    let spent = token(&cp1).await;
    let wrong = worker.microk8s(&format!("join 10.0.0.11:25000/{}/000000000000", &spent[..32])).await;
    assert_eq!(wrong.code, 4, "{wrong:?}");
    let unknown = worker.microk8s(&format!("join 10.0.0.11:25000/{}/{}", "0".repeat(32), &spent[33..])).await;
    assert_eq!(
        (unknown.code, unknown.stdout.lines().last()),
        (6, Some("Connection failed. Invalid token (500)."))
    );
    let lock = "ls /var/snap/microk8s/current/var/lock/join-in-progress";
    assert_eq!(worker.run(lock).await.code, 0, "a failed join leaves its lock behind");
    let joined = join(&worker, &cp1, "--worker").await;
    assert_eq!(joined.code, 0, "{joined:?}");
    cp1.sees_ready(&["worker1"]).await;
    for line in ["status", "kubectl get nodes", "config"] {
        let notice = worker.microk8s(line).await;
        assert_eq!(notice.code, 0);
        assert!(
            notice.stdout.starts_with("This MicroK8s deployment is acting as a node in a cluster.\n"),
            "{line}"
        );
    }
    assert_eq!(worker.microk8s("add-node").await.code, 1);
    let services = worker.said("snap services microk8s").await;
    let row = |name: &str| services.lines().find(|line| line.contains(name)).unwrap().to_owned();
    assert!(
        row("apiserver-proxy").contains(" active ") && row("k8s-dqlite").contains(" inactive "),
        "{services}"
    );

    let again = join(&cp2, &cp1, "").await;
    assert!(again.code == 6 && again.stdout.contains("is already known to dqlite (500)."), "{again:?}");
    let registered = cp1.microk8s("remove-node cp3").await;
    assert!(
        registered.code == 1
            && registered.stdout.starts_with("Removal failed. Node cp3 is registered with dqlite.")
    );
    // Its first line, after it was taken out of the datastore. The others answer when it asks again.
    let dead =
        cp3.run_words(&["sh", "-c", "{ /snap/bin/microk8s leave; echo \"code $?\" >&2; } | true"]).await;
    assert!(dead.stderr.ends_with("BrokenPipeError: [Errno 32] Broken pipe\ncode 1\n"), "{dead:?}");
    let services = cp3.said("snap services microk8s").await;
    assert!(
        services.lines().any(|line| line.contains("kubelite") && line.contains(" inactive ")),
        "{services}"
    );
    assert_eq!(cp3.microk8s("leave").await.code, 0);
    assert_eq!(cp1.microk8s("remove-node cp3").await.code, 0);
    until("two members", async || (roles(&cp1).await == ["voter", "spare"]).then_some(())).await;
    assert_eq!(cp3.microk8s("leave").await.code, 1);
    cp3.sees_ready(&["cp3"]).await;
    a_leave_that_died_is_a_dead_end(&worker).await;
    assert_eq!(worker.microk8s("leave").await.code, 0);
    worker.sees_ready(&["worker1"]).await;
    assert_eq!(cp1.microk8s("remove-node 10.0.0.14").await.code, 0);
    let missing = cp1.microk8s("remove-node worker1").await;
    assert_eq!((missing.code, missing.stdout.as_str()), (1, "Node worker1 does not exist in Kubernetes.\n"));
    let back = join(&cp3, &cp1, "").await;
    assert_eq!(back.code, 0, "{back:?}");
    cp1.sees_ready(&["cp1", "cp2", "cp3"]).await;
}

/// A worker's leave that died at its second line cannot be repeated, until what it removes is there again.
async fn a_leave_that_died_is_a_dead_end(worker: &Node) {
    const DATA: &str = "/var/snap/microk8s/current";
    worker.run_words(&["sh", "-c", "{ /snap/bin/microk8s leave | head -n 1; } && sleep 2"]).await;
    let locks = worker.said(&format!("ls {DATA}/var/lock")).await;
    for lock in ["clustered.lock", "no-cert-reissue", "no-k8s-dqlite", "no-apiserver-proxy"] {
        assert!(locks.contains(lock), "{locks}");
    }
    assert_ne!(worker.run(&format!("ls {DATA}/certs/ca.remote.crt")).await.code, 0);
    let again = worker.microk8s("leave").await;
    assert!(again.code == 1 && again.stderr.contains("CalledProcessError"), "{again:?}");
    worker.said(&format!("rm {DATA}/var/lock/no-apiserver-proxy")).await;
    let without = worker.microk8s("leave").await;
    assert!(without.code == 1 && without.stderr.contains("FileNotFoundError"), "{without:?}");
    worker.said(&format!("rm {DATA}/var/lock/no-apiserver-proxy")).await;
    worker.said(&format!("touch {DATA}/certs/ca.remote.crt")).await;
}

pub(crate) async fn a_lost_spare_stops_nothing(ground: &Ground) {
    let (cp1, cp2) = tokio::join!(ground.node("cp1", 11), ground.node("cp2", 12));
    tokio::join!(cp1.install("1.35/stable"), cp2.install("1.35/stable"));
    let joined = join(&cp2, &cp1, "").await;
    assert_eq!(joined.code, 0, "{joined:?}");
    cp1.sees_ready(&["cp1", "cp2"]).await;
    assert_eq!(roles(&cp1).await, ["voter", "spare"]);
    let through = cp2.microk8s("kubectl create namespace through-the-spare").await;
    assert_eq!(through.code, 0, "{through:?}");
    let voter = cp1.microk8s("leave").await;
    assert_eq!(voter.code, 3, "{voter:?}");
    // A voter that is stopped in good order hands its vote over, to and fro.
    for (node, expected) in [(&cp1, "10.0.0.12:19001"), (&cp2, "10.0.0.11:19001")] {
        node.said("snap restart microk8s.daemon-k8s-dqlite").await;
        let master = format!("  datastore master nodes: {expected}\n");
        until("the vote to be handed over", async || {
            let status = cp1.microk8s("status").await.stdout;
            status.contains(&master).then_some(())
        })
        .await;
        until("both members", async || (roles(&cp1).await == ["voter", "spare"]).then_some(())).await;
    }
    cp2.cut().await;
    let create = cp1.microk8s("kubectl create namespace one --request-timeout=20s").await;
    assert_eq!(create.code, 0, "{create:?}");
    let removed = cp1.microk8s("remove-node cp2 --force").await;
    assert_eq!(removed.code, 0, "{removed:?}");
    until("one member", async || (roles(&cp1).await == ["voter"]).then_some(())).await;
}

pub(crate) async fn a_lost_majority_stops_the_api(ground: &Ground) {
    let [cp1, cp2, cp3] = three(ground).await;
    until("three voters", async || (roles(&cp1).await == ["voter"; 3]).then_some(())).await;
    cp3.cut().await;
    let create = "kubectl create namespace one --request-timeout=20s";
    until("a write without the third", async || (cp1.microk8s(create).await.code == 0).then_some(())).await;
    cp2.cut().await;
    let refused = cp1.microk8s("kubectl create namespace two --request-timeout=10s").await;
    assert_ne!(refused.code, 0, "{refused:?}");
}
