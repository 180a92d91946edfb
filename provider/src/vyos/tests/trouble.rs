//! Routers that do not answer, and configurations that cannot be.

use super::*;
use vyos_stand_in::{Answer, Faults};

#[tokio::test]
async fn a_name_that_leads_nowhere_is_told_at_plan() {
    let edge = Edge::start(Version::V1_4).await;
    let run = edge.run().await;
    let unnamed = run.plan(BGP, None, &with(bgp(), json!({"router": "core"}))).await.unwrap_err();
    let two = json!({"url": "https://192.0.2.1", "api_key": "x"});
    let two = Harness::<Routing>::new(&json!({"routers": {"edge": two, "other": two}})).await.unwrap();
    let ambiguous = two.plan(BGP, None, &with(bgp(), json!({"router": null}))).await.unwrap_err();
    insta::assert_snapshot!(format!("{}\n===\n{}", told(&unnamed, &edge), told(&ambiguous, &edge)));
    let unknown = run.plan(BGP, None, &with(bgp(), json!({"router": tfplugin::testing::UNKNOWN}))).await;
    assert!(unknown.is_ok());
    edge.router.stop().await;
}

#[tokio::test]
async fn a_router_that_is_away_keeps_its_state_and_is_told_once() {
    let edge = Edge::start(Version::V1_4).await;
    let run = edge.run().await;
    let whole = run.create(BGP, &bgp()).await.unwrap();
    let made = run.create(NEIGHBOR, &neighbor("10.0.0.11")).await.unwrap();
    let run =
        edge.run_with(json!({"url": edge.url, "api_key": "another", "ca_certificate": edge.authority})).await;
    let (kept, refused) = run.read(&made).await.unwrap();
    assert_eq!(kept.unwrap().object, made.object);
    let (kept, second) = run.read(&whole).await.unwrap();
    assert_eq!(kept.unwrap().object, whole.object);
    assert!(second.is_empty(), "{second:?}");
    let change = run.plan(BGP, Some(&whole), &with(bgp(), json!({"system_as": 1}))).await.unwrap();
    let failed = run.apply(&change).await.unwrap_err();
    assert_eq!(failed.stored.as_ref().unwrap().object, whole.object);
    let told =
        format!("{}\n===\n{}", listed(&refused), told(&failed, &edge)).replace(&edge.url, "https://router");
    insta::assert_snapshot!(told);

    edge.control.faults(Faults { drop_connections: true, ..Faults::default() }).await.unwrap();
    let run = edge.run().await;
    let (kept, away) = run.read(&made).await.unwrap();
    assert_eq!(kept.unwrap().object, made.object);
    assert_eq!(away.iter().count(), 1, "{away:?}");
    edge.router.stop().await;
}

#[tokio::test]
async fn only_the_given_certificate_is_trusted() {
    let edge = Edge::start(Version::V1_4).await;
    let made = edge.run().await.create(BGP, &bgp()).await.unwrap();
    let other = Edge::start(Version::V1_4).await;
    let run =
        edge.run_with(json!({"url": edge.url, "api_key": KEY, "ca_certificate": other.authority})).await;
    let (kept, refused) = run.read(&made).await.unwrap();
    assert_eq!(kept.unwrap().object, made.object);
    assert!(listed(&refused).contains("is not trusted"), "{refused:?}");
    let insecure = json!({"url": edge.url, "api_key": KEY, "insecure_skip_certificate_verification": true});
    let (_, found) = edge.run_with(insecure).await.read(&made).await.unwrap();
    assert!(found.is_empty(), "{found:?}");
    edge.router.stop().await;
    other.router.stop().await;
}

#[tokio::test]
async fn what_only_frr_would_refuse_is_told_before_anything_is_sent() {
    let edge = Edge::start(Version::V1_4).await;
    let run = edge.run().await;
    run.create(BGP, &bgp()).await.unwrap();
    edge.configure(&[
        "set protocols bgp peer-group PG remote-as 65001",
        "set protocols bgp peer-group PG ebgp-multihop 3",
    ])
    .await;
    let before = edge.commits_and_saves().await;
    let mut all = Vec::new();
    for members in [
        json!({"ipv4_unicast": {"as_override": true}}),
        json!({"remote_as": "65001", "ipv6_unicast": {"route_reflector_client": true}}),
        json!({"remote_as": null, "peer_group": "PG", "ttl_security_hops": 2}),
        json!({"remote_as": null, "peer_group": "PG", "ipv6_unicast": {"route_reflector_client": true}}),
    ] {
        // In a run that plans no BGP, only the router knows its AS.
        let run = edge.run().await;
        let failed = run.create(NEIGHBOR, &with(neighbor("10.0.0.11"), members)).await.unwrap_err();
        all.push(told(&failed, &edge));
    }
    insta::assert_snapshot!(all.join("\n===\n"));
    assert_eq!(edge.commits_and_saves().await, before);
    // The same seen from the group, in a run that has not read the router before it was changed here.
    edge.configure(&["set protocols bgp neighbor 10.0.0.12 peer-group PG"]).await;
    let run = edge.run().await;
    let group = run.import("vyos_bgp_peer_group", "edge/PG").await.unwrap();
    let member = "set protocols bgp neighbor 10.0.0.12 ttl-security hops 2";
    edge.configure(&["delete protocols bgp peer-group PG ebgp-multihop", member]).await;
    let config = json!({"router": "edge", "name": "PG", "remote_as": "65001", "ebgp_multihop": 4});
    let failed = run.update(&group, &config).await.unwrap_err();
    insta::assert_snapshot!("a_group_that_its_members_do_not_fit", told(&failed, &edge));
    let failed = run.destroy(&group).await.unwrap_err();
    insta::assert_snapshot!("a_group_that_has_members", told(&failed, &edge));
    let right = json!({"remote_as": null, "peer_group": "PG", "ipv6_unicast": {"as_override": true}});
    run.create(NEIGHBOR, &with(neighbor("10.0.0.11"), right)).await.unwrap();
    edge.router.stop().await;
}

#[tokio::test]
async fn an_answer_lost_after_the_commit_is_a_success() {
    let edge = Edge::start(Version::V1_4).await;
    let run = edge.run().await;
    let (commits, saves) = edge.commits_and_saves().await;
    edge.control.faults(Faults { timeout_after_commit: true, ..Faults::default() }).await.unwrap();
    run.create(BGP, &bgp()).await.unwrap();
    assert_eq!(edge.commits_and_saves().await, (commits + 1, saves + 1));
    edge.router.stop().await;
}

#[tokio::test]
async fn what_the_proxy_refuses_is_told_with_the_remedy() {
    let edge = Edge::start(Version::V1_5).await;
    let run = edge.run().await;
    let answer = Answer { status: 413, error: None, times: None };
    edge.control.faults(Faults { answer: Some(answer), ..Faults::default() }).await.unwrap();
    let failed = run.create(BGP, &bgp()).await.unwrap_err();
    insta::assert_snapshot!(told(&failed, &edge));
    edge.router.stop().await;
}

#[tokio::test]
async fn what_cannot_be_is_told_at_plan_on_its_attribute() {
    let run = Harness::<Routing>::new(&json!({})).await.unwrap();
    let faulty = [
        json!({"remote_as": null}),
        json!({"remote_as": null, "ipv6_unicast": null}),
        json!({"remote_as": "4294967295"}),
        json!({"remote_as": "inside"}),
        json!({"ebgp_multihop": 2, "ttl_security_hops": 2}),
        json!({"timers": {"holdtime": 9}}),
        json!({"timers": {"keepalive": 1, "holdtime": 2}}),
        json!({"description": "it's"}),
        json!({"password": "two words"}),
        json!({"remote_as": "internal", "ipv4_unicast": {"as_override": true, "remove_private_as": true}}),
        json!({"remote_as": "external", "ipv6_unicast": {"route_reflector_client": true}}),
        json!({"ipv4_unicast": {"prefix_list_import": "A", "distribute_list_import": 1, "nexthop_self_force": true}}),
        json!({"ipv4_unicast": {"prefix_list_import": "with.dot"}}),
        json!({"graceful_restart": "yes"}),
    ];
    let mut all = String::new();
    for members in faulty {
        let found = run.validate(NEIGHBOR, &with(neighbor("10.0.0.11"), members.clone())).unwrap();
        all.push_str(&format!("{members}\n{}\n\n", listed(&found)));
    }
    for members in [
        json!({"system_as": 4_294_967_295_u32}),
        json!({"router_id": "fd01::1"}),
        json!({"timers": {"keepalive": 9}}),
        json!({"ipv4_unicast": {"networks": {"10.0.0.1/8": {}}}}),
        json!({"ipv6_unicast": {"redistribute": {"ospf": {}}}}),
    ] {
        let found = run.validate(BGP, &with(bgp(), members.clone())).unwrap();
        all.push_str(&format!("{members}\n{}\n\n", listed(&found)));
    }
    insta::assert_snapshot!(all);
}
