//! Calls as expressions make them.

use crate::session::Session;
use crate::session::testing::{Served, TestProvider};
use serde_json::{Value as Json, json};
use tfplugin::testing::Harness;
use tfplugin::value::to_plain;
use tfplugin::{Registry, Value};

struct Functions;

impl Served for Functions {
    fn registry() -> Registry<Session> {
        super::register(Registry::default())
    }
}

async fn harness() -> Harness<TestProvider<Functions>> {
    Harness::new(&json!({})).await.unwrap()
}

#[tokio::test]
async fn answers() {
    let pool = ["10.0.0.0/24", "10.0.0.250-10.0.1.3", "2001:db8::/112", "2001:db8::5-2001:db8::1:1"];
    let ntp = "\n# time\nset service ntp server ntp.example.net prefer\n  set service ntp server 192.0.2.1\n\
               set service ntp allow-client address '10.0.0.0/8'\nset service ntp allow-client address \"fd00::/8\"\n";
    let below = json!({
        "allow-client": {"address": ["10.0.0.0/8", "fd00::/8"]},
        "server": {"192.0.2.1": {}, "ntp.example.net": "prefer"},
    });
    let text = "set service ntp allow-client address 10.0.0.0/8\nset service ntp allow-client address fd00::/8\n\
                set service ntp server 192.0.2.1\nset service ntp server ntp.example.net prefer\n";
    let eth1 = "set interfaces ethernet eth1 description 'to the provider'\n";
    for (name, arguments, expected) in [
        ("cidr_contains", json!(["10.0.0.0/16", "10.0.5.0/24"]), json!(true)),
        ("cidr_contains", json!(["10.0.5.0/24", "10.0.0.0/16"]), json!(false)),
        ("cidr_contains", json!(["10.0.0.0/16", "10.0.0.9-10.0.1.4"]), json!(true)),
        ("cidr_contains", json!(["2001:db8::/32", "2001:DB8::1"]), json!(true)),
        ("cidr_contains", json!(["::/0", "10.0.0.1"]), json!(false)),
        ("cidr_overlaps", json!(["10.0.0.0/16", "10.0.255.255-10.1.0.3"]), json!(true)),
        ("cidr_overlaps", json!(["10.0.0.0/16", "10.1.0.0/16"]), json!(false)),
        ("cidr_overlaps", json!(["10.0.0.5/24", "10.0.0.200"]), json!(true)),
        ("cidr_overlaps", json!(["::/0", "10.0.0.1"]), json!(false)),
        ("lb_capacity", json!([pool, null]), json!({"ipv4": 260, "ipv6": 65538})),
        ("lb_capacity", json!([pool[..2], true]), json!({"ipv4": 257, "ipv6": 0})),
        ("lb_capacity", json!([["0.0.0.0/0"], true]), json!({"ipv4": 4261412864_u64, "ipv6": 0})),
        ("lb_capacity", json!([["10.0.0.255/32"], true]), json!({"ipv4": 0, "ipv6": 0})),
        ("lb_capacity", json!([[], false]), json!({"ipv4": 0, "ipv6": 0})),
        ("vyos_commands", json!(["service ntp", ntp]), below.clone()),
        ("vyos_commands", json!(["", "set system host-name edge"]), json!({"system": {"host-name": "edge"}})),
        ("vyos_commands", json!(["service lldp", "set service lldp"]), json!({})),
        ("vyos_set_commands", json!(["service ntp", below]), json!(text)),
        ("vyos_set_commands", json!(["service lldp", {}]), json!("set service lldp\n")),
        (
            "vyos_set_commands",
            json!(["interfaces ethernet eth1", {"description": "to the provider", "mtu": null}]),
            json!(eth1),
        ),
    ] {
        let Json::Array(given) = &arguments else { panic!("{arguments}") };
        let answer = harness().await.call(name, given).unwrap();
        let plain = to_plain(&answer).unwrap();
        assert_eq!(plain.to_string(), expected.to_string(), "{name}{arguments}");
    }
    let answer = harness().await.call("lb_capacity", &[json!(["2001:db8::/32"]), json!(null)]).unwrap();
    let count = "79228162514264337593543950336".parse().unwrap();
    assert_eq!(*answer.attribute("ipv6"), Value::Number(count), "every digit of 2^96");
}

#[tokio::test]
async fn a_fault_names_its_argument() {
    for (name, arguments, expected) in [
        ("cidr_contains", json!(["10.0.0.0/33", "10.0.0.1"]), "outer: \"10.0.0.0/33\""),
        ("cidr_contains", json!(["10.0.0.0/8", "node"]), "inner: \"node\""),
        ("cidr_overlaps", json!(["10.0.0.1", "10.0.0.9-10.0.0.1"]), "second: "),
        ("lb_capacity", json!([["10.0.0.1"], null]), "addresses"),
        ("lb_capacity", json!([["::/0"], null]), "addresses: all of IPv6 is no pool"),
        ("vyos_commands", json!(["", "set a b\ndelete a c"]), "text: line 2 is no `set` command"),
        ("vyos_commands", json!(["", "set a 'b"]), "text: line 1 has a quote that is not closed"),
        (
            "vyos_commands",
            json!(["service ntp", "set service ssh"]),
            "text: line 1 is not about `service ntp`",
        ),
        ("vyos_set_commands", json!(["service ntp", {"a b": {}}]), "config: "),
    ] {
        let Json::Array(given) = &arguments else { panic!("{arguments}") };
        let failure = harness().await.call(name, given).unwrap_err();
        let one = failure.diagnostics.iter().next().unwrap();
        let told = format!("{}: {}", one.attribute.as_ref().unwrap(), one.detail);
        assert!(told.contains(expected), "{name}{arguments}: {told}");
    }
}
