//! OSPF and OSPFv3: what cannot be.

use super::*;
use crate::vyos::Ospf;
use tfplugin::provider::TypeName;

#[tokio::test]
async fn what_cannot_be_is_told_at_plan_on_its_attribute() {
    let run = Harness::<Routing>::new(&json!({})).await.unwrap();
    let mut all = String::new();
    for config in [
        json!({}),
        json!({"areas": {"0": {"networks": ["10.0.0.0/24"]}}, "interfaces": {"eth1": {"area": "0"}}}),
        json!({"areas": {"0": {"networks": ["10.0.0.0/24"]}, "1": {"networks": ["10.0.0.0/24"]}}}),
        json!({"areas": {"0": {"networks": ["10.0.0.1/24"], "stub": {}}}}),
        json!({"areas": {"one": {}}}),
        json!({"areas": {"1": {"stub": {}, "nssa": {}}}}),
        json!({"interfaces": {"eth1": {"network": "ring", "plaintext_password": "nine chars", "md5_keys": {"0": {"md5_key": "x"}}}}}),
        json!({"interfaces": {"eth1": {}}, "redistribute": {"ripng": {}, "bgp": {"metric": 16_777_215, "metric_type": 3}}}),
    ] {
        let found = run.validate("vyos_ospf", &config).unwrap();
        all.push_str(&format!("{config}\n{}\n\n", listed(&found)));
    }
    for config in [json!({"areas": {"0": {"nssa": {}}}}), json!({"interfaces": {"eth1": {"area": "-1"}}})] {
        let found = run.validate("vyos_ospfv3", &config).unwrap();
        all.push_str(&format!("{config}\n{}\n\n", listed(&found)));
    }
    insta::assert_snapshot!(all);
}

/// A link that was not passive said nothing; it does not say `passive disable` now.
#[test]
fn a_stored_false_is_nothing_said() {
    let interface = |passive: Value| Value::Object([("passive".to_owned(), passive)].into());
    let interfaces = |passive: [Value; 3]| {
        let all = ["eth1", "eth2", "eth3"].into_iter().zip(passive);
        let all = all.map(|(name, passive)| (name.to_owned(), interface(passive)));
        [("interfaces".to_owned(), Value::Object(all.collect()))].into()
    };
    let mut state = interfaces([Value::Bool(false), Value::Bool(true), Value::Null]);
    Ospf::upgrade(0, &mut state).unwrap();
    assert_eq!(state, interfaces([Value::Null, Value::Bool(true), Value::Null]));
    let mut without = [("interfaces".to_owned(), Value::Null)].into();
    Ospf::upgrade(0, &mut without).unwrap();
    assert_eq!(Ospf::VERSION, 1);
}

/// A router where links speak by `passive disable` alone is imported: the same configuration plans nothing
/// and sends nothing, and each of the three words is told from the others.
#[tokio::test]
async fn an_import_leaves_the_same_links_speaking() {
    for version in [Version::V1_4, Version::V1_5] {
        let edge = Edge::start(version).await;
        edge.configure(&[
            "set interfaces ethernet eth1",
            "set interfaces ethernet eth2",
            "set interfaces ethernet eth3",
            "set protocols ospf area 0 network 10.9.0.0/16",
            "set protocols ospf passive-interface default",
            "set protocols ospf interface eth1 passive disable",
            "set protocols ospf interface eth2 passive",
            "set protocols ospf interface eth3 cost 7",
        ])
        .await;
        let before = edge.config("protocols ospf").await;
        let run = edge.run().await;
        let state = run.import("vyos_ospf", "edge").await.unwrap();
        let passive = |name: &str| {
            let interfaces = state.object.attribute("interfaces");
            let Value::Map(all) = interfaces else { panic!("{interfaces:?}") };
            all[name].attribute("passive").clone()
        };
        assert_eq!(
            ["eth1", "eth2", "eth3"].map(passive),
            [Value::Bool(false), Value::Bool(true), Value::Null]
        );
        let config = json!({
            "router": "edge", "passive_interface_default": true, "areas": {"0.0.0.0": {"networks": ["10.9.0.0/16"]}},
            "interfaces": {"eth1": {"passive": false}, "eth2": {"passive": true}, "eth3": {"cost": 7}},
        });
        let (commits, _) = edge.commits_and_saves().await;
        let state = run.update(&state, &config).await.unwrap();
        assert_eq!(edge.config("protocols ospf").await, before);
        assert_eq!(edge.commits_and_saves().await.0, commits, "nothing was sent");

        let speaking = with(
            config,
            json!({"interfaces": {"eth1": {}, "eth2": {"passive": false}, "eth3": {"passive": true}}}),
        );
        run.update(&state, &speaking).await.unwrap();
        let interfaces = edge.config("protocols ospf interface").await["interface"].clone();
        assert_eq!(interfaces["eth1"].get("passive"), None);
        assert_eq!(interfaces["eth2"], json!({"passive": {"disable": {}}}));
        assert_eq!(interfaces["eth3"], json!({"passive": {}}));
        edge.router.stop().await;
    }
}

#[tokio::test]
async fn an_interface_that_is_not_there_is_told_on_its_key() {
    // No interface is configured here, so only the router knows whether there is one; 1.5 tells it.
    let edge = Edge::start(Version::V1_5).await;
    let run = edge.run().await;
    let config = json!({"router": "edge", "interfaces": {"eth9": {"area": "0"}}});
    let refused = run.create("vyos_ospfv3", &config).await.unwrap_err();
    insta::assert_snapshot!(told(&refused, &edge));
    assert_eq!(edge.config("protocols ospfv3").await, Json::Null);
    edge.router.stop().await;
}
