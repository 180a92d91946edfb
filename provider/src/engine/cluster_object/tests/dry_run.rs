//! The dry run at plan.

use super::*;
use tfplugin::testing::UNKNOWN;

#[tokio::test]
async fn a_plan_stores_nothing() {
    let server = ApiServer::start().await;
    let run = super::run(&server).await;
    let planned = run.plan(POOL, None, &pool(&[RANGE])).await.unwrap();
    assert!(planned.diagnostics.is_empty(), "{:?}", planned.diagnostics);
    assert_eq!(server.world().count("PATCH"), 1, "the dry run was made");
    assert!(server.world().objects.is_empty());
}

#[tokio::test]
async fn a_plan_warns_once_of_a_cluster_that_is_out_of_reach() {
    let mut server = ApiServer::start().await;
    let run = super::run(&server).await;
    server.stop().await;
    let planned = run.plan(POOL, None, &pool(&[RANGE])).await.unwrap();
    let warned = warnings(&planned.diagnostics);
    assert_eq!(warned.len(), 1, "{warned:?}");
    assert!(warned[0].contains("nothing was checked there"), "{warned:?}");
    let mut another = pool(&["192.0.2.0/24"]);
    another["name"] = json!("another");
    let planned = run.plan(POOL, None, &another).await.unwrap();
    assert!(planned.diagnostics.is_empty(), "{:?}", planned.diagnostics);
}

#[tokio::test]
async fn what_is_not_known_yet_is_not_tried() {
    let server = ApiServer::start().await;
    let run = super::run(&server).await;
    for attribute in ["cluster", "addresses"] {
        let mut config = pool(&[RANGE]);
        config[attribute] = json!(UNKNOWN);
        run.plan(POOL, None, &config).await.unwrap();
    }
    assert!(server.world().log.is_empty());
}

#[tokio::test]
async fn an_unchanged_object_is_not_tried() {
    let server = ApiServer::start().await;
    let state = run(&server).await.create(POOL, &pool(&[RANGE])).await.unwrap();
    server.world().log.clear();
    let mut patient = pool(&[RANGE]);
    patient["timeouts"] = json!({"create": "10m"});
    run(&server).await.plan(POOL, Some(&state), &patient).await.unwrap();
    assert!(server.world().log.is_empty());
}

#[tokio::test]
async fn a_field_that_the_installed_version_does_not_know_is_an_error_of_the_plan() {
    let server = ApiServer::start().await;
    let message = "failed to create typed patch object (metallb-system/default-pool; metallb.io/v1beta1, Kind=IPAddressPool): \
                   .spec.serviceAllocation: field not declared in schema";
    server.world().say(1, "PATCH dryRun", 500, message);
    let mut config = pool(&[RANGE]);
    config["service_allocation"] = json!({"priority": 1});
    insta::assert_snapshot!(errors(&run(&server).await.plan(POOL, None, &config).await.unwrap_err()));
}

#[tokio::test]
async fn a_denial_at_plan_is_a_warning() {
    let server = ApiServer::start().await;
    let message = "admission webhook \"x\" denied the request: CIDR overlaps with already defined CIDR";
    server.world().say(1, "PATCH dryRun", 403, message);
    let planned = run(&server).await.plan(POOL, None, &pool(&[RANGE])).await.unwrap();
    insta::assert_snapshot!(warnings(&planned.diagnostics).join("\n"));
}

#[tokio::test]
async fn what_the_cluster_does_not_have_yet_is_a_warning() {
    let server = ApiServer::start().await;
    let message = "Service \"web\" is invalid: spec.ipFamilies[0]: Invalid value: \"IPv6\": not configured on this cluster";
    server.world().say(1, "PATCH dryRun", 422, message);
    let planned = run(&server).await.plan(POOL, None, &pool(&[RANGE])).await.unwrap();
    assert!(
        warnings(&planned.diagnostics)[0].contains("would currently be rejected"),
        "{:?}",
        planned.diagnostics
    );
    server.world().say(1, "PATCH dryRun", 422, "IPAddressPool is invalid: spec.addresses: Required value");
    assert!(run(&server).await.plan(POOL, None, &pool(&["192.0.2.0/24"])).await.is_err());
}

#[tokio::test]
async fn a_webhook_that_is_silent_at_plan_is_no_news() {
    let server = ApiServer::start().await;
    server.world().say(1, "PATCH dryRun", 500, "Internal error occurred: failed calling webhook \"x\": EOF");
    let planned = run(&server).await.plan(POOL, None, &pool(&[RANGE])).await.unwrap();
    assert!(planned.diagnostics.is_empty(), "{:?}", planned.diagnostics);
}

#[tokio::test]
async fn fields_that_others_took_are_told_with_old_and_new_value() {
    let server = ApiServer::start().await;
    let state = run(&server).await.create(POOL, &pool(&[RANGE])).await.unwrap();
    {
        let mut world = server.world();
        let object = world.objects.get_mut(&path()).unwrap();
        object["spec"]["addresses"] = json!(["192.0.2.0/24"]);
        object["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"]
            .as_object_mut()
            .unwrap()
            .remove("f:addresses");
        let other = json!({"manager": "kubectl-edit", "operation": "Update", "fieldsV1": {"f:spec": {"f:addresses": {}}}});
        object["metadata"]["managedFields"].as_array_mut().unwrap().push(other);
    }
    let run = super::run(&server).await;
    let (state, _) = run.read(&state).await.unwrap();
    let planned = run.plan(POOL, state.as_ref(), &pool(&[RANGE])).await.unwrap();
    insta::assert_snapshot!(warnings(&planned.diagnostics).join("\n"));
    run.apply(&planned).await.unwrap();
    assert_eq!(spec(&server)["addresses"], json!([RANGE]));
}
