//! The data sources that look at MetalLB, against an API server in this process.

use crate::connection::cluster::testing::ApiServer;
use crate::engine::cluster_object::testing::{errors, run};
use serde_json::{Value as Json, json};
use tfplugin::value::to_plain;

const ADDRESSES: &str = "metallb_service_addresses";
const SESSIONS: &str = "metallb_bgp_sessions";
const BGP_STATUSES: &str = "/apis/metallb.io/v1beta1/namespaces/metallb-system/servicebgpstatuses";
const SERVICES: &str = "/api/v1/services";
const EVENTS: &str = "/api/v1/events";
const SLICES: &str = "/apis/discovery.k8s.io/v1/endpointslices";

/// One that serves what these data sources read.
async fn server() -> ApiServer {
    let server = ApiServer::start().await;
    let served = [SERVICES, EVENTS, SLICES, BGP_STATUSES, PODS, DAEMON_SETS, STATES];
    server.world().served.extend(served.map(str::to_owned));
    server
}

fn service(server: &ApiServer, name: &str, addresses: &[&str]) {
    let ingress: Vec<_> = addresses.iter().map(|address| json!({ "ip": address })).collect();
    let object = json!({
        "metadata": { "namespace": "shop", "annotations": { "metallb.io/ip-allocated-from-pool": "public" } },
        "spec": { "type": "LoadBalancer" },
        "status": { "loadBalancer": { "ingress": ingress } },
    });
    server.world().put_object(SERVICES, name, "test", object);
}

fn announced(server: &ApiServer, service: &str, node: &str) {
    let labels = json!({ "metallb.io/node": node, "metallb.io/service-name": service, "metallb.io/service-namespace": "shop" });
    let object = json!({ "metadata": { "labels": labels }, "status": { "peers": ["edge"] } });
    server.world().put_object(BGP_STATUSES, &format!("bgp-{service}-{node}"), "test", object);
}

/// Pods behind a Service, each with its address and whether it is ready, as in two slices of which one is
/// being replaced.
fn behind(server: &ApiServer, service: &str, pods: &[(&str, &str, Json)]) {
    let endpoint = |(name, address, ready): &(&str, &str, Json)| {
        json!({
            "addresses": [address], "conditions": { "ready": ready }, "nodeName": "cp1",
            "targetRef": { "kind": "Pod", "name": name },
        })
    };
    let endpoints: Vec<_> = pods.iter().map(endpoint).collect();
    let metadata = json!({ "namespace": "shop", "labels": { "kubernetes.io/service-name": service } });
    for slice in ["a", "b"] {
        let object = json!({ "metadata": metadata, "addressType": "IPv6", "endpoints": endpoints });
        server.world().put_object(SLICES, &format!("{service}-{slice}"), "test", object);
    }
}

async fn read(server: &ApiServer, what: &str, config: Json) -> Json {
    let (seen, _) = run(server).await.read_data_source(what, &config).await.unwrap();
    to_plain(&seen).unwrap()
}

#[tokio::test]
async fn addresses_are_told_with_their_pool_and_who_announces_them() {
    let server = server().await;
    service(&server, "web", &["2001:db8::1"]);
    service(&server, "other", &[]);
    server.world().put_object(
        SERVICES,
        "internal",
        "test",
        json!({ "metadata": { "namespace": "shop" }, "spec": { "type": "ClusterIP" } }),
    );
    for node in ["cp1", "cp2"] {
        announced(&server, "web", node);
    }
    behind(&server, "web", &[("web-2", "fd01::b", json!(false)), ("web-1", "fd01::a", Json::Null)]);
    let seen = read(&server, ADDRESSES, json!({})).await;
    let announcer = |node: &str| json!({ "node": node, "protocol": "bgp", "to": ["edge"] });
    let endpoint = |name: &str, address: &str, ready: bool| json!({ "address": address, "pod": name, "node": "cp1", "ready": ready });
    assert_eq!(
        seen["services"]["shop/web"],
        json!({
            "addresses": ["2001:db8::1"], "pool": "public", "problem": null, "announced_by": [announcer("cp1"), announcer("cp2")],
            "endpoints": [endpoint("web-1", "fd01::a", true), endpoint("web-2", "fd01::b", false)],
        })
    );
    assert_eq!(seen["services"]["shop/other"]["endpoints"], json!([]));
    assert_eq!(seen["services"]["shop/other"]["addresses"], json!([]));
    assert_eq!(seen["services"].as_object().unwrap().len(), 2, "{seen}");
    let seen = read(
        &server,
        ADDRESSES,
        json!({ "namespace": "shop", "service": "web", "wait": { "timeout": "5s" } }),
    )
    .await;
    assert_eq!(seen["services"].as_object().unwrap().len(), 1);
    assert!(
        read(&server, ADDRESSES, json!({ "namespace": "market" })).await["services"]
            .as_object()
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_metallb_that_does_not_say_who_announces_is_taken_as_it_is() {
    let server = server().await;
    server.world().served.retain(|one| one != BGP_STATUSES);
    service(&server, "web", &["192.0.2.1"]);
    let seen = read(&server, ADDRESSES, json!({ "service": "web", "wait": { "timeout": "5s" } })).await;
    assert_eq!(seen["services"]["shop/web"]["announced_by"], Json::Null);
}

#[tokio::test]
async fn a_wait_that_ends_says_what_is_missing_and_what_metallb_said() {
    let server = server().await;
    let wait = async |name: &str| {
        let config = json!({ "service": name, "wait": { "timeout": "1s" } });
        errors(&run(&server).await.read_data_source(ADDRESSES, &config).await.unwrap_err())
    };
    service(&server, "full", &[]);
    let event = json!({
        "metadata": { "namespace": "shop" }, "reason": "AllocationFailed", "lastTimestamp": "2026-01-01T00:00:00Z",
        "involvedObject": { "namespace": "shop", "name": "full" },
        "message": "Failed to allocate IP for \"shop/full\": no available IPs",
    });
    server.world().put_object(EVENTS, "full.1", "test", event);
    service(&server, "silent", &[]);
    service(&server, "alone", &["192.0.2.1"]);
    behind(&server, "alone", &[("alone-1", "10.1.0.9", json!(true))]);
    service(&server, "empty", &["192.0.2.2"]);
    behind(&server, "empty", &[("empty-1", "10.1.0.8", json!(false))]);
    let mut said = Vec::new();
    for name in ["full", "silent", "alone", "empty", "absent"] {
        said.push(wait(name).await);
    }
    insta::assert_snapshot!(said.join("\n\n"));
}

const PODS: &str = "/api/v1/namespaces/metallb-system/pods";
const DAEMON_SETS: &str = "/apis/apps/v1/namespaces/metallb-system/daemonsets";
const STATES: &str = "/apis/frrk8s.metallb.io/v1beta1/bgpsessionstates";

#[tokio::test]
async fn sessions_of_frr_k8s_are_read_from_the_cluster() {
    let server = server().await;
    let speaker = json!({ "name": "speaker", "env": [{ "name": "METALLB_BGP_TYPE", "value": "frr-k8s" }] });
    server.world().put_object(
        DAEMON_SETS,
        "speaker",
        "test",
        json!({ "spec": { "template": { "spec": { "containers": [speaker] } } } }),
    );
    for node in ["cp1", "cp2", "cp3"] {
        let pod = json!({ "spec": { "nodeName": node, "containers": [{ "name": "speaker" }] } });
        server.world().put_object(PODS, &format!("speaker-{node}"), "test", pod);
    }
    for (node, state) in [("cp1", "Established"), ("cp2", "Active")] {
        let status =
            json!({ "node": node, "peer": "10.0.0.1", "vrf": "", "bgpStatus": state, "bfdStatus": "N/A" });
        server.world().put_object(STATES, node, "test", json!({ "status": status }));
    }
    let seen = read(&server, SESSIONS, json!({})).await;
    assert_eq!(
        seen["sessions"][0],
        json!({ "node": "cp1", "peer": "10.0.0.1", "vrf": "", "established": true, "prefixes_sent": null, "reason": null })
    );
    let waiting = run(&server).await;
    let failed =
        waiting.read_data_source(SESSIONS, &json!({ "wait": { "timeout": "1s" } })).await.unwrap_err();
    insta::assert_snapshot!(errors(&failed));
}

#[tokio::test]
async fn a_wait_without_speakers_says_so() {
    let server = server().await;
    let waiting = run(&server).await;
    let failed =
        waiting.read_data_source(SESSIONS, &json!({ "wait": { "timeout": "1s" } })).await.unwrap_err();
    assert!(
        errors(&failed).contains("No speaker of MetalLB runs in the namespace metallb-system."),
        "{failed}"
    );
}
