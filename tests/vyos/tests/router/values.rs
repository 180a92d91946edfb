//! What `set` refuses, word by word.

use serde_json::json;

use crate::island::{Island, possible, router};
use crate::support::Bench;
use vyos_stand_in::Version;

/// One `set`, as words; the text that the answer holds.
const REFUSED: &[(&[&str], &str)] = &[
    (
        &["protocols", "bgp", "bogus", "1"],
        "Configuration path: [protocols bgp bogus 1] is not valid\n\nSet failed\n",
    ),
    (
        &["protocols bgp neighbor 192.0.2.2 description foo"],
        "Configuration path: [protocols bgp neighbor 192.0.2.2 description foo] is not valid\n\nSet failed\n",
    ),
    (
        &["protocols", "bgp", "neighbor", "192.0.2.2", "shutdown", "yes"],
        "Configuration path: [protocols bgp neighbor 192.0.2.2 shutdown yes] is not valid\n\nSet failed\n",
    ),
    (
        &["protocols", "bgp", "system-as"],
        "Configuration path: [protocols bgp system-as] requires a value\nSet failed\n",
    ),
    (
        &["protocols", "bgp", "system-as", "banana"],
        "'banana' is not a valid number\n\n\n\nInvalid value\nValue validation failed\nSet failed\n",
    ),
    (
        &["protocols", "bgp", "system-as", "0"],
        "Number is not in any of allowed ranges\n\n\n\nInvalid value\nValue validation failed\nSet failed\n",
    ),
    (
        &["protocols", "bgp", "neighbor", "192.0.2.2", "remote-as", "banana"],
        "'banana' is not a valid number\n\n\n\nInvalid AS number\nValue validation failed\nSet failed\n",
    ),
    (
        &["protocols", "bgp", "parameters", "router-id", "1.2.3"],
        "Error: 1.2.3 is not a valid IPv4 address\n\n\n\nInvalid value\nValue validation failed\nSet failed\n",
    ),
    (
        &["protocols", "static", "route", "10.9.0.5/16", "blackhole"],
        "Error: 10.9.0.5/16 is not a valid IPv4 prefix\n\n\n\nInvalid value\nValue validation failed\nSet failed\n",
    ),
    (
        &["protocols", "bgp", "neighbor", "notanip", "remote-as", "1"],
        "Incorrect path /sys/class/net/notanip: no such file or directory\n\nError: notanip is not a valid IP address\n\n\n\nInvalid value\nValue validation failed\nSet failed\n",
    ),
    (
        &["protocols", "bgp", "neighbor", "::ffff:192.0.2.1", "remote-as", "1"],
        "Incorrect path /sys/class/net/::ffff:192.0.2.1: no such file or directory\n\nError: ::ffff:192.0.2.1 is not a valid IP address\n\n\n\nInvalid value\nValue validation failed\nSet failed\n",
    ),
    (
        &["protocols", "ospf", "interface", "eth0", "authentication", "plaintext-password", "a b"],
        "\n\nPassword must be 8 characters or less\nValue validation failed\nSet failed\n",
    ),
    (
        &["policy", "route-map", "A", "rule", "1", "set", "as-path", "prepend", "0"],
        "Number is not in any of allowed ranges\n\n\n\nInvalid value\nValue validation failed\nSet failed\n",
    ),
    (
        &["policy", "route-map", "A", "rule", "1", "set", "extcommunity", "rt", "65536:1"],
        "Invalid community format\n\n\n\nInvalid value\nValue validation failed\nSet failed\n",
    ),
    (
        &["policy", "route-map", "A", "rule", "1", "action", "maybe"],
        "\n\nInvalid value\nValue validation failed\nSet failed\n",
    ),
    (
        &["policy", "prefix-list", "with.dot", "description", "x"],
        "\n\nName of prefix-list can only contain alpha-numeric letters, hyphen and underscores\nValue validation failed\nSet failed\n",
    ),
    (
        &["policy", "route-map", "A", "rule", "1", "set", "community", "add", "1:70000"],
        "Invalid community format\n\n\n\nInvalid value\nValue validation failed\nSet failed\n",
    ),
    (
        &["protocols", "bgp", "neighbor", "192.0.2.2", "description", "it's"],
        "Cannot use the single quote (') character in a value string\nValue validation failed\nSet failed\n",
    ),
    (
        &["protocols", "bgp", "neighbor", "192.0.2.2", "description", "a \"b\""],
        "Cannot use the double quote (\") character in a value string\nValue validation failed\nSet failed\n",
    ),
    (
        &["protocols", "bgp", "neighbor", "192.0.2.2", "description", "a\nb"],
        "Cannot use the newline character in a value string\nValue validation failed\nSet failed\n",
    ),
];

#[tokio::test]
async fn what_is_refused_says_why() {
    let bench = Bench::new(Version::V1_4).await;
    for (path, said) in REFUSED {
        let answer = bench.post("/configure", json!({"op": "set", "path": path})).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, *said), "{path:?}");
    }
    assert_eq!(bench.show("protocols").await.status, 400, "nothing of it was kept");
}

/// What templates of 1.4 do not check, and reads as if they did.
const TAKEN: &[&str] = &[
    "set policy community-list A.B rule 1 action permit",
    "set policy community-list A.B rule 1 regex 65001:1",
    "set policy as-path-list A.B rule 1 action permit",
    "set policy as-path-list A.B rule 1 regex ^65001",
    "set protocols ospf area 0 range 192.0.2.0/24 cost 16777215",
    "set protocols ospf area 0 range 192.0.2.0/24 not-advertise",
    "set protocols bgp system-as 65001",
    "set protocols bgp address-family ipv4-unicast redistribute connected metric 0",
    "set protocols bgp neighbor 192.0.2.2 remote-as 65002",
    "set protocols bgp neighbor 192.0.2.2 address-family ipv4-unicast filter-list import A.B",
];

#[tokio::test]
async fn what_no_template_checks_is_taken() {
    let bench = Bench::new(Version::V1_4).await;
    let said = bench.configure(TAKEN).await;
    assert_eq!(said.status, 200, "{said:?}");
}

#[test]
fn what_no_template_checks_is_taken_by_frr_too() {
    if !possible() {
        return;
    }
    Island::new().run(async || {
        let bench = router("taken", Version::V1_4).await;
        let said = bench.configure(TAKEN).await;
        assert_eq!(said.status, 200, "{said:?}");
        bench.router.stop().await;
    });
}

#[tokio::test]
async fn long_texts_and_names() {
    let bench = Bench::new(Version::V1_4).await;
    let describe = |text: String| json!({"op": "set", "path": ["policy", "route-map", "A", "description"], "value": text});
    bench.post("/configure", describe("ü".repeat(255))).await.data();
    assert_eq!(
        bench.post("/configure", describe("x".repeat(256))).await.error(),
        "\n\nDescription too long (limit 255 characters)\nValue validation failed\nSet failed\n"
    );
    let name = json!({"op": "set", "path": ["policy", "route-map", "x".repeat(300)]});
    assert_eq!(bench.post("/configure", name).await.error(), "Set failed\n");
    let said = bench.post("/configure", describe("a\0b".to_owned())).await;
    assert_eq!(said.status, 500, "{said:?}");
}

#[tokio::test]
async fn values_are_kept_as_they_came() {
    let bench = Bench::new(Version::V1_4).await;
    bench
        .configure(&[
            "set protocols bgp system-as 0064512",
            "set protocols static route6 2001:DB8:1::/48 blackhole",
            "set protocols static route6 2001:db8:1:0::/48 blackhole",
        ])
        .await
        .data();
    assert_eq!(bench.show("protocols bgp").await.data(), json!({"system-as": "0064512"}));
    let routes = bench.show("protocols static").await.data();
    assert_eq!(routes["route6"].as_object().map(serde_json::Map::len), Some(2));
}

#[tokio::test]
async fn several_values_keep_their_order_and_one_is_no_list() {
    let bench = Bench::new(Version::V1_4).await;
    let community = "set policy route-map A rule 10 set community add";
    bench
        .configure(&["set policy route-map A rule 10 action permit", &format!("{community} 65001:2")])
        .await
        .data();
    let path = "policy route-map A rule 10 set community";
    assert_eq!(bench.show(path).await.data(), json!({"add": "65001:2"}));
    bench.configure(&[&format!("{community} 65001:1"), &format!("{community} no-export")]).await.data();
    assert_eq!(bench.show(path).await.data(), json!({"add": ["65001:2", "65001:1", "no-export"]}));
    bench.configure(&["delete policy route-map A rule 10 set community add 65001:2"]).await.data();
    assert_eq!(bench.show(path).await.data(), json!({"add": ["65001:1", "no-export"]}));
}

#[tokio::test]
async fn an_empty_value_is_no_value() {
    let bench = Bench::new(Version::V1_4).await;
    let command = json!({"op": "set", "path": ["system", "host-name"], "value": ""});
    assert_eq!(
        bench.post("/configure", command).await.error(),
        "Configuration path: [system host-name] requires a value\nSet failed\n"
    );
}
