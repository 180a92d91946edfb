//! Routers with real routing daemons: what is committed is what they run.

use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::island::{Island, joined, possible, router, until};
use vyos_stand_in::Version;

/// What FRR prints of a neighbor whose session stands.
const ESTABLISHED: &str = "\"bgpState\":\"Established\"";

#[test]
fn two_routers_hold_a_session_and_exchange_routes() {
    if !possible() {
        return;
    }
    let (left, right) = joined("10.9.0.1/24", "10.9.0.2/24");
    let (ready, started) = mpsc::channel();
    let (learn, learned) = tokio::sync::oneshot::channel::<()>();
    let (finish, finished) = tokio::sync::oneshot::channel::<()>();
    let side = std::thread::spawn(move || {
        right.run(async move || {
            let bench = router("right", Version::V1_5).await;
            let said = bench
                .configure(&[
                    "set policy prefix-list6 OURS rule 10 action permit",
                    "set policy prefix-list6 OURS rule 10 prefix 2001:db8:f000::/48",
                    "set policy prefix-list6 OURS rule 10 le 64",
                    "set policy route-map IN rule 10 action permit",
                    "set policy route-map IN rule 10 set local-preference 200",
                    "set protocols bgp system-as 65002",
                    "set protocols bgp timers keepalive 3",
                    "set protocols bgp timers holdtime 9",
                    "set protocols bgp neighbor 10.9.0.1 remote-as 65001",
                    "set protocols bgp neighbor 10.9.0.1 timers connect 1",
                    "set protocols bgp neighbor 10.9.0.1 address-family ipv4-unicast route-map import IN",
                    "set protocols bgp neighbor 10.9.0.1 address-family ipv6-unicast prefix-list import OURS",
                ])
                .await;
            assert_eq!(said.data(), "");
            ready.send(()).expect("the test waits");
            let routes = until(&bench, "show bgp ipv4 json", |said| said.contains("10.77.0.0/16")).await;
            let routes: Value = serde_json::from_str(&routes.expect("the route arrives")).expect("JSON");
            assert_eq!(
                routes["routes"]["10.77.0.0/16"][0]["locPrf"], 200,
                "the route map is applied: {routes}"
            );
            learn.send(()).expect("the left router waits");
            drop(finished.await);
            bench.router.stop().await;
        });
    });
    started.recv_timeout(Duration::from_secs(60)).expect("the right router is configured");
    left.run(async move || {
        let bench = router("left", Version::V1_4).await;
        let said = bench
            .configure(&[
                "set protocols bgp system-as 65001",
                "set protocols bgp parameters router-id 10.9.0.1",
                "set protocols bgp neighbor 10.9.0.2 remote-as external",
                "set protocols bgp neighbor 10.9.0.2 timers connect 1",
                "set protocols bgp neighbor 10.9.0.2 address-family ipv4-unicast",
                "set protocols bgp neighbor 10.9.0.2 address-family ipv6-unicast",
                "set protocols bgp address-family ipv4-unicast redistribute static",
                "set protocols static route 10.77.0.0/16 blackhole",
            ])
            .await;
        assert_eq!(said.data(), Value::Null);
        let established = until(&bench, "show bgp neighbors json", |said| said.contains(ESTABLISHED)).await;
        assert!(established.is_ok(), "{established:?}");
        let shown =
            bench.post("/show", json!({"op": "show", "path": ["bgp", "neighbors", "json"]})).await.data();
        assert!(shown.as_str().is_some_and(|shown| shown.contains(ESTABLISHED)), "{shown}");

        learned.await.expect("the right router learns the route");

        // An update as deletion and setting in one request leaves the session alone.
        let count = |text: &str| {
            let shown: Value = serde_json::from_str(text).expect("FRR prints JSON");
            shown["10.9.0.2"]["connectionsEstablished"].as_u64()
        };
        let before = bench.router.vtysh("show bgp neighbors json").await.unwrap_or_default();
        bench
            .configure(&[
                "delete protocols bgp neighbor 10.9.0.2",
                "set protocols bgp neighbor 10.9.0.2 remote-as external",
                "set protocols bgp neighbor 10.9.0.2 description upstream",
                "set protocols bgp neighbor 10.9.0.2 timers connect 1",
                "set protocols bgp neighbor 10.9.0.2 address-family ipv4-unicast",
                "set protocols bgp neighbor 10.9.0.2 address-family ipv6-unicast",
            ])
            .await
            .data();
        let after = bench.router.vtysh("show bgp neighbors json").await.unwrap_or_default();
        assert!(after.contains("\"upstream\"") && after.contains(ESTABLISHED), "{after}");
        assert_eq!(count(&after), count(&before), "the session was not reset");

        // What FRR refuses fails the component with FRR's words.
        let said = bench.configure(&["set protocols bgp neighbor 10.9.0.2 description  "]).await;
        assert_eq!(said.status, 400, "{said:?}");
        let said = bench.configure(&["set protocols bgp neighbor 10.9.0.2 timers connect 0"]).await;
        assert!(said.error().contains("[[protocols bgp]] failed\nCommit failed\n"), "{said:?}");
        assert!(said.error().contains("% Unknown command"), "{said:?}");

        bench.configure(&["delete protocols bgp"]).await.data();
        let gone = bench.router.vtysh("show running-config bgpd").await.unwrap_or_default();
        assert!(!gone.contains("router bgp"), "{gone}");
        finish.send(()).expect("the right router waits");
        bench.router.stop().await;
    });
    side.join().expect("the right router saw what it should");
}

#[test]
fn frr_keeps_half_of_what_it_refuses() {
    if !possible() {
        return;
    }
    Island::new().run(async || {
        let bench = router("half", Version::V1_4).await;
        let said = bench
            .configure(&[
                "set protocols bgp system-as 65001",
                "set protocols bgp neighbor 192.0.2.2 remote-as 65001",
                "set protocols bgp neighbor 192.0.2.2 address-family ipv4-unicast as-override",
            ])
            .await;
        assert_eq!(said.status, 400);
        let error: String = said.error().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(error.contains("Failure to communicate[13] to bgpd"), "{error}");
        assert_eq!(bench.show("protocols bgp").await.status, 400, "the tree has nothing of it");
        let running = async || bench.router.vtysh("show running-config bgpd").await.unwrap_or_default();
        assert!(running().await.contains("neighbor 192.0.2.2 remote-as 65001"), "FRR has half of it");
        bench.configure(&["delete protocols bgp"]).await.data();
        assert!(running().await.contains("neighbor 192.0.2.2"), "nothing to delete, nothing is cleared");
        bench.configure(&["set policy route-map RM rule 10 action permit"]).await.data();
        assert!(running().await.contains("neighbor 192.0.2.2"), "the policy's script leaves it alone");
        bench.configure(&["set protocols bgp system-as 65001"]).await.data();
        let repaired = running().await;
        assert!(repaired.contains("router bgp 65001") && !repaired.contains("192.0.2.2"), "{repaired}");
        assert!(repaired.contains("route-map RM permit 10"), "{repaired}");
        bench.router.stop().await;
    });
}

#[test]
fn from_1_5_on_everything_is_rendered_by_the_last_component() {
    if !possible() {
        return;
    }
    Island::new().run(async || {
        let bench = router("last", Version::V1_5).await;
        let said = bench
            .configure(&[
                "set policy route-map RM rule 10 action permit",
                "set protocols static route 10.77.0.0/16 blackhole",
                "set protocols bgp system-as 65001",
                "set protocols bgp neighbor 192.0.2.2 remote-as 65001",
                "set protocols bgp neighbor 192.0.2.2 address-family ipv4-unicast as-override",
            ])
            .await;
        assert_eq!(said.status, 400);
        let error: String = said.error().split_whitespace().collect::<Vec<_>>().join(" ");
        let explained = "[ protocols bgp ] The system encountered an error while rendering the new routing daemon configuration. To ensure network stability";
        assert!(error.starts_with(explained), "{error}");
        assert!(error.ends_with("[[protocols bgp]] failed Commit failed"), "{error}");
        assert_eq!(bench.show("policy route-map RM rule 10").await.data(), json!({"action": "permit"}));
        assert_eq!(bench.show("protocols").await.data(), json!({"static": {"route": {"10.77.0.0/16": {"blackhole": {}}}}}));
        // The next commit renders everything again, and so mends what FRR kept.
        bench.configure(&["delete protocols static"]).await.data();
        let running = bench.router.vtysh("show running-config").await.unwrap_or_default();
        assert!(running.contains("route-map RM permit 10") && !running.contains("router bgp"), "{running}");
        bench.router.stop().await;
    });
}

#[test]
fn neighbors_of_a_listen_range_come_by_themselves() {
    if !possible() {
        return;
    }
    let (left, right) = joined("10.9.1.1/24", "10.9.1.2/24");
    let (finish, finished) = tokio::sync::oneshot::channel::<()>();
    let side = std::thread::spawn(move || {
        right.run(async move || {
            let bench = router("node", Version::V1_4).await;
            bench
                .configure(&[
                    "set protocols bgp system-as 65001",
                    "set protocols bgp neighbor 10.9.1.1 remote-as internal",
                    "set protocols bgp neighbor 10.9.1.1 timers connect 1",
                    "set protocols bgp neighbor 10.9.1.1 address-family ipv4-unicast",
                ])
                .await
                .data();
            drop(finished.await);
            bench.router.stop().await;
        });
    });
    left.run(async move || {
        let bench = router("listener", Version::V1_4).await;
        bench
            .configure(&[
                "set protocols bgp system-as 65001",
                "set protocols bgp peer-group NODES remote-as internal",
                "set protocols bgp peer-group NODES address-family ipv4-unicast",
                "set protocols bgp listen range 10.9.1.0/24 peer-group NODES",
            ])
            .await
            .data();
        let neighbors = until(&bench, "show bgp neighbors json", |said| said.contains(ESTABLISHED)).await;
        let neighbors: Value = serde_json::from_str(&neighbors.expect("a session")).expect("JSON");
        assert_eq!(neighbors["10.9.1.2"]["bgpState"], "Established", "{neighbors}");
        assert_eq!(
            bench.show("protocols bgp neighbor").await.error(),
            "Configuration under specified path is empty\n",
            "the tree has no such neighbor"
        );
        finish.send(()).expect("the node waits");
        bench.router.stop().await;
    });
    side.join().expect("the node saw what it should");
}

/// Rules of prefix-lists, and whether FRR has them after the router took them. FRR's rule is length <= ge <=
/// le.
const LENGTHS: &[(&str, &str, bool)] = &[
    ("prefix-list", "10.0.0.0/16 ge 24", true),
    ("prefix-list", "10.0.0.0/8 ge 8 le 24", true),
    ("prefix-list", "10.0.0.0/16 ge 16", true),
    ("prefix-list", "10.0.0.0/16 le 16", true),
    ("prefix-list", "10.0.0.1/32 ge 32", true),
    ("prefix-list", "0.0.0.0/0 ge 0", true),
    ("prefix-list", "0.0.0.0/0 ge 0 le 0", true),
    ("prefix-list", "10.0.0.0/16 ge 8", false),
    ("prefix-list", "10.0.0.0/16 le 8", false),
    ("prefix-list", "10.0.0.0/16 ge 24 le 20", false),
    ("prefix-list6", "2001:db8::/48 ge 48 le 64", true),
    ("prefix-list6", "2001:db8::1/128 ge 128", true),
    ("prefix-list6", "::/0 ge 0", true),
    ("prefix-list6", "2001:db8::/48 ge 32", false),
    ("prefix-list6", "2001:db8::/48 ge 64 le 56", false),
];

#[test]
fn frr_takes_lengths_from_that_of_the_prefix_on_and_drops_other_rules() {
    if !possible() {
        return;
    }
    Island::new().run(async || {
        let bench = router("lists", Version::V1_4).await;
        for (kind, rule, kept) in LENGTHS {
            let at = format!("policy {kind} LIST");
            let (prefix, lengths) = rule.split_once(' ').expect("a prefix and lengths");
            let words: Vec<&str> = lengths.split(' ').collect();
            let leaves = words.chunks(2).map(|leaf| leaf.join(" "));
            let leaves = leaves.chain(["action permit".to_owned(), format!("prefix {prefix}")]);
            let lines: Vec<String> = leaves.map(|leaf| format!("set {at} rule 10 {leaf}")).collect();
            bench.configure(&lines.iter().map(String::as_str).collect::<Vec<_>>()).await.data();
            let running = bench.router.vtysh("show running-config").await.unwrap_or_default();
            assert_eq!(running.contains("LIST seq 10 permit"), *kept, "{rule}: {running}");
            // The next ones would suffer from a rule that is refused.
            bench.configure(&[&format!("delete {at}")]).await.data();
        }
        bench.router.stop().await;
    });
}

#[test]
fn statements_of_every_section_are_taken() {
    if !possible() {
        return;
    }
    for version in [Version::V1_4, Version::V1_5] {
        let island = Island::new();
        island.ip("link add eth0 type veth peer name eth1");
        island.run(async move || {
            let bench = router(&format!("all-{}", if version == Version::V1_4 { 4 } else { 5 }), version).await;
            let said = bench
                .configure(&[
                    "set policy as-path-list ASP rule 10 action permit",
                    "set policy as-path-list ASP rule 10 regex ^65002$",
                    "set policy community-list CL rule 10 action permit",
                    "set policy community-list CL rule 10 regex 65001:1",
                    "set policy access-list 10 rule 5 action permit",
                    "set policy access-list 10 rule 5 source any",
                    "set policy access-list6 SIX rule 5 action permit",
                    "set policy access-list6 SIX rule 5 source network 2001:db8::/32",
                    "set policy prefix-list PL rule 10 action permit",
                    "set policy prefix-list PL rule 10 prefix 0.0.0.0/0",
                    "set policy route-map RM rule 10 action permit",
                    "set policy route-map RM rule 10 match as-path ASP",
                    "set policy route-map RM rule 10 match community community-list CL",
                    "set policy route-map RM rule 10 match ip address prefix-list PL",
                    "set policy route-map RM rule 10 set as-path prepend 65001",
                    "set policy route-map RM rule 10 set community add no-export",
                    "set policy route-map RM rule 10 set large-community replace 1:2:3",
                    "set policy route-map RM rule 10 set metric +5",
                    "set protocols static route 10.77.0.0/16 next-hop 192.0.2.1 distance 30",
                    "set protocols static route6 2001:db8:77::/48 blackhole tag 7",
                    "set protocols ospf interface eth0 area 0",
                    "set protocols ospf interface eth0 network point-to-point",
                    "set protocols ospf interface eth0 authentication md5 key-id 1 md5-key secret",
                    "set protocols ospf area 1 area-type nssa no-summary",
                    "set protocols ospf default-information originate always",
                    "set protocols ospf redistribute bgp route-map RM",
                    "set protocols ospfv3 interface eth0 area 0",
                    "set protocols ospfv3 interface eth0 network point-to-point",
                    "set protocols ospfv3 area 1 range 2001:db8::/32 advertise",
                    "set protocols ospfv3 redistribute bgp metric-type 1",
                    "set protocols ospfv3 redistribute connected",
                    "set protocols ospfv3 default-information originate always",

                    "set protocols bgp system-as 65001",
                    "set protocols bgp parameters bestpath as-path multipath-relax",
                    "set protocols bgp parameters graceful-restart stalepath-time 100",
                    "set protocols bgp parameters distance global external 20",
                    "set protocols bgp parameters distance global internal 200",
                    "set protocols bgp parameters distance global local 200",
                    "set protocols bgp address-family ipv4-unicast maximum-paths ibgp 4",
                    "set protocols bgp address-family ipv4-unicast aggregate-address 10.0.0.0/8 summary-only",
                    "set protocols bgp address-family ipv6-unicast network 2001:db8:77::/48",
                    "set protocols bgp peer-group PG remote-as 65002",
                    "set protocols bgp peer-group PG ebgp-multihop 4",
                    "set protocols bgp peer-group PG password secret",
                    "set protocols bgp peer-group PG address-family ipv4-unicast maximum-prefix 100",
                    "set protocols bgp peer-group PG address-family ipv4-unicast filter-list import ASP",
                    "set protocols bgp listen range 198.51.100.0/24 peer-group PG",
                    "set protocols bgp neighbor 192.0.2.9 peer-group PG",
                    "set protocols bgp neighbor eth0 interface v6only remote-as external",
                    "set protocols bgp neighbor eth0 address-family ipv6-unicast soft-reconfiguration inbound",
                ])
                .await;
            assert_eq!(said.status, 200, "{version:?}: {said:?}");
            let running = bench.router.vtysh("show running-config").await.unwrap_or_default();
            for line in [
                "bgp as-path access-list ASP seq 10 permit ^65002$",
                "bgp community-list expanded CL seq 10 permit 65001:1",
                "access-list 10 seq 5 permit any",
                "ipv6 access-list SIX seq 5 permit 2001:db8::/32",
                "set metric +5",
                "ip route 10.77.0.0/16 192.0.2.1 30",
                "ipv6 route 2001:db8:77::/48 blackhole tag 7",
                "ip ospf message-digest-key 1 md5 secret",
                "area 1 nssa no-summary",
                "default-information originate always",
                "redistribute bgp route-map RM",
                "redistribute bgp metric-type 1",
                "bgp bestpath as-path multipath-relax",
                "aggregate-address 10.0.0.0/8 summary-only",
                "neighbor PG maximum-prefix 100",
                "bgp listen range 198.51.100.0/24 peer-group PG",
                "neighbor 192.0.2.9 peer-group PG",
                "neighbor eth0 interface v6only remote-as external",
            ] {
                assert!(running.contains(line), "{version:?}: {line} in {running}");
            }
            bench.configure(&["delete protocols", "delete policy"]).await.data();
            let running = bench.router.vtysh("show running-config").await.unwrap_or_default();
            for word in ["router ", "route-map", "prefix-list", "access-list", " route "] {
                assert!(!running.contains(word), "{version:?}: {word} in {running}");
            }
            bench.router.stop().await;
        });
    }
}
