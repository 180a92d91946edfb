//! MetalLB in `frr-k8s` mode, which is what it installs by default from 0.16 on: FRR runs in a release of its
//! own, the real one, and does for the same resources what it does beside a speaker.

use crate::by_hand::vtysh;
use acceptance::Workspace;
use lab::{FRR_K8S_CHART, Lab, LabOptions, METALLB_CHART, RouterOptions};

/// Charts as the node has them: nothing is fetched in the lab. A session's state is written into the cluster
/// every other minute, if nobody says otherwise.
const CLUSTER: &str = r#"
resource "microk8s_cluster_ipv6" "this" {
  host         = "10.0.0.11"
  cluster_cidr = "fd01::/64"
  service_cidr = "fd98::/108"
  nat_outgoing = true
}

resource "microk8s_helm_release" "frr_k8s" {
  host             = microk8s_cluster_ipv6.this.host
  name             = "frr-k8s"
  namespace        = "frr-k8s-system"
  create_namespace = true
  chart            = "FRR_K8S_CHART"
  values           = { frrk8s = { frrStatus = { pollInterval = "5s" } } }
}

resource "microk8s_helm_release" "metallb" {
  host             = microk8s_cluster_ipv6.this.host
  name             = "metallb"
  namespace        = "metallb-system"
  create_namespace = true
  chart            = "METALLB_CHART"
  values = {
    speaker = { frr = { enabled = false } }
    frrk8s  = { external = true, namespace = microk8s_helm_release.frr_k8s.namespace }
  }
}

resource "metallb_ip_address_pool" "default" {
  provider  = microk8s
  cluster   = microk8s_helm_release.metallb.host
  name      = "default-pool"
  addresses = ["2001:db8:f000:2::/64"]
}

resource "metallb_bgp_peer" "edge" {
  provider                  = microk8s
  cluster                   = microk8s_helm_release.metallb.host
  name                      = "edge"
  my_asn                    = 64512
  peer_asn                  = 64512
  peer_address              = "10.0.0.1"
  dual_stack_address_family = true
}

resource "metallb_bgp_advertisement" "default" {
  provider         = microk8s
  cluster          = microk8s_helm_release.metallb.host
  name             = "default"
  ip_address_pools = [metallb_ip_address_pool.default.name]
}

resource "microk8s_object" "web" {
  cluster = metallb_bgp_advertisement.default.cluster
  manifest = {
    apiVersion = "v1"
    kind       = "Service"
    metadata   = { name = "web", namespace = "default" }
    spec = {
      type           = "LoadBalancer"
      ipFamilyPolicy = "SingleStack"
      ipFamilies     = ["IPv6"]
      selector       = { app = "web" }
      ports          = [{ port = 80 }]
    }
  }
}

resource "microk8s_object" "pods" {
  cluster = microk8s_cluster_ipv6.this.host
  manifest = {
    apiVersion = "apps/v1"
    kind       = "Deployment"
    metadata   = { name = "web", namespace = "default" }
    spec = {
      selector = { matchLabels = { app = "web" } }
      template = {
        metadata = { labels = { app = "web" } }
        spec     = { containers = [{ name = "nginx", image = "nginx:1.27", ports = [{ containerPort = 80 }] }] }
      }
    }
  }
}
"#;

const ROUTER: &str = r#"
resource "vyos_bgp" "edge" {
  provider  = microk8s
  router    = "edge"
  system_as = 64512
  router_id = "10.0.0.1"
}

resource "vyos_bgp_neighbor" "cp1" {
  provider     = microk8s
  router       = vyos_bgp.edge.router
  address      = "10.0.0.11"
  remote_as    = "64512"
  ipv6_unicast = {}
}

data "metallb_bgp_sessions" "this" {
  provider   = microk8s
  cluster    = "10.0.0.11"
  wait       = { timeout = "90s" }
  depends_on = [vyos_bgp_neighbor.cp1, metallb_bgp_peer.edge]
}

data "vyos_bgp_summary" "edge" {
  provider   = microk8s
  router     = "edge"
  wait       = { prefixes_received = 1, timeout = "90s" }
  depends_on = [data.metallb_bgp_sessions.this, microk8s_object.web, microk8s_object.pods]
}
"#;

#[tokio::test(flavor = "multi_thread")]
async fn holds_the_session_and_announces_the_address() {
    let router = Some(RouterOptions::default());
    let lab =
        Lab::start(LabOptions { router, traffic: true, ..LabOptions::with_nodes(1, true) }).await.unwrap();
    let charts = CLUSTER.replace("FRR_K8S_CHART", FRR_K8S_CHART).replace("METALLB_CHART", METALLB_CHART);
    let workspace = Workspace::new(&lab, format!("{charts}{ROUTER}")).await.unwrap();
    workspace.apply().await.unwrap().succeeded();
    let sessions = workspace.state("data.metallb_bgp_sessions.this").await.unwrap();
    let session = &sessions["sessions"][0];
    assert_eq!((&session["node"], &session["peer"]), (&"cp1".into(), &"10.0.0.1".into()), "{sessions}");
    assert_eq!(session["established"], true, "{sessions}");
    let routes = vtysh(lab.router().unwrap(), "show bgp ipv6 unicast").await;
    assert!(routes.contains("2001:db8:f000:2::"), "{routes}");
    workspace.plan().await.unwrap().plans_nothing();

    // What this mode does nothing with is told where it is said.
    let source = charts.replace(
        "  peer_address              = \"10.0.0.1\"",
        "  peer_address              = \"10.0.0.1\"\n  source_address            = \"10.0.0.11\"",
    );
    workspace.configure(format!("{source}{ROUTER}")).unwrap();
    let plan = workspace.plan().await.unwrap();
    assert!(
        plan.warnings().iter().any(|one| one.code.trim().starts_with("source_address")),
        "{:?}",
        plan.warnings()
    );

    workspace.configure(format!("{charts}{ROUTER}")).unwrap();
    workspace.destroy().await.unwrap().succeeded();
}
