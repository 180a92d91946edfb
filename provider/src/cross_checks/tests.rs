//! Objects that do and do not go together, planned in every order.

use super::CrossChecks;
use crate::session::testing::{Served, TestProvider};
use crate::session::{CrossCheck, Session};
use crate::{calico, metallb, microk8s, vyos};
use serde_json::{Value as Json, json};
use tfplugin::testing::{Harness, UNKNOWN};
use tfplugin::{Diagnostic, Registry, Severity};

pub(super) type Object = (&'static str, Json);

/// All types, with these rules.
pub(super) struct AllTypes;

impl Served for AllTypes {
    fn registry() -> Registry<Session> {
        let families = [calico::register, metallb::register, microk8s::register, vyos::register];
        families.into_iter().fold(Registry::default(), |registry, register| register(registry))
    }

    fn cross_checks() -> Box<dyn CrossCheck> {
        Box::new(CrossChecks::default())
    }
}

/// The two ends of the build-out's session, which fit, and all that they are compared with.
fn build_out() -> Vec<Object> {
    let rules = json!({"10": {"action": "permit", "prefix": "2001:db8:f000:2::/64", "le": 128}});
    vec![
        ("microk8s_node", json!({"host": "127.0.0.11", "channel": "1.35/stable"})),
        (
            "microk8s_cluster_ipv6",
            json!({"host": "127.0.0.11", "cluster_cidr": "fd01::/64", "service_cidr": "fd98::/108"}),
        ),
        (
            "calico_ippool",
            json!({"cluster": "127.0.0.11", "name": "default-ipv6-ippool", "cidr": "fd01::/64"}),
        ),
        ("metallb_ip_address_pool", pool(&["2001:db8:f000:2::/64"])),
        ("metallb_bgp_peer", peer(json!({}))),
        (
            "metallb_bgp_advertisement",
            json!({"cluster": "127.0.0.11", "name": "all", "ip_address_pools": ["public"]}),
        ),
        ("vyos_bgp", json!({"system_as": 64512})),
        ("vyos_bgp_neighbor", neighbor(json!({}))),
        ("vyos_prefix_list6", json!({"name": "LB", "rules": rules})),
        (
            "vyos_route_map",
            json!({"name": "LB", "rules": {"10": {"action": "permit", "match": {"ipv6_prefix_list": "LB"}}}}),
        ),
    ]
}

fn pool(addresses: &[&str]) -> Json {
    json!({"cluster": "127.0.0.11", "name": "public", "addresses": addresses})
}

fn peer(other: Json) -> Json {
    merged(
        json!({
            "cluster": "127.0.0.11", "name": "edge", "my_asn": 64512, "peer_asn": 64512, "peer_address": "127.0.0.1",
            "dual_stack_address_family": true,
        }),
        other,
    )
}

fn neighbor(other: Json) -> Json {
    merged(
        json!({"address": "127.0.0.11", "remote_as": "internal", "ipv6_unicast": {"route_map_import": "LB"}}),
        other,
    )
}

fn merged(mut base: Json, other: Json) -> Json {
    for (name, value) in other.as_object().unwrap() {
        base[name] = value.clone();
    }
    base
}

/// What is told while these are planned, one after the other. Nothing answers at any target, which each type
/// tells too.
async fn told(objects: &[Object], routers: &Json) -> Vec<String> {
    let run = Harness::<TestProvider<AllTypes>>::new(&json!({"routers": routers, "ssh": {"port": 9}}))
        .await
        .unwrap();
    let mut told = Vec::new();
    for (type_name, config) in objects {
        let planned = run
            .plan(type_name, None, config)
            .await
            .unwrap_or_else(|failure| panic!("{type_name}: {failure}"));
        let ours = ["AS numbers", "does not carry", "that others use", "do not pass"];
        let warned =
            planned.diagnostics.iter().filter(|one| ours.iter().any(|part| one.summary.contains(part)));
        told.extend(warned.map(|one| format!("{}: {}: {}", place(one), one.summary, one.detail)));
    }
    told
}

/// What is found under a summary while these are planned, one after the other. Nothing answers at any target.
pub(super) async fn found(objects: &[&Object], summary: &str) -> Vec<Diagnostic> {
    let block = json!({"routers": edge(), "ssh": {"port": 9}});
    let run = Harness::<TestProvider<AllTypes>>::new(&block).await.unwrap();
    let mut found = Vec::new();
    for (type_name, config) in objects {
        let diagnostics = match run.plan(type_name, None, config).await {
            Ok(planned) => planned.diagnostics,
            Err(failure) => failure.diagnostics,
        };
        found.extend(diagnostics.into_iter().filter(|one| one.summary == summary));
    }
    found
}

/// The attribute that something is found on.
pub(super) fn place(found: &Diagnostic) -> String {
    found.attribute.as_ref().map(ToString::to_string).unwrap_or_default()
}

/// How bad each is, and where.
pub(super) fn places(found: &[Diagnostic]) -> Vec<(Severity, String)> {
    found.iter().map(|one| (one.severity, place(one))).collect()
}

pub(super) fn edge() -> Json {
    json!({"edge": {"url": "https://127.0.0.1:9", "api_key": "k"}})
}

/// The build-out with some of its objects in other words.
fn with(changed: Vec<Object>) -> Vec<Object> {
    let mut all = build_out();
    for (type_name, config) in changed {
        all.retain(|(name, _)| *name != type_name);
        all.push((type_name, config));
    }
    all
}

#[tokio::test]
async fn what_fits_is_no_word_worth() {
    assert_eq!(told(&build_out(), &edge()).await, [""; 0]);
    let external = with(vec![
        ("metallb_bgp_peer", peer(json!({"my_asn": 64513}))),
        ("vyos_bgp_neighbor", neighbor(json!({"remote_as": "external"}))),
    ]);
    assert_eq!(told(&external, &edge()).await, [""; 0]);
    let group = with(vec![
        ("vyos_bgp_neighbor", json!({"address": "127.0.0.11", "peer_group": "nodes"})),
        (
            "vyos_bgp_peer_group",
            json!({"name": "nodes", "remote_as": "64512", "ipv6_unicast": {"route_map_import": "LB"}}),
        ),
    ]);
    assert_eq!(told(&group, &edge()).await, [""; 0]);
    let upstream =
        with(vec![("vyos_bgp_neighbor", neighbor(json!({"address": "198.51.100.2", "remote_as": "65000"})))]);
    assert_eq!(told(&upstream, &edge()).await, [""; 0], "a neighbor that is no node");
    // A session for each family: IPv4 over the one, IPv6 over the other.
    let other = merged(peer(json!({"dual_stack_address_family": null})), json!({"name": "four"}));
    let both = json!({
        "cluster": "127.0.0.11", "name": "all", "ip_address_pools": ["public"], "peers": ["edge", "four"],
    });
    let mut sessions = with(vec![
        ("metallb_bgp_advertisement", both),
        ("metallb_bgp_peer", peer(json!({"peer_address": "fd00::1", "dual_stack_address_family": null}))),
        ("vyos_bgp_neighbor", json!({"address": "127.0.0.11", "remote_as": "internal", "ipv4_unicast": {}})),
    ]);
    sessions.push(("metallb_bgp_peer", other));
    assert_eq!(told(&sessions, &edge()).await, [""; 0], "a session for each family");
    // The same by an advertisement each, and with a peer-group for the neighbors of both families.
    let one_family = |name: &str, peer: &str| {
        let of =
            json!({"cluster": "127.0.0.11", "name": name, "ip_address_pools": ["public"], "peers": [peer]});
        ("metallb_bgp_advertisement", of)
    };
    sessions.retain(|(name, _)| !["metallb_bgp_advertisement", "vyos_bgp_neighbor"].contains(name));
    sessions.extend([
        (
            "vyos_bgp_peer_group",
            json!({"name": "nodes", "remote_as": "internal", "ipv4_unicast": {}, "ipv6_unicast": {}}),
        ),
        ("vyos_bgp_neighbor", json!({"address": "127.0.0.11", "peer_group": "nodes"})),
        one_family("six", "edge"),
        one_family("four", "four"),
    ]);
    for (type_name, config) in &mut sessions {
        if *type_name == "metallb_ip_address_pool" {
            *config = pool(&["192.0.2.0/26", "2001:db8:f000:2::/64"]);
        }
    }
    assert_eq!(told(&sessions, &edge()).await, [""; 0], "an advertisement for each family");
    sessions.reverse();
    assert_eq!(told(&sessions, &edge()).await, [""; 0], "an advertisement for each family");
    let unknown = with(vec![("metallb_bgp_peer", peer(json!({"dual_stack_address_family": UNKNOWN})))]);
    assert_eq!(told(&unknown, &edge()).await, [""; 0], "not known yet");
}

#[tokio::test]
async fn each_thing_that_does_not_fit_names_both_sides_once_in_whatever_order() {
    let rule = |action: &str, match_: Json| json!({"action": action, "match": match_});
    let cases = [
        vec![("metallb_bgp_peer", peer(json!({"my_asn": 64513})))],
        vec![("metallb_bgp_peer", peer(json!({"peer_asn": 64999})))],
        vec![("vyos_bgp_neighbor", neighbor(json!({"remote_as": "64600"})))],
        vec![("vyos_bgp_neighbor", neighbor(json!({"remote_as": "external"})))],
        vec![(
            "vyos_bgp_neighbor",
            json!({"address": "127.0.0.11", "remote_as": "64512", "ipv4_unicast": {}}),
        )],
        vec![
            ("vyos_bgp_neighbor", json!({"address": "127.0.0.11", "peer_group": "nodes"})),
            ("vyos_bgp_peer_group", json!({"name": "nodes", "remote_as": "64600", "ipv4_unicast": {}})),
        ],
        vec![("metallb_bgp_peer", peer(json!({"dual_stack_address_family": null})))],
        vec![
            (
                "metallb_bgp_peer",
                peer(json!({"dual_stack_address_family": false, "peer_address": "127.0.0.9"})),
            ),
            (
                "metallb_bgp_advertisement",
                json!({"cluster": "127.0.0.11", "name": "all", "ip_address_pools": ["public"], "peers": ["edge"]}),
            ),
            ("vyos_bgp_neighbor", neighbor(json!({"address": "127.0.0.8"}))),
        ],
        vec![("metallb_ip_address_pool", pool(&["2001:db8:f000:2::/64", "fd98::a-fd98::f"]))],
        vec![
            ("microk8s_node", json!({"host": "192.0.2.11", "channel": "1.35/stable"})),
            ("metallb_ip_address_pool", pool(&["192.0.2.1-192.0.2.20"])),
        ],
        vec![("metallb_ip_address_pool", pool(&["10.152.183.200/30"]))],
        vec![("metallb_ip_address_pool", pool(&["2001:db8:f000:2::-2001:db8:f000:3::"]))],
        vec![(
            "vyos_route_map",
            json!({"name": "LB", "rules": {"5": rule("deny", json!({})), "10": rule("permit", json!({"ipv6_prefix_list": "LB"}))}}),
        )],
        vec![
            ("vyos_bgp_neighbor", neighbor(json!({"ipv6_unicast": {"prefix_list_import": "LB"}}))),
            (
                "vyos_prefix_list6",
                json!({"name": "LB", "rules": {"10": {"action": "permit", "prefix": "2001:db8:f000:2::/64"}}}),
            ),
        ],
    ];
    let mut all = String::new();
    for changed in cases {
        let objects = with(changed.clone());
        let forth = told(&objects, &edge()).await;
        let back = told(&objects.iter().rev().cloned().collect::<Vec<_>>(), &edge()).await;
        let without_place = |told: &[String]| {
            let mut all: Vec<_> = told.iter().map(|one| one.split_once(": ").unwrap().1.to_owned()).collect();
            all.sort();
            all
        };
        assert!(!forth.is_empty(), "{changed:?}");
        assert_eq!(without_place(&forth), without_place(&back), "{changed:?}");
        all.push_str(&format!("{}\n\n", forth.join("\n")));
    }
    insta::assert_snapshot!(all);
}

#[tokio::test]
async fn what_cannot_be_known_is_not_judged() {
    let asks = |matches: Json| {
        let rules = json!({"10": {"action": "deny", "match": matches}, "20": {"action": "permit"}});
        vec![("vyos_route_map", json!({"name": "LB", "rules": rules}))]
    };
    for unknown in [
        asks(json!({"community": "CL"})),
        asks(json!({"ipv6_prefix_list": "ELSEWHERE"})),
        asks(json!({"ip_prefix_list": "LB"})),
        vec![(
            "vyos_route_map",
            json!({"name": "LB", "rules": {"10": {"action": "permit", "call": "OTHER"}}}),
        )],
        vec![("vyos_bgp_neighbor", json!({"address": "127.0.0.11", "peer_group": "elsewhere"}))],
    ] {
        assert_eq!(told(&with(unknown.clone()), &edge()).await, [""; 0], "{unknown:?}");
    }
    // Of two routers, the one whose API is at the peer's address is meant.
    let two = json!({
        "edge": {"url": "https://127.0.0.1:9", "api_key": "k"}, "other": {"url": "https://127.0.0.2:9", "api_key": "k"},
    });
    let on =
        |router: &str, system_as: u64| vec![("vyos_bgp", json!({"router": router, "system_as": system_as}))];
    let only = |changed: Vec<Object>| {
        with(changed)
            .into_iter()
            .filter(|(name, _)| ["vyos_bgp", "metallb_bgp_peer"].contains(name))
            .collect::<Vec<_>>()
    };
    assert_eq!(told(&only(on("other", 65000)), &two).await, [""; 0]);
    assert_eq!(told(&only(on("edge", 65000)), &two).await.len(), 1);
}
