//! Lists and route-maps: what cannot be, and what may not go.

use super::*;

#[tokio::test]
async fn what_vyos_refuses_and_what_frr_drops_is_told_at_plan() {
    let run = Harness::<Routing>::new(&json!({})).await.unwrap();
    let rule = |members: Json| with(json!({"action": "permit", "prefix": "10.0.0.0/16"}), members);
    let lists = [
        json!({"10": rule(json!({"ge": 24, "le": 20}))}),
        json!({"10": rule(json!({"ge": 15}))}),
        json!({"10": rule(json!({"le": 33}))}),
        json!({"10": rule(json!({"prefix": "10.0.0.1/16"}))}),
        json!({"10": rule(json!({"prefix": "fd01::/64"}))}),
        json!({"10": rule(json!({"action": "allow"}))}),
        json!({"0": rule(json!({}))}),
        json!({"10": rule(json!({"description": "x"})), "20": rule(json!({"description": "x"}))}),
    ];
    let mut all = String::new();
    for rules in lists {
        let found = run.validate("vyos_prefix_list", &json!({"name": "A", "rules": rules.clone()})).unwrap();
        all.push_str(&format!("{rules}\n{}\n\n", listed(&found)));
    }
    for rule in [
        json!({"action": "deny", "continue": 20}),
        json!({"action": "permit", "continue": 10}),
        json!({"action": "permit", "continue": 20, "on_match_next": true}),
        json!({"action": "permit", "match": {"community_exact_match": true}}),
        json!({"action": "permit", "set": {"community": ["1:1"], "community_none": true}}),
        json!({"action": "permit", "set": {"community": ["1:65536"]}}),
        json!({"action": "permit", "set": {"metric": "ten"}}),
        json!({"action": "permit", "set": {"ip_next_hop": "fd01::1"}}),
        json!({"action": "permit", "match": {"protocol": "ospf6"}}),
    ] {
        let rules = json!({"name": "A", "rules": {"10": rule.clone()}});
        let found = run.validate("vyos_route_map", &rules).unwrap();
        all.push_str(&format!("{rule}\n{}\n\n", listed(&found)));
    }
    insta::assert_snapshot!(all);
}

#[tokio::test]
async fn a_rule_may_have_the_lengths_that_frr_takes() {
    let run = Harness::<Routing>::new(&json!({})).await.unwrap();
    for (list_type, prefix, ge, le, fault) in [
        ("vyos_prefix_list", "10.0.0.0/8", Some(8), Some(24), None),
        ("vyos_prefix_list", "10.0.0.1/32", Some(32), None, None),
        ("vyos_prefix_list", "0.0.0.0/0", Some(0), None, None),
        ("vyos_prefix_list", "0.0.0.0/0", None, Some(0), None),
        ("vyos_prefix_list", "10.0.0.0/16", None, Some(16), None),
        ("vyos_prefix_list", "10.0.0.0/16", Some(15), None, Some("ge")),
        ("vyos_prefix_list", "10.0.0.0/16", None, Some(15), Some("le")),
        ("vyos_prefix_list", "10.0.0.0/16", Some(24), Some(20), Some("le")),
        ("vyos_prefix_list", "10.0.0.0/16", None, Some(33), Some("le")),
        ("vyos_prefix_list6", "2001:db8::/48", Some(48), Some(64), None),
        ("vyos_prefix_list6", "2001:db8::1/128", Some(128), None, None),
        ("vyos_prefix_list6", "::/0", Some(0), None, None),
        ("vyos_prefix_list6", "2001:db8::/48", Some(47), None, Some("ge")),
        ("vyos_prefix_list6", "2001:db8::/48", Some(129), None, Some("ge")),
    ] {
        let rule = json!({"action": "permit", "prefix": prefix, "ge": ge, "le": le});
        let found = run.validate(list_type, &json!({"name": "A", "rules": {"10": rule}})).unwrap();
        let expected = fault.map_or_else(String::new, |bound| format!("rules[\"10\"].{bound}"));
        let at = found.iter().filter_map(|one| Some(one.attribute.as_ref()?.to_string()));
        assert_eq!(at.collect::<Vec<_>>().join(" "), expected, "{prefix} {ge:?} {le:?}");
    }
    let rules = json!({
        "10": {"action": "permit", "prefix": "10.0.0.0/16", "description": "one"},
        "20": {"action": "permit", "prefix": "10.0.0.0/16", "description": "another"},
    });
    let found = run.validate("vyos_prefix_list", &json!({"name": "A", "rules": rules})).unwrap();
    assert!(found.iter().next().is_none(), "VyOS compares descriptions too: {}", listed(&found));
}

#[tokio::test]
async fn a_route_map_goes_only_when_nothing_names_it() {
    let edge = Edge::start(Version::V1_4).await;
    let run = std::sync::Arc::new(edge.run().await);
    let map = json!({"router": "edge", "name": "OUT", "rules": {"10": {"action": "permit"}}});
    let map = run.create("vyos_route_map", &map).await.unwrap();
    run.create(BGP, &bgp()).await.unwrap();
    let using = with(neighbor("10.0.0.11"), json!({"ipv6_unicast": {"route_map_export": "OUT"}}));
    let using = run.create(NEIGHBOR, &using).await.unwrap();
    let refused = run.destroy(&map).await.unwrap_err();
    insta::assert_snapshot!(told(&refused, &edge));
    assert_eq!(edge.config("policy route-map OUT").await["rule"]["10"]["action"], "permit");

    // With the last that names it, in one commit.
    let (before, _) = edge.commits_and_saves().await;
    let unused = run.plan(NEIGHBOR, Some(&using), &neighbor("10.0.0.11")).await.unwrap();
    let removal = run.plan_destroy(&map).await.unwrap();
    let (gone, changed) = tokio::join!(run.apply(&removal), run.apply(&unused));
    assert!(gone.is_ok() && changed.is_ok(), "{gone:?} {changed:?}");
    assert_eq!(edge.commits_and_saves().await.0, before + 1);
    assert_eq!(edge.config("policy route-map OUT").await, Json::Null);
    edge.router.stop().await;
}

#[tokio::test]
async fn a_renamed_key_of_a_list_in_use_is_no_removal() {
    let edge = Edge::start(Version::V1_4).await;
    let run = edge.run().await;
    let list = |length: u8| {
        let rule = json!({"action": "permit", "prefix": "192.0.2.0/24", "le": length});
        json!({"router": "edge", "name": "PL", "rules": {"10": rule}})
    };
    let old = run.create("vyos_prefix_list", &list(32)).await.unwrap();
    run.create(BGP, &bgp()).await.unwrap();
    let using = with(neighbor("10.0.0.11"), json!({"ipv4_unicast": {"prefix_list_import": "PL"}}));
    run.create(NEIGHBOR, &using).await.unwrap();
    let run = edge.run().await;
    let planned = run.plan("vyos_prefix_list", None, &list(30)).await.unwrap();
    let (made, destroyed) = tokio::join!(run.apply(&planned), run.destroy(&old));
    assert!(made.is_ok() && destroyed.is_ok(), "{made:?} {destroyed:?}");
    assert_eq!(edge.config("policy prefix-list PL").await["rule"]["10"]["le"], "30");
    edge.router.stop().await;
}

#[tokio::test]
async fn what_vyos_misses_is_told_on_its_attribute() {
    let edge = Edge::start(Version::V1_5).await;
    let run = edge.run().await;
    let rules =
        json!({"10": {"action": "permit"}, "20": {"action": "permit", "match": {"ip_prefix_list": "NOPE"}}});
    let map = json!({"router": "edge", "name": "A", "rules": rules});
    let refused = run.create("vyos_route_map", &map).await.unwrap_err();
    insta::assert_snapshot!(told(&refused, &edge));
    edge.router.stop().await;
}
