//! Static routes: what cannot be, and what there is.

use super::*;

#[tokio::test]
async fn what_cannot_be_is_told_at_plan_on_its_attribute() {
    let run = Harness::<Routing>::new(&json!({})).await.unwrap();
    let route = |members: Json| with(json!({"destination": "192.0.2.0/24"}), members);
    let mut all = String::new();
    for config in [
        route(json!({})),
        route(json!({"destination": "192.0.2.1/24", "blackhole": {}})),
        route(json!({"blackhole": {}, "reject": {}})),
        route(json!({"next_hops": {"fd00::1": {}, "eth0": {}, "10.0.0.254": {"distance": 0}}})),
        route(json!({"destination": "::/0", "next_hops": {"fe80::1": {}, "10.0.0.254": {}}})),
        route(json!({"destination": "::/0", "next_hops": {"fe80::1": {"interface": "eth 0"}}})),
    ] {
        let found = run.validate("vyos_static_route", &config).unwrap();
        all.push_str(&format!("{config}\n{}\n\n", listed(&found)));
    }
    let fine = json!({"destination": "::/0", "next_hops": {"fe80::1": {"interface": "eth0"}}});
    assert_eq!(listed(&run.validate("vyos_static_route", &fine).unwrap()), "");
    insta::assert_snapshot!(all);
}

/// A next hop that is not used is told from one that is.
#[tokio::test]
async fn a_way_that_is_disabled_is_none_that_is_used() {
    let edge = Edge::start(Version::V1_4).await;
    edge.configure(&[
        "set protocols static route 192.0.2.0/24 next-hop 10.0.0.1 disable",
        "set protocols static route 192.0.2.0/24 next-hop 10.0.0.2",
        "set protocols static route 192.0.2.0/24 interface eth1 disable",
    ])
    .await;
    let run = edge.run().await;
    let state = run.import("vyos_static_route", "edge/192.0.2.0/24").await.unwrap();
    let used = json!({
        "router": "edge", "destination": "192.0.2.0/24", "next_hops": {"10.0.0.1": {}, "10.0.0.2": {"disable": true}},
        "interfaces": {"eth1": {"disable": true}},
    });
    run.update(&state, &used).await.unwrap();
    let expected = json!({
        "next-hop": {"10.0.0.1": {}, "10.0.0.2": {"disable": {}}}, "interface": {"eth1": {"disable": {}}},
    });
    assert_eq!(edge.config("protocols static route 192.0.2.0/24").await, expected);
    edge.router.stop().await;
}
