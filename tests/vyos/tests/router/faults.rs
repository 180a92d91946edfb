//! Faults that tests switch on.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::Bench;
use vyos_stand_in::{Answer, Faults, Version};

#[tokio::test]
async fn answers_that_the_api_did_not_give() {
    let bench = Bench::new(Version::V1_4).await;
    for status in [401, 413, 502, 503, 504] {
        let answer = Answer { status, times: Some(1), ..Answer::default() };
        bench.control.faults(Faults { answer: Some(answer), ..Faults::default() }).await.expect("control");
        let said = bench.show("system").await;
        assert_eq!((said.status, said.text.contains("nginx")), (status, status != 401));
        assert_eq!(bench.show("system").await.status, 200, "only once");
    }
    let lost = "cannot set without config session".to_owned();
    let answer = Answer { status: 400, error: Some(lost.clone()), times: None };
    bench.control.faults(Faults { answer: Some(answer), ..Faults::default() }).await.expect("control");
    for _ in 0..2 {
        assert_eq!(bench.show("system").await.error(), lost);
    }
}

#[tokio::test]
async fn a_body_over_the_limit() {
    let bench = Bench::new(Version::V1_4).await;
    let text = "x".repeat(1024 * 1024);
    let said =
        bench.post("/configure", json!({"op": "set", "path": ["system", "host-name"], "value": text})).await;
    assert_eq!((said.status, said.text.contains("413 Request Entity Too Large")), (413, true));
}

#[tokio::test]
async fn a_timeout_may_hide_a_success() {
    let bench = Bench::new(Version::V1_4).await;
    bench.control.faults(Faults { timeout_after_commit: true, ..Faults::default() }).await.expect("control");
    assert_eq!(bench.configure(&["set protocols bgp system-as 65001"]).await.status, 504);
    assert_eq!(bench.show("protocols bgp").await.data(), json!({"system-as": "65001"}));
}

#[tokio::test]
async fn nothing_can_be_set_for_a_moment_after_a_discard() {
    let bench = Bench::new(Version::V1_4).await;
    let window = Some(Duration::from_millis(300));
    bench
        .control
        .faults(Faults { set_failed_after_discard: window, ..Faults::default() })
        .await
        .expect("control");
    assert!(
        bench
            .configure(&["set protocols bgp system-as x"])
            .await
            .error()
            .contains("'x' is not a valid number")
    );
    let set = ["set protocols bgp system-as 65001"];
    assert_eq!(bench.configure(&set).await.error(), "Set failed\n");
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(bench.configure(&set).await.data(), Value::Null);
}

#[tokio::test]
async fn writers_wait_for_each_other() {
    let bench = Bench::new(Version::V1_4).await;
    let delay = Duration::from_millis(150);
    bench.control.faults(Faults { commit_delay: Some(delay), ..Faults::default() }).await.expect("control");
    let begun = Instant::now();
    let (first, second, third) = tokio::join!(
        bench.configure(&["set protocols bgp system-as 65001"]),
        bench.configure(&["set system host-name edge"]),
        bench.configure(&["set protocols bgp timers holdtime 9"]),
    );
    for said in [first, second] {
        said.data();
    }
    // It comes before or after the AS number is there, and says so.
    assert!(matches!(third.status, 200 | 400), "{third:?}");
    assert!(begun.elapsed() >= delay * 3, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_client_that_leaves_does_not_stop_a_commit() {
    let bench = Bench::new(Version::V1_4).await;
    let delay = Some(Duration::from_millis(300));
    bench.control.faults(Faults { commit_delay: delay, ..Faults::default() }).await.expect("control");
    let write = bench.configure(&["set protocols bgp system-as 65001"]);
    assert!(tokio::time::timeout(Duration::from_millis(100), write).await.is_err(), "the client left early");
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(bench.show("protocols bgp").await.data(), json!({"system-as": "65001"}));
}

#[tokio::test]
async fn dropped_connections() {
    let bench = Bench::new(Version::V1_4).await;
    bench.control.faults(Faults { drop_connections: true, ..Faults::default() }).await.expect("control");
    let outcome = bench.client.post(bench.url("/retrieve")).send().await;
    assert!(outcome.is_err(), "{outcome:?}");
    bench.control.faults(Faults::default()).await.expect("control");
    assert_eq!(bench.show("system").await.status, 200);
}
