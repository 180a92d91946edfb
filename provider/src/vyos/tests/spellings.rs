//! One thing in two spellings: nothing is sent, nothing is replaced, and both in one map are told.

use super::declarations::declared;
use super::*;
use crate::engine::router_config::{Field, Kind, ValueFormat};
use std::collections::BTreeSet;
use tfplugin::testing::Action;

/// A type, the import id of its object in another spelling, and its configuration in two.
fn spelt() -> Vec<(&'static str, &'static str, Json, Json)> {
    vec![
        (
            "vyos_bgp",
            "edge",
            json!({"system_as": 64512, "ipv6_unicast": {
                "networks": {"2001:DB8:0::/48": {}}, "aggregate_addresses": {"2001:db8::/32": {}},
            }}),
            json!({"system_as": 64512, "ipv6_unicast": {
                "networks": {"2001:db8::/48": {}}, "aggregate_addresses": {"2001:DB8::/32": {}},
            }}),
        ),
        (
            "vyos_bgp_peer_group",
            "edge/G",
            json!({"name": "G", "remote_as": "0064513", "update_source": "2001:DB8::1"}),
            json!({"name": "G", "remote_as": "64513", "update_source": "2001:db8:0::1"}),
        ),
        (
            "vyos_bgp_neighbor",
            "edge/2001:DB8::0:2",
            json!({"address": "2001:DB8::2", "remote_as": "64512", "update_source": "2001:DB8::1", "ipv6_unicast": {}}),
            json!({"address": "2001:db8:0::2", "remote_as": "064512", "update_source": "2001:db8::1", "ipv6_unicast": {}}),
        ),
        (
            "vyos_ospf",
            "edge",
            json!({
                "areas": {"0": {"ranges": {"192.0.2.0/24": {}}}, "0.0.0.7": {"stub": {}}},
                "interfaces": {"eth1": {"area": "0.0.0.0", "md5_keys": {"1": {"md5_key": "secret"}}}},
            }),
            json!({
                "areas": {"0.0.0.0": {"ranges": {"192.0.2.0/24": {}}}, "7": {"stub": {}}},
                "interfaces": {"eth1": {"area": "0", "md5_keys": {"01": {"md5_key": "secret"}}}},
            }),
        ),
        (
            "vyos_ospfv3",
            "edge",
            json!({"areas": {"1": {"ranges": {"2001:DB8::/32": {}}}}, "interfaces": {"eth1": {"area": "00"}}}),
            json!({"areas": {"0.0.0.1": {"ranges": {"2001:db8::/32": {}}}}, "interfaces": {"eth1": {"area": "0"}}}),
        ),
        (
            "vyos_prefix_list",
            "edge/P",
            json!({"name": "P", "rules": {"10": {"action": "permit", "prefix": "192.0.2.0/24"}}}),
            json!({"name": "P", "rules": {"010": {"action": "permit", "prefix": "192.0.2.0/24"}}}),
        ),
        (
            "vyos_prefix_list6",
            "edge/P",
            json!({"name": "P", "rules": {"10": {"action": "permit", "prefix": "::ffff:0.0.0.0/96"}}}),
            json!({"name": "P", "rules": {"010": {"action": "permit", "prefix": "::FFFF:0:0/96"}}}),
        ),
        (
            "vyos_route_map",
            "edge/M",
            json!({"name": "M", "rules": {"5": {"action": "permit", "match": {"peer": "2001:DB8::1", "ipv6_next_hop": "fd00::0:1"},
                "set": {"ipv6_next_hop_global": "FD00::1", "ipv6_next_hop_local": "FE80::1"}}}}),
            json!({"name": "M", "rules": {"05": {"action": "permit", "match": {"peer": "2001:db8::1", "ipv6_next_hop": "fd00::1"},
                "set": {"ipv6_next_hop_global": "fd00::1", "ipv6_next_hop_local": "fe80::1"}}}}),
        ),
        (
            "vyos_static_route",
            "edge/2001:DB8:2:0::/48",
            json!({"destination": "2001:DB8:2::/48", "next_hops": {"FD00::1": {"distance": 7}}}),
            json!({"destination": "2001:db8:2::/48", "next_hops": {"fd00:0::1": {"distance": 7}}}),
        ),
    ]
}

#[tokio::test]
async fn another_spelling_sends_nothing_and_replaces_nothing() {
    let edge = Edge::start(Version::V1_4).await;
    edge.configure(&["set interfaces ethernet eth1"]).await;
    let run = edge.run().await;
    for (type_name, id, one, other) in spelt() {
        let [one, other] = [one, other].map(|config| with(config, json!({"router": "edge"})));
        let state =
            run.create(type_name, &one).await.unwrap_or_else(|failure| panic!("{type_name}: {failure}"));
        let (commits, _) = edge.commits_and_saves().await;
        let planned = run.plan(type_name, Some(&state), &other).await.unwrap();
        assert!(matches!(planned.action, Action::NoOp | Action::Update), "{type_name}: {:?}", planned.action);
        run.update(&state, &other).await.unwrap_or_else(|failure| panic!("{type_name}: {failure}"));
        let imported =
            run.import(type_name, id).await.unwrap_or_else(|failure| panic!("{type_name}: {failure}"));
        for config in [&one, &other] {
            let planned = run.plan(type_name, Some(&imported), config).await.unwrap();
            assert!(
                matches!(planned.action, Action::NoOp | Action::Update),
                "{type_name}: {:?}",
                planned.action
            );
            run.update(&imported, config).await.unwrap_or_else(|failure| panic!("{type_name}: {failure}"));
        }
        assert_eq!(edge.commits_and_saves().await.0, commits, "{type_name}: nothing is sent");
    }
    let served = spelt().into_iter().map(|(name, ..)| name).chain(["vyos_config"]).collect::<BTreeSet<_>>();
    assert_eq!(served, declared().iter().map(|one| one.name).collect());
    edge.router.stop().await;
}

/// What is on the router in a spelling of its own stays in it.
#[tokio::test]
async fn the_spelling_of_the_router_is_found_and_kept() {
    let edge = Edge::start(Version::V1_4).await;
    edge.configure(&[
        "set interfaces ethernet eth1",
        "set protocols ospf area 0.0.0.0 authentication md5",
        "set protocols ospf interface eth1 area 0.0.0.0",
    ])
    .await;
    let run = edge.run().await;
    let config = json!({"router": "edge", "areas": {"0": {}}, "interfaces": {"eth1": {"area": "0"}}});
    let state = run.import("vyos_ospf", "edge").await.unwrap();
    run.update(&state, &config).await.unwrap();
    let expected = json!({"area": {"0.0.0.0": {}}, "interface": {"eth1": {"area": "0.0.0.0"}}});
    assert_eq!(edge.config("protocols ospf").await, expected);
    edge.router.stop().await;
}

/// Keys of a form in two spellings.
fn doubled(form: ValueFormat) -> Option<&'static [[&'static str; 2]]> {
    match form {
        ValueFormat::Decimal => Some(&[["10", "010"]]),
        ValueFormat::Area => Some(&[["0", "0.0.0.0"], ["7", "0.0.0.7"], ["1", "01"]]),
        ValueFormat::Address => Some(&[["fd00::1", "FD00:0::1"]]),
        ValueFormat::Network => Some(&[["fd00::/64", "FD00:0::/64"]]),
        ValueFormat::Text | ValueFormat::Secret | ValueFormat::Number | ValueFormat::Path => None,
    }
}

/// Maps of a type, each as a way from the top with a key for the maps around it.
fn maps(fields: &'static [Field], within: &[&'static str]) -> Vec<(Vec<&'static str>, ValueFormat)> {
    let below = |field: &'static Field| {
        let path = [within, &[field.attribute]].concat();
        match field.kind {
            Kind::TagNode(form, members) => {
                let inner = maps(members, &[&path[..], &["*"]].concat());
                [vec![(path, form)], inner].concat()
            }
            Kind::PresenceNode(members) | Kind::Node(members) => maps(members, &path),
            _ => Vec::new(),
        }
    };
    fields.iter().flat_map(below).collect()
}

#[tokio::test]
async fn one_key_in_two_spellings_is_told_with_both() {
    let run = Harness::<Routing>::new(&json!({})).await.unwrap();
    let (mut told, mut passed) = (0, Vec::new());
    for one in declared() {
        for (path, form) in maps(one.layout.fields, &[]) {
            for [left, right] in doubled(form).into_iter().flatten() {
                let both = json!({*left: member(one.name, &path), *right: member(one.name, &path)});
                let config = path.iter().rev().fold(both, |inner, word| match *word {
                    "*" => json!({"1": inner}),
                    word => json!({word: inner}),
                });
                let mut config =
                    with(config, json!({"name": "A", "system_as": 1, "destination": "fd01::/64"}));
                let known: BTreeSet<_> =
                    one.attributes.iter().map(|attribute| attribute.name.as_str()).collect();
                config.as_object_mut().unwrap().retain(|name, _| known.contains(name.as_str()));
                let found = listed(&run.validate(one.name, &config).unwrap());
                match found.contains(&format!("{left:?}")) && found.contains(&format!("{right:?}")) {
                    true => told += 1,
                    // Networks of IPv4 have one spelling.
                    false if found.contains("is not an IPv4 network") => {}
                    false => passed.push(format!("{} {}: {found}", one.name, path.join("."))),
                }
            }
        }
    }
    assert!(passed.is_empty(), "{}", passed.join("\n"));
    assert!(told >= 10, "{told} maps were tried");
}

/// What the innermost map needs in its objects.
fn member(type_name: &str, path: &[&str]) -> Json {
    match path.last() {
        Some(&"rules") if type_name == "vyos_route_map" => json!({"action": "permit"}),
        Some(&"rules") => json!({"action": "permit", "prefix": "fd00::/64"}),
        Some(&"md5_keys") => json!({"md5_key": "x"}),
        _ => json!({}),
    }
}
