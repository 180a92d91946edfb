//! Parts of the configuration without a type of their own: what cannot be, what is refused, and what is
//! hidden.

use super::*;
use tfplugin::testing::Action;

const CONFIG: &str = "vyos_config";

fn ntp(config: Json) -> Json {
    json!({"router": "edge", "path": "service ntp", "config": config})
}

#[tokio::test]
async fn what_cannot_be_is_told_at_plan_on_its_attribute() {
    let run = Harness::<Routing>::new(&json!({})).await.unwrap();
    let mut all = String::new();
    for config in [
        json!({"path": "service", "config": {}}),
        json!({"path": "service https api", "config": {}}),
        json!({"path": "service  ntp", "config": {}}),
        json!({"path": "", "config": {}}),
        json!({"path": "set service ntp", "config": {}}),
        json!({"path": "delete", "config": {}}),
        json!({"path": "service ntp", "config": {"server": {"a": {"prefer": true}}}}),
        json!({"path": "service ntp", "config": {"server": {"a b": {}}}}),
        json!({"path": "system domain-name", "config": "it's"}),
    ] {
        let found = run.validate(CONFIG, &config).unwrap();
        all.push_str(&format!("{config}\n{}\n\n", listed(&found)));
    }
    for fine in
        [json!({"path": "service ntp", "config": {}}), json!({"path": "service httpsd x", "config": "1"})]
    {
        assert_eq!(listed(&run.validate(CONFIG, &fine).unwrap()), "");
    }
    insta::assert_snapshot!(all);
}

#[tokio::test]
async fn what_is_there_already_is_not_overwritten_and_what_vyos_refuses_is_told() {
    let edge = Edge::start(Version::V1_4).await;
    edge.configure(&["set service ntp server 192.0.2.9", "set service ntp listen-address 10.0.0.1"]).await;
    let run = edge.run().await;
    let taken = run.create(CONFIG, &ntp(json!({"server": {"192.0.2.1": {}}}))).await.unwrap_err();
    let same = json!({"server": "192.0.2.9", "listen-address": ["10.0.0.1"]});
    run.create(CONFIG, &ntp(same)).await.unwrap();

    let wrong =
        json!({"router": "edge", "path": "service lldp", "config": {"management-address": "nowhere"}});
    let refused = run.create(CONFIG, &wrong).await.unwrap_err();
    let unknown = json!({"router": "edge", "path": "service lldp", "config": {"colour": "green"}});
    let nowhere = run.create(CONFIG, &unknown).await.unwrap_err();
    let absent = run.import(CONFIG, "edge/service snmp").await.unwrap_err();
    let said = [taken, refused, nowhere, absent].map(|failure| failure.to_string()).join("\n\n");
    insta::assert_snapshot!(said.replace(&edge.url, "https://edge"));
    edge.router.stop().await;
}

#[tokio::test]
async fn a_node_with_nothing_below_is_there_or_not() {
    let edge = Edge::start(Version::V1_4).await;
    let run = edge.run().await;
    let bare = json!({"router": "edge", "path": "service lldp", "config": {}});
    let made = run.create(CONFIG, &bare).await.unwrap();
    assert_eq!(edge.config("service").await["lldp"], json!({}));
    assert_eq!(run.plan(CONFIG, Some(&made), &bare).await.unwrap().action, Action::NoOp);
    edge.configure(&["delete service lldp"]).await;
    let run = edge.run().await;
    assert!(run.read(&made).await.unwrap().0.is_none());
    edge.router.stop().await;
}

#[tokio::test]
async fn it_goes_into_one_commit_with_the_others_and_drift_is_in_the_author_s_words() {
    let edge = Edge::start(Version::V1_4).await;
    let run = edge.run().await;
    let config =
        ntp(json!({"server": {"192.0.2.1": {"prefer": {}}, "192.0.2.2": {}}, "listen-address": null}));
    let (bgp_config, first) =
        (bgp(), json!({"router": "edge", "path": "system domain-name", "config": "example.net"}));
    let (bgp, made, name) =
        tokio::join!(run.create(BGP, &bgp_config), run.create(CONFIG, &config), run.create(CONFIG, &first));
    bgp.unwrap();
    name.unwrap();
    let made = made.unwrap();
    let (commits, saves) = edge.commits_and_saves().await;
    assert!(commits <= 2 && saves <= 2, "{commits} commits, {saves} saves");

    edge.configure(&["set service ntp server 192.0.2.2 pool", "set service ntp server 192.0.2.3"]).await;
    let run = edge.run().await;
    let found = run.read(&made).await.unwrap().0.unwrap();
    let drifted = json!({"server": {"192.0.2.1": {"prefer": {}}, "192.0.2.2": "pool", "192.0.2.3": {}}});
    let planned = run.plan(CONFIG, Some(&found), &ntp(drifted)).await.unwrap();
    assert_eq!(planned.action, Action::NoOp, "the state says what is there");
    let longer = json!({"router": "edge", "path": "service ntp server 192.0.2.1", "config": {}});
    let planned = edge.run().await.plan(CONFIG, Some(&found), &longer).await.unwrap();
    assert_eq!(planned.action, Action::Replace);
    edge.router.stop().await;
}

/// VyOS answers for a tag node and for a leaf with the node itself, for anything else with what is below.
#[tokio::test]
async fn what_is_above_the_path_may_be_anything() {
    let edge = Edge::start(Version::V1_4).await;
    let rules = json!({"10": {"action": "permit", "regex": "_64512_"}});
    let cases = [
        ("policy as-path-list LONG", json!({"rule": rules})),
        ("policy as-path-list as-path-list", json!({"rule": rules})),
        ("policy as-path-list rule rule", rules.clone()),
        ("policy as-path-list LONGER rule 10", rules["10"].clone()),
        ("service ntp listen-address 10.0.0.1", json!({})),
    ];
    for (path, config) in cases {
        let config = json!({"router": "edge", "path": path, "config": config});
        let made =
            edge.run().await.create(CONFIG, &config).await.unwrap_or_else(|error| panic!("{path}: {error}"));
        let run = edge.run().await;
        let found = run.read(&made).await.unwrap().0.unwrap();
        assert_eq!(run.plan(CONFIG, Some(&found), &config).await.unwrap().action, Action::NoOp, "{path}");
        run.import(CONFIG, &format!("edge/{path}")).await.unwrap();
        run.destroy(&found).await.unwrap();
        assert!(edge.run().await.read(&found).await.unwrap().0.is_none(), "{path}");
    }
    edge.router.stop().await;
}

#[tokio::test]
async fn a_password_that_vyos_rewrites_is_told_before_and_any_other_rewriting_after() {
    let edge = Edge::start(Version::V1_4).await;
    let run = edge.run().await;
    let user = |config: Json| json!({"router": "edge", "path": "system login user alice", "config": config});
    let plain = user(json!({"authentication": {"plaintext-password": "hunter2"}}));
    let mut all = listed(&run.validate(CONFIG, &plain).unwrap());
    let snmp = json!({"path": "service snmp", "config": {"v3": {"user": {"a": {"privacy": {"plaintext-password": "x"}}}}}});
    all.push_str(&format!("\n\n{}", listed(&run.validate(CONFIG, &snmp).unwrap())));

    // VyOS drops leading blanks.
    let blank = user(json!({"full-name": " Alice"}));
    all.push_str(&format!("\n\n{}", told(&run.create(CONFIG, &blank).await.unwrap_err(), &edge)));
    let kept = run.create(CONFIG, &user(json!({"full-name": "Alice"}))).await.unwrap();
    let run = edge.run().await;
    let refused = run.update(&kept, &user(json!({"full-name": "  Alice B"}))).await.unwrap_err();
    all.push_str(&format!("\n\n{}", told(&refused, &edge)));
    insta::assert_snapshot!(all);
    edge.router.stop().await;
}

#[tokio::test]
async fn a_login_as_every_installed_router_has_it_is_read_changed_and_destroyed() {
    let edge = Edge::start(Version::V1_4).await;
    edge.hold(&[
        "system|login|user|vyos|authentication|plaintext-password|",
        "system|login|user|vyos|authentication|encrypted-password|$6$a$b",
    ]);
    let run = edge.run().await;
    let imported = run.import(CONFIG, "edge/system login").await.unwrap();
    let login = |name: &str| {
        let user = json!({"authentication": {"encrypted-password": "$6$a$b"}, "full-name": name});
        json!({"router": "edge", "path": "system login", "config": {"user": {"vyos": user}}})
    };
    let planned = run.plan(CONFIG, Some(&imported), &login("Vy")).await.unwrap();
    let changed = run.apply(&planned).await.unwrap().unwrap();
    let user = edge.config("system login user vyos").await;
    assert_eq!(user["authentication"]["plaintext-password"], "", "left alone: {user}");
    let run = edge.run().await;
    let found = run.read(&changed).await.unwrap().0.unwrap();
    assert_eq!(run.plan(CONFIG, Some(&found), &login("Vy")).await.unwrap().action, Action::NoOp);
    run.destroy(&found).await.unwrap();
    assert_eq!(edge.config("system login").await, Json::Null, "it goes with its user");
    edge.router.stop().await;
}

/// Without it the names of network cards swap at the next boot.
#[tokio::test]
async fn the_hardware_address_that_vyos_wrote_is_left_alone_in_every_part_that_has_it() {
    let edge = Edge::start(Version::V1_4).await;
    let address = json!({"address": "10.0.0.1/24"});
    for (path, config) in [
        ("interfaces ethernet eth1", address.clone()),
        ("interfaces ethernet", json!({"eth1": address.clone()})),
        ("interfaces", json!({"ethernet": {"eth1": address.clone()}})),
    ] {
        edge.hold(&[
            "interfaces|ethernet|eth1|hw-id|00:00:5e:00:53:01",
            "interfaces|ethernet|eth2|hw-id|00:00:5e:00:53:02",
        ]);
        let config = json!({"router": "edge", "path": path, "config": config});
        let made =
            edge.run().await.create(CONFIG, &config).await.unwrap_or_else(|error| panic!("{path}: {error}"));
        let run = edge.run().await;
        let found = run.read(&made).await.unwrap().0.unwrap();
        assert_eq!(run.plan(CONFIG, Some(&found), &config).await.unwrap().action, Action::NoOp, "{path}");
        let imported = run.import(CONFIG, &format!("edge/{path}")).await.unwrap();
        assert_eq!(run.plan(CONFIG, Some(&imported), &config).await.unwrap().action, Action::NoOp, "{path}");
        edge.configure(&["set interfaces ethernet eth1 mtu 1400"]).await;
        let run = edge.run().await;
        let drifted = run.read(&found).await.unwrap().0.unwrap();
        run.update(&drifted, &config).await.unwrap();
        run.destroy(&found).await.unwrap();
        let left = edge.config("interfaces ethernet").await;
        let hardware = |last: u8| json!({"hw-id": format!("00:00:5e:00:53:0{last}")});
        assert_eq!(left, json!({"ethernet": {"eth1": hardware(1), "eth2": hardware(2)}}), "{path}");
        run.destroy(&found).await.unwrap();
    }
    edge.router.stop().await;
}

#[tokio::test]
async fn what_it_made_above_itself_goes_with_it_and_what_others_made_or_filled_stays() {
    let edge = Edge::start(Version::V1_4).await;
    edge.configure(&["set protocols static route 10.0.0.0/8 blackhole", "set service lldp"]).await;
    let part = |path: &str, config: Json| json!({"router": "edge", "path": path, "config": config});
    let run = edge.run().await;
    let network = part("protocols ospf area 0 network", json!(["10.1.0.0/24"]));
    let hop = part("protocols static route 0.0.0.0/0 next-hop 10.0.0.254", json!({}));
    let one = part("service ntp server 192.0.2.1", json!({}));
    let other = part("service ntp server 192.0.2.2", json!({"prefer": {}}));
    let filled = part("service lldp interface eth1", json!({"disable": {}}));
    let mut made = Vec::new();
    for config in [&network, &hop, &filled] {
        made.push(run.create(CONFIG, config).await.unwrap());
    }
    let (one, other) = tokio::join!(run.create(CONFIG, &one), run.create(CONFIG, &other));
    let (one, other) = (one.unwrap(), other.unwrap());
    for state in &made {
        run.destroy(state).await.unwrap();
    }
    assert_eq!(
        edge.config("protocols").await,
        json!({"static": {"route": {"10.0.0.0/8": {"blackhole": {}}}}}),
        "neither an OSPF without networks nor a route without next hop is left"
    );
    assert_eq!(edge.config("service").await["lldp"], json!({}), "it was there before");
    edge.configure(&["set service ntp listen-address 10.0.0.1"]).await;
    run.destroy(&one).await.unwrap();
    run.destroy(&other).await.unwrap();
    assert_eq!(edge.config("service ntp").await, json!({"listen-address": "10.0.0.1"}), "somebody filled it");

    let run = edge.run().await;
    let imported = run.import(CONFIG, "edge/service lldp").await.unwrap();
    let bare = part("service lldp", json!({}));
    assert_eq!(run.plan(CONFIG, Some(&imported), &bare).await.unwrap().action, Action::NoOp);
    edge.router.stop().await;
}
