//! One node, from nothing to a removed snap.

use crate::ground::{Ground, until};

const ARGS: &str = "/var/snap/microk8s/current/args";

pub(crate) async fn installs_and_answers(ground: &Ground) {
    let node = ground.node("cp1", 11).await;
    let missing = node.run("snap list microk8s").await;
    assert_eq!((missing.code, missing.stderr.as_str()), (1, "error: no matching snaps installed\n"));
    let confined = node.run("snap install microk8s --channel=1.35/stable").await;
    assert!(confined.code == 1 && confined.stderr.contains("classic confinement"), "{confined:?}");
    let unknown = node.run("snap install microk8s --classic --channel=9.9/stable").await;
    let text =
        "error: snap \"microk8s\" not available on channel \"9.9/stable\" (see 'snap info microk8s')\n";
    assert_eq!((unknown.code, unknown.stderr.as_str()), (1, text));

    let installed = node.said("snap install microk8s --classic --channel=1.35/stable").await;
    assert_eq!(installed, "microk8s (1.35/stable) v1.35.4 from Canonical** installed\n");
    let again = node.run("snap install microk8s --classic --channel=1.30/stable").await;
    let text = "snap \"microk8s\" is already installed, see 'snap help refresh'\n";
    assert_eq!((again.code, again.stderr.as_str()), (0, text));
    let listed = node.said("snap list microk8s").await;
    let row: Vec<&str> = listed.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(row, ["microk8s", "v1.35.4", "8739", "1.35/stable", "canonical**", "classic"]);

    node.ready().await;
    let status = node.microk8s("status").await.stdout;
    assert!(status.starts_with("microk8s is running\nhigh-availability: no\n  datastore master nodes: 127.0.0.1:19001\n  datastore standby nodes: none\naddons:\n  enabled:\n"), "{status}");
    node.sees_ready(&["cp1"]).await;
    assert_eq!(node.microk8s("version").await.stdout, "MicroK8s v1.35.4 revision 8739\n");
    let config = node.microk8s("config").await.stdout;
    assert!(config.contains("    server: https://10.0.0.11:16443\n") && config.ends_with("\n\n"));
    let url = node.microk8s("add-node --format short").await.stdout;
    assert!(url.starts_with("microk8s join 10.0.0.11:25000/"), "{url}");
    let pool = "kubectl get ippools.crd.projectcalico.org -o jsonpath={.items[*].spec.cidr}";
    assert_eq!(node.microk8s(pool).await.stdout, "10.1.0.0/16");
    // The default launch configuration brings dns.
    until("dns", async || (node.microk8s("status --addon dns").await.stdout == "enabled\n").then_some(()))
        .await;
    let twice = node.microk8s("enable dns").await;
    assert_eq!((twice.code, twice.stdout.as_str()), (0, "Addon core/dns is already enabled\n"));
    assert_eq!(twice.stderr, "Infer repository core for addon dns\n");
    let metallb = node.microk8s("enable metallb 10.0.0.50-10.0.0.99,fd00:1::50-fd00:1::99").await;
    assert!(metallb.code == 0 && metallb.stdout.ends_with("MetalLB is enabled\n"), "{metallb:?}");
}

pub(crate) async fn a_wrong_flag_stops_it_and_the_journal_says_why(ground: &Ground) {
    let node = ground.node("cp1", 11).await;
    node.install("1.35/stable").await;
    for (file, journal) in [
        ("kube-apiserver", "unknown flag: --no-such-flag"),
        ("kubelet", "failed to parse kubelet flag: unknown flag: --no-such-flag"),
    ] {
        let script = "echo --no-such-flag=1 >> \"$1\"";
        node.run_words(&["sh", "-c", script, "sh", &format!("{ARGS}/{file}")]).await;
        assert_eq!(node.said("snap restart microk8s.daemon-kubelite").await, "Restarted.\n");
        until("kubelite to be given up", async || {
            let services = node.said("snap services microk8s.daemon-kubelite").await;
            services.contains(" inactive ").then_some(())
        })
        .await;
        let status = node.microk8s("status").await;
        let text = "microk8s is not running. Use microk8s inspect for a deeper inspection.\n";
        assert_eq!((status.code, status.stdout.as_str()), (1, text));
        let said = node.said("journalctl -u snap.microk8s.daemon-kubelite -n 100 --no-pager").await;
        assert!(said.contains(journal) && said.contains("Start request repeated too quickly."), "{said}");
        node.said(&format!("sed -i /no-such-flag/d {ARGS}/{file}")).await;
        node.said("snap restart microk8s.daemon-kubelite").await;
        node.ready().await;
    }
}

pub(crate) async fn stops_starts_refreshes_and_is_removed(ground: &Ground) {
    let node = ground.node("cp1", 11).await;
    node.install("1.34/stable").await;
    assert_eq!(node.microk8s("stop").await.code, 0);
    let stopped = node.microk8s("status --wait-ready").await;
    assert_eq!((stopped.code, stopped.stdout.as_str()), (0, "microk8s is not running, try microk8s start\n"));
    assert_eq!(node.microk8s("kubectl get nodes").await.code, 1);
    assert_eq!(node.microk8s("add-node").await.code, 1);
    assert_eq!(node.microk8s("start").await.code, 0);
    node.ready().await;

    let calico =
        "kubectl get pods -n kube-system -l k8s-app=calico-node -o jsonpath={.items[*].metadata.uid}";
    until("the pods of the first start", async || {
        let lock = "ls /var/snap/microk8s/current/var/lock/snapdata-mounts-need-reload";
        (node.run(lock).await.code != 0).then_some(())
    })
    .await;
    let before = node.microk8s(calico).await.stdout;
    assert_eq!(
        node.said("snap refresh --hold microk8s").await,
        "General refreshes of \"microk8s\" held indefinitely\n"
    );
    let refreshed = node.said("snap refresh microk8s --channel=1.35/stable").await;
    assert_eq!(refreshed, "microk8s (1.35/stable) v1.35.4 from Canonical** refreshed\n");
    assert!(node.said("snap list").await.contains("classic,held"));
    node.ready().await;
    let version = "kubectl get node cp1 -o jsonpath={.status.nodeInfo.kubeletVersion}";
    until("the new version", async || (node.microk8s(version).await.stdout == "v1.35.4").then_some(())).await;
    until("a new calico-node", async || {
        let now = node.microk8s(calico).await.stdout;
        (!now.is_empty() && now != before).then_some(())
    })
    .await;
    let again = node.run("snap refresh microk8s").await;
    assert_eq!((again.code, again.stderr.as_str()), (0, "snap \"microk8s\" has no updates available\n"));

    assert_eq!(node.said("snap remove microk8s --purge").await, "microk8s removed\n");
    let gone = node.run("snap remove microk8s --purge").await;
    assert_eq!((gone.code, gone.stderr.as_str()), (0, "snap \"microk8s\" is not installed\n"));
    for path in ["/var/snap/microk8s", "/snap/bin/microk8s", "/var/lib/kubelet", "/etc/cni/net.d"] {
        assert_ne!(node.run(&format!("ls -d {path}")).await.code, 0, "{path} is left");
    }
}

pub(crate) async fn comes_back_after_a_power_cut(ground: &Ground) {
    let node = ground.node("cp1", 11).await;
    node.install("1.35/stable").await;
    assert_eq!(node.microk8s("kubectl create namespace kept").await.code, 0);
    let node = ground.power_cycle(node).await;
    until("the API", async || {
        (node.microk8s("kubectl get --raw /readyz").await.stdout == "ok").then_some(())
    })
    .await;
    assert_eq!(node.microk8s("kubectl get namespace kept").await.code, 0);
    node.sees_ready(&["cp1"]).await;
    assert_eq!(node.microk8s("stop").await.code, 0);
    let node = ground.power_cycle(node).await;
    // What was stopped on purpose stays so.
    assert_eq!(node.microk8s("status").await.stdout, "microk8s is not running, try microk8s start\n");
    assert!(!node.said("snap services microk8s").await.contains(" enabled "));
    assert_eq!(node.microk8s("start").await.code, 0);
    node.ready().await;
}
