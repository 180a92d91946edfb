//! What a router has is listed as it would be imported: objects of each type, and what none of them is.

use super::*;
use tfplugin::testing::{Action, ListedObject};

const CONFIG: &str = "vyos_config";

fn part<'a>(listed: &'a ListedObject, name: &str) -> &'a str {
    listed.identity.attribute(name).as_str().unwrap()
}

/// Of both families, which are two nodes on the router; each under the name by which it is imported.
#[tokio::test]
async fn all_that_are_there_are_listed() {
    let edge = Edge::start(Version::V1_4).await;
    edge.configure(&[
        "set protocols static route 192.0.2.0/24 next-hop 10.0.0.1",
        "set protocols static route 198.51.100.0/24 blackhole",
        "set protocols static route6 2001:db8::/32 interface eth1",
    ])
    .await;
    let run = edge.run().await;
    // The only router needs no name, and gets it.
    let (routes, found) = run.list("vyos_static_route", &json!({}), 100, true).await.unwrap();
    assert!(found.is_empty(), "{found:?}");
    let keys: Vec<_> =
        routes.iter().filter_map(|one| one.identity.attribute("destination").as_str()).collect();
    assert_eq!(keys, ["192.0.2.0/24", "198.51.100.0/24", "2001:db8::/32"]);
    for listed in &routes {
        assert_eq!(listed.identity.attribute("router").as_str(), Some("edge"));
        let state = run.state_of("vyos_static_route", listed).unwrap();
        let generated = run.generated(&state).unwrap();
        let planned = run.plan("vyos_static_route", Some(&state), &generated).await.unwrap();
        assert_eq!(planned.action, Action::NoOp, "{generated}");
    }
    assert_eq!(run.list("vyos_static_route", &json!({}), 2, false).await.unwrap().0.len(), 2);
    for none in ["vyos_ospf", "vyos_bgp", "vyos_prefix_list"] {
        assert!(run.list(none, &json!({"router": "edge"}), 100, true).await.unwrap().0.is_empty(), "{none}");
    }
    let failure = run.list("vyos_bgp", &json!({"router": "core"}), 100, true).await.unwrap_err();
    assert!(failure.to_string().contains("no router \"core\""), "{failure}");
    edge.router.stop().await;
}

/// Each part once, as long as it has to be; and what is beside the attributes of others.
#[tokio::test]
async fn what_no_type_covers_is_listed_in_parts_and_told_where_it_is() {
    let edge = Edge::start(Version::V1_4).await;
    edge.configure(&[
        "set system host-name edge",
        &format!(
            "set system login user ops authentication encrypted-password $6$salt$salt{}",
            "x".repeat(82)
        ),
        "set system login user ops full-name Operator",
        "set service ntp server 192.0.2.1",
        "set interfaces ethernet eth1 address 10.0.0.1/24",
        "set interfaces ethernet eth1 hw-id 52:54:00:00:00:01",
        "set interfaces ethernet eth2 hw-id 52:54:00:00:00:02",
        "set interfaces loopback lo",
        "set policy as-path-list LOCAL rule 10 action permit",
        "set policy as-path-list LOCAL rule 10 regex ^$",
        "set policy prefix-list LB rule 10 action permit",
        "set policy prefix-list LB rule 10 prefix 192.0.2.0/24",
        "set protocols static route 198.51.100.0/24 blackhole",
        "set protocols static arp interface eth1 address 10.0.0.9 mac 52:54:00:00:00:09",
        "set protocols bgp system-as 64512",
        "set protocols bgp listen limit 10",
        "set protocols bgp neighbor 10.0.0.11 remote-as 64512",
        "set protocols bgp neighbor 10.0.0.11 path-attribute discard 99",
        "set protocols bgp neighbor 10.0.0.12 remote-as 64512",
        "set protocols bgp neighbor eth1 interface v6only remote-as external",
    ])
    .await;
    let run = edge.run().await;
    let (parts, found) = run.list(CONFIG, &json!({}), 100, true).await.unwrap();
    assert!(found.is_empty(), "{found:?}");
    let paths: Vec<_> = parts.iter().map(|one| part(one, "path")).collect();
    assert_eq!(
        paths,
        [
            "interfaces ethernet eth1",
            "interfaces loopback",
            "policy as-path-list LOCAL",
            "protocols bgp listen",
            "protocols bgp neighbor 10.0.0.11 path-attribute",
            // An attribute of neighbors takes addresses alone.
            "protocols bgp neighbor eth1",
            "protocols static arp",
            "service ntp",
            "system host-name",
            "system login",
        ]
    );
    for listed in &parts {
        let state = run.state_of(CONFIG, listed).unwrap();
        let generated = run.generated(&state).unwrap();
        let planned = run.plan(CONFIG, Some(&state), &generated).await.unwrap();
        assert_eq!(planned.action, Action::NoOp, "{generated}");
    }

    let (users, _) = run.list(CONFIG, &json!({"path": "system login user"}), 100, false).await.unwrap();
    assert_eq!(users.iter().map(|one| part(one, "path")).collect::<Vec<_>>(), ["system login user ops"]);
    let (none, _) = run.list(CONFIG, &json!({"path": "protocols ospf"}), 100, false).await.unwrap();
    assert!(none.is_empty());

    // Once for all neighbors, and for the one that is imported.
    let (neighbors, found) = run.list(NEIGHBOR, &json!({}), 100, true).await.unwrap();
    assert_eq!(neighbors.len(), 2);
    insta::assert_snapshot!(listed(&found).replace(&edge.url, "https://edge"));
    let (_, found) = run.import_warned(NEIGHBOR, "edge/10.0.0.11").await.unwrap();
    assert!(listed(&found).contains("protocols bgp neighbor 10.0.0.11 path-attribute"), "{found:?}");
    let (_, found) = run.import_warned(NEIGHBOR, "edge/10.0.0.12").await.unwrap();
    assert!(found.is_empty(), "{found:?}");
    edge.router.stop().await;
}
