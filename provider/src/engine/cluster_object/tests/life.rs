//! From create to destroy, and what happens in between.

use super::*;
use tfplugin::Value;
use tfplugin::testing::Action;

#[tokio::test]
async fn from_create_to_destroy() {
    let server = ApiServer::start().await;
    let harness = run(&server).await;
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
    assert_eq!(
        spec(&server),
        json!({"addresses": ["192.0.2.0/24"], "autoAssign": true, "avoidBuggyIPs": false})
    );
    harness.destroy(&state).await.unwrap();
    assert!(server.world().objects.is_empty());
    harness.destroy(&state).await.expect("destroying what is gone already is fine");
}

#[tokio::test]
async fn another_spelling_of_the_same_addresses_is_no_change() {
    let server = ApiServer::start().await;
    let harness = run(&server).await;
    let state = harness.create(POOL, &pool(&["2001:DB8::/64"])).await.unwrap();
    let planned = harness.plan(POOL, Some(&state), &pool(&["2001:db8:0::/64"])).await.unwrap();
    assert_eq!(planned.action, Action::NoOp);
    let planned = harness.plan(POOL, Some(&state), &pool(&["2001:db8:1::/64"])).await.unwrap();
    assert_eq!(planned.action, Action::Update);
}

#[tokio::test]
async fn drift_of_our_fields_is_mended_and_what_others_add_stays() {
    let server = ApiServer::start().await;
    let harness = run(&server).await;
    let state = harness.create(POOL, &pool(&[RANGE])).await.unwrap();
    {
        let mut world = server.world();
        let spec = &mut world.objects.get_mut(&path()).unwrap()["spec"];
        spec["serviceAllocation"] = json!({"priority": 1});
    }
    let fresh = run(&server).await;
    let (state, _) = fresh.read(&state).await.unwrap();
    let state = state.unwrap();
    let planned = fresh.plan(POOL, Some(&state), &pool(&[RANGE])).await.unwrap();
    assert_eq!(planned.action, Action::NoOp, "a field that was never ours is nobody's drift");

    let path = path();
    server.world().objects.get_mut(&path).unwrap()["spec"]["addresses"] = json!(["192.0.2.0/24"]);
    let fresh = run(&server).await;
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
    let harness = run(&server).await;
    let state = harness.create(POOL, &pool(&[RANGE])).await.unwrap();
    server.world().objects.clear();
    let fresh = run(&server).await;
    assert!(fresh.read(&state).await.unwrap().0.is_none());
    drop(harness);
}

#[tokio::test]
async fn a_kind_out_of_service_is_not_an_object_that_is_gone() {
    let server = ApiServer::start().await;
    let state = run(&server).await.create(POOL, &pool(&[RANGE])).await.unwrap();
    server.world().served.clear();
    let (read, found) = run(&server).await.read(&state).await.unwrap();
    assert!(read.is_some(), "the definition is still there");
    assert_eq!(warnings(&found).len(), 1);

    server.world().definitions.clear();
    let (read, _) = run(&server).await.read(&state).await.unwrap();
    assert!(read.is_none(), "without the definition there are no objects");
    run(&server).await.destroy(&state).await.expect("nothing is left to destroy");
}
