//! Whatever a router holds can be read, shows as drift and can be destroyed: rules are for what is written.

use super::objects::{CASES, Case};
use super::*;
use crate::engine::router_config::{Field, Kind};
use crate::vyos::{TYPES, layout_of};
use tfplugin::testing::Action;

/// What none of the attributes has a form for.
const ODD: [&str; 5] = ["", "340282366920938463463374607431768211456", "auto", "fe80::1", "two words"];

/// Every leaf and every key of these fields with an odd value.
fn leaves(fields: &[Field], odd: &str) -> Vec<Vec<String>> {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let one = |field: &Field| {
        let path = words(field.path);
        let below = |between: &[&str], members| {
            let inner = leaves(members, odd).into_iter().chain([Vec::new()]);
            inner.map(|leaf| [path.clone(), words(between), leaf].concat()).collect::<Vec<_>>()
        };
        match field.kind {
            Kind::Valueless | Kind::TriState => Vec::new(),
            Kind::Leaf(_) | Kind::MultiLeaf(_) => vec![[path.clone(), words(&[odd])].concat()],
            Kind::PresenceNode(members) | Kind::Node(members) => below(&[], members),
            Kind::TagNode(_, members) => below(&[odd], members),
            Kind::Subtree(_) => vec![words(&["listen-address", odd]), words(&["server", odd])],
        }
    };
    fields.iter().flat_map(one).collect()
}

async fn read_planned_and_destroyed(case: &Case, odd: &str) {
    let name = case.type_name;
    let (_, layout) = layout_of(name).unwrap();
    let edge = Edge::start(Version::V1_5).await;
    if !case.before.is_empty() {
        edge.configure(case.before).await;
    }
    let config = with((case.config)(), json!({"router": "edge"}));
    let made = edge.run().await.create(name, &config).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    let node: Vec<String> = case.path.split(' ').map(str::to_owned).collect();
    let held: Vec<_> =
        leaves(layout.fields, odd).into_iter().map(|leaf| [node.clone(), leaf].concat()).collect();
    edge.router.hold(&held);

    let run = edge.run().await;
    let found = run.read(&made).await.unwrap_or_else(|error| panic!("{name} {odd:?}: {error}")).0.unwrap();
    let planned = run.plan(name, Some(&found), &config).await;
    let planned = planned.unwrap_or_else(|error| panic!("{name} {odd:?}: {error}"));
    assert_eq!(planned.action, Action::Update, "{name} {odd:?} is no drift");
    run.destroy(&found).await.unwrap_or_else(|error| panic!("{name} {odd:?}: {error}"));
    assert_eq!(edge.config(case.path).await, Json::Null, "{name} {odd:?}");
    edge.router.stop().await;
}

#[tokio::test]
async fn every_field_of_every_type_with_values_that_it_has_no_form_for() {
    for (name, _) in TYPES {
        let cases = CASES.iter().filter(|case| case.type_name == *name && case.path != "system domain-name");
        let cases: Vec<_> = cases.collect();
        assert!(!cases.is_empty(), "{name} has no case");
        for (case, odd) in cases.into_iter().flat_map(|case| ODD.map(|odd| (case, odd))) {
            read_planned_and_destroyed(case, odd).await;
        }
    }
}

#[tokio::test]
async fn an_as_that_another_release_knows_is_drift_and_a_word_for_a_number_is_told() {
    let edge = Edge::start(Version::V1_4).await;
    let run = edge.run().await;
    run.create(BGP, &bgp()).await.unwrap();
    let made = run.create(NEIGHBOR, &neighbor("10.0.0.11")).await.unwrap();
    edge.hold(&[
        "protocols|bgp|neighbor|10.0.0.11|remote-as|auto",
        "protocols|bgp|neighbor|10.0.0.11|port|many",
    ]);
    let run = edge.run().await;
    let (found, told) = run.read(&made).await.unwrap();
    let found = found.unwrap();
    assert_eq!(text(&found, "remote_as"), Some("auto"));
    insta::assert_snapshot!(listed(&told).replace(&edge.url, "https://router"));
    let mended = run.update(&found, &with(neighbor("10.0.0.11"), json!({"port": 1179}))).await.unwrap();
    assert_eq!(text(&mended, "remote_as"), Some("213127"));
    assert_eq!(edge.config("protocols bgp neighbor 10.0.0.11").await["port"], "1179");
    edge.hold(&["protocols|bgp|neighbor|10.0.0.11|remote-as|auto"]);
    edge.run().await.import(NEIGHBOR, "edge/10.0.0.11").await.unwrap();
    edge.router.stop().await;
}
