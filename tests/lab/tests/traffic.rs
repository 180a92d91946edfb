//! From a cluster to an address that answers from outside: MetalLB, FRR, kube-proxy, the router and the one
//! upstream are the real programs.
#![expect(clippy::unwrap_used, reason = "a step that fails ends the test")]

mod support;

use lab::{Lab, LabOptions, Node, NodeOptions, RouterOptions, UpstreamOptions};
use std::process::Stdio;
use std::time::Duration;
use support::{configure, output, until};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(120);

const LAUNCH: &str = "version: 0.1.0
extraCNIEnv:
  IPv4_SUPPORT: true
  IPv4_CLUSTER_CIDR: 10.1.0.0/16
  IPv4_SERVICE_CIDR: 10.152.183.0/24
  IPv6_SUPPORT: true
  IPv6_CLUSTER_CIDR: fd01::/64
  IPv6_SERVICE_CIDR: fd98::/108
extraKubeletArgs:
  --node-ip: 10.0.0.11,fd00:10::11
";

const ROUTER: [&str; 16] = [
    "protocols bgp system-as 64512",
    "protocols bgp parameters router-id 10.0.0.1",
    "protocols bgp neighbor 10.0.0.11 remote-as 64512",
    "protocols bgp neighbor 10.0.0.11 address-family ipv6-unicast",
    "protocols bgp neighbor 10.0.0.12 remote-as 64512",
    "protocols bgp neighbor 10.0.0.12 address-family ipv6-unicast",
    "protocols ospf parameters router-id 10.0.0.1",
    "protocols ospf interface eth1 area 0",
    "protocols ospf interface eth1 hello-interval 1",
    "protocols ospf interface eth1 dead-interval 4",
    "protocols ospfv3 parameters router-id 10.0.0.1",
    "protocols ospfv3 redistribute bgp",
    "protocols ospfv3 interface eth1 area 0",
    "protocols ospfv3 interface eth1 hello-interval 1",
    "protocols ospfv3 interface eth1 dead-interval 4",
    "system host-name edge",
];

const ANNOUNCED: &str = r#"
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {name: default-pool, namespace: metallb-system}
spec: {addresses: ["2001:db8:f000:2::/64"], avoidBuggyIPs: true}
---
apiVersion: metallb.io/v1beta2
kind: BGPPeer
metadata: {name: edge, namespace: metallb-system}
spec: {myASN: 64512, peerASN: 64512, peerAddress: 10.0.0.1, dualStackAddressFamily: true}
---
apiVersion: metallb.io/v1beta1
kind: BGPAdvertisement
metadata: {name: default, namespace: metallb-system}
spec: {ipAddressPools: [default-pool]}
"#;

const OVERLAPPING: &str = r#"
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {name: other-pool, namespace: metallb-system}
spec: {addresses: ["2001:db8:f000:2::/112"]}
"#;

/// A web server on the node NODE, behind a Service of the family FAMILY.
const WEB: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      nodeSelector: {kubernetes.io/hostname: NODE}
      volumes: [{name: page, configMap: {name: page}}]
      containers:
        - name: nginx
          image: nginx:1.27
          ports: [{name: http, containerPort: 80}]
          readinessProbe: {httpGet: {port: http}, periodSeconds: 1}
          volumeMounts: [{name: page, mountPath: /usr/share/nginx/html}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: page}
data: {index.html: "it answers from outside\n"}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: LoadBalancer
  ipFamilyPolicy: SingleStack
  ipFamilies: [FAMILY]
  selector: {app: web}
  ports: [{port: 80}]
"#;

fn web(node: &str, family: &str) -> String {
    WEB.replace("NODE", node).replace("FAMILY", family)
}

async fn succeed(node: &Node, arguments: &[&str]) -> String {
    let (success, text) = output(node.exec(arguments)).await;
    assert!(success, "{arguments:?} on {}: {text}", node.name());
    text
}

/// `microk8s kubectl apply` of a manifest, and what it says.
async fn apply(node: &Node, manifest: &str) -> (bool, String) {
    with_input(node.exec(["microk8s", "kubectl", "apply", "-f", "-"]), manifest).await
}

async fn with_input(mut command: Command, input: &str) -> (bool, String) {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).await.unwrap();
    let output = child.wait_with_output().await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.success(), text(&output.stdout) + &text(&output.stderr))
}

async fn install(node: &Node) {
    succeed(node, &["snap", "install", "microk8s", "--classic", "--channel=1.35/stable"]).await;
    succeed(node, &["microk8s", "status", "--wait-ready", "--timeout", "90"]).await;
}

/// The address that a Service has got.
async fn address(node: &Node) -> String {
    let field = "jsonpath={.status.loadBalancer.ingress[0].ip}";
    let ask = async || succeed(node, &["microk8s", "kubectl", "get", "service", "web", "-o", field]).await;
    until("an address", PATIENCE, async || !ask().await.is_empty()).await;
    ask().await
}

fn fetch(mut curl: Command, address: &str) -> Command {
    let host = if address.contains(':') { format!("[{address}]") } else { address.to_owned() };
    curl.args(["--silent", "--show-error", "--fail", "--max-time", "2"]).arg(format!("http://{host}/"));
    curl
}

#[tokio::test]
async fn an_address_answers_from_outside_until_its_service_goes() {
    let node = |name: &str| NodeOptions { name: name.to_owned(), running: false };
    let options = LabOptions {
        nodes: vec![node("cp1"), node("w1")],
        router: Some(RouterOptions::default()),
        upstream: Some(UpstreamOptions { hello_interval: 1, dead_interval: 4 }),
        traffic: true,
        lines: false,
    };
    let lab = Lab::start(options).await.unwrap();
    let ([cp1, w1], isp) = (lab.nodes(), lab.isp().unwrap()) else { panic!("two nodes") };
    configure(&lab, &ROUTER).await;
    succeed(cp1, &["mkdir", "-p", "/var/snap/microk8s/common"]).await;
    let launch = cp1.exec(["tee", "/var/snap/microk8s/common/.microk8s.yaml"]);
    assert!(with_input(launch, LAUNCH).await.0);
    tokio::join!(install(cp1), install(w1));
    let invitation = succeed(cp1, &["microk8s", "add-node", "--format", "short"]).await;
    let url = invitation.lines().next().unwrap().trim_start_matches("microk8s join ").to_owned();
    succeed(w1, &["microk8s", "join", &url, "--worker"]).await;

    let chart = "/opt/lab/files/metallb-files/charts/metallb";
    let helm = ["microk8s", "helm3", "install", "metallb", chart, "--namespace", "metallb-system"];
    succeed(cp1, &[&helm[..], &["--create-namespace", "--wait", "--timeout", "90s"]].concat()).await;
    let (applied, said) = apply(cp1, ANNOUNCED).await;
    assert!(applied, "{said}");
    let (applied, said) = apply(cp1, OVERLAPPING).await;
    assert!(!applied && said.contains("denied the request") && said.contains("overlaps"), "{said}");
    assert!(apply(cp1, &web("w1", "IPv6")).await.0);

    let address = address(cp1).await;
    assert!(address.starts_with("2001:db8:f000:2::"), "{address}");
    until("an answer from outside", PATIENCE, async || {
        output(fetch(lab.client("curl"), &address)).await.1 == "it answers from outside\n"
    })
    .await;
    let route = async || output(isp.exec(["ip", "-6", "route", "show", &address])).await.1;
    assert!(route().await.contains("proto ospf"), "{}", route().await);

    succeed(cp1, &["microk8s", "kubectl", "delete", "service", "web"]).await;
    until("the route to go", PATIENCE, async || route().await.is_empty()).await;
    assert!(!output(fetch(lab.client("curl"), &address)).await.0);
    lab.stop().await.unwrap();
}

/// What there is between the client and the pod, for whoever has to find out what is wrong.
async fn what_is_between(lab: &Lab, node: &Node) -> String {
    let mut seen = output(fetch(lab.operator("curl"), "10.0.0.50")).await.1;
    for script in [
        "microk8s kubectl get nodes,pods,services,endpointslices,servicel2statuses.metallb.io -A -o wide",
        "tail -n 40 /var/log/pods/metallb-system_speaker*/*/*.log",
        "journalctl -u snap.microk8s.daemon-kubelite -n 60",
        "nft list ruleset | grep 10.0.0.50; ip address; ip neighbor",
    ] {
        seen += &output(node.exec(["sh", "-c", script])).await.1;
    }
    seen
}

#[tokio::test]
async fn the_addon_answers_on_the_nodes_own_segment_and_pods_are_kept() {
    let lab = Lab::start(LabOptions { traffic: true, ..LabOptions::with_nodes(1, true) }).await.unwrap();
    let [cp1] = lab.nodes() else { panic!("one node") };
    let said = succeed(cp1, &["microk8s", "enable", "metallb", "10.0.0.50-10.0.0.59"]).await;
    assert!(said.contains("MetalLB is enabled"), "{said}");
    assert!(apply(cp1, &web("cp1", "IPv4")).await.0);
    assert_eq!(address(cp1).await, "10.0.0.50");
    let answers = async || output(fetch(lab.operator("curl"), "10.0.0.50")).await.0;
    until("an answer", PATIENCE, answers).await;

    // What ends by itself is started again; what the kubelet was told stays when the kubelet goes.
    succeed(cp1, &["pkill", "--full", "^/nginx"]).await;
    let restarts = "jsonpath={.items[0].status.containerStatuses[0].restartCount}/{.items[0].status.conditions[?(@.type=='Ready')].status}";
    let web = ["microk8s", "kubectl", "get", "pods", "-l", "app=web", "-o", restarts];
    until("a second start", PATIENCE, async || succeed(cp1, &web).await == "1/True").await;
    succeed(cp1, &["snap", "restart", "microk8s.daemon-kubelite"]).await;
    succeed(cp1, &["microk8s", "status", "--wait-ready", "--timeout", "90"]).await;
    let answered = timeout(PATIENCE, until("an answer after the restart", 2 * PATIENCE, answers)).await;
    assert!(answered.is_ok(), "no answer after the restart: {}", what_is_between(&lab, cp1).await);
    assert_eq!(succeed(cp1, &web).await, "1/True");

    succeed(cp1, &["microk8s", "disable", "metallb"]).await;
    until("no speaker to run", PATIENCE, async || {
        !output(cp1.exec(["pgrep", "--full", "^/speaker"])).await.0
    })
    .await;
    // Without power nothing runs, and all of it comes back with the power.
    cp1.stop().await.unwrap();
    cp1.start().await.unwrap();
    succeed(cp1, &["microk8s", "status", "--wait-ready", "--timeout", "90"]).await;
    until("a third start", PATIENCE, async || succeed(cp1, &web).await == "2/True").await;
    lab.stop().await.unwrap();
}
