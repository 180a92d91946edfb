//! What is whose: maps that the configuration leaves out, and parts that two resources stand for.

use super::*;
use tfplugin::testing::Action;

const CONFIG: &str = "vyos_config";
const NETWORK: &str = "protocols bgp address-family ipv4-unicast network";

#[tokio::test]
async fn a_map_that_is_left_out_is_not_ours_and_what_others_put_there_is_not_taken_unseen() {
    let edge = Edge::start(Version::V1_4).await;
    let run = edge.run().await;
    let made = run.create(BGP, &bgp()).await.unwrap();
    let added = json!({"router": "edge", "path": format!("{NETWORK} 192.0.2.0/24"), "config": {}});
    run.create(CONFIG, &added).await.unwrap();
    let run = edge.run().await;
    let found = run.read(&made).await.unwrap().0.unwrap();
    assert_eq!(run.plan(BGP, Some(&found), &bgp()).await.unwrap().action, Action::NoOp);

    let other = with(bgp(), json!({"ipv4_unicast": {"networks": {"198.51.100.0/24": {}}}}));
    let run = edge.run().await;
    let refused = run.update(&found, &other).await.unwrap_err();
    insta::assert_snapshot!(told(&refused, &edge));
    assert_eq!(edge.config(NETWORK).await, json!({"network": {"192.0.2.0/24": {}}}));

    // With both it is ours; null again takes away what the state had, and only that.
    let both = json!({"networks": {"192.0.2.0/24": {}, "198.51.100.0/24": {}}});
    let ours = run.update(&found, &with(bgp(), json!({"ipv4_unicast": both}))).await.unwrap();
    edge.configure(&[&format!("set {NETWORK} 203.0.113.0/24")]).await;
    let without = run.update(&ours, &bgp()).await.unwrap();
    assert_eq!(edge.config(NETWORK).await, json!({"network": {"203.0.113.0/24": {}}}));
    assert_eq!(run.plan(BGP, Some(&without), &bgp()).await.unwrap().action, Action::NoOp);
    edge.router.stop().await;
}

#[tokio::test]
async fn two_resources_for_one_part_are_told_at_plan_in_either_order() {
    let edge = Edge::start(Version::V1_4).await;
    let part = |path: &str, config: Json| (CONFIG, json!({"router": "edge", "path": path, "config": config}));
    let networks = json!({"ipv4_unicast": {"networks": {"198.51.100.0/24": {}}}});
    let cases = [
        [(BGP, with(bgp(), networks)), part(&format!("{NETWORK} 192.0.2.0/24"), json!({}))],
        [(BGP, bgp()), part("protocols bgp", json!({"system-as": "213127"}))],
        [
            (NEIGHBOR, neighbor("10.0.0.11")),
            part("protocols bgp neighbor 10.0.0.11", json!({"shutdown": {}})),
        ],
        [
            (NEIGHBOR, neighbor("10.0.0.11")),
            part("protocols bgp neighbor 10.0.0.11 timers", json!({"connect": 5})),
        ],
        [part("service ntp server", json!({"a": {}})), part("service ntp", json!({"server": "b"}))],
    ];
    let mut all = String::new();
    for [one, other] in cases {
        for (first, second) in [(&one, &other), (&other, &one)] {
            let run = edge.run().await;
            run.plan(first.0, None, &first.1).await.unwrap();
            let refused = run.plan(second.0, None, &second.1).await.unwrap_err();
            all.push_str(&format!("{}\n\n", told(&refused, &edge)));
        }
    }
    insta::assert_snapshot!(all);
    let fine = [
        ((BGP, bgp()), part(&format!("{NETWORK} 192.0.2.0/24"), json!({}))),
        ((NEIGHBOR, neighbor("10.0.0.11")), part("protocols bgp neighbor 10.0.0.11 solo", json!({}))),
        (part("service ntp", json!({})), part("service ntpd", json!({}))),
    ];
    for (one, other) in fine {
        let run = edge.run().await;
        run.plan(one.0, None, &one.1).await.unwrap();
        run.plan(other.0, None, &other.1).await.unwrap();
        run.plan(one.0, None, &one.1).await.unwrap();
    }
    edge.router.stop().await;
}

#[tokio::test]
async fn two_resources_that_create_one_object_are_told_at_plan_and_one_that_is_replaced_is_not() {
    let edge = Edge::start(Version::V1_4).await;
    edge.configure(&["set protocols bgp system-as 213127"]).await;
    let part = json!({"router": "edge", "path": "service ntp", "config": {"server": "a"}});
    let other = with(part.clone(), json!({"config": {"server": "b"}}));
    for (type_name, one, other) in
        [(CONFIG, part, other), (NEIGHBOR, neighbor("10.0.0.11"), neighbor("10.0.0.11"))]
    {
        let run = edge.run().await;
        assert!(run.plan(type_name, None, &one).await.unwrap().diagnostics.is_empty(), "{type_name}");
        let second = run.plan(type_name, None, &other).await.unwrap();
        assert!(listed(&second.diagnostics).contains("Two resources for"), "{type_name}");

        let run = edge.run().await;
        let made = run.create(type_name, &one).await.unwrap();
        // As core replaces: what is there, and then as if nothing were.
        let run = edge.run().await;
        for prior in [Some(&made), None] {
            let planned = run.plan(type_name, prior, &one).await.unwrap();
            assert!(planned.diagnostics.is_empty(), "{type_name}: {}", listed(&planned.diagnostics));
        }
        run.destroy(&made).await.unwrap();
    }
    edge.router.stop().await;
}

#[tokio::test]
async fn two_resources_that_have_one_object_are_told_however_it_is_spelled() {
    let edge = Edge::start(Version::V1_4).await;
    let run = edge.run().await;
    run.create(BGP, &bgp()).await.unwrap();
    let (one, other) = (neighbor("2001:db8::11"), neighbor("2001:DB8:0::11"));
    let other = with(other, json!({"description": "metallb 2001:db8::11"}));
    let first = run.create(NEIGHBOR, &one).await.unwrap();
    let second = edge.run().await.create(NEIGHBOR, &other).await.unwrap();
    let run = edge.run().await;
    let twice = |planned: &tfplugin::testing::Planned| {
        listed(&planned.diagnostics).contains("Two resources for BGP neighbor 2001:db8::11")
    };
    assert!(!twice(&run.plan(NEIGHBOR, Some(&first), &one).await.unwrap()));
    assert!(!twice(&run.plan(NEIGHBOR, Some(&first), &one).await.unwrap()), "it is planned again");
    assert!(twice(&run.plan(NEIGHBOR, Some(&second), &other).await.unwrap()));
    edge.router.stop().await;
}
