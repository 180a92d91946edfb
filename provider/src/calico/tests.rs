//! Calico's types through the rules of Terraform's core, against an API server in this process.

use crate::connection::cluster::MANAGER;
use crate::connection::cluster::testing::ApiServer;
use crate::engine::cluster_object::testing::{errors, run, warnings, with};
use serde_json::{Value as Json, json};
use std::time::Duration;
use tfplugin::testing::Action;
use tfplugin::{Severity, Value};

const POOL: &str = "calico_ippool";
const POOLS: &str = "/apis/crd.projectcalico.org/v1/ippools";
const BLOCKS: &str = "/apis/crd.projectcalico.org/v1/ipamblocks";
const AFFINITIES: &str = "/apis/crd.projectcalico.org/v1/blockaffinities";

fn pool(more: Json) -> Json {
    let base = json!({"name": "pods-v6", "cidr": "fd01::/64", "timeouts": {"create": "2s", "delete": "2s"}});
    with(base, more)
}

fn spec(server: &ApiServer, name: &str) -> Json {
    server.world().objects[&format!("{POOLS}/{name}")]["spec"].clone()
}

#[tokio::test]
async fn defaults_are_sent_and_the_range_in_its_one_spelling() {
    let server = ApiServer::start().await;
    let run = run(&server).await;
    let state = run.create(POOL, &pool(json!({"cidr": "FD01:0::/64"}))).await.unwrap();
    let mut sent = spec(&server, "pods-v6");
    sent["allowedUses"].as_array_mut().unwrap().sort_by_key(ToString::to_string);
    assert_eq!(
        sent,
        json!({
            "cidr": "fd01::/64", "blockSize": 122, "vxlanMode": "Always", "ipipMode": "Never", "natOutgoing": false,
            "disabled": false, "disableBGPExport": false, "nodeSelector": "all()", "allowedUses": ["Tunnel", "Workload"],
        })
    );
    assert_eq!(
        state.object.attribute("cidr"),
        &Value::String("FD01:0::/64".into()),
        "the author's spelling stays"
    );
    let changed = run.update(&state, &pool(json!({"nat_outgoing": true}))).await.unwrap();
    let replaced = run.plan(POOL, Some(&changed), &pool(json!({"cidr": "fd02::/64"}))).await.unwrap();
    assert_eq!(replaced.action, Action::Replace);
    run.destroy(&changed).await.unwrap();
    assert!(server.world().objects.is_empty());
}

#[tokio::test]
async fn import_then_an_empty_plan() {
    let server = ApiServer::start().await;
    server.world().put(
        POOLS,
        "pods-v6",
        "calicoctl",
        json!({"cidr": "fd01::/64", "blockSize": 120, "vxlanMode": "Always"}),
    );
    let run = run(&server).await;
    let state = run.import(POOL, "pods-v6").await.unwrap();
    let by_identity = run.import_by_identity(POOL, &json!({"name": "pods-v6"})).await.unwrap();
    assert_eq!((by_identity.object, by_identity.identity), (state.object.clone(), state.identity.clone()));
    assert_eq!(
        run.plan(POOL, Some(&state), &pool(json!({"timeouts": null}))).await.unwrap().action,
        Action::NoOp
    );
    let (listed, _) = run.list(POOL, &json!({}), 100, true).await.unwrap();
    let listed: Vec<_> = listed.into_iter().map(|one| (one.identity, one.object)).collect();
    assert_eq!(listed, [(state.identity.clone(), Some(state.object.clone()))]);
    let failure = run.list(POOL, &json!({"namespace": "default"}), 100, true).await.unwrap_err();
    assert!(failure.to_string().contains("Objects of kind IPPool belong to the whole cluster"), "{failure}");
    let generated = run.generated(&state).unwrap();
    assert_eq!(generated, json!({"name": "pods-v6", "cidr": "fd01::/64"}), "the size of blocks is computed");
    assert_eq!(run.plan(POOL, Some(&state), &generated).await.unwrap().action, Action::NoOp);
}

#[tokio::test]
async fn what_calicoctl_would_refuse_is_said_on_the_attribute() {
    let server = ApiServer::start().await;
    let run = run(&server).await;
    let cases = [
        (json!({"cidr": "fd01::1/64"}), "cidr"),
        (json!({"cidr": "fe80::/64"}), "cidr"),
        (json!({"cidr": "169.254.0.0/16"}), "cidr"),
        (json!({"vxlan_mode": "Sometimes"}), "vxlan_mode"),
        (json!({"vxlan_mode": "Never", "ipip_mode": "Always"}), "ipip_mode"),
        (json!({"cidr": "10.2.0.0/16", "ipip_mode": "Always", "vxlan_mode": "Always"}), "ipip_mode"),
        (json!({"node_selector": "global()"}), "node_selector"),
        (json!({"node_selector": "rack == a"}), "node_selector"),
        (json!({"allowed_uses": ["Pods"]}), "allowed_uses"),
        (json!({"allowed_uses": []}), "allowed_uses"),
        (json!({"allowed_uses": ["LoadBalancer", "Workload"]}), "allowed_uses"),
        (
            json!({"allowed_uses": ["LoadBalancer"], "disable_bgp_export": true, "vxlan_mode": "Always"}),
            "vxlan_mode",
        ),
    ];
    for (more, attribute) in cases {
        let found = run.validate(POOL, &pool(more.clone())).unwrap();
        let at = found
            .iter()
            .filter(|one| one.severity == Severity::Error)
            .map(|one| one.attribute.clone().unwrap().to_string());
        assert_eq!(at.collect::<Vec<_>>(), [attribute], "{more}");
    }
    for (more, attribute) in [
        (json!({"cidr": "fd01::/124"}), "cidr"),
        (json!({"block_size": 64}), "block_size"),
        (json!({"cidr": "10.2.0.0/16", "block_size": 122}), "block_size"),
    ] {
        let refused = run.plan(POOL, None, &pool(more.clone())).await.unwrap_err();
        assert_eq!(refused.diagnostics.iter().next().unwrap().attribute, Some(attribute.into()), "{more}");
    }
    for sound in
        [json!({"cidr": "10.2.0.0/16", "block_size": 28}), json!({"cidr": "fd01::/124", "disabled": true})]
    {
        let planned = run.plan(POOL, None, &pool(sound.clone())).await.unwrap();
        assert!(planned.diagnostics.is_empty(), "{sound}: {:?}", planned.diagnostics);
    }
}

#[tokio::test]
async fn overlap_with_a_pool_of_the_cluster() {
    let server = ApiServer::start().await;
    server.world().put(POOLS, "default-ipv6-ippool", "calico-node", json!({"cidr": "fd01::/48"}));
    let run = run(&server).await;
    let planned = run.plan(POOL, None, &pool(json!({}))).await.unwrap();
    assert_eq!(
        planned.diagnostics.iter().next().map(|one| one.severity),
        Some(Severity::Warning),
        "the other one may go first"
    );
    insta::assert_snapshot!(errors(&run.apply(&planned).await.unwrap_err()));
    assert_eq!(server.world().objects.len(), 1);
}

#[tokio::test]
async fn blocks_of_another_size_in_the_range() {
    let server = ApiServer::start().await;
    server.world().put(BLOCKS, "fd01---120", "calico-ipam", json!({"cidr": "fd01::/120"}));
    let refused = errors(&run(&server).await.create(POOL, &pool(json!({}))).await.unwrap_err());
    assert!(refused.contains("(block_size)") && refused.contains("fd01::/120"), "{refused}");
    run(&server).await.create(POOL, &pool(json!({"block_size": 120}))).await.unwrap();
}

#[tokio::test]
async fn the_pool_that_calico_node_makes_is_taken_over() {
    let server = ApiServer::start().await;
    let made = json!({"cidr": "fd01::/64", "blockSize": 122, "vxlanMode": "Always", "natOutgoing": false, "ipipMode": "Never"});
    server.world().put(POOLS, "default-ipv6-ippool", "calico-node", made);
    let run = run(&server).await;
    let config = pool(json!({"name": "default-ipv6-ippool", "nat_outgoing": true}));
    let planned = run.plan(POOL, None, &config).await.unwrap();
    let told: Vec<&str> = planned.diagnostics.iter().map(|one| one.summary.as_str()).collect();
    assert_eq!(told, ["IPPool default-ipv6-ippool is there already and is taken over"]);
    let state = run.apply(&planned).await.unwrap().unwrap();
    assert_eq!(spec(&server, "default-ipv6-ippool")["natOutgoing"], json!(true));
    let next = run.plan(POOL, Some(&state), &config).await.unwrap();
    assert_eq!(next.action, Action::NoOp);
}

#[tokio::test]
async fn the_pool_that_calico_node_made_of_another_range() {
    let server = ApiServer::start().await;
    server.world().put(POOLS, "default-ipv6-ippool", "calico-node", json!({"cidr": "fd7a:1:2::/48"}));
    let config = pool(json!({"name": "default-ipv6-ippool"}));
    insta::assert_snapshot!(errors(&run(&server).await.create(POOL, &config).await.unwrap_err()));
}

fn block(users: Json) -> Json {
    json!({"cidr": "fd01::/122", "allocations": [0, null, 1], "attributes": users})
}

/// A pod with an address of the pool, in the block of its node.
fn user_of_the_pool(server: &ApiServer, metadata: Json) {
    let users = json!([
        {"handle_id": "vxlan-v6-tunnel-addr-cp1", "secondary": {"node": "cp1"}},
        {"handle_id": "k8s-pod-network.1", "secondary": {"namespace": "default", "pod": "web-0", "node": "cp1"}},
    ]);
    let mut world = server.world();
    world.put(BLOCKS, "fd01---122", "calico-ipam", block(users));
    let pods = world.serve("/api/v1", "Pod", "pods", None);
    world.put_object(&pods, "web-0", "kube-controller-manager", json!({"metadata": metadata}));
}

#[tokio::test]
async fn a_pod_that_is_on_its_way_out_is_waited_for() {
    let server = ApiServer::start().await;
    let run = run(&server).await;
    let state = run.create(POOL, &pool(json!({}))).await.unwrap();
    let leaving = json!({"namespace": "default", "deletionTimestamp": "2026-01-01T00:00:00Z"});
    user_of_the_pool(&server, leaving);
    let leaves = async {
        tokio::time::sleep(Duration::from_millis(1200)).await;
        assert_eq!(server.world().count("DELETE"), 0, "nothing goes before the pod");
        server.world().put(
            BLOCKS,
            "fd01---122",
            "calico-ipam",
            json!({"cidr": "fd01::/122", "allocations": []}),
        );
    };
    let (destroyed, ()) = tokio::join!(run.destroy(&state), leaves);
    destroyed.unwrap();
    assert!(!server.world().objects.keys().any(|path| path.starts_with("/apis/crd.projectcalico.org")));
}

#[tokio::test]
async fn a_pool_in_use_stays_and_stays_open() {
    let server = ApiServer::start().await;
    let run = run(&server).await;
    let state = run.create(POOL, &pool(json!({}))).await.unwrap();
    user_of_the_pool(&server, json!({"namespace": "default"}));
    insta::assert_snapshot!(errors(&run.destroy(&state).await.unwrap_err()));
    assert_eq!(spec(&server, "pods-v6")["disabled"], json!(false));
    assert_eq!(server.world().count("DELETE"), 0);

    let forced = run.update(&state, &pool(json!({"force_destroy": true}))).await.unwrap();
    run.destroy(&forced).await.unwrap();
    let left: Vec<String> = server.world().objects.keys().cloned().collect();
    assert_eq!(
        left,
        ["/api/v1/pods/web-0".to_owned(), format!("{BLOCKS}/fd01---122")],
        "the pod keeps its address"
    );
}

#[tokio::test]
async fn empty_blocks_and_their_affinities_go_with_the_pool() {
    let server = ApiServer::start().await;
    let state = run(&server).await.create(POOL, &pool(json!({}))).await.unwrap();
    let tunnels =
        json!([{"handle_id": "vxlan-v6-tunnel-addr-cp1"}, {"handle_id": "vxlan-v6-tunnel-addr-cp2"}]);
    {
        let mut world = server.world();
        world.put(BLOCKS, "fd01---122", "calico-ipam", block(tunnels));
        world.put(BLOCKS, "fd02---122", "calico-ipam", json!({"cidr": "fd02::/122", "allocations": []}));
        world.put(
            AFFINITIES,
            "cp1-fd01---122",
            "calico-ipam",
            json!({"cidr": "fd01::/122", "deleted": "false"}),
        );
    }
    run(&server).await.destroy(&state).await.unwrap();
    let left: Vec<String> = server.world().objects.keys().cloned().collect();
    assert_eq!(left, [format!("{BLOCKS}/fd02---122")], "another pool's blocks stay");
}

#[tokio::test]
async fn a_server_that_is_not_ready_to_tell_of_blocks_is_asked_again() {
    let server = ApiServer::start().await;
    let run = run(&server).await;
    let patient = json!({"timeouts": {"create": "20s", "delete": "20s"}});
    let state = run.create(POOL, &pool(patient)).await.unwrap();
    server.world().say(2, "GET ipamblocks", 429, "storage is (re)initializing");
    run.destroy(&state).await.unwrap();
    assert!(server.world().objects.is_empty());
}

#[tokio::test]
async fn a_pool_of_ours_is_carried_on() {
    let server = ApiServer::start().await;
    server.world().put(POOLS, "pods-v6", MANAGER, json!({"cidr": "fd01::/64"}));
    run(&server).await.create(POOL, &pool(json!({}))).await.unwrap();
}

#[tokio::test]
async fn a_pool_outside_of_the_clusters_range_of_pods_is_warned_of() {
    let server = ApiServer::start().await;
    let sets = "/apis/apps/v1/namespaces/kube-system/daemonsets";
    server.world().served.push(sets.into());
    let env = json!([
        {"name": "CALICO_IPV4POOL_CIDR", "value": "10.1.0.0/16"}, {"name": "CALICO_IPV6POOL_CIDR", "value": "fd01::/64"},
    ]);
    let pod = json!({"template": {"spec": {"containers": [{"name": "calico-node", "env": env}]}}});
    server.world().put(sets, "calico-node", "kubectl", pod);
    let balancers = json!({"cidr": "10.2.0.0/16", "allowed_uses": ["LoadBalancer"], "vxlan_mode": "Never", "disable_bgp_export": true});
    for (more, count) in [
        (json!({"cidr": "10.2.0.0/16"}), 1),
        (json!({"cidr": "fd01::/48"}), 1),
        (json!({"cidr": "fd01::/80"}), 0),
        (json!({"cidr": "10.1.0.0/16"}), 0),
        (json!({"cidr": "10.2.0.0/16", "disabled": true}), 0),
        (balancers, 0),
    ] {
        let planned = run(&server).await.plan(POOL, None, &pool(more.clone())).await.unwrap();
        let told = warnings(&planned.diagnostics);
        assert_eq!(told.len(), count, "{more}: {told:?}");
        assert!(
            told.iter().all(|one| one.starts_with("A pool outside of the range of pods (cidr)")),
            "{told:?}"
        );
    }
}
