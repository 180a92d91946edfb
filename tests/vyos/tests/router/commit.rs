//! Setting, committing and saving, with the words that VyOS 1.4 answers.

use std::time::Duration;

use crate::support::Bench;
use serde_json::{Value, json};
use vyos_stand_in::{Faults, Version};

#[tokio::test]
async fn what_is_set_runs_and_is_read_back() {
    let bench = Bench::new(Version::V1_4).await;
    let said = bench
        .configure(&[
            "set protocols bgp system-as 65001",
            "set protocols bgp neighbor 192.0.2.10 remote-as 65002",
            "set protocols bgp neighbor 192.0.2.9 remote-as 65002",
            "set protocols bgp neighbor 192.0.2.9 address-family ipv4-unicast",
        ])
        .await;
    assert_eq!(said.text, r#"{"success": true, "data": null, "error": null}"#);
    assert_eq!(said.kind, "text/html; charset=utf-8");
    assert_eq!(
        bench.show("protocols bgp neighbor").await.text,
        r#"{"success": true, "data": {"neighbor": {"192.0.2.9": {"address-family": {"ipv4-unicast": {}}, "remote-as": "65002"}, "192.0.2.10": {"remote-as": "65002"}}}, "error": null}"#
    );
    assert_eq!(bench.show("protocols bgp system-as").await.data(), json!({"system-as": "65001"}));
}

#[tokio::test]
async fn components_that_succeed_stay_when_others_fail() {
    let bench = Bench::outspoken(Version::V1_4).await;
    let said = bench
        .configure(&[
            "set policy prefix-list PL rule 10 action permit",
            "set policy prefix-list PL rule 10 prefix 192.0.2.0/24",
            "set protocols bgp system-as 65001",
            "set protocols bgp neighbor 192.0.2.2 remote-as 65002",
            "set protocols bgp neighbor 192.0.2.3 address-family ipv4-unicast",
        ])
        .await;
    assert_eq!(said.status, 400);
    assert_eq!(
        said.text,
        r#"{"success": false, "error": "[ protocols bgp ]\n\nWARNING: BGP neighbor \"192.0.2.2\" requires address-family!\n\nNeighbor \"192.0.2.3\" remote-as must be set!\n\n[[protocols bgp]] failed\nCommit failed\n", "data": null}"#
    );
    assert_eq!(bench.show("policy prefix-list PL rule 10 action").await.data(), json!({"action": "permit"}));
    assert_eq!(bench.show("protocols").await.error(), "Configuration under specified path is empty\n");
}

#[tokio::test]
async fn a_refused_first_commit_leaves_the_parent_that_it_made() {
    let bench = Bench::new(Version::V1_4).await;
    let exists = |path: &'static [&str]| bench.post("/retrieve", json!({"op": "exists", "path": path}));
    let lines =
        ["set protocols bgp neighbor 192.0.2.2 remote-as 1", "set policy prefix-list A rule 1 action permit"];
    assert_eq!(bench.configure(&lines).await.status, 400);
    assert_eq!(exists(&["protocols"]).await.data(), json!(true));
    assert_eq!(exists(&["protocols", "bgp"]).await.data(), json!(false));
    assert_eq!(exists(&["policy"]).await.data(), json!(false), "a component of its own");
}

#[tokio::test]
async fn what_is_in_a_vrf_is_committed_by_its_own_component() {
    let bench = Bench::outspoken(Version::V1_4).await;
    let lines = [
        "set vrf name RED table 100",
        "set vrf name RED protocols bgp neighbor 192.0.2.2 remote-as 1",
        "set vrf name RED protocols static route 198.51.100.0/24 blackhole",
    ];
    let said = bench.configure(&lines).await.error();
    let number = "[ vrf name RED protocols bgp ]\nBGP system-as number must be defined!\n\n";
    assert_eq!(said, format!("{number}[[vrf name RED protocols bgp]] failed\nCommit failed\n"));
    let left =
        json!({"table": "100", "protocols": {"static": {"route": {"198.51.100.0/24": {"blackhole": {}}}}}});
    assert_eq!(bench.show("vrf name RED").await.data(), left);
}

#[tokio::test]
async fn a_1_4_keeps_the_reasons_of_its_scripts_to_itself() {
    let lines = [
        "set protocols bgp system-as 65001",
        "set protocols bgp neighbor 192.0.2.50 address-family ipv4-unicast",
        "set policy prefix-list PQ rule 5 action permit",
    ];
    let bench = Bench::new(Version::V1_4).await;
    let said = bench.configure(&lines).await;
    let silent = "[[policy]] failed\n[[protocols bgp]] failed\nCommit failed\n";
    assert_eq!((said.status, said.error().as_str()), (400, silent));
    let unset = bench.configure(&["set protocols bgp system-as x"]).await;
    assert!(unset.error().contains("'x' is not a valid number"), "{unset:?}");
    let rolling = Bench::new(Version::V1_5).await;
    assert!(rolling.configure(&lines).await.error().contains("remote-as must be set"));
}

#[tokio::test]
async fn failures_are_told_in_the_order_of_commit() {
    let bench = Bench::outspoken(Version::V1_4).await;
    let said = bench
        .configure(&[
            "set protocols bgp system-as 65001",
            "set protocols bgp neighbor 192.0.2.50 address-family ipv4-unicast",
            "set protocols ospf interface eth9 area 0",
            "set policy prefix-list PQ rule 5 action permit",
        ])
        .await;
    assert_eq!(
        said.error(),
        "[ policy ]\nA prefix must be specified for \"prefix-list PQ rule 5\"!\n\n[[policy]] failed\n[ protocols ospf ]\nInterface \"eth9\" does not exist!\n\n[[protocols ospf]] failed\n[ protocols bgp ]\nNeighbor \"192.0.2.50\" remote-as must be set!\n\n[[protocols bgp]] failed\nCommit failed\n"
    );
}

#[tokio::test]
async fn a_refused_command_discards_the_whole_request() {
    let bench = Bench::new(Version::V1_4).await;
    let said = bench
        .configure(&["set protocols bgp system-as 65001", "set protocols bgp parameters router-id 1.2.3"])
        .await;
    assert_eq!(
        said.error(),
        "Error: 1.2.3 is not a valid IPv4 address\n\n\n\nInvalid value\nValue validation failed\nSet failed\n"
    );
    assert_eq!(bench.show("protocols bgp").await.status, 400);
    assert_eq!(bench.control.counters().await.expect("counters").commits, 1, "only the boot committed");
}

#[tokio::test]
async fn deletes_leave_empty_parents_and_miss_quietly() {
    let bench = Bench::new(Version::V1_4).await;
    bench.configure(&["set protocols static route 10.9.0.0/16 next-hop 192.0.2.1"]).await.data();
    bench.configure(&["delete protocols static route 10.9.0.0/16 next-hop 192.0.2.1"]).await.data();
    assert_eq!(bench.show("protocols static route").await.data(), json!({"route": {"10.9.0.0/16": {}}}));
    bench.configure(&["delete protocols static route 10.9.0.0/16"]).await.data();
    assert_eq!(bench.show("protocols").await.data(), json!({"static": {}}));
    let exists = json!({"op": "exists", "path": ["protocols", "static"]});
    assert_eq!(bench.post("/retrieve", exists).await.data(), json!(true));
    assert_eq!(bench.show("protocols static").await.error(), "Configuration under specified path is empty\n");
    assert_eq!(bench.configure(&["delete protocols static route 10.8.0.0/16"]).await.data(), Value::Null);
    let said = bench.configure(&["delete protocols bogus"]).await;
    assert_eq!(said.error(), "Configuration path: [protocols bogus] is not valid\n\nDelete failed\n");
}

#[tokio::test]
async fn a_strict_router_refuses_to_delete_what_is_not_there() {
    let bench = Bench::new(Version::V1_4).await;
    let said = bench.configure(&["set service https api strict"]).await;
    assert_eq!(
        said.data(),
        "Requested HTTP API server configuration change; commit will be called in the background"
    );
    let mut refused = String::new();
    for _ in 0..50 {
        let said = bench.configure(&["delete protocols bgp"]).await;
        if said.status == 400 {
            refused = said.error();
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(refused, "Cannot delete [protocols bgp]: path/value does not exist");
}

#[tokio::test]
async fn a_held_lock_refuses_commits_but_not_reads() {
    let bench = Bench::new(Version::V1_4).await;
    bench.configure(&["set protocols bgp system-as 65001"]).await.data();
    bench.control.faults(Faults { commit_locked: true, ..Faults::default() }).await.expect("control");
    let locked = "Configuration system temporarily locked due to another commit in progress\n";
    assert_eq!(bench.configure(&["set protocols bgp system-as 65002"]).await.error(), locked);
    assert_eq!(bench.configure(&["delete protocols static"]).await.error(), locked);
    let said = bench.configure(&["set protocols bgp system-as no"]).await;
    assert!(said.error().contains("'no' is not a valid number"), "{said:?}");
    assert_eq!(bench.show("protocols bgp").await.data(), json!({"system-as": "65001"}));
    bench.post("/config-file", json!({"op": "save"})).await.data();
    bench.control.faults(Faults::default()).await.expect("control");
    bench.configure(&["set protocols bgp system-as 65002"]).await.data();
}

#[tokio::test]
async fn reads_during_a_commit_are_dirty() {
    let bench = Bench::new(Version::V1_4).await;
    bench.configure(&["set protocols bgp system-as 65001"]).await.data();
    let slow = Faults { commit_delay: Some(Duration::from_millis(600)), ..Faults::default() };
    bench.control.faults(slow).await.expect("control");
    let write =
        bench.configure(&["set protocols bgp system-as 65002", "set protocols bgp timers holdtime 9"]);
    let read = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let json_form = bench.show("protocols bgp").await;
        let raw = bench
            .post(
                "/retrieve",
                json!({"op": "showConfig", "path": ["protocols", "bgp"], "configFormat": "raw"}),
            )
            .await;
        let value = json!({"op": "returnValue", "path": ["protocols", "bgp", "system-as"]});
        (json_form, raw, bench.post("/retrieve", value).await)
    };
    let (written, (json_form, raw, value)) = tokio::join!(write, read);
    assert_eq!(written.data(), Value::Null);
    assert_eq!(json_form.status, 500);
    assert_eq!(json_form.error(), "An internal error occured. Check the logs for details.");
    assert_eq!(raw.data(), ">system-as 65002\n+timers {\n+    holdtime 9\n+}\n");
    assert_eq!(value.data(), "65002");
    assert_eq!(bench.show("protocols bgp system-as").await.data(), json!({"system-as": "65002"}));
}

#[tokio::test]
async fn only_what_was_saved_outlives_a_reboot() {
    let bench = Bench::new(Version::V1_4).await;
    bench.configure(&["set protocols bgp system-as 65001"]).await.data();
    let description = json!({"op": "set", "path": ["policy", "prefix-list", "A", "description"], "value": "  for {all} \\ of us"});
    bench.post("/configure", description).await.data();
    assert_eq!(bench.post("/config-file", json!({"op": "save"})).await.data(), "");
    bench.configure(&["set protocols bgp system-as 65002", "set system host-name edge"]).await.data();
    assert!(bench.control.power_cycle().await.expect("control"), "the router comes back");
    assert_eq!(bench.show("protocols bgp").await.data(), json!({"system-as": "65001"}));
    assert_eq!(
        bench.show("policy").await.data(),
        json!({"prefix-list": {"A": {"description": "for {all} \\ of us"}}})
    );
    let counters = bench.control.counters().await.expect("control");
    assert_eq!((counters.saves, counters.boots), (1, 2));
}

#[tokio::test]
async fn a_router_that_starts_again_keeps_its_certificate_and_what_was_saved() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = crate::support::config(Version::V1_4, folder.path());
    let first = Bench::with(config.clone(), tempfile::tempdir().expect("a folder")).await;
    first.configure(&["set system host-name edge"]).await.data();
    first.post("/config-file", json!({"op": "save"})).await.data();
    let authority = std::fs::read(first.router.ca_file()).expect("an authority");
    let Bench { router, client, .. } = first;
    router.stop().await;
    let mut second = Bench::with(config, folder).await;
    assert_eq!(std::fs::read(second.router.ca_file()).expect("an authority"), authority);
    second.client = client;
    assert_eq!(second.show("system").await.data(), json!({"host-name": "edge"}));
}
