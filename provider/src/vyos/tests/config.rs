//! Parts of the configuration without a type of their own: what cannot be, what is refused, and what is hidden.

use super::*;
use tfplugin::testing::Action;

const CONFIG: &str = "vyos_config";

fn ntp(config: Json) -> Json {
    json!({"router": "edge", "path": "service ntp", "config": config})
}

#[tokio::test]
async fn what_cannot_be_is_told_at_plan_on_its_attribute() {
    let run = Harness::<Microk8s>::new(&json!({})).await.unwrap();
    let mut all = String::new();
    for config in [
        json!({"path": "service", "config": {}}),
        json!({"path": "service https api", "config": {}}),
        json!({"path": "service  ntp", "config": {}}),
        json!({"path": "", "config": {}}),
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
    let planned = run.plan(CONFIG, Some(&found), &longer).await.unwrap();
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
