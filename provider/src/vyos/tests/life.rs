//! From create to destroy.

use super::*;
use tfplugin::testing::Action;

async fn life(version: Version) {
    let edge = Edge::start(version).await;
    let run = edge.run().await;
    let everything = json!({
        "log_neighbor_changes": true, "multipath_relax": true, "graceful_restart": {}, "default_local_preference": 0,
        "timers": {"keepalive": 10, "holdtime": 30},
        "ipv4_unicast": {"networks": {"192.0.2.0/24": {"backdoor": true}}, "redistribute": {"connected": {"metric": 7}}},
        "ipv6_unicast": {"networks": {"2001:DB8:0::/48": {}}, "maximum_paths_ibgp": 4},
    });
    let as_a_whole = run.create(BGP, &with(bgp(), everything)).await.unwrap();
    let config = edge.config("protocols bgp").await;
    assert_eq!(config["address-family"]["ipv6-unicast"]["network"], json!({"2001:db8::/48": {}}));
    let members = json!({
        "password": "hunter2", "timers": {"connect": 5}, "bfd": {}, "passive": true, "extended_nexthop": true,
        "ipv4_unicast": {"nexthop_self": true, "default_originate": {}, "allowas_in": {"number": 2}},
    });
    let first = run.create(NEIGHBOR, &with(neighbor("2001:DB8::11"), members)).await.unwrap();
    assert_eq!(text(&first, "address"), Some("2001:DB8::11"), "the author's spelling stays");
    let config = edge.config("protocols bgp neighbor 2001:db8::11").await;
    assert_eq!(config["address-family"]["ipv6-unicast"], json!({}));
    assert_eq!(config["password"], "hunter2");

    // A leaf that is nobody's stays; all else is as it was planned at every step.
    edge.configure(&["set protocols bgp neighbor 2001:db8::11 solo"]).await;
    let changed = with(neighbor("2001:db8::11"), json!({"remote_as": "external", "timers": {"connect": 9}}));
    let second = run.update(&first, &changed).await.unwrap();
    let config = edge.config("protocols bgp neighbor 2001:db8::11").await;
    let expected = json!({
        "remote-as": "external", "description": "metallb 2001:db8::11", "timers": {"connect": "9"}, "solo": {},
        "address-family": {"ipv6-unicast": {}}, "capability": {},
    });
    assert_eq!(config, expected);
    assert_eq!(run.plan(NEIGHBOR, Some(&second), &changed).await.unwrap().action, Action::NoOp);

    // The whole changes without its neighbors.
    let as_a_whole =
        run.update(&as_a_whole, &with(bgp(), json!({"system_as": 4_200_000_000_u32}))).await.unwrap();
    let config = edge.config("protocols bgp").await;
    assert_eq!(config["system-as"], "4200000000");
    assert!(config["neighbor"]["2001:db8::11"].is_object());

    run.destroy(&second).await.unwrap();
    run.destroy(&as_a_whole).await.unwrap();
    assert_eq!(edge.config("protocols bgp").await, Json::Null);
    assert!(run.read(&as_a_whole).await.unwrap().0.is_none());
    run.destroy(&second).await.unwrap();
    edge.router.stop().await;
}

#[tokio::test]
async fn on_vyos_1_4() {
    life(Version::V1_4).await;
}

#[tokio::test]
async fn on_vyos_1_5() {
    life(Version::V1_5).await;
}

#[tokio::test]
async fn drift_on_our_own_leaves_is_found_and_mended() {
    let edge = Edge::start(Version::V1_4).await;
    let run = edge.run().await;
    run.create(BGP, &bgp()).await.unwrap();
    let made = run.create(NEIGHBOR, &neighbor("10.0.0.11")).await.unwrap();
    edge.configure(&[
        "set protocols bgp neighbor 10.0.0.11 shutdown",
        "set protocols bgp neighbor 10.0.0.11 description by-hand",
        "delete protocols bgp neighbor 10.0.0.11 address-family",
    ])
    .await;
    // What reads share is one refresh; this is the next run's.
    let run = edge.run().await;
    let (found, _) = run.read(&made).await.unwrap();
    let found = found.unwrap();
    assert_eq!(text(&found, "description"), Some("by-hand"));
    assert_eq!(found.object.attribute("shutdown"), &Value::Bool(true));
    assert!(found.object.attribute("ipv6_unicast").is_null());
    run.update(&found, &neighbor("10.0.0.11")).await.unwrap();
    let expected = json!({
        "remote-as": "213127", "description": "metallb 10.0.0.11", "address-family": {"ipv6-unicast": {}},
    });
    assert_eq!(edge.config("protocols bgp neighbor 10.0.0.11").await, expected);

    edge.configure(&["delete protocols bgp neighbor 10.0.0.11"]).await;
    let run = edge.run().await;
    assert!(run.read(&made).await.unwrap().0.is_none());
    edge.router.stop().await;
}

#[tokio::test]
async fn what_is_committed_survives_a_power_cut() {
    let edge = Edge::start(Version::V1_4).await;
    let run = edge.run().await;
    run.create(BGP, &bgp()).await.unwrap();
    assert!(edge.control.power_cycle().await.unwrap());
    assert_eq!(edge.config("protocols bgp system-as").await, json!({"system-as": "213127"}));
    edge.router.stop().await;
}

#[tokio::test]
async fn a_routing_daemon_that_does_not_answer_is_told() {
    let edge = Edge::start(Version::V1_4).await;
    let run = edge.run().await;
    let failed = run.read_data_source("vyos_bgp_summary", &json!({"router": "edge"})).await.unwrap_err();
    insta::assert_snapshot!(told(&failed, &edge));
    edge.router.stop().await;
}
