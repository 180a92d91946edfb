//! Objects that are there already, and objects that are not the ones that were meant.

use super::*;
use tfplugin::testing::Action;

#[tokio::test]
async fn import_then_an_empty_plan() {
    let server = ApiServer::start().await;
    server.world().put(POOLS, "default-pool", "kubectl", json!({"addresses": [RANGE], "autoAssign": false}));
    let harness = run(&server).await;
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
    let harness = run(&server).await;
    let state = harness.import(POOL, "default-pool").await.unwrap();
    harness.update(&state, &pool(&[RANGE])).await.unwrap();
    assert_eq!(spec(&server).get("serviceAllocation"), None);
}

#[tokio::test]
async fn a_foreign_object_is_refused_with_the_block_that_imports_it() {
    let server = ApiServer::start().await;
    server.world().put(
        POOLS,
        "default-pool",
        "kubectl-client-side-apply",
        json!({"addresses": ["192.0.2.0/24"]}),
    );
    let harness = run(&server).await;
    let planned = harness.plan(POOL, None, &pool(&[RANGE])).await.unwrap();
    assert_eq!(warnings(&planned.diagnostics).len(), 1, "the plan says so already");
    let refused = errors(&harness.apply(&planned).await.unwrap_err());
    insta::assert_snapshot!(refused);
    assert_eq!(spec(&server)["addresses"], json!(["192.0.2.0/24"]));
}

#[tokio::test]
async fn an_object_of_an_interrupted_create_is_carried_on() {
    let server = ApiServer::start().await;
    server.world().put(
        POOLS,
        "default-pool",
        crate::connection::cluster::MANAGER,
        json!({"addresses": ["192.0.2.0/24"]}),
    );
    run(&server).await.create(POOL, &pool(&[RANGE])).await.unwrap();
    assert_eq!(spec(&server)["addresses"], json!([RANGE]));
}

#[tokio::test]
async fn a_renamed_key_leaves_the_object_to_whoever_comes_last() {
    let server = ApiServer::start().await;
    let old = run(&server).await.create(POOL, &pool(&[RANGE])).await.unwrap();

    let run = super::run(&server).await;
    run.create(POOL, &pool(&["192.0.2.0/24"])).await.unwrap();
    run.destroy(&old).await.unwrap();
    assert_eq!(
        spec(&server)["addresses"],
        json!(["192.0.2.0/24"]),
        "the new key's create came first and stays"
    );

    let run = super::run(&server).await;
    run.destroy(&old).await.unwrap();
    assert!(server.world().objects.is_empty(), "without such a create the same destroy deletes");
}

#[tokio::test]
async fn one_object_twice_in_a_configuration() {
    let server = ApiServer::start().await;
    let harness = run(&server).await;
    harness.create(POOL, &pool(&[RANGE])).await.unwrap();
    let second = harness.create(POOL, &pool(&[RANGE])).await.unwrap_err();
    assert!(errors(&second).contains("Two resources of this configuration are the same object"), "{second}");
}

#[tokio::test]
async fn another_object_of_the_same_name_is_not_deleted() {
    let server = ApiServer::start().await;
    let state = run(&server).await.create(POOL, &pool(&[RANGE])).await.unwrap();
    server.world().put(POOLS, "default-pool", "kubectl", json!({"addresses": ["192.0.2.0/24"]}));
    run(&server).await.destroy(&state).await.unwrap();
    assert_eq!(server.world().objects.len(), 1);
}

#[tokio::test]
async fn another_cluster_behind_the_address() {
    let server = ApiServer::start().await;
    let state = run(&server).await.create(POOL, &pool(&[RANGE])).await.unwrap();
    server.world().cluster_id = "cluster-2".into();
    server.world().objects.clear();

    let run = super::run(&server).await;
    let (read, found) = run.read(&state).await.unwrap();
    assert!(read.is_some(), "an object is not gone because its cluster is elsewhere");
    assert!(warnings(&found)[0].contains("is the cluster cluster-2 now"), "{found:?}");
    let refused = run.update(&state, &pool(&["192.0.2.0/24"])).await.unwrap_err();
    insta::assert_snapshot!(errors(&refused));
    run.destroy(&state).await.expect("replacing on purpose begins with a destroy");
    assert_eq!(server.world().count("DELETE"), 0);
}
