//! A whole build-out: forgotten, it is taken over by imports. What cannot be reached is not gone: everything
//! else goes on, one warning says so, and nothing leaves the state.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a step that fails ends the test")]

use acceptance::{Action, BuildOut, Cli, Workspace, whole};
use lab::Lab;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread")]
async fn is_taken_over_by_imports_and_outlives_a_lost_node_and_a_lost_router() {
    let lab = Lab::start(whole(3)).await.unwrap();
    let workspace = BuildOut::read("bare-metal-ipv6").unwrap().workspace(Cli::Terraform, &lab).await.unwrap();
    workspace.run(["init", "-no-color"]).await.unwrap().succeeded();
    workspace.apply().await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();
    let before = workspace.resources().await.unwrap();
    taken_over(&workspace, &before).await;

    // The third is switched off. The cluster answers, and so does terraform.
    let third = lab.node("cp3").unwrap();
    third.stop().await.unwrap();
    let begin = Instant::now();
    let plan = workspace.plan().await.unwrap().plans_nothing();
    assert!(begin.elapsed() < Duration::from_secs(60), "the plan took {:?}", begin.elapsed());
    let warned = |text: &str| {
        plan.warnings().iter().filter(|one| format!("{} {}", one.summary, one.detail).contains(text)).count()
    };
    assert_eq!(warned("Unable to read 10.0.0.13"), 1, "{plan:?}");
    // Both ends of its session tell it, each from where it looks.
    for told in ["cp3 are not known: it does not answer", "10.0.0.13 is Active"] {
        assert_eq!(warned(told), 1, "{told}: {plan:?}");
    }
    workspace.run(["apply", "-json", "-auto-approve", "-refresh-only"]).await.unwrap().succeeded();
    assert_eq!(workspace.resources().await.unwrap(), before, "the state lost something");

    third.start().await.unwrap();
    lab.router().unwrap().stop().await.unwrap();
    let plan = workspace.plan().await.unwrap();
    assert!(plan.changes().is_empty(), "{plan:?}");
    workspace.run(["plan", "-json", "-refresh-only"]).await.unwrap();
    assert_eq!(workspace.resources().await.unwrap(), before, "the state lost something");
}

/// All of it, forgotten and imported as someone would who built it by hand: terraform has nothing to change.
async fn taken_over(workspace: &Workspace<'_>, resources: &[String]) {
    let forget = ["state", "rm"].into_iter().chain(resources.iter().map(String::as_str));
    workspace.run(forget).await.unwrap().succeeded();
    assert_eq!(workspace.resources().await.unwrap(), [""; 0]);
    let ids = [
        ("calico_ippool.v6", "10.0.0.11/default-ipv6-ippool"),
        ("metallb_bgp_advertisement.default", "10.0.0.11/default-advertisement"),
        ("metallb_bgp_peer.edge", "10.0.0.11/vyos-gw"),
        ("metallb_ip_address_pool.default", "10.0.0.11/default-pool"),
        ("microk8s_addon.dns", "10.0.0.11/dns"),
        ("microk8s_cluster_ipv6.this", "10.0.0.11"),
        ("microk8s_cluster_member.this[\"cp2\"]", "10.0.0.11/10.0.0.12"),
        ("microk8s_cluster_member.this[\"cp3\"]", "10.0.0.11/10.0.0.13"),
        ("microk8s_helm_release.metallb", "10.0.0.11/metallb-system/metallb"),
        ("microk8s_node.this[\"cp1\"]", "10.0.0.11"),
        ("microk8s_node.this[\"cp2\"]", "10.0.0.12"),
        ("microk8s_node.this[\"cp3\"]", "10.0.0.13"),
        ("microk8s_object.web[0]", "10.0.0.11/Deployment.v1.apps/default/nginx"),
        ("microk8s_object.web_service[0]", "10.0.0.11/Service.v1/default/nginx"),
        ("vyos_bgp.edge", "edge"),
        ("vyos_bgp_neighbor.node[\"cp1\"]", "edge/10.0.0.11"),
        ("vyos_bgp_neighbor.node[\"cp2\"]", "edge/10.0.0.12"),
        ("vyos_bgp_neighbor.node[\"cp3\"]", "edge/10.0.0.13"),
        ("vyos_ospfv3.upstream", "edge"),
        ("vyos_prefix_list6.load_balancer", "edge/LOAD-BALANCER"),
        ("vyos_route_map.load_balancer", "edge/LOAD-BALANCER"),
    ];
    for (address, id) in ids {
        workspace.import(address, id).await.unwrap().succeeded();
    }
    assert_eq!(workspace.resources().await.unwrap(), resources);
    // Helm does not remember where a chart came from. Saying it again upgrades nothing.
    workspace.plan().await.unwrap().plans(&[("microk8s_helm_release.metallb", Action::Update)]);
    workspace.apply().await.unwrap().succeeded();
    assert_eq!(workspace.state("microk8s_helm_release.metallb").await.unwrap()["revision"], 1);
    workspace.plan().await.unwrap().plans_nothing();
}
