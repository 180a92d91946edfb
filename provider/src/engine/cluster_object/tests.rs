//! The engine against an API server in this process, through the rules of Terraform's core.

use crate::connection::cluster::testing::{ApiServer, POOLS};
use crate::provider::Microk8s;
use axum::http::Method;
use serde_json::{Value as Json, json};
use tfplugin::testing::{Action, Failure, Harness};
use tfplugin::{Diagnostics, Severity, Value};

const POOL: &str = "metallb_ip_address_pool";
const RANGE: &str = "2001:db8:f000:2::/64";

async fn harness(server: &ApiServer) -> Harness<Microk8s> {
    Harness::new(&json!({"kubernetes": {"config_path": server.kubeconfig()}})).await.unwrap()
}

fn pool(addresses: &[&str]) -> Json {
    json!({"name": "default-pool", "addresses": addresses, "timeouts": {"create": "2s", "update": "2s", "delete": "2s"}})
}

fn spec(server: &ApiServer) -> Json {
    server.world().objects[&format!("{POOLS}/default-pool")]["spec"].clone()
}

fn errors(failure: &Failure) -> String {
    assert!(failure.broken.is_empty(), "{failure}");
    let errors = failure.found.iter().filter(|one| one.severity == Severity::Error);
    errors.map(|one| format!("{}\n{}", one.summary, one.detail)).collect::<Vec<_>>().join("\n")
}

fn warnings(found: &Diagnostics) -> Vec<String> {
    let warnings = found.iter().filter(|one| one.severity == Severity::Warning);
    warnings.map(|one| format!("{}\n{}", one.summary, one.detail)).collect()
}

#[tokio::test]
async fn from_create_to_destroy() {
    let server = ApiServer::start().await;
    let harness = harness(&server).await;
    let state = harness.create(POOL, &pool(&[RANGE])).await.unwrap();
    assert_eq!(spec(&server), json!({"addresses": [RANGE], "autoAssign": true, "avoidBuggyIPs": false}));

    let mut changed = pool(&[RANGE, "192.0.2.0/24"]);
    changed["service_allocation"] =
        json!({"priority": 5, "namespace_selectors": [{"match_labels": {"team": "edge"}}]});
    let state = harness.update(&state, &changed).await.unwrap();
    assert_eq!(
        spec(&server)["serviceAllocation"],
        json!({"priority": 5, "namespaceSelectors": [{"matchLabels": {"team": "edge"}}]})
    );

    let state = harness.update(&state, &pool(&["192.0.2.0/24"])).await.unwrap();
    assert_eq!(spec(&server), json!({"addresses": ["192.0.2.0/24"], "autoAssign": true, "avoidBuggyIPs": false}));
    harness.destroy(&state).await.unwrap();
    assert!(server.world().objects.is_empty());
    harness.destroy(&state).await.expect("destroying what is gone already is fine");
}

#[tokio::test]
async fn another_spelling_of_the_same_addresses_is_no_change() {
    let server = ApiServer::start().await;
    let harness = harness(&server).await;
    let state = harness.create(POOL, &pool(&["2001:DB8::/64"])).await.unwrap();
    let planned = harness.plan(POOL, Some(&state), &pool(&["2001:db8:0::/64"])).await.unwrap();
    assert_eq!(planned.action, Action::NoOp);
    let planned = harness.plan(POOL, Some(&state), &pool(&["2001:db8:1::/64"])).await.unwrap();
    assert_eq!(planned.action, Action::Update);
}

#[tokio::test]
async fn drift_of_our_fields_is_mended_and_what_others_add_stays() {
    let server = ApiServer::start().await;
    let harness = harness(&server).await;
    let state = harness.create(POOL, &pool(&[RANGE])).await.unwrap();
    {
        let mut world = server.world();
        let spec = &mut world.objects.get_mut(&format!("{POOLS}/default-pool")).unwrap()["spec"];
        spec["serviceAllocation"] = json!({"priority": 1});
    }
    let fresh = self::harness(&server).await;
    let (state, _) = fresh.read(&state).await.unwrap();
    let state = state.unwrap();
    let planned = fresh.plan(POOL, Some(&state), &pool(&[RANGE])).await.unwrap();
    assert_eq!(planned.action, Action::NoOp, "a field that was never ours is nobody's drift");

    let path = format!("{POOLS}/default-pool");
    server.world().objects.get_mut(&path).unwrap()["spec"]["addresses"] = json!(["192.0.2.0/24"]);
    let fresh = self::harness(&server).await;
    let (state, _) = fresh.read(&state).await.unwrap();
    let state = state.unwrap();
    assert_eq!(state.object.attribute("addresses"), &Value::List(vec![Value::String("192.0.2.0/24".into())]));
    fresh.update(&state, &pool(&[RANGE])).await.unwrap();
    assert_eq!(spec(&server)["addresses"], json!([RANGE]));
    assert_eq!(spec(&server)["serviceAllocation"], json!({"priority": 1}));
}

#[tokio::test]
async fn deleted_behind_our_back_is_planned_anew() {
    let server = ApiServer::start().await;
    let harness = harness(&server).await;
    let state = harness.create(POOL, &pool(&[RANGE])).await.unwrap();
    server.world().objects.clear();
    let fresh = self::harness(&server).await;
    assert!(fresh.read(&state).await.unwrap().0.is_none());
    drop(harness);
}

#[tokio::test]
async fn a_kind_out_of_service_is_not_an_object_that_is_gone() {
    let server = ApiServer::start().await;
    let state = harness(&server).await.create(POOL, &pool(&[RANGE])).await.unwrap();
    server.world().served.clear();
    let (read, found) = harness(&server).await.read(&state).await.unwrap();
    assert!(read.is_some(), "the definition is still there");
    assert_eq!(warnings(&found).len(), 1);

    server.world().definitions.clear();
    let (read, _) = harness(&server).await.read(&state).await.unwrap();
    assert!(read.is_none(), "without the definition there are no objects");
    harness(&server).await.destroy(&state).await.expect("nothing is left to destroy");
}

#[tokio::test]
async fn import_then_an_empty_plan() {
    let server = ApiServer::start().await;
    server.world().put(POOLS, "default-pool", "kubectl", json!({"addresses": [RANGE], "autoAssign": false}));
    let harness = harness(&server).await;
    for id in ["default-pool", "metallb-system/default-pool"] {
        let state = harness.import(POOL, id).await.unwrap();
        let config = json!({"name": "default-pool", "addresses": [RANGE], "auto_assign": false});
        let planned = harness.plan(POOL, Some(&state), &config).await.unwrap();
        assert_eq!(planned.action, Action::NoOp, "{id}");
    }
    let missing = harness.import(POOL, "other-pool").await.unwrap_err();
    assert!(errors(&missing).contains("There is no IPAddressPool metallb-system/other-pool"), "{missing}");
}

#[tokio::test]
async fn what_is_dropped_after_an_import_goes_although_another_owns_it() {
    let server = ApiServer::start().await;
    let allocation = json!({"addresses": [RANGE], "serviceAllocation": {"priority": 7}});
    server.world().put(POOLS, "default-pool", "kubectl", allocation);
    let harness = harness(&server).await;
    let state = harness.import(POOL, "default-pool").await.unwrap();
    harness.update(&state, &pool(&[RANGE])).await.unwrap();
    assert_eq!(spec(&server).get("serviceAllocation"), None);
}

#[tokio::test]
async fn a_foreign_object_is_refused_with_the_block_that_imports_it() {
    let server = ApiServer::start().await;
    server.world().put(POOLS, "default-pool", "kubectl-client-side-apply", json!({"addresses": ["192.0.2.0/24"]}));
    let harness = harness(&server).await;
    let planned = harness.plan(POOL, None, &pool(&[RANGE])).await.unwrap();
    assert_eq!(warnings(&planned.found).len(), 1, "the plan says so already");
    let refused = errors(&harness.apply(&planned).await.unwrap_err());
    insta::assert_snapshot!(refused);
    assert_eq!(spec(&server)["addresses"], json!(["192.0.2.0/24"]));
}

#[tokio::test]
async fn an_object_of_an_interrupted_create_is_carried_on() {
    let server = ApiServer::start().await;
    server.world().put(POOLS, "default-pool", crate::connection::cluster::MANAGER, json!({"addresses": ["192.0.2.0/24"]}));
    harness(&server).await.create(POOL, &pool(&[RANGE])).await.unwrap();
    assert_eq!(spec(&server)["addresses"], json!([RANGE]));
}

#[tokio::test]
async fn a_renamed_key_leaves_the_object_to_whoever_comes_last() {
    let server = ApiServer::start().await;
    let old = harness(&server).await.create(POOL, &pool(&[RANGE])).await.unwrap();

    let run = harness(&server).await;
    run.create(POOL, &pool(&["192.0.2.0/24"])).await.unwrap();
    run.destroy(&old).await.unwrap();
    assert_eq!(spec(&server)["addresses"], json!(["192.0.2.0/24"]), "the new key's create came first and stays");

    let run = harness(&server).await;
    run.destroy(&old).await.unwrap();
    assert!(server.world().objects.is_empty(), "without such a create the same destroy deletes");
}

#[tokio::test]
async fn one_object_twice_in_a_configuration() {
    let server = ApiServer::start().await;
    let harness = harness(&server).await;
    harness.create(POOL, &pool(&[RANGE])).await.unwrap();
    let second = harness.create(POOL, &pool(&[RANGE])).await.unwrap_err();
    assert!(errors(&second).contains("Two resources of this configuration are the same object"), "{second}");
}

#[tokio::test]
async fn another_object_of_the_same_name_is_not_deleted() {
    let server = ApiServer::start().await;
    let state = harness(&server).await.create(POOL, &pool(&[RANGE])).await.unwrap();
    server.world().put(POOLS, "default-pool", "kubectl", json!({"addresses": ["192.0.2.0/24"]}));
    harness(&server).await.destroy(&state).await.unwrap();
    assert_eq!(server.world().objects.len(), 1);
}

#[tokio::test]
async fn another_cluster_behind_the_address() {
    let server = ApiServer::start().await;
    let state = harness(&server).await.create(POOL, &pool(&[RANGE])).await.unwrap();
    server.world().cluster_id = "cluster-2".into();
    server.world().objects.clear();

    let run = harness(&server).await;
    let (read, found) = run.read(&state).await.unwrap();
    assert!(read.is_some(), "an object is not gone because its cluster is elsewhere");
    assert!(warnings(&found)[0].contains("is the cluster cluster-2 now"), "{found:?}");
    let refused = run.update(&state, &pool(&["192.0.2.0/24"])).await.unwrap_err();
    insta::assert_snapshot!(errors(&refused));
    run.destroy(&state).await.expect("replacing on purpose begins with a destroy");
    assert_eq!(server.world().count("DELETE"), 0);
}
