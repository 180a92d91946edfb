//! Secrets of sessions: whose they are, and when they stay.

use super::*;
use tfplugin::Provider;
use tfplugin::schema::{Attribute, AttributeKind, Mode, Nesting};
use tfplugin::testing::Action;
use tfplugin::value::to_plain;

/// An object with a secret that a person configured. A type with another secret joins here.
struct Case {
    type_name: &'static str,
    id: &'static str,
    by_hand: &'static [&'static str],
    /// The leaf on the router, and its value.
    leaf: (&'static str, &'static str),
    without: Json,
    /// The configuration with a secret, and with none.
    with: fn(&str) -> Json,
    with_none: Json,
    /// A change of something else.
    other: Json,
}

fn cases() -> [Case; 4] {
    let ospf = |members: Json| json!({"router": "edge", "interfaces": {"eth1": with(json!({"area": "0"}), members)}});
    [
        Case {
            type_name: NEIGHBOR,
            id: "edge/10.0.0.11",
            by_hand: &[
                "set protocols bgp system-as 213127",
                "set protocols bgp neighbor 10.0.0.11 remote-as 213127",
                "set protocols bgp neighbor 10.0.0.11 password by-hand",
            ],
            leaf: ("protocols bgp neighbor 10.0.0.11", "password"),
            without: json!({"router": "edge", "address": "10.0.0.11", "remote_as": "213127"}),
            with: |secret| json!({"password": secret}),
            with_none: json!({"password": ""}),
            other: json!({"description": "another"}),
        },
        Case {
            type_name: "vyos_bgp_peer_group",
            id: "edge/NODES",
            by_hand: &[
                "set protocols bgp system-as 213127",
                "set protocols bgp peer-group NODES remote-as 213127",
                "set protocols bgp peer-group NODES password by-hand",
            ],
            leaf: ("protocols bgp peer-group NODES", "password"),
            without: json!({"router": "edge", "name": "NODES", "remote_as": "213127"}),
            with: |secret| json!({"password": secret}),
            with_none: json!({"password": ""}),
            other: json!({"description": "another"}),
        },
        Case {
            type_name: "vyos_ospf",
            id: "edge",
            by_hand: &[
                "set interfaces ethernet eth1 address 192.0.2.1/24",
                "set protocols ospf interface eth1 area 0",
                "set protocols ospf interface eth1 authentication plaintext-password by-hand",
            ],
            leaf: ("protocols ospf interface eth1 authentication", "plaintext-password"),
            without: ospf(json!({})),
            with: |secret| json!({"interfaces": {"eth1": {"area": "0", "plaintext_password": secret}}}),
            with_none: json!({"interfaces": {"eth1": {"area": "0", "plaintext_password": ""}}}),
            other: json!({"router_id": "10.0.0.1"}),
        },
        Case {
            type_name: "vyos_ospf",
            id: "edge",
            by_hand: &[
                "set interfaces ethernet eth1 address 192.0.2.1/24",
                "set protocols ospf interface eth1 area 0",
                "set protocols ospf interface eth1 authentication md5 key-id 7 md5-key by-hand",
            ],
            leaf: ("protocols ospf interface eth1 authentication md5 key-id 7", "md5-key"),
            without: ospf(json!({})),
            with: |secret| json!({"interfaces": {"eth1": {"area": "0", "md5_keys": {"7": {"md5_key": secret}}}}}),
            with_none: json!({"interfaces": {"eth1": {"area": "0", "md5_keys": {}}}}),
            other: json!({"router_id": "10.0.0.1"}),
        },
    ]
}

async fn by_hand(case: &Case) -> (Edge, State) {
    let edge = Edge::start(Version::V1_4).await;
    edge.configure(case.by_hand).await;
    let imported = edge.run().await.import(case.type_name, case.id).await.unwrap();
    (edge, imported)
}

async fn leaf(edge: &Edge, case: &Case) -> Json {
    edge.config(case.leaf.0).await[case.leaf.1].clone()
}

fn kept(found: &Diagnostics) -> usize {
    found.iter().filter(|one| one.summary.starts_with("Secrets stay")).count()
}

/// As `terraform plan -generate-config-out` writes an object: without what is computed alone, and without
/// secrets.
fn generated(attributes: &[Attribute], object: &Value) -> Json {
    let one = |attribute: &Attribute| {
        let value = object.attribute(&attribute.name);
        let written = match (&attribute.kind, value) {
            _ if attribute.sensitive => Json::Null,
            (AttributeKind::Nested(Nesting::Single, members), Value::Object(_)) => generated(members, value),
            (AttributeKind::Nested(Nesting::Map, members), Value::Map(all)) => {
                all.iter().map(|(key, one)| (key.clone(), generated(members, one))).collect()
            }
            _ => to_plain(value).unwrap(),
        };
        (attribute.name.clone(), written)
    };
    attributes.iter().filter(|one| one.mode != Mode::Computed).map(one).collect()
}

#[test]
fn every_secret_of_a_session_stays_where_nobody_gave_it() {
    fn secrets(attributes: &[Attribute], within: &str, found: &mut Vec<String>) {
        for attribute in attributes {
            let path = format!("{within}.{}", attribute.name);
            if attribute.sensitive && attribute.form_of.is_none() {
                assert!(attribute.adopt, "{path} would be removed behind a generated configuration");
                assert!(attribute.has_write_only_form, "{path} cannot be kept out of the state");
                found.push(path.clone());
            }
            if let AttributeKind::Nested(_, members) = &attribute.kind {
                secrets(members, &path, found);
            }
        }
    }
    let mut found = Vec::new();
    let all = crate::metallb::register(crate::calico::register(Routing::registry()));
    for (name, schema) in all.resources() {
        secrets(&schema.attributes, name, &mut found);
    }
    assert_eq!(
        found,
        [
            "metallb_bgp_peer.password",
            "vyos_bgp_neighbor.password",
            "vyos_bgp_peer_group.password",
            "vyos_ospf.interfaces.plaintext_password",
            "vyos_ospf.interfaces.md5_keys.md5_key",
        ]
    );
}

#[tokio::test]
async fn a_generated_configuration_takes_nothing_away() {
    for case in cases() {
        let (edge, imported) = by_hand(&case).await;
        let run = edge.run().await;
        let (commits, _) = edge.commits_and_saves().await;
        let table = Routing::registry();
        let (_, schema) = table.resources().find(|(name, _)| *name == case.type_name).unwrap();
        for config in [generated(&schema.attributes, &imported.object), case.without.clone()] {
            let planned = edge.run().await.plan(case.type_name, Some(&imported), &config).await.unwrap();
            assert_eq!(planned.action, Action::NoOp, "{config}");
            assert_eq!(kept(&planned.diagnostics), 1, "{:?}", planned.diagnostics);
        }
        let other = with(case.without.clone(), case.other.clone());
        let changed = run.update(&imported, &other).await.unwrap();
        assert_eq!(leaf(&edge, &case).await, "by-hand");
        assert_eq!(edge.commits_and_saves().await.0, commits + 1);
        let planned = edge.run().await.plan(case.type_name, Some(&changed), &case.without).await.unwrap();
        assert_eq!(kept(&planned.diagnostics), 1, "{:?}", planned.diagnostics);
        edge.router.stop().await;
    }
}

#[tokio::test]
async fn what_was_given_and_is_not_any_more_is_removed() {
    for case in cases() {
        let (edge, imported) = by_hand(&case).await;
        let run = edge.run().await;
        let given = with(case.without.clone(), (case.with)("given"));
        let state = run.update(&imported, &given).await.unwrap();
        assert_eq!(leaf(&edge, &case).await, "given");
        // A state that does not say what was given is as one that was imported.
        let planned = run.plan(case.type_name, Some(&of_before(&state)), &case.without).await.unwrap();
        assert_eq!((planned.action, kept(&planned.diagnostics)), (Action::NoOp, 1));

        let planned = run.plan(case.type_name, Some(&state), &case.without).await.unwrap();
        assert_eq!((planned.action, kept(&planned.diagnostics)), (Action::Update, 0));
        let state = run.update(&state, &case.without).await.unwrap();
        assert_eq!(leaf(&edge, &case).await, Json::Null);

        // Also where a person sets it again. Keys of a map that is left out are theirs.
        edge.configure(case.by_hand).await;
        let run = edge.run().await;
        let (read, _) = run.read(&state).await.unwrap();
        run.update(&read.unwrap(), &case.without).await.unwrap();
        let theirs = if case.leaf.1 == "md5-key" { json!("by-hand") } else { Json::Null };
        assert_eq!(leaf(&edge, &case).await, theirs);
        edge.router.stop().await;
    }
}

#[tokio::test]
async fn none_is_none_and_stays_so() {
    for case in cases() {
        let (edge, imported) = by_hand(&case).await;
        let run = edge.run().await;
        let none = with(case.without.clone(), case.with_none.clone());
        let state = run.update(&imported, &none).await.unwrap();
        assert_eq!(leaf(&edge, &case).await, Json::Null);
        edge.configure(case.by_hand).await;
        let run = edge.run().await;
        let (read, _) = run.read(&state).await.unwrap();
        let state = run.update(&read.unwrap(), &none).await.unwrap();
        assert_eq!(leaf(&edge, &case).await, Json::Null);
        let commits = edge.commits_and_saves().await;
        run.update(&state, &case.without).await.unwrap();
        assert_eq!(edge.commits_and_saves().await.0, commits.0, "there was none, and there is none");
        edge.router.stop().await;
    }
}

/// A configuration with its secret in the write-only form.
fn write_only(config: &Json, secret: &str, version: u8) -> Json {
    let Json::Object(members) = config else { return config.clone() };
    let one = |(name, value): (&String, &Json)| match value {
        Json::String(text) if text == secret => {
            vec![(format!("{name}_wo"), value.clone()), (format!("{name}_wo_version"), json!(version))]
        }
        value => vec![(name.clone(), write_only(value, secret, version))],
    };
    Json::Object(members.iter().flat_map(one).collect())
}

#[tokio::test]
async fn a_write_only_form_reaches_the_router_and_no_state() {
    for case in cases() {
        let (edge, imported) = by_hand(&case).await;
        let run = edge.run().await;
        let form =
            |secret, version| write_only(&with(case.without.clone(), (case.with)(secret)), secret, version);
        let absent = |state: &State, secrets: &[&str]| {
            let stored = to_plain(&state.object).unwrap().to_string();
            let shown = secrets.iter().find(|secret| stored.contains(**secret));
            assert_eq!(shown, None, "{}: {stored}", case.type_name);
        };
        assert!(to_plain(&imported.object).unwrap().to_string().contains("by-hand"), "an import reads it");
        // It takes the place of what the state held.
        let state = run.update(&imported, &form("first", 1)).await.unwrap();
        assert_eq!(leaf(&edge, &case).await, "first");
        absent(&state, &["by-hand", "first"]);
        let (read, _) = edge.run().await.read(&state).await.unwrap();
        let read = read.unwrap();
        absent(&read, &["by-hand", "first"]);
        // Another value alone changes nothing, another version does.
        let planned = run.plan(case.type_name, Some(&read), &form("second", 1)).await.unwrap();
        assert_eq!((planned.action, kept(&planned.diagnostics)), (Action::NoOp, 0));
        let state = run.update(&read, &form("second", 2)).await.unwrap();
        assert_eq!(leaf(&edge, &case).await, "second");
        absent(&state, &["first", "second"]);
        // A change of something else leaves it as it is.
        let other = with(form("second", 2), case.other.clone());
        let state = run.update(&state, &other).await.unwrap();
        assert_eq!(leaf(&edge, &case).await, "second");
        // Left out again, it is removed.
        let without = with(case.without.clone(), case.other.clone());
        let state = run.update(&state, &without).await.unwrap();
        assert_eq!(leaf(&edge, &case).await, Json::Null);
        let planned = run.plan(case.type_name, Some(&state), &without).await.unwrap();
        assert_eq!((planned.action, kept(&planned.diagnostics)), (Action::NoOp, 0));
        edge.router.stop().await;
    }
}

#[tokio::test]
async fn half_a_write_only_form_is_refused_at_its_attribute() {
    let edge = Edge::start(Version::V1_4).await;
    let run = edge.run().await;
    for (members, at, expected) in [
        (json!({"password_wo": "x"}), "password_wo", "requires password_wo_version"),
        (json!({"password_wo_version": 1}), "password_wo_version", "is the version of password_wo"),
        (
            json!({"password": "x", "password_wo": "x", "password_wo_version": 1}),
            "password_wo",
            "password_wo or password, not both",
        ),
        (json!({"password_wo": "a b", "password_wo_version": 1}), "password_wo", "blank"),
    ] {
        let found = run.validate(NEIGHBOR, &with(cases()[0].without.clone(), members.clone())).unwrap();
        let told = found.iter().map(|one| (one.attribute.clone().unwrap().to_string(), one.detail.clone()));
        let told: Vec<_> = told.collect();
        assert!(
            matches!(&told[..], [(path, detail)] if path == at && detail.contains(expected)),
            "{members}: {told:?}"
        );
    }
    edge.router.stop().await;
}

#[tokio::test]
async fn one_warning_names_all_that_stay() {
    let edge = Edge::start(Version::V1_4).await;
    let addresses = ["10.0.0.11", "10.0.0.12", "10.0.0.13"];
    edge.configure(&["set protocols bgp system-as 213127"]).await;
    for address in addresses {
        for words in ["remote-as 213127", "password by-hand"] {
            edge.configure(&[&format!("set protocols bgp neighbor {address} {words}")]).await;
        }
    }
    let run = edge.run().await;
    let plan = async |address: &str| {
        let state = run.import(NEIGHBOR, &format!("edge/{address}")).await.unwrap();
        let config = json!({"router": "edge", "address": address, "remote_as": "213127"});
        run.plan(NEIGHBOR, Some(&state), &config).await.unwrap().diagnostics
    };
    let (one, two, three) = tokio::join!(plan(addresses[0]), plan(addresses[1]), plan(addresses[2]));
    let mut all = one;
    all.append(two);
    all.append(three);
    insta::assert_snapshot!(listed(&all));
    // Another object in its place has none.
    let state = run.import(NEIGHBOR, "edge/10.0.0.11").await.unwrap();
    let another = json!({"router": "edge", "address": "10.0.0.14", "remote_as": "213127"});
    let planned = edge.run().await.plan(NEIGHBOR, Some(&state), &another).await.unwrap();
    assert_eq!(planned.action, Action::Replace);
    assert!(listed(&planned.diagnostics).contains("not in the new object"), "{:?}", planned.diagnostics);
    edge.router.stop().await;
}

#[tokio::test]
async fn a_key_without_a_secret_that_could_stay_is_told_at_plan() {
    let (edge, imported) = by_hand(&cases()[3]).await;
    let keys = json!({"7": {}, "8": {}});
    let config = json!({"router": "edge", "interfaces": {"eth1": {"area": "0", "md5_keys": keys}}});
    let failed = edge.run().await.plan("vyos_ospf", Some(&imported), &config).await.unwrap_err();
    insta::assert_snapshot!(told(&failed, &edge));
    edge.router.stop().await;
}
