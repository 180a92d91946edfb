//! Objects of a router, each alone: made, planned again, drifted, imported, deleted by somebody, taken away.
#![expect(clippy::unwrap_used, reason = "a step that fails ends the test")]

use crate::by_hand::{configure, vtysh};
use acceptance::{Action, Workspace};
use lab::{Lab, LabOptions, RouterOptions};
use std::sync::Arc;
use tokio::task::JoinSet;

/// A type, in a configuration with what it needs.
struct Case {
    address: &'static str,
    configuration: &'static str,
    /// Behind `edge`.
    import: &'static str,
    /// Where it is on the router.
    path: &'static str,
    /// A command behind terraform's back on something that the configuration says.
    drift: (&'static str, &'static str),
    /// What FRR then runs, in its own words.
    runs: &'static [&'static str],
}

static CASES: [Case; 9] = [
    Case {
        address: "vyos_prefix_list.this",
        configuration: r#"
resource "vyos_prefix_list" "this" {
  provider    = microk8s
  router      = "edge"
  name        = "ALONE4"
  description = "all alone"
  rules = {
    "10" = { action = "permit", prefix = "192.0.2.0/24", ge = 25, le = 30 }
    "20" = { action = "deny", prefix = "0.0.0.0/0", le = 32 }
  }
}
"#,
        import: "/ALONE4",
        path: "policy prefix-list ALONE4",
        drift: ("delete", "policy prefix-list ALONE4 rule 20"),
        runs: &[
            "ip prefix-list ALONE4 seq 10 permit 192.0.2.0/24 ge 25 le 30",
            "ip prefix-list ALONE4 seq 20 deny 0.0.0.0/0 le 32",
        ],
    },
    Case {
        address: "vyos_prefix_list6.this",
        configuration: r#"
resource "vyos_prefix_list6" "this" {
  provider = microk8s
  router   = "edge"
  name     = "ALONE6"
  rules    = { "10" = { action = "permit", prefix = "2001:DB8:F000:2::/64", le = 128 } }
}
"#,
        import: "/ALONE6",
        path: "policy prefix-list6 ALONE6",
        drift: ("set", "policy prefix-list6 ALONE6 rule 10 le 80"),
        runs: &["ipv6 prefix-list ALONE6 seq 10 permit 2001:db8:f000:2::/64 le 128"],
    },
    Case {
        address: "vyos_route_map.this",
        configuration: r#"
resource "vyos_prefix_list6" "pools" {
  provider = microk8s
  router   = "edge"
  name     = "POOLS"
  rules    = { "10" = { action = "permit", prefix = "2001:db8:f000::/48", le = 128 } }
}

resource "vyos_route_map" "this" {
  provider = microk8s
  router   = "edge"
  name     = "IN"
  rules = {
    "10" = {
      action      = "permit"
      description = "pools"
      match       = { ipv6_prefix_list = vyos_prefix_list6.pools.name, protocol = "bgp" }
      set = {
        metric               = 100
        local_preference     = 200
        community            = ["64512:100", "no-export"]
        ipv6_next_hop_global = "2001:DB8::1"
      }
      continue = 30
    }
    "20" = { action = "deny" }
    "30" = { action = "permit", set = { as_path_prepend = "64512 64512" } }
  }
}
"#,
        import: "/IN",
        path: "policy route-map IN",
        drift: ("set", "policy route-map IN rule 10 set community replace 64512:200"),
        runs: &[
            "route-map IN permit 10",
            " match ipv6 address prefix-list POOLS",
            " match source-protocol bgp",
            " on-match goto 30",
            " set community 64512:100 no-export",
            " set ipv6 next-hop global 2001:db8::1",
            "route-map IN deny 20",
            " set as-path prepend 64512 64512",
        ],
    },
    Case {
        address: "vyos_ospf.this",
        configuration: r#"
resource "vyos_route_map" "out" {
  provider = microk8s
  router   = "edge"
  name     = "OSPF-OUT"
  rules    = { "10" = { action = "permit" } }
}

resource "vyos_ospf" "this" {
  provider   = microk8s
  router     = "edge"
  router_id  = "10.0.0.1"
  areas      = { "1" = { stub = { no_summary = true }, ranges = { "10.9.0.0/16" = {} } } }
  interfaces = { eth0 = { area = "0", cost = 7, hello_interval = 5, dead_interval = 20, passive = true } }
  redistribute = {
    bgp       = { metric = 100, metric_type = 1, route_map = vyos_route_map.out.name }
    connected = {}
  }
  default_information = { always = true }
}
"#,
        import: "",
        path: "protocols ospf",
        drift: ("delete", "protocols ospf interface eth0 cost"),
        runs: &[
            "router ospf",
            " ospf router-id 10.0.0.1",
            " redistribute bgp metric 100 metric-type 1 route-map OSPF-OUT",
            " redistribute connected",
            " area 1 stub no-summary",
            " default-information originate always",
            " ip ospf area 0",
            " ip ospf cost 7",
            " ip ospf hello-interval 5",
            " ip ospf passive",
        ],
    },
    Case {
        address: "vyos_ospfv3.this",
        configuration: r#"
resource "vyos_ospfv3" "this" {
  provider     = microk8s
  router       = "edge"
  router_id    = "10.0.0.1"
  areas        = { "1" = { ranges = { "2001:db8::/32" = { not_advertise = true } } } }
  interfaces   = { eth0 = { area = "0", cost = 9, network = "point-to-point" } }
  redistribute = { bgp = { metric = 100, metric_type = 1 }, static = {} }
}
"#,
        import: "",
        path: "protocols ospfv3",
        drift: ("set", "protocols ospfv3 interface eth0 cost 10"),
        runs: &[
            "router ospf6",
            " ospf6 router-id 10.0.0.1",
            " redistribute bgp metric 100 metric-type 1",
            " redistribute static",
            " area 1 range 2001:db8::/32 not-advertise",
            " ipv6 ospf6 area 0",
            " ipv6 ospf6 cost 9",
            " ipv6 ospf6 network point-to-point",
        ],
    },
    Case {
        address: "vyos_bgp_peer_group.this",
        configuration: r#"
resource "vyos_bgp" "edge" {
  provider  = microk8s
  router    = "edge"
  system_as = 64512
  router_id = "10.0.0.1"
}

resource "vyos_bgp_peer_group" "this" {
  provider      = microk8s
  router        = vyos_bgp.edge.router
  name          = "NODES"
  remote_as     = "64512"
  update_source = "eth0"
  passive       = true
  ipv6_unicast  = { nexthop_self = true }
}
"#,
        import: "/NODES",
        path: "protocols bgp peer-group NODES",
        drift: ("delete", "protocols bgp peer-group NODES passive"),
        runs: &[
            " neighbor NODES peer-group",
            " neighbor NODES remote-as 64512",
            " neighbor NODES passive",
            " neighbor NODES update-source eth0",
            "  neighbor NODES activate",
            "  neighbor NODES next-hop-self",
        ],
    },
    Case {
        address: "vyos_static_route.this",
        configuration: r#"
resource "vyos_static_route" "this" {
  provider    = microk8s
  router      = "edge"
  destination = "192.0.2.0/24"
  next_hops   = { "10.0.0.254" = { distance = 20 }, "10.0.0.253" = { interface = "eth0" } }
  blackhole   = { distance = 250, tag = 7 }
}
"#,
        import: "/192.0.2.0/24",
        path: "protocols static route 192.0.2.0/24",
        drift: ("delete", "protocols static route 192.0.2.0/24 next-hop 10.0.0.254 distance"),
        runs: &[
            "ip route 192.0.2.0/24 10.0.0.254 20",
            "ip route 192.0.2.0/24 10.0.0.253 eth0",
            "ip route 192.0.2.0/24 blackhole tag 7 250",
        ],
    },
    Case {
        address: "vyos_static_route.this",
        configuration: r#"
resource "vyos_static_route" "this" {
  provider    = microk8s
  router      = "edge"
  destination = "2001:DB8:F000:2::/64"
  interfaces  = { eth0 = {} }
}
"#,
        import: "/2001:db8:f000:2::/64",
        path: "protocols static route6 2001:db8:f000:2::/64",
        drift: ("set", "protocols static route6 2001:db8:f000:2::/64 interface eth0 distance 9"),
        runs: &["ipv6 route 2001:db8:f000:2::/64 eth0"],
    },
    Case {
        address: "vyos_config.this",
        configuration: r#"
resource "vyos_config" "this" {
  provider = microk8s
  router   = "edge"
  path     = "policy as-path-list LONG"
  config = {
    description = "through there twice"
    rule        = { 10 = { action = "deny", regex = "_64512_64512_" }, 20 = { action = "permit", regex = ".*" } }
  }
}
"#,
        import: "/policy as-path-list LONG",
        path: "policy as-path-list LONG",
        drift: ("delete", "policy as-path-list LONG rule 20"),
        runs: &[
            "bgp as-path access-list LONG seq 10 deny _64512_64512_",
            "bgp as-path access-list LONG seq 20 permit .*",
        ],
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn each_type_from_create_to_destroy() {
    let router = Some(RouterOptions::default());
    let lab = Arc::new(Lab::start(LabOptions { router, ..LabOptions::default() }).await.unwrap());
    let mut lives = JoinSet::new();
    for case in &CASES {
        let lab = Arc::clone(&lab);
        lives.spawn(async move { whole_life(&lab, case).await });
    }
    lives.join_all().await;
}

async fn whole_life(lab: &Lab, case: &Case) {
    let workspace = Workspace::new(lab, case.configuration).await.unwrap();
    workspace.apply().await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();
    case.runs(lab).await;

    by_hand(lab, case.drift.0, case.drift.1).await;
    workspace.plan().await.unwrap().plans(&[(case.address, Action::Update)]);
    workspace.apply().await.unwrap().succeeded();
    case.runs(lab).await;

    workspace.run(["state", "rm", case.address]).await.unwrap().succeeded();
    workspace.import(case.address, &format!("edge{}", case.import)).await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();

    by_hand(lab, "delete", case.path).await;
    workspace.plan().await.unwrap().plans(&[(case.address, Action::Create)]);
    workspace.apply().await.unwrap().succeeded();
    case.runs(lab).await;
    workspace.destroy().await.unwrap().succeeded();
    let running = running(lab).await;
    for line in case.runs {
        assert!(!running.lines().any(|one| one == *line), "{}: {line:?} is left in\n{running}", case.address);
    }
    assert!(workspace.resources().await.unwrap().is_empty());
}

impl Case {
    async fn runs(&self, lab: &Lab) {
        let running = running(lab).await;
        for line in self.runs {
            assert!(
                running.lines().any(|one| one == *line),
                "{}: FRR does not run {line:?} but\n{running}",
                self.address
            );
        }
    }
}

async fn running(lab: &Lab) -> String {
    vtysh(lab.router().unwrap(), "show running-config").await
}

/// One command behind terraform's back.
async fn by_hand(lab: &Lab, operation: &str, path: &str) {
    let path: Vec<_> = path.split(' ').map(|word| format!("{word:?}")).collect();
    configure(lab, &format!(r#"{{"op":"{operation}","path":[{}]}}"#, path.join(","))).await;
}
