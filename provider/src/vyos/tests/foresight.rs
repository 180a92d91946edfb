//! What a router would refuse is told before anything is sent, and costs the others nothing.

use super::*;
use std::sync::Arc;
use vyos_stand_in::Faults;

const ROUTE_MAP: &str = "vyos_route_map";

fn route_map(name: &str, rule: Json) -> Json {
    json!({"router": "edge", "name": name, "rules": {"10": with(json!({"action": "permit"}), rule)}})
}

#[tokio::test]
async fn a_name_that_is_not_there_costs_no_commit() {
    let edge = Edge::start(Version::V1_4).await;
    edge.configure(&[
        "set interfaces ethernet eth1",
        "set policy prefix-list LB rule 10 action permit",
        "set policy prefix-list LB rule 10 prefix 192.0.2.0/24",
        "set policy route-map WITH.DOT rule 10 action permit",
        "set protocols bgp peer-group BARE address-family ipv6-unicast",
        "set protocols bgp peer-group OURS remote-as 213127",
        "set protocols bgp system-as 213127",
    ])
    .await;
    let before = edge.commits_and_saves().await;
    let neighbor = |members| (NEIGHBOR, with(neighbor("10.0.0.11"), members));
    let member = |group| neighbor(json!({"remote_as": null, "peer_group": group}));
    let ospf = |members| ("vyos_ospf", with(json!({"router": "edge"}), members));
    let mut all = Vec::new();
    for (type_name, config) in [
        neighbor(json!({"ipv6_unicast": {"route_map_export": "NOPE"}})),
        neighbor(json!({"ipv6_unicast": {"prefix_list_import": "LB"}})),
        (
            "vyos_config",
            json!({"router": "edge", "path": "protocols bgp neighbor 10.0.0.11", "config": {
                "remote-as": "213127", "address-family": {"ipv4-unicast": {"route-map": {"import": "WITH.DOT"}}},
            }}),
        ),
        member("NOPE"),
        member("BARE"),
        neighbor(json!({"peer_group": "OURS"})),
        (
            "vyos_bgp_peer_group",
            json!({"router": "edge", "name": "PG", "ipv4_unicast": {"route_map_import": "NOPE"}}),
        ),
        (ROUTE_MAP, route_map("RM", json!({"match": {"ipv6_prefix_list": "NOPE"}}))),
        (ROUTE_MAP, route_map("RM", json!({"match": {"community": "NOPE"}}))),
        ospf(json!({"interfaces": {"eth1": {"area": "0"}}, "redistribute": {"bgp": {"route_map": "NOPE"}}})),
        ospf(json!({"interfaces": {"eth1": {"area": "0"}, "eth9": {"area": "0"}}})),
        (
            "vyos_config",
            json!({"router": "edge", "path": "policy route-map RM", "config": {"rule": {"10": {"description": "x"}}}}),
        ),
    ] {
        let failed = edge.run().await.create(type_name, &config).await.unwrap_err();
        all.push(told(&failed, &edge));
    }
    insta::assert_snapshot!(all.join("\n===\n"));
    assert_eq!(edge.commits_and_saves().await, before);
    edge.router.stop().await;
}

#[tokio::test]
async fn what_is_made_at_the_same_time_is_there() {
    let edge = Edge::start(Version::V1_4).await;
    let run = Arc::new(edge.run().await);
    run.create(BGP, &bgp()).await.unwrap();
    let before = edge.commits_and_saves().await;
    let list =
        json!({"router": "edge", "name": "LB", "rules": {"10": {"action": "permit", "prefix": "fd01::/64"}}});
    let group = json!({"router": "edge", "name": "NODES", "remote_as": "213127"});
    let member = json!({
        "remote_as": null, "peer_group": "NODES", "ipv6_unicast": {"route_map_import": "LB", "prefix_list_export": "LB"},
    });
    let mut plans = Vec::new();
    for (type_name, config) in [
        (NEIGHBOR, with(neighbor("10.0.0.11"), member)),
        (NEIGHBOR, with(neighbor("10.0.0.12"), json!({"ipv6_unicast": {"route_map_import": "NOPE"}}))),
        ("vyos_bgp_peer_group", group),
        (ROUTE_MAP, route_map("LB", json!({"match": {"ipv6_prefix_list": "LB"}}))),
        ("vyos_prefix_list6", list),
    ] {
        plans.push(run.plan(type_name, None, &config).await.unwrap());
    }
    let made = tokio::join!(
        run.apply(&plans[0]),
        run.apply(&plans[1]),
        run.apply(&plans[2]),
        run.apply(&plans[3]),
        run.apply(&plans[4])
    );
    assert!(made.0.is_ok() && made.2.is_ok() && made.3.is_ok() && made.4.is_ok(), "{made:?}");
    assert!(told(&made.1.unwrap_err(), &edge).contains("no `policy route-map NOPE`"));
    let after = edge.commits_and_saves().await;
    assert_eq!((after.0 - before.0, after.1 - before.1), (1, 1));
    edge.router.stop().await;
}

#[tokio::test]
async fn a_name_of_others_that_is_not_there_is_told_once_and_blames_nobody() {
    let edge = Edge::start(Version::V1_4).await;
    let run = edge.run().await;
    run.create(BGP, &bgp()).await.unwrap();
    edge.configure(&[
        "set policy route-map GONE rule 10 action permit",
        "set protocols bgp neighbor 10.0.0.9 remote-as 213127",
        "set protocols bgp neighbor 10.0.0.9 address-family ipv4-unicast route-map import GONE",
    ])
    .await;
    // A 1.4 lets the last route-map go although it is in use.
    edge.configure(&["delete policy route-map"]).await;
    let before = edge.commits_and_saves().await;
    let blocked = run.create(NEIGHBOR, &neighbor("10.0.0.11")).await.unwrap_err();
    let in_policy = run.create(ROUTE_MAP, &route_map("RM", json!({}))).await.unwrap_err();
    insta::assert_snapshot!(format!("{}\n===\n{}", told(&blocked, &edge), told(&in_policy, &edge)));
    assert_eq!(edge.commits_and_saves().await, before);
    // What corrects it is not blocked.
    run.create(ROUTE_MAP, &route_map("GONE", json!({}))).await.unwrap();
    run.create(NEIGHBOR, &neighbor("10.0.0.11")).await.unwrap();
    edge.router.stop().await;
}

#[tokio::test]
async fn a_router_that_gives_its_reason_is_quoted() {
    let edge = Edge::start(Version::V1_4).await;
    let run = edge.run().await;
    run.create(BGP, &bgp()).await.unwrap();
    edge.configure(&["set interfaces dummy dum0 address 10.0.0.11/32"]).await;
    let silent = run.create(NEIGHBOR, &neighbor("10.0.0.11")).await.unwrap_err();
    edge.control.faults(Faults { reasons: true, ..Faults::default() }).await.unwrap();
    let said = run.create(NEIGHBOR, &neighbor("10.0.0.11")).await.unwrap_err();
    insta::assert_snapshot!(format!("{}\n===\n{}", told(&silent, &edge), told(&said, &edge)));
    edge.router.stop().await;
}

#[tokio::test]
async fn what_is_beside_a_short_part_of_a_component_is_read_too() {
    let edge = Edge::start(Version::V1_4).await;
    edge.configure(&[
        "set protocols bgp system-as 213127",
        "set protocols bgp neighbor 10.0.0.11 remote-as 1",
    ])
    .await;
    let path = "protocols bgp neighbor 10.0.0.11";
    let of = |config| json!({"router": "edge", "path": format!("{path} address-family"), "config": config});
    let run = edge.run().await;
    run.create("vyos_config", &of(json!({"ipv4-unicast": {"weight": "7"}}))).await.unwrap();
    let run = edge.run().await;
    let local_as = json!({"router": "edge", "path": format!("{path} local-as"), "config": "213127"});
    let failed = run.create("vyos_config", &local_as).await.unwrap_err();
    assert!(told(&failed, &edge).contains("its local-as is the AS of the router"), "{failed}");
    edge.router.stop().await;
}

#[tokio::test]
async fn a_name_that_is_not_there_and_not_looked_for_is_warned_of_on_its_attribute() {
    let edge = Edge::start(Version::V1_4).await;
    edge.configure(&["set protocols bfd profile FAST", "set protocols bgp system-as 213127"]).await;
    let run = edge.run().await;
    let members = |list: &str, profile: &str| json!({"ipv6_unicast": {"filter_list_import": list}, "bfd": {"profile": profile}});
    run.create(NEIGHBOR, &with(neighbor("10.0.0.11"), members("NOPE", "FAST"))).await.unwrap();
    run.create(NEIGHBOR, &with(neighbor("10.0.0.12"), members("NOPE", "NOPE"))).await.unwrap();
    run.create(ROUTE_MAP, &route_map("RM", json!({"call": "NOPE"}))).await.unwrap();
    insta::assert_snapshot!(listed(&run.warned()).replace(&edge.url, "https://router"));
    edge.configure(&[
        "set policy as-path-list NOPE rule 10 action permit",
        "set policy as-path-list NOPE rule 10 regex ^1",
    ])
    .await;
    run.create(NEIGHBOR, &with(neighbor("10.0.0.13"), members("NOPE", "FAST"))).await.unwrap();
    assert_eq!(listed(&run.warned()), "");
    edge.router.stop().await;
}
