//! Static routes: what cannot be.

use super::*;

#[tokio::test]
async fn what_cannot_be_is_told_at_plan_on_its_attribute() {
    let run = Harness::<Microk8s>::new(&json!({})).await.unwrap();
    let route = |members: Json| with(json!({"destination": "192.0.2.0/24"}), members);
    let mut all = String::new();
    for config in [
        route(json!({})),
        route(json!({"destination": "192.0.2.1/24", "blackhole": {}})),
        route(json!({"blackhole": {}, "reject": {}})),
        route(json!({"next_hops": {"fd00::1": {}, "eth0": {}, "10.0.0.254": {"distance": 0}}})),
        route(json!({"destination": "::/0", "next_hops": {"fe80::1": {}, "10.0.0.254": {}}})),
        route(json!({"destination": "::/0", "next_hops": {"fe80::1": {"interface": "eth 0"}}})),
    ] {
        let found = run.validate("vyos_static_route", &config).unwrap();
        all.push_str(&format!("{config}\n{}\n\n", listed(&found)));
    }
    let fine = json!({"destination": "::/0", "next_hops": {"fe80::1": {"interface": "eth0"}}});
    assert_eq!(listed(&run.validate("vyos_static_route", &fine).unwrap()), "");
    insta::assert_snapshot!(all);
}
