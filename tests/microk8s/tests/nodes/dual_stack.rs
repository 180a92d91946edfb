//! Both families from the first start on.

use crate::ground::{Ground, until};

const FILE: &str = "version: 0.1.0\nextraCNIEnv:\n  IPv4_SUPPORT: true\n  IPv4_CLUSTER_CIDR: 10.3.0.0/16\n  \
                    IPv4_SERVICE_CIDR: 10.153.183.0/24\n  IPv6_SUPPORT: true\n  IPv6_CLUSTER_CIDR: fd02::/64\n  \
                    IPv6_SERVICE_CIDR: fd99::/108\nextraKubeletArgs:\n  --node-ip: 10.0.0.11,fd00:10::11\n\
                    extraSANs:\n  - 10.153.183.1\naddons:\n  - name: dns\n";

pub(crate) async fn a_launch_configuration_makes_both_families(ground: &Ground) {
    let node = ground.node("cp1", 11).await;
    let place = "/var/snap/microk8s/common/.microk8s.yaml";
    node.write(place, "version: 0.1.0\nextraCNIEnv:\n  IPv6_SUPPORT: true\n").await;
    let failed = node.run("snap install microk8s --classic").await;
    assert_eq!(failed.code, 1);
    assert!(
        failed.stderr.contains("Failed: IPv6_SUPPORT is true, but no IPv6_CLUSTER_CIDR was set"),
        "{failed:?}"
    );
    assert_eq!(node.run("snap list microk8s").await.code, 1);

    node.write(place, FILE).await;
    node.install("1.35/stable").await;
    let shown = |what: &str| format!("kubectl get {what}");
    let ranges = node.microk8s(&shown("servicecidr kubernetes -o jsonpath={.spec.cidrs}")).await.stdout;
    assert_eq!(ranges, "[\"10.153.183.0/24\",\"fd99::/108\"]");
    let pools =
        shown("ippools.crd.projectcalico.org -o jsonpath={.items[*].spec.cidr}/{.items[*].spec.natOutgoing}");
    until("both pools", async || {
        (node.microk8s(&pools).await.stdout == "10.3.0.0/16 fd02::/64/true false").then_some(())
    })
    .await;
    let addresses = shown("node cp1 -o jsonpath={.status.addresses[?(@.type=='InternalIP')].address}");
    assert_eq!(node.microk8s(&addresses).await.stdout, "10.0.0.11 fd00:10::11");
    let pods = shown("pods -n kube-system -l k8s-app=kube-dns -o jsonpath={.items[0].status.podIPs[*].ip}");
    until("a pod with two addresses", async || {
        let both = node.microk8s(&pods).await.stdout;
        (both.starts_with("10.3.") && both.contains(" fd02::")).then_some(())
    })
    .await;
}
