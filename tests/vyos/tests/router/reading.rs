//! `/retrieve`, `/show` and the files of the router.

use serde_json::{Value, json};

use crate::support::Bench;
use vyos_stand_in::Version;

async fn retrieve(bench: &Bench, op: &str, path: &[&str]) -> Value {
    bench.post("/retrieve", json!({"op": op, "path": path})).await.data()
}

async fn filled() -> Bench {
    let bench = Bench::new(Version::V1_4).await;
    bench
        .configure(&[
            "set protocols bgp system-as 65001",
            "set protocols bgp neighbor 192.0.2.2 remote-as 65002",
            "set protocols bgp neighbor 192.0.2.2 shutdown",
            "set protocols bgp neighbor 192.0.2.2 address-family ipv4-unicast",
            "set protocols ospf area 0 network 192.0.2.0/24",
            "set protocols ospf area 0 network 198.51.100.0/24",
        ])
        .await
        .data();
    let path = ["protocols", "bgp", "neighbor", "192.0.2.2", "description"];
    bench.post("/configure", json!({"op": "set", "path": path, "value": "the other side"})).await.data();
    bench
}

#[tokio::test]
async fn values_and_existence() {
    let bench = filled().await;
    let neighbor = ["protocols", "bgp", "neighbor", "192.0.2.2"];
    let below = |word: &'static str| neighbor.iter().copied().chain([word]).collect::<Vec<_>>();
    let networks = ["protocols", "ospf", "area", "0", "network"];
    assert_eq!(retrieve(&bench, "returnValue", &below("remote-as")).await, "65002");
    assert_eq!(retrieve(&bench, "returnValue", &below("shutdown")).await, Value::Null);
    assert_eq!(retrieve(&bench, "returnValue", &below("password")).await, Value::Null);
    assert_eq!(retrieve(&bench, "returnValue", &neighbor).await, Value::Null);
    assert_eq!(retrieve(&bench, "returnValue", &networks).await, "192.0.2.0/24");
    assert_eq!(retrieve(&bench, "returnValues", &networks).await, json!(["192.0.2.0/24", "198.51.100.0/24"]));
    assert_eq!(retrieve(&bench, "returnValues", &below("remote-as")).await, json!(["65002"]));
    assert_eq!(retrieve(&bench, "returnValues", &below("password")).await, json!([]));
    assert_eq!(retrieve(&bench, "exists", &below("shutdown")).await, true);
    assert_eq!(retrieve(&bench, "exists", &["protocols", "bgp", "system-as", "65001"]).await, true);
    assert_eq!(retrieve(&bench, "exists", &["protocols", "bgp", "system-as", "65002"]).await, false);
    assert_eq!(retrieve(&bench, "exists", &["nonsense"]).await, false);
    assert_eq!(bench.post("/retrieve", json!({"op": "exists", "path": []})).await.status, 502);
    // The words are joined and split again, so a value with a blank is never found.
    let description: Vec<&str> = below("description").into_iter().chain(["the other side"]).collect();
    assert_eq!(retrieve(&bench, "exists", &description).await, false);
}

#[tokio::test]
async fn show_config_of_every_kind_of_path() {
    let bench = filled().await;
    let empty = "Configuration under specified path is empty\n";
    assert_eq!(bench.show("protocols bgp neighbor 192.0.2.2 shutdown").await.error(), empty);
    assert_eq!(bench.show("protocols bgp timers").await.error(), empty);
    assert_eq!(bench.show("protocols nonsense").await.error(), "Specified configuration path is not valid\n");
    assert_eq!(bench.show("protocols bgp system-as 65001").await.status, 500);
    assert_eq!(bench.show("protocols ospf area 0 network 192.0.2.0/24").await.data(), json!({}));
    assert_eq!(
        bench.show("protocols ospf").await.data(),
        json!({"area": {"0": {"network": ["192.0.2.0/24", "198.51.100.0/24"]}}})
    );
    let whole = bench.show("").await.data();
    assert_eq!(whole["system"], json!({"host-name": "vyos"}));
}

#[tokio::test]
async fn other_formats() {
    let bench = filled().await;
    let comment =
        json!({"op": "comment", "path": ["protocols", "bgp", "neighbor", "192.0.2.2"], "value": "look here"});
    bench.post("/configure", comment).await.data();
    let show =
        |format: &str| json!({"op": "showConfig", "path": ["protocols", "bgp"], "configFormat": format});
    assert_eq!(
        bench.post("/retrieve", show("raw")).await.data(),
        " /* look here */\n neighbor 192.0.2.2 {\n     address-family {\n         ipv4-unicast {\n         }\n     }\n     description \"the other side\"\n     remote-as 65002\n     shutdown\n }\n system-as 65001\n"
    );
    let tree = bench.post("/retrieve", show("json_ast")).await.data();
    let neighbor = &tree["children"][0];
    assert_eq!(neighbor["data"], json!({"values": [], "comment": null, "tag": true}));
    assert_eq!(neighbor["children"][0]["data"]["comment"], "look here");
    assert_eq!(tree["children"][1]["data"]["values"], json!(["65001"]));
    let comment =
        json!({"op": "comment", "path": ["protocols", "bgp", "neighbor", "192.0.2.2"], "value": ""});
    bench.post("/configure", comment).await.data();
    assert!(!bench.post("/retrieve", show("raw")).await.text.contains("/*"));
}

#[tokio::test]
async fn operational_commands() {
    let bench = filled().await;
    let show = |path: &[&str]| json!({"op": "show", "path": path});
    let version = bench.post("/show", show(&["version"])).await.data();
    assert!(
        version.as_str().is_some_and(|text| text.starts_with("Version:          VyOS 1.4.0\n")),
        "{version}"
    );
    let commands = bench.post("/show", show(&["configuration", "commands"])).await.data();
    let commands = commands.as_str().expect("text").to_owned();
    for line in [
        "set protocols bgp neighbor 192.0.2.2 address-family ipv4-unicast\n",
        "set protocols bgp neighbor 192.0.2.2 description 'the other side'\n",
        "set protocols bgp system-as '65001'\n",
        "set system host-name 'vyos'\n",
    ] {
        assert!(commands.contains(line), "{line} in {commands}");
    }
    let json_form = bench.post("/show", show(&["configuration", "json"])).await.data();
    let tree: Value = serde_json::from_str(json_form.as_str().expect("text")).expect("JSON");
    bench.configure(&["delete protocols ospf area 0 network 192.0.2.0/24"]).await.data();
    assert_eq!(tree["protocols"]["ospf"]["area"]["0"]["network"], json!(["192.0.2.0/24", "198.51.100.0/24"]));
    let json_form = bench.post("/show", show(&["configuration", "json"])).await.data();
    let tree: Value = serde_json::from_str(json_form.as_str().expect("text")).expect("JSON");
    assert_eq!(
        tree["protocols"]["ospf"]["area"]["0"]["network"],
        json!(["198.51.100.0/24"]),
        "one is a list too"
    );
    for (path, error) in [
        (&["nonsense"][..], "\n  Invalid command: show [nonsense]\n\n"),
        (&["bgp", "summary", "json"], "\n  Invalid command: show bgp summary [json]\n\n"),
        (&[], "\n  Incomplete command: show\n\n"),
    ] {
        assert_eq!(bench.post("/show", show(path)).await.error(), error);
    }
}

#[tokio::test]
async fn a_saved_file_can_be_loaded() {
    let bench = filled().await;
    let before = bench.show("protocols").await.data();
    bench.post("/config-file", json!({"op": "save", "file": "/config/before"})).await.data();
    bench.configure(&["delete protocols"]).await.data();
    assert_eq!(bench.show("protocols").await.status, 400);
    bench.post("/config-file", json!({"op": "load", "file": "/config/before"})).await.data();
    assert_eq!(bench.show("protocols").await.data(), before);
    assert_eq!(bench.post("/config-file", json!({"op": "load", "file": "/config/none"})).await.status, 400);
    assert_eq!(
        bench.post("/config-file", json!({"op": "load", "file": "/../../etc/passwd"})).await.status,
        400
    );
}
