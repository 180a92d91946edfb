//! What is on the router before Terraform comes.

use super::*;
use tfplugin::testing::Action;

async fn configured_by_hand() -> Edge {
    let edge = Edge::start(Version::V1_4).await;
    edge.configure(&[
        "set protocols bgp system-as 213127",
        "set protocols bgp parameters router-id 10.0.0.1",
        "set protocols bgp neighbor 2001:DB8::11 remote-as 0213127",
        "set protocols bgp neighbor 2001:DB8::11 address-family ipv6-unicast",
    ])
    .await;
    edge
}

fn same() -> Json {
    json!({"address": "2001:db8::11", "remote_as": "213127", "ipv6_unicast": {}})
}

#[tokio::test]
async fn the_same_is_carried_on_without_a_commit() {
    let edge = configured_by_hand().await;
    let run = edge.run().await;
    let (commits, _) = edge.commits_and_saves().await;
    run.create(BGP, &bgp()).await.unwrap();
    let made = run.create(NEIGHBOR, &same()).await.unwrap();
    assert_eq!(edge.commits_and_saves().await, (commits, 2), "saved, since nobody knows whether it was");
    run.destroy(&made).await.unwrap();
    let left = edge.config("protocols bgp").await;
    assert!(left["neighbor"]["2001:DB8::11"].is_null(), "in the router's own spelling: {left}");
    edge.router.stop().await;
}

#[tokio::test]
async fn another_is_refused_with_the_import_block() {
    let edge = configured_by_hand().await;
    let run = edge.run().await;
    let before = edge.config("protocols bgp").await;
    let other = with(
        same(),
        json!({"description": "ours", "password": "hunter2", "ipv6_unicast": null, "ipv4_unicast": {}}),
    );
    let refused = run.create(NEIGHBOR, &other).await.unwrap_err();
    insta::assert_snapshot!(told(&refused, &edge));
    assert!(run.create(BGP, &with(bgp(), json!({"system_as": 1}))).await.is_err());
    assert_eq!(edge.config("protocols bgp").await, before);
    edge.router.stop().await;
}

#[tokio::test]
async fn what_is_there_can_be_imported() {
    let edge = configured_by_hand().await;
    let run = edge.run().await;
    for id in ["edge/2001:db8::11", "2001:DB8::11"] {
        let state = run.import(NEIGHBOR, id).await.unwrap();
        let planned = run
            .plan(NEIGHBOR, Some(&state), &with(same(), json!({"router": text(&state, "router")})))
            .await
            .unwrap();
        assert_eq!(planned.action, Action::NoOp, "{id}: {planned:?}");
    }
    let state = run.import(BGP, "edge").await.unwrap();
    assert_eq!(run.plan(BGP, Some(&state), &bgp()).await.unwrap().action, Action::NoOp);
    let nothing = run.import(NEIGHBOR, "edge/10.0.0.99").await.unwrap_err();
    let nowhere = run.import(BGP, "core").await.unwrap_err();
    insta::assert_snapshot!(format!("{}\n===\n{}", told(&nothing, &edge), told(&nowhere, &edge)));
    edge.router.stop().await;
}

#[tokio::test]
async fn bgp_does_not_go_while_neighbors_are_left() {
    let edge = configured_by_hand().await;
    let run = edge.run().await;
    let state = run.import(BGP, "edge").await.unwrap();
    let refused = run.destroy(&state).await.unwrap_err();
    insta::assert_snapshot!(told(&refused, &edge));
    assert_eq!(edge.config("protocols bgp system-as").await, json!({"system-as": "213127"}));
    edge.router.stop().await;
}

#[tokio::test]
async fn the_only_router_is_the_same_with_and_without_its_name() {
    let edge = configured_by_hand().await;
    let run = edge.run().await;
    let made = run.create(NEIGHBOR, &same()).await.unwrap();
    let named = run.update(&made, &with(same(), json!({"router": "edge"}))).await.unwrap();
    assert_eq!(text(&named, "router"), Some("edge"));
    edge.router.stop().await;
}
