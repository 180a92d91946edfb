//! Plans that take away what others name.

use super::*;
use tfplugin::testing::Planned;

const ROUTE_MAP: &str = "vyos_route_map";

fn route_map(name: &str) -> Json {
    json!({"router": "edge", "name": name, "rules": {"10": {"action": "permit"}}})
}

fn with_map(name: Json) -> Json {
    with(neighbor("10.0.0.11"), json!({"ipv6_unicast": {"route_map_import": name}}))
}

/// What a plan warns of.
fn warned(planned: &Planned, edge: &Edge) -> String {
    listed(&planned.diagnostics).replace(&edge.url, "https://router")
}

/// A router, and the states of BGP, a route-map and a neighbor that names it.
async fn made() -> (Edge, State, State) {
    let edge = Edge::start(Version::V1_4).await;
    let run = edge.run().await;
    run.create(BGP, &bgp()).await.unwrap();
    let map = run.create(ROUTE_MAP, &route_map("RM")).await.unwrap();
    let neighbor = run.create(NEIGHBOR, &with_map(json!("RM"))).await.unwrap();
    (edge, map, neighbor)
}

#[tokio::test]
async fn what_others_name_is_told_when_it_is_to_go() {
    let (edge, map, neighbor) = made().await;
    // The reference goes with it: Terraform deletes first.
    let run = edge.run().await;
    run.plan(NEIGHBOR, Some(&neighbor), &with_map(Json::Null)).await.unwrap();
    let dropped = run.plan_destroy(&map).await.unwrap();
    // Renamed together with it.
    let run = edge.run().await;
    let renamed = run.plan(ROUTE_MAP, Some(&map), &route_map("OTHER")).await.unwrap();
    let failed = run.apply(&dropped).await.unwrap_err();
    insta::assert_snapshot!(format!(
        "{}\n===\n{}\n===\n{}",
        warned(&dropped, &edge),
        warned(&renamed, &edge),
        told(&failed, &edge)
    ));
    edge.router.stop().await;
}

#[tokio::test]
async fn what_goes_with_all_that_names_it_is_not_told() {
    let (edge, map, neighbor) = made().await;
    let run = edge.run().await;
    let (map, neighbor) = tokio::join!(run.plan_destroy(&map), run.plan_destroy(&neighbor));
    assert_eq!(
        (warned(&map.unwrap(), &edge), warned(&neighbor.unwrap(), &edge)),
        (String::new(), String::new())
    );
    edge.router.stop().await;
}

#[tokio::test]
async fn nothing_is_told_of_a_router_that_is_away() {
    let (edge, map, _) = made().await;
    edge.router.stop().await;
    let run = Harness::<Routing>::new(&json!({"routers": {"edge": {"url": edge.url, "api_key": KEY}}}))
        .await
        .unwrap();
    assert!(run.plan_destroy(&map).await.unwrap().diagnostics.is_empty());
}
