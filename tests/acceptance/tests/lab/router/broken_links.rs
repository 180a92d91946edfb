//! From the pod to the upstream there are many links. Each of them is broken in turn, and the checks of the
//! build-out name it. What goes away for a while during an apply is waited for.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a step that fails ends the test")]

use crate::by_hand::{shell, vtysh};
use acceptance::{Action, BuildOut, Cli, Run, Workspace, whole};
use lab::{Lab, Node, Router};
use serde_json::Value;
use std::time::{Duration, Instant};
use vyos_stand_in::Faults;

/// What somebody got wrong in the configuration, and how terraform tells it, at the cluster's and at the
/// router's end.
struct Broken {
    configuration: &'static str,
    told: &'static [&'static str],
}

const BROKEN: [Broken; 4] = [
    Broken {
        configuration: r#"resource "vyos_bgp_neighbor" "node" { remote_as = "64999" }"#,
        told: &[
            "The session of the speaker on cp1 with 10.0.0.1 is down",
            "compare AS numbers (`my_asn`, `peer_asn`)",
            "10.0.0.11 is Active",
            "this router says that it is AS 64512 and expects AS 64999",
        ],
    },
    Broken {
        configuration: r#"resource "metallb_bgp_peer" "edge" { my_asn = 64999 }"#,
        told: &[
            "The session of the speaker on cp1 with 10.0.0.1 is down",
            "compare AS numbers (`my_asn`, `peer_asn`)",
            "this router says that it is AS 64512 and expects AS 64512",
        ],
    },
    Broken {
        configuration: "resource \"vyos_bgp_neighbor\" \"node\" {\n  ipv6_unicast = null\n  ipv4_unicast = {}\n}",
        told: &[
            "10.0.0.11 is established for ipv4_unicast, 0 prefixes received",
            "No established BGP session carries ipv6_unicast",
        ],
    },
    Broken {
        configuration: "resource \"vyos_prefix_list6\" \"load_balancer\" {\n  rules = { 10 = { action = \"permit\", prefix = \
                        \"2001:db8:ffff::/64\", le = 128 } }\n}",
        told: &["Prefix list LOAD-BALANCER keeps from the upstream: 2001:db8:f000:2::"],
    },
];

const OVERRIDE: &str = "broken_override.tf";

/// What the checks wait for does not come.
const IN_VAIN: &str = "locals {\n  moment = \"5s\"\n}";

/// It comes, however busy the machine is.
const IN_TIME: &str = "locals {\n  moment = \"60s\"\n}";

#[tokio::test(flavor = "multi_thread")]
async fn each_is_named_and_what_goes_away_for_a_while_is_waited_for() {
    let lab = Lab::start(whole(1)).await.unwrap();
    let ([node], router) = (lab.nodes(), lab.router().unwrap()) else { panic!("one node was asked for") };
    let build_out = BuildOut::read("bare-metal-ipv6").unwrap();
    let workspace = build_out.workspace(Cli::Terraform, &lab).await.unwrap();
    workspace.run(["init", "-no-color"]).await.unwrap().succeeded();
    workspace.write(OVERRIDE, IN_TIME).unwrap();
    let apply = workspace.apply().await.unwrap().succeeded();
    // Calico made the pool that is taken over; no check has anything to say.
    assert!(apply.warnings().iter().all(|one| one.address == "calico_ippool.v6"), "{apply:?}");

    for broken in BROKEN {
        workspace.write(OVERRIDE, &format!("{}\n{IN_VAIN}", broken.configuration)).unwrap();
        workspace.apply().await.unwrap().succeeded();
        tells(&workspace.plan().await.unwrap().plans_nothing(), broken.told);
    }
    workspace.write(OVERRIDE, IN_TIME).unwrap();
    tells(&workspace.apply().await.unwrap().succeeded(), &[]);

    renamed(&workspace, router).await;
    away_for_a_while(&workspace, node, router).await;
    restarted(&workspace, node).await;
    rebooted(&workspace, router).await;
    without_ipv6(&workspace, node, router).await;
}

/// Asserts that each of these is in a warning, or that there is no warning at all.
#[track_caller]
fn tells(run: &Run, told: &[&str]) {
    let warnings: Vec<_> =
        run.warnings().iter().map(|one| format!("{}\n{}", one.summary, one.detail)).collect();
    assert_eq!(warnings.is_empty(), told.is_empty(), "{run:?}\n{}", warnings.join("\n\n"));
    for words in told {
        let one_line =
            |warning: &String| warning.split_whitespace().collect::<Vec<_>>().join(" ").contains(words);
        assert!(warnings.iter().any(one_line), "not told: {words}\n{}", warnings.join("\n\n"));
    }
}

/// A neighbor under another `for_each` key is the same neighbor: it is there all the time, and its session
/// never goes down.
async fn renamed(workspace: &Workspace<'_>, router: &Router) {
    let counted = async || {
        let shown: Value = serde_json::from_str(&vtysh(router, "show bgp neighbors json").await).unwrap();
        let neighbor = &shown["10.0.0.11"];
        assert_eq!(neighbor["bgpState"], "Established", "{shown}");
        (neighbor["connectionsEstablished"].clone(), neighbor["connectionsDropped"].clone())
    };
    let before = counted().await;
    let other_key = "resource \"vyos_bgp_neighbor\" \"node\" {\n  for_each    = { renamed = var.nodes[\"cp1\"] }\n  \
                     description = \"metallb-cp1\"\n}";
    workspace.write(OVERRIDE, &format!("{other_key}\n{IN_TIME}")).unwrap();
    let keys = [
        ("vyos_bgp_neighbor.node[\"cp1\"]", Action::Delete),
        ("vyos_bgp_neighbor.node[\"renamed\"]", Action::Create),
    ];
    workspace.apply().await.unwrap().plans(&keys);
    workspace.plan().await.unwrap().plans_nothing();
    assert_eq!(counted().await, before, "established and dropped");
    workspace.write(OVERRIDE, IN_TIME).unwrap();
    workspace.apply().await.unwrap().succeeded();
    assert_eq!(counted().await, before, "established and dropped");
}

/// What was applied was saved: it is all there when the power was off.
async fn rebooted(workspace: &Workspace<'_>, router: &Router) {
    router.control().unwrap().power_cycle().await.unwrap();
    workspace.plan().await.unwrap().plans_nothing();
    let running = vtysh(router, "show running-config").await;
    assert!(running.contains("neighbor 10.0.0.11 remote-as"), "{running}");
}

const CONTROLLER: &str = "/snap/bin/microk8s kubectl --namespace metallb-system";

/// MetalLB's webhook does not answer for 30 s, and somebody holds the router's commit lock for 20 s.
async fn away_for_a_while(workspace: &Workspace<'_>, node: &Node, router: &Router) {
    let scale = async |replicas: u8| {
        let script = format!("{CONTROLLER} scale deployment metallb-controller --replicas={replicas}");
        shell(node, &script).await
    };
    let said = scale(0).await;
    assert!(said.contains("scaled"), "{said}");
    shell(
        node,
        &format!("{CONTROLLER} wait --for=delete pod --selector=app.kubernetes.io/component=controller"),
    )
    .await;
    let control = router.control().unwrap();
    control.faults(Faults { commit_locked: true, ..Faults::default() }).await.unwrap();

    let begin = Instant::now();
    let wider = r#"-var=load_balancer_addresses=["2001:db8:f000:2::/64","2001:db8:f000:3::/64"]"#;
    let apply = workspace.run(["apply", "-json", "-auto-approve", wider]);
    let meanwhile = async {
        tokio::time::sleep(Duration::from_secs(20)).await;
        control.faults(Faults::default()).await.unwrap();
        tokio::time::sleep(Duration::from_secs(10)).await;
        scale(1).await;
    };
    let (run, ()) = tokio::join!(apply, meanwhile);
    run.unwrap().succeeded();
    assert!(begin.elapsed() > Duration::from_secs(30), "the webhook was not asked: {:?}", begin.elapsed());
    let pools = format!("{CONTROLLER} get ipaddresspools --output=jsonpath={{.items[*].spec.addresses[*]}}");
    assert_eq!(shell(node, &pools).await, "2001:db8:f000:2::/64 2001:db8:f000:3::/64");
    assert!(vtysh(router, "show running-config").await.contains("2001:db8:f000:3::/64"));
}

/// MetalLB's controller is started anew while objects change that its webhook is asked about.
async fn restarted(workspace: &Workspace<'_>, node: &Node) {
    let script =
        format!("{CONTROLLER} delete pod --selector=app.kubernetes.io/component=controller --wait=false");
    let (run, said) = tokio::join!(workspace.apply(), shell(node, &script));
    assert!(said.contains("deleted"), "{said}");
    run.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();
}

/// IPv6 goes off on the link of the speaker, which keeps its address on another interface: the session, which
/// is one between IPv4 addresses, is up, and the route to the page never gets into the router's kernel.
async fn without_ipv6(workspace: &Workspace<'_>, node: &Node, router: &Router) {
    workspace.write(OVERRIDE, IN_TIME).unwrap();
    tells(&workspace.plan().await.unwrap().plans_nothing(), &[]);
    let script = "address=$(ip -6 -brief address show dev eth0 scope global | grep --only-matching '[0-9a-f:]*/' | head -n 1) && \
                  ip address add ${address}128 dev lo && echo 1 > /proc/sys/net/ipv6/conf/eth0/disable_ipv6";
    assert_eq!(shell(node, script).await, "");
    // FRR takes the next hop that it announces from the interface as it is when the session begins.
    vtysh(router, "clear bgp *").await;
    workspace.write(OVERRIDE, IN_VAIN).unwrap();
    let told = [
        "over ::ffff:",
        "but the kernel refused it",
        "IPv6 is off on the neighbor's interface to this router",
    ];
    let begin = Instant::now();
    let shown = async || vtysh(router, "show bgp ipv6 unicast").await;
    while !shown().await.contains("::ffff:") {
        assert!(begin.elapsed() < Duration::from_secs(60), "no path: {}", shown().await);
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let plan = workspace.plan().await.unwrap().plans_nothing();
    tells(&plan, &told);
    assert!(plan.warnings().iter().all(|one| !one.detail.contains("is down")), "{plan:?}");
}
