//! A cluster and a router that were built with the commands that people type.

use super::{OF_ROUTERS, adopt, generated, list};
use crate::by_hand::{command, configure, shell, vtysh};
use acceptance::whole;
use lab::{Lab, METALLB_CHART};

/// A session with a password, what it lets through, and a route.
const ROUTER: &str = r#"[
    {"op": "set", "path": ["protocols", "bgp", "system-as", "64512"]},
    {"op": "set", "path": ["protocols", "bgp", "parameters", "router-id", "10.0.0.1"]},
    {"op": "set", "path": ["protocols", "bgp", "listen", "limit", "10"]},
    {"op": "set", "path": ["protocols", "bgp", "neighbor", "10.0.0.11", "remote-as", "64512"]},
    {"op": "set", "path": ["protocols", "bgp", "neighbor", "10.0.0.11", "password", "session-password"]},
    {"op": "set", "path": ["protocols", "bgp", "neighbor", "10.0.0.11", "address-family", "ipv6-unicast", "route-map", "import", "LB"]},
    {"op": "set", "path": ["policy", "prefix-list6", "LB", "rule", "10", "action", "permit"]},
    {"op": "set", "path": ["policy", "prefix-list6", "LB", "rule", "10", "prefix", "2001:db8:f000:2::/64"]},
    {"op": "set", "path": ["policy", "route-map", "LB", "rule", "10", "action", "permit"]},
    {"op": "set", "path": ["policy", "route-map", "LB", "rule", "10", "match", "ipv6", "address", "prefix-list", "LB"]},
    {"op": "set", "path": ["protocols", "static", "route", "192.0.2.0/24", "blackhole"]},
    {"op": "set", "path": ["service", "lldp", "management-address", "10.0.0.1"]}
]"#;

/// What MetalLB is to do, as its manual has it.
const METALLB: &str = r#"
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: { name: default-pool, namespace: metallb-system }
spec: { addresses: ["2001:db8:f000:2::/64"] }
---
apiVersion: metallb.io/v1beta2
kind: BGPPeer
metadata: { name: edge, namespace: metallb-system }
spec: { myASN: 64512, peerASN: 64512, peerAddress: 10.0.0.1, password: session-password }
---
apiVersion: metallb.io/v1beta1
kind: BGPAdvertisement
metadata: { name: default, namespace: metallb-system }
spec: { ipAddressPools: [default-pool], aggregationLengthV6: 64 }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_and_a_router_that_were_built_by_hand_are_adopted() {
    let lab = Lab::start(whole(2)).await.unwrap();
    let [cp1, cp2] = lab.nodes() else { panic!("two nodes") };
    configure(&lab, ROUTER).await;
    for node in [cp1, cp2] {
        command(node, &["snap", "install", "microk8s", "--classic", "--channel=1.35/stable"]).await;
        command(node, &["snap", "refresh", "--hold", "microk8s"]).await;
        command(node, &["microk8s", "status", "--wait-ready"]).await;
    }
    let url = command(cp1, &["microk8s", "add-node", "--format", "short"]).await;
    let url = url.lines().next().unwrap().trim_start_matches("microk8s join ").to_owned();
    shell(cp2, "echo 10.0.0.11 cp1 >>/etc/hosts").await;
    shell(cp1, "echo 10.0.0.12 cp2 >>/etc/hosts").await;
    command(cp2, &["microk8s", "join", &url]).await;
    let helm = ["microk8s", "helm3", "install", "metallb", METALLB_CHART, "--namespace", "metallb-system"];
    command(cp1, &[&helm[..], &["--create-namespace", "--wait", "--timeout", "90s"]].concat()).await;
    let applied = shell(cp1, &format!("microk8s kubectl apply -f - <<'END'\n{METALLB}\nEND")).await;
    assert!(applied.contains("bgppeer.metallb.io/edge created"), "{applied}");
    let router_before = vtysh(lab.router().unwrap(), "show running-config").await;

    let of_routers = OF_ROUTERS.map(|name| list(name, "router = \"edge\"")).concat();
    let of_clusters = [
        "microk8s_node",
        "microk8s_cluster_member",
        "microk8s_addon",
        "metallb_ip_address_pool",
        "metallb_bgp_peer",
        "metallb_bgp_advertisement",
        "calico_ippool",
    ];
    let of_clusters = of_clusters.map(|name| list(name, "cluster = \"10.0.0.11\"")).concat();
    let (workspace, listed) = generated(&lab, &(of_routers + &of_clusters)).await;
    assert!(listed.contains("that no attribute covers"), "{listed}");
    let (file, said) = adopt(&workspace).await;
    let on_a_line = file.split_whitespace().collect::<Vec<_>>().join(" ");
    for there in [
        "router = vyos_bgp.edge.router",
        "route_map_import = vyos_route_map.lb.name",
        "ipv6_prefix_list = vyos_prefix_list6.lb.name",
        "cluster = microk8s_node.node_10_0_0_11.host",
        "host = microk8s_node.node_10_0_0_12.host",
        "ip_address_pools = [metallb_ip_address_pool.default_pool.name]",
        "password = var.neighbor_10_0_0_11_password",
        "path = \"protocols bgp listen\"",
    ] {
        assert!(on_a_line.contains(there), "{there} is not in\n{file}");
    }
    assert!(!file.contains("= null #") && !file.contains("session-password"), "{file}");
    // Those of the session's two ends.
    assert!(said.contains("2 variables for secrets"), "{said}");

    let imports = file.matches("\nimport {").count();
    assert!(imports >= 18, "{imports}: {file}");
    let applied = workspace.run(["apply", "-no-color", "-auto-approve"]).await.unwrap().succeeded().text;
    let all = format!("{imports} imported, 0 added, 0 changed, 0 destroyed");
    assert!(applied.contains(&all), "{all} is not in {applied}");
    workspace.plan().await.unwrap().plans_nothing();
    assert_eq!(vtysh(lab.router().unwrap(), "show running-config").await, router_before);
    let peer = ["microk8s", "kubectl", "get", "bgppeers.metallb.io", "edge", "--namespace=metallb-system"];
    let peer = command(cp1, &[&peer[..], &["--output=jsonpath={.spec.password}"]].concat()).await;
    assert_eq!(peer, "session-password");
    // Taken once, the file is as it should be.
    assert_eq!(adopt(&workspace).await.0, file);
}
