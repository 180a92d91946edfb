//! What goes wrong between the provider and the API server, and what a person reads then.

use super::*;
use std::time::Duration;
use tfplugin::testing::{Failure, Harness};

const SILENT: &str = "Internal error occurred: failed calling webhook \"ipaddresspoolvalidationwebhook.metallb.io\": failed to \
                      call webhook: no endpoints available for service \"metallb-webhook-service\"";
const DENIED: &str = "admission webhook \"ipaddresspoolvalidationwebhook.metallb.io\" denied the request: CIDR \
                      \"2001:db8:f000:2::/64\" in pool \"default-pool\" overlaps with already defined CIDR \"2001:db8::/32\"";

#[tokio::test]
async fn a_webhook_that_starts_is_waited_for() {
    let server = ApiServer::start().await;
    let run = super::run(&server).await;
    let planned = run.plan(POOL, None, &pool(&[RANGE])).await.unwrap();
    server.world().say(2, "PATCH force=true", 500, SILENT);
    run.apply(&planned).await.unwrap();
    let log = server.world().log.clone();
    assert_eq!(log.iter().filter(|line| line.contains("force=true")).count(), 3, "{log:#?}");
}

#[tokio::test]
async fn a_webhook_that_never_serves_ends_with_the_timeout() {
    let server = ApiServer::start().await;
    let run = super::run(&server).await;
    let planned = run.plan(POOL, None, &pool(&[RANGE])).await.unwrap();
    server.world().say(usize::MAX, "PATCH force=true", 500, SILENT);
    insta::assert_snapshot!(errors(&run.apply(&planned).await.unwrap_err()));
}

#[tokio::test]
async fn a_denial_is_final() {
    let server = ApiServer::start().await;
    let run = super::run(&server).await;
    let planned = run.plan(POOL, None, &pool(&[RANGE])).await.unwrap();
    server.world().say(1, "PATCH force=true", 403, DENIED);
    let denied = run.apply(&planned).await.unwrap_err();
    assert!(denied.stored.is_none(), "a create that failed leaves no state");
    insta::assert_snapshot!(errors(&denied));
    assert!(server.world().objects.is_empty(), "it was not tried again");
}

#[tokio::test]
async fn a_kind_that_comes_in_the_same_apply_is_waited_for() {
    let server = ApiServer::start().await;
    let served = std::mem::take(&mut server.world().served);
    let run = super::run(&server).await;
    let planned = run.plan(POOL, None, &pool(&[RANGE])).await.unwrap();
    assert!(
        planned.diagnostics.is_empty(),
        "a kind that is not there yet is no news at plan: {:?}",
        planned.diagnostics
    );
    let later = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.world().served = served;
    };
    let (applied, ()) = tokio::join!(run.apply(&planned), later);
    applied.unwrap();
}

#[tokio::test]
async fn a_kind_that_never_comes() {
    let server = ApiServer::start().await;
    server.world().served.clear();
    let run = super::run(&server).await;
    insta::assert_snapshot!(errors(&run.create(POOL, &pool(&[RANGE])).await.unwrap_err()));
}

#[tokio::test]
async fn out_of_reach_is_not_gone_and_is_told_once() {
    let mut server = ApiServer::start().await;
    let state = run(&server).await.create(POOL, &pool(&[RANGE])).await.unwrap();
    server.stop().await;
    let run = super::run(&server).await;
    let (read, found) = run.read(&state).await.unwrap();
    assert_eq!(read.unwrap().object, state.object);
    let (read, again) = run.read(&state).await.unwrap();
    assert!(read.is_some());
    assert_eq!((warnings(&found).len(), warnings(&again).len()), (1, 0));
    assert!(
        warnings(&found)[0].starts_with("Unable to read the cluster of kubeconfig (cluster)"),
        "{found:?}"
    );
    let planned =
        run.plan(POOL, Some(&state), &pool(&["192.0.2.0/24"])).await.expect("a plan needs no cluster");
    let failed = errors(&run.apply(&planned).await.unwrap_err());
    assert!(
        failed.contains("Unable to update IPAddressPool metallb-system/default-pool (cluster)"),
        "{failed}"
    );
    let failed = errors(&run.destroy(&state).await.unwrap_err());
    assert!(failed.contains("terraform state rm"), "{failed}");
}

#[tokio::test]
async fn credentials_that_are_out_of_date_are_read_again_once() {
    let server = ApiServer::start().await;
    let run = super::run(&server).await;
    let state = run.create(POOL, &pool(&[RANGE])).await.unwrap();
    server.world().say(1, "PATCH force=true", 401, "Unauthorized");
    let state = run.update(&state, &pool(&["192.0.2.0/24"])).await.unwrap();

    server.world().say(usize::MAX, "PATCH force=true", 401, "Unauthorized");
    server.world().log.clear();
    let refused = errors(&run.update(&state, &pool(&[RANGE])).await.unwrap_err());
    assert!(refused.contains("(cluster)") && refused.contains("HTTP 401: Unauthorized"), "{refused}");
    let log = server.world().log.clone();
    assert!(
        log.iter().filter(|line| line.contains("force=true")).count() <= 2,
        "a refusal is not waited out: {log:#?}"
    );
}

#[tokio::test]
async fn what_an_answer_means_for_the_kind_is_said() {
    let server = ApiServer::start().await;
    let run = super::run(&server).await;
    let planned = run.plan(POOL, None, &pool(&[RANGE])).await.unwrap();
    let message = "admission webhook \"x\" denied the request: pool \"default-pool\" has ipv6 CIDR 2001:db8::/64, native bgp \
                   mode does not support ipv6";
    server.world().say(1, "PATCH force=true", 403, message);
    let refused = errors(&run.apply(&planned).await.unwrap_err());
    assert!(refused.contains("Its FRR modes announce both"), "{refused}");
}

#[tokio::test]
async fn nobody_said_where_the_cluster_is() {
    let run = Harness::<ClusterTypes>::new(&json!({})).await.unwrap();
    insta::assert_snapshot!(errors(&run.create(POOL, &pool(&[RANGE])).await.unwrap_err()));
}

#[tokio::test]
async fn a_deletion_that_is_held_names_what_holds_it() {
    let server = ApiServer::start().await;
    let run = super::run(&server).await;
    let state = run.create(POOL, &pool(&[RANGE])).await.unwrap();
    let finalizers = json!(["projectcalico.org/ippool-finalizer"]);
    server.world().objects.get_mut(&path()).unwrap()["metadata"]["finalizers"] = finalizers;
    insta::assert_snapshot!(errors(&run.destroy(&state).await.unwrap_err()));
}

#[tokio::test]
async fn all_pools_of_a_refresh_share_one_list() {
    let server = ApiServer::start().await;
    let run = super::run(&server).await;
    let mut states = Vec::new();
    for number in 0..20 {
        let mut config = pool(&[&format!("192.0.{number}.0/24")]);
        config["name"] = json!(format!("pool-{number}"));
        states.push(run.create(POOL, &config).await.unwrap());
    }
    let refresh = super::run(&server).await;
    server.world().log.clear();
    server.world().delay = Duration::from_millis(50);
    let mut reads = Vec::new();
    for state in &states {
        reads.push(refresh.read(state));
    }
    for (read, _) in futures_all(reads).await {
        assert!(read.is_some());
    }
    let log = server.world().log.clone();
    assert_eq!(log, [format!("GET {POOLS}?&limit=250"), "GET /api/v1/namespaces/kube-system".to_owned()]);
}

/// Drives all at the same time.
async fn futures_all<T, F: Future<Output = Result<T, Failure>>>(futures: Vec<F>) -> Vec<T> {
    let mut pending: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut done = Vec::new();
    std::future::poll_fn(|context| {
        pending.retain_mut(|future| match future.as_mut().poll(context) {
            std::task::Poll::Ready(result) => {
                done.push(result.unwrap());
                false
            }
            std::task::Poll::Pending => true,
        });
        if pending.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done
}
