//! OSPF and OSPFv3: what cannot be.

use super::*;

#[tokio::test]
async fn what_cannot_be_is_told_at_plan_on_its_attribute() {
    let run = Harness::<Microk8s>::new(&json!({})).await.unwrap();
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
