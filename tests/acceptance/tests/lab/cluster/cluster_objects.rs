//! Objects in a cluster, each alone: made, planned again, drifted, imported, deleted by somebody, taken away.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a step that fails ends the test")]

use acceptance::{Action, Workspace};
use lab::{Lab, LabOptions, Node};
use serde_json::Value;
use std::process::Stdio;
use std::sync::Arc;
use tokio::task::JoinSet;

/// A type in a configuration of its own.
struct Case {
    address: &'static str,
    configuration: &'static str,
    /// Behind `<cluster>/`.
    import: &'static str,
    /// The object for kubectl, with its namespace where it has one.
    object: &'static [&'static str],
    /// A merge patch behind terraform's back on something that the configuration says.
    drift: &'static str,
}

static CASES: [Case; 14] = [
    Case {
        address: "metallb_ip_address_pool.this",
        configuration: r#"
resource "metallb_ip_address_pool" "this" {
  provider  = microk8s
  cluster   = "10.0.0.11"
  name      = "default-pool"
  addresses = ["2001:DB8:f000:2::/64", "192.0.2.10-192.0.2.20"]
}
"#,
        import: "metallb-system/default-pool",
        object: &["ipaddresspools.metallb.io", "default-pool", "--namespace=metallb-system"],
        drift: r#"{"spec":{"addresses":["192.0.2.0/28"]}}"#,
    },
    Case {
        address: "metallb_bgp_peer.this",
        configuration: r#"
variable "password" {
  type      = string
  sensitive = true
  default   = "of-the-session"
}

resource "metallb_bgp_peer" "this" {
  provider     = microk8s
  cluster      = "10.0.0.11"
  name         = "edge"
  my_asn       = 4200000001
  peer_asn     = 64513
  peer_address = "2001:DB8::1"
  hold_time    = "1m30s"
  password     = var.password
}
"#,
        import: "edge",
        object: &["bgppeers.metallb.io", "edge", "--namespace=metallb-system"],
        drift: r#"{"spec":{"holdTime":"30s"}}"#,
    },
    Case {
        address: "metallb_bgp_advertisement.this",
        configuration: r#"
resource "metallb_bgp_advertisement" "this" {
  provider              = microk8s
  cluster               = "10.0.0.11"
  name                  = "default"
  ip_address_pools      = ["default-pool"]
  aggregation_length_v6 = 64
  communities           = ["64512:100", "no-export"]
  node_selectors        = [{ match_labels = { "kubernetes.io/os" = "linux" } }]
}
"#,
        import: "metallb-system/default",
        object: &["bgpadvertisements.metallb.io", "default", "--namespace=metallb-system"],
        drift: r#"{"spec":{"aggregationLengthV6":null,"communities":["64512:100"]}}"#,
    },
    Case {
        address: "metallb_l2_advertisement.this",
        configuration: r#"
resource "metallb_l2_advertisement" "this" {
  provider         = microk8s
  cluster          = "10.0.0.11"
  name             = "local"
  ip_address_pools = ["local"]
  interfaces       = ["eth0"]
}
"#,
        import: "local",
        object: &["l2advertisements.metallb.io", "local", "--namespace=metallb-system"],
        drift: r#"{"spec":{"interfaces":["eth0","eth1"]}}"#,
    },
    Case {
        address: "metallb_bfd_profile.this",
        configuration: r#"
resource "metallb_bfd_profile" "this" {
  provider          = microk8s
  cluster           = "10.0.0.11"
  name              = "fast"
  receive_interval  = 100
  detect_multiplier = 3
  passive_mode      = false
}
"#,
        import: "fast",
        object: &["bfdprofiles.metallb.io", "fast", "--namespace=metallb-system"],
        drift: r#"{"spec":{"detectMultiplier":5,"passiveMode":true}}"#,
    },
    Case {
        address: "metallb_community.this",
        configuration: r#"
resource "metallb_community" "this" {
  provider    = microk8s
  cluster     = "10.0.0.11"
  name        = "well-known"
  communities = [{ name = "no-export", value = "65535:65281" }]
}
"#,
        import: "metallb-system/well-known",
        object: &["communities.metallb.io", "well-known", "--namespace=metallb-system"],
        drift: r#"{"spec":{"communities":[{"name":"no-export","value":"65535:65282"}]}}"#,
    },
    Case {
        address: "calico_ippool.this",
        configuration: r#"
resource "calico_ippool" "this" {
  provider     = microk8s
  cluster      = "10.0.0.11"
  name         = "pods-v6"
  cidr         = "FD02:0::/64"
  nat_outgoing = true
}
"#,
        import: "pods-v6",
        object: &["ippools.crd.projectcalico.org", "pods-v6"],
        drift: r#"{"spec":{"natOutgoing":false,"nodeSelector":"!all()"}}"#,
    },
    Case {
        address: "calico_global_network_policy.this",
        configuration: r#"
resource "calico_global_network_policy" "this" {
  provider = microk8s
  cluster  = "10.0.0.11"
  name     = "node-ports"
  selector = "role == 'node'"
  order    = 10
  pre_dnat = true

  apply_on_forward = true

  ingress = [
    { action = "Allow", protocol = "ICMPv6", icmp = { icmp_type = 128 }, source = { nets = ["2001:db8::/32"] } },
    { action = "Deny", protocol = "TCP", destination = { ports = ["22", "30000:32767", "ssh"] } },
  ]
  types = ["Ingress"]
}
"#,
        import: "node-ports",
        object: &["globalnetworkpolicies.crd.projectcalico.org", "default.node-ports"],
        drift: r#"{"spec":{"order":20,"preDNAT":false}}"#,
    },
    Case {
        address: "calico_network_policy.this",
        configuration: r#"
resource "calico_network_policy" "this" {
  provider = microk8s
  cluster  = "10.0.0.11"
  name     = "web"
  types    = ["Ingress", "Egress"]
  ingress  = [{ action = "Allow", protocol = "47" }]
  egress   = [{ action = "Allow", destination = { services = { name = "kube-dns", namespace = "kube-system" } } }]
}
"#,
        import: "default/web",
        object: &["networkpolicies.crd.projectcalico.org", "default.web", "--namespace=default"],
        drift: r#"{"spec":{"types":["Ingress"],"ingress":[]}}"#,
    },
    Case {
        address: "calico_global_network_set.this",
        configuration: r#"
resource "calico_global_network_set" "this" {
  provider = microk8s
  cluster  = "10.0.0.11"
  name     = "office"
  labels   = { role = "office" }
  nets     = ["192.0.2.0/24", "2001:db8::7"]
}
"#,
        import: "office",
        object: &["globalnetworksets.crd.projectcalico.org", "office"],
        drift: r#"{"metadata":{"labels":{"role":null}},"spec":{"nets":["192.0.2.0/24"]}}"#,
    },
    Case {
        address: "calico_host_endpoint.this",
        configuration: r#"
resource "calico_host_endpoint" "this" {
  provider = microk8s
  cluster  = "10.0.0.11"
  name     = "edge"
  node     = "edge"
  labels   = { role = "edge" }
  ports    = [{ name = "ssh", protocol = "TCP", port = 22 }]
  profiles = ["projectcalico-default-allow"]

  interface_name = "*"
}
"#,
        import: "edge",
        object: &["hostendpoints.crd.projectcalico.org", "edge"],
        drift: r#"{"spec":{"interfaceName":"eth0"}}"#,
    },
    Case {
        address: "calico_ip_reservation.this",
        configuration: r#"
resource "calico_ip_reservation" "this" {
  provider = microk8s
  cluster  = "10.0.0.11"
  name     = "lab"

  reserved_cidrs = ["10.1.255.0/28", "fd01::f/128"]
}
"#,
        import: "lab",
        object: &["ipreservations.crd.projectcalico.org", "lab"],
        drift: r#"{"spec":{"reservedCIDRs":["10.1.255.0/28"]}}"#,
    },
    Case {
        address: "calico_felix_configuration.this",
        configuration: r#"
resource "calico_felix_configuration" "this" {
  provider = microk8s
  cluster  = "10.0.0.11"
  name     = "node.edge"

  prometheus_metrics_enabled  = true
  kube_node_port_ranges       = ["30000:32767"]
  failsafe_inbound_host_ports = [{ protocol = "TCP", port = 22, net = "10.0.0.0/8" }]
}
"#,
        import: "node.edge",
        object: &["felixconfigurations.crd.projectcalico.org", "node.edge"],
        drift: r#"{"spec":{"prometheusMetricsEnabled":false,"kubeNodePortRanges":[31000]}}"#,
    },
    Case {
        address: "microk8s_object.this",
        configuration: r#"
resource "microk8s_object" "this" {
  cluster = "10.0.0.11"
  manifest = {
    apiVersion = "v1"
    kind       = "Service"
    metadata   = { name = "web", namespace = "default", labels = { app = "web" } }
    spec = {
      type     = "NodePort"
      selector = { app = "web" }
      ports    = [{ name = "http", port = 80 }, { name = "dns", port = 53, protocol = "UDP" }]
    }
  }
}
"#,
        import: "Service.v1/default/web",
        object: &["services", "web", "--namespace=default"],
        drift: r#"{"spec":{"selector":{"app":"other"}}}"#,
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn each_type_from_create_to_destroy() {
    let lab = Arc::new(Lab::start(LabOptions::with_nodes(1, true)).await.unwrap());
    let mut lives = JoinSet::new();
    for case in &CASES {
        let lab = Arc::clone(&lab);
        lives.spawn(async move { whole_life(&lab, &lab.nodes()[0], case).await });
    }
    lives.spawn({
        let lab = Arc::clone(&lab);
        async move { all_at_once(&lab, &lab.nodes()[0]).await }
    });
    lives.join_all().await;
}

/// A definition, an object of it, a namespace and a Secret in that, none of which waits for another by its
/// configuration.
const AT_ONCE: &str = r#"
variable "password" {
  type      = string
  ephemeral = true
  default   = "planted-secret"
}

locals {
  manifests = {
    definition = {
      apiVersion = "apiextensions.k8s.io/v1"
      kind       = "CustomResourceDefinition"
      metadata   = { name = "gadgetry.example.org" }
      spec = {
        group = "example.org"
        scope = "Namespaced"
        names = { kind = "Gadget", plural = "gadgetry", singular = "gadget" }
        versions = [{
          name    = "v1"
          served  = true
          storage = true
          schema = { openAPIV3Schema = {
            type = "object"
            properties = { spec = { type = "object", properties = {
              size    = { type = "integer" }
              weight  = { type = "number", minimum = 0.1, maximum = 1e30 }
              numbers = { type = "array", items = { type = "number" } }
            } } }
          } }
        }]
      }
    }
    gadget = {
      apiVersion = "example.org/v1"
      kind       = "Gadget"
      metadata   = { name = "one", namespace = "shop" }
      # Core computes functions' results as floats and keeps literals to the last digit.
      spec = { size = 4, weight = pow(1.1, 2), numbers = [0.1, log(10, 2), 1e30, 9007199254740993] }
    }
    namespace = { apiVersion = "v1", kind = "Namespace", metadata = { name = "shop" } }
    secret = {
      apiVersion = "v1"
      kind       = "Secret"
      metadata   = { name = "database", namespace = "shop" }
    }
  }
}

resource "microk8s_object" "this" {
  for_each               = local.manifests
  cluster                = "10.0.0.11"
  manifest               = each.value
  secret_data_wo         = each.key == "secret" ? { password = var.password } : null
  secret_data_wo_version = each.key == "secret" ? 1 : null
  timeouts               = { create = "60s", delete = "60s" }
}
"#;

async fn all_at_once(lab: &Lab, node: &Node) {
    let workspace = Workspace::new(lab, AT_ONCE).await.unwrap();
    workspace.apply().await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();
    let get = async |what: &[&str]| kubectl(node, &[&["get"], what].concat()).await;
    let secret = get(&["secret", "database", "--namespace=shop", "--output=jsonpath={.data.password}"]).await;
    assert_eq!(secret.unwrap(), "cGxhbnRlZC1zZWNyZXQ=");
    let numbers =
        get(&["gadgetry", "one", "--namespace=shop", "--output=jsonpath={.spec.weight} {.spec.numbers}"]);
    assert_eq!(numbers.await.unwrap(), "1.2100000000000002 [0.1,3.3219280948873626,1e+30,9007199254740993]");
    let state = std::fs::read_to_string(workspace.path().join("terraform.tfstate")).unwrap();
    assert!(state.contains("database") && !state.contains("planted-secret"), "{state}");
    assert!(!state.contains("cGxhbnRlZC1zZWNyZXQ"), "{state}");
    workspace.destroy().await.unwrap().succeeded();
    for gone in [["namespace", "shop"], ["customresourcedefinition", "gadgetry.example.org"]] {
        let left = get(&gone).await.unwrap_err();
        assert!(left.contains("(NotFound)"), "{left}");
    }
}

async fn whole_life(lab: &Lab, node: &Node, case: &Case) {
    let workspace = Workspace::new(lab, case.configuration).await.unwrap();
    workspace.plan().await.unwrap().plans(&[(case.address, Action::Create)]);
    workspace.apply().await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();
    let made = case.object(node).await.unwrap();

    case.kubectl(node, "patch", &["--type=merge", "--patch", case.drift]).await.unwrap();
    assert_ne!(case.object(node).await.unwrap()["spec"], made["spec"], "{}: no drift", case.address);
    workspace.plan().await.unwrap().plans(&[(case.address, Action::Update)]);
    workspace.apply().await.unwrap().succeeded();
    assert_eq!(case.object(node).await.unwrap()["spec"], made["spec"]);

    let before = workspace.state(case.address).await.unwrap();
    workspace.run(["state", "rm", case.address]).await.unwrap().succeeded();
    workspace.import(case.address, &format!("{}/{}", node.ipv4(), case.import)).await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();
    assert_eq!(workspace.state(case.address).await.unwrap()["name"], before["name"]);

    case.kubectl(node, "delete", &[]).await.unwrap();
    workspace.plan().await.unwrap().plans(&[(case.address, Action::Create)]);
    workspace.apply().await.unwrap().succeeded();
    case.object(node).await.unwrap();
    workspace.destroy().await.unwrap().succeeded();
    let left = case.object(node).await.unwrap_err();
    assert!(left.contains("(NotFound)"), "{}: {left}", case.address);
    assert!(workspace.resources().await.unwrap().is_empty());
}

impl Case {
    async fn object(&self, node: &Node) -> Result<Value, String> {
        let text = self.kubectl(node, "get", &["--output=json"]).await?;
        serde_json::from_str(&text).map_err(|error| error.to_string())
    }

    /// `kubectl` on this object.
    async fn kubectl(&self, node: &Node, verb: &str, more: &[&str]) -> Result<String, String> {
        kubectl(node, &[&[verb], self.object, more].concat()).await
    }
}

async fn kubectl(node: &Node, arguments: &[&str]) -> Result<String, String> {
    let mut command = node.exec(["/snap/bin/microk8s", "kubectl"].iter().chain(arguments));
    let output = command.stdin(Stdio::null()).output().await.map_err(|error| error.to_string())?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}
