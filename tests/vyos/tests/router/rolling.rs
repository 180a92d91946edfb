//! Where 1.5 differs from 1.4.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Bench, KEY, said};
use vyos_stand_in::Version;

#[tokio::test]
async fn data_is_what_the_commit_printed() {
    let bench = Bench::new(Version::V1_5).await;
    assert_eq!(bench.configure(&["set protocols bgp system-as 65001"]).await.data(), "");
    let said = bench.configure(&["set protocols bgp neighbor 192.0.2.2 remote-as 65002"]).await;
    assert_eq!(
        said.data(),
        "[ protocols bgp ]\n\nWARNING: BGP neighbor \"192.0.2.2\" requires address-family!\n\n\n"
    );
}

#[tokio::test]
async fn errors_are_escaped() {
    let bench = Bench::new(Version::V1_5).await;
    let said = bench.configure(&["set protocols bgp parameters router-id <a&b>"]).await;
    assert!(said.error().contains("Error: &lt;a&amp;b&gt; is not a valid IPv4 address"), "{said:?}");
    let old = Bench::new(Version::V1_4).await;
    let said = old.configure(&["set protocols bgp parameters router-id <a&b>"]).await;
    assert!(said.error().contains("Error: <a&b> is not a valid IPv4 address"), "{said:?}");
}

#[tokio::test]
async fn a_missing_key_is_told() {
    let bench = Bench::new(Version::V1_5).await;
    let said = bench.form("/configure", Some(r#"{"op": "set", "path": ["system"]}"#), None).await;
    assert_eq!((said.status, said.error().as_str()), (401, "Valid API key is required"));
}

#[tokio::test]
async fn info_needs_no_key() {
    let bench = Bench::new(Version::V1_5).await;
    let get =
        async |path: &str| said(bench.client.get(bench.url(path)).send().await.expect("an answer")).await;
    assert_eq!(
        get("/info").await.data(),
        json!({"banner": "Welcome to VyOS", "hostname": "vyos", "version": "1.5-rolling-202602130022"})
    );
    assert_eq!(get("/info?version=0").await.data(), json!({"banner": "Welcome to VyOS", "hostname": "vyos"}));
    assert_eq!(get("/info?other=1").await.status, 400);
}

#[tokio::test]
async fn without_rest_there_is_no_api() {
    let bench = Bench::new(Version::V1_5).await;
    bench.configure(&["delete service https api rest"]).await.data();
    let mut last = bench.show("system").await;
    for _ in 0..50 {
        if last.status == 404 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        last = bench.show("system").await;
    }
    assert_eq!((last.status, last.text.as_str()), (404, r#"{"detail":"Not Found"}"#));
}

#[tokio::test]
async fn a_commit_that_nobody_confirms_is_taken_back() {
    let bench = Bench::new(Version::V1_5).await;
    bench.configure(&["set system config-management commit-confirm action reload"]).await.data();
    let risky = json!({"op": "set", "path": ["system", "host-name", "risky"], "confirm_time": 1});
    let said = bench.post("/configure", risky.clone()).await;
    assert_eq!(said.data(), "Initialized commit-confirm; 1 minutes to confirm before reload\n");
    assert_eq!(bench.post("/configure", risky.clone()).await.error(), "Another confirm is pending");
    assert_eq!(bench.show("system host-name").await.data(), json!({"host-name": "risky"}));
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(bench.show("system host-name").await.data(), json!({"host-name": "vyos"}));
    let confirm = json!({"op": "confirm", "path": []});
    assert_eq!(bench.post("/configure", confirm.clone()).await.error(), "No confirm pending");
    bench.post("/configure", risky).await.data();
    assert_eq!(bench.post("/configure", confirm).await.data(), "Reload timer stopped\n");
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(bench.show("system host-name").await.data(), json!({"host-name": "risky"}));
}

#[tokio::test]
async fn by_default_an_unconfirmed_commit_reboots() {
    let bench = Bench::new(Version::V1_5).await;
    let risky = json!({"op": "set", "path": ["system", "host-name", "risky"], "confirm_time": 1});
    let said = bench.post("/configure", risky).await;
    assert_eq!(said.data(), "Initialized commit-confirm; 1 minutes to confirm before reboot\n");
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(bench.control.counters().await.expect("control").boots, 2);
    assert_eq!(bench.show("system host-name").await.data(), json!({"host-name": "vyos"}));
}

#[tokio::test]
async fn operations_in_the_background() {
    let bench = Bench::new(Version::V1_5).await;
    let mut last = bench
        .post("/configure?in_background=true", json!({"op": "set", "path": ["system", "host-name", "edge"]}))
        .await
        .data();
    assert_eq!(last["operation"]["status"], "queued");
    let id = last["operation"]["op_id"].as_str().expect("an id").to_owned();
    for _ in 0..50 {
        if last["operation"]["status"] == "succeeded" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        let ask = json!({"op": "show", "path": [], "key": KEY});
        last = bench.post(&format!("/retrieve/background-operations?op_id={id}"), ask).await.data();
    }
    assert_eq!(last["operation"]["status"], "succeeded", "{last}");
    assert_eq!(bench.show("system host-name").await.data(), json!({"host-name": "edge"}));
}

/// Removes the last route map while a neighbor names it.
async fn remove_the_last_route_map(version: Version) -> (Bench, Value, u16) {
    let bench = Bench::outspoken(version).await;
    bench
        .configure(&[
            "set policy route-map RM rule 10 action permit",
            "set protocols bgp system-as 65001",
            "set protocols bgp neighbor 192.0.2.2 remote-as 65002",
            "set protocols bgp neighbor 192.0.2.2 address-family ipv4-unicast route-map import RM",
        ])
        .await
        .data();
    let said = bench.configure(&["delete policy route-map RM"]).await;
    let (error, status) = (said.json()["error"].clone(), said.status);
    (bench, error, status)
}

#[tokio::test]
async fn the_last_object_in_use_can_be_deleted_only_in_1_4() {
    let (_bench, error, status) = remove_the_last_route_map(Version::V1_5).await;
    assert_eq!(status, 400);
    assert_eq!(
        error,
        "[ policy ]\nCan not delete route-map \"RM\", still in use!\n\n[[policy]] failed\nCommit failed\n"
    );
    let (bench, _, status) = remove_the_last_route_map(Version::V1_4).await;
    assert_eq!(status, 200);
    let said = bench.configure(&["set protocols bgp timers holdtime 9"]).await;
    assert_eq!(
        said.error(),
        "[ protocols bgp ]\nSpecified route-map \"RM\" does not exist!\n\n[[protocols bgp]] failed\nCommit failed\n"
    );
    // Deleted and set again is no change, so no script runs that could refuse it.
    let said = bench
        .configure(&[
            "delete protocols bgp neighbor 192.0.2.2",
            "set protocols bgp neighbor 192.0.2.2 remote-as 65002",
            "set protocols bgp neighbor 192.0.2.2 address-family ipv4-unicast route-map import RM",
        ])
        .await;
    assert_eq!(said.status, 200, "{said:?}");
}
