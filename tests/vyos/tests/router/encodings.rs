//! How requests are encoded, and what is said to malformed ones.

use serde_json::{Value, json};

use crate::support::{Bench, KEY, said};
use vyos_stand_in::Version;

const SYSTEM_AS: &str = r#"{"op": "set", "path": ["protocols", "bgp", "system-as"], "value": "65001"}"#;

/// A path, the `data` field, the status and the error.
const MALFORMED: &[(&str, &str, u16, &str)] = &[
    (
        "/configure",
        "{",
        400,
        "Failed to parse JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
    ),
    ("/configure", r#"["a"]"#, 400, "Malformed command 'a': any command must be JSON of dict"),
    (
        "/configure",
        r#"[{"op": "set", "path": ["a"]}, "a"]"#,
        400,
        "Malformed command '{'op': 'set', 'path': ['a']}': missing 'section' or 'config' field",
    ),
    (
        "/configure",
        r#"{"path": ["a"], "value": "65001"}"#,
        400,
        "Malformed command '{'path': ['a'], 'value': '65001'}': missing 'op' field",
    ),
    (
        "/configure",
        r#"{"op": null, "path": ["a"]}"#,
        400,
        "Malformed command '{'op': None, 'path': ['a']}': missing 'section' or 'config' field",
    ),
    ("/configure", r#"{"op": "set"}"#, 400, "Malformed command '{'op': 'set'}': missing 'path' field"),
    (
        "/configure",
        r#"{"op": "set", "path": "a"}"#,
        400,
        "Malformed command '{'op': 'set', 'path': 'a'}': 'path' field must be a list",
    ),
    (
        "/configure",
        r#"{"op": "set", "path": [0]}"#,
        400,
        "Malformed command '0': 'path' field must be a list of strings",
    ),
    (
        "/configure",
        r#"{"op": "set", "path": []}"#,
        400,
        "Malformed command '{'op': 'set', 'path': []}': 'path' list must be non-empty",
    ),
    (
        "/configure",
        r#"{"op": "set", "path": ["a"], "value": 1}"#,
        400,
        "Malformed command '{'op': 'set', 'path': ['a'], 'value': 1}': 'value' field must be a string",
    ),
    ("/configure", r#"{"op": "frob", "path": ["a"]}"#, 400, "'frob' is not a valid operation"),
    ("/retrieve", r#"{"op": "frob", "path": ["a"]}"#, 400, "'frob' is not a valid operation"),
];

#[tokio::test]
async fn malformed_forms_are_told_so() {
    let bench = Bench::new(Version::V1_4).await;
    for (path, data, status, error) in MALFORMED {
        let answer = bench.form(path, Some(data), Some(KEY)).await;
        assert_eq!((answer.status, answer.error().as_str()), (*status, *error), "{data}");
    }
    for data in ["null", "5", "true"] {
        let answer = bench.form("/configure", Some(data), Some(KEY)).await;
        assert_eq!(
            (answer.status, answer.text.as_str()),
            (400, r#"{"detail":"There was an error parsing the body"}"#)
        );
    }
    let answer = bench.form("/configure", None, Some(KEY)).await;
    assert_eq!((answer.status, answer.error().as_str()), (422, "Non-empty data field is required"));
    assert_eq!(bench.form("/configure", Some("[]"), Some(KEY)).await.data(), Value::Null);
}

#[tokio::test]
async fn keys() {
    let bench = Bench::new(Version::V1_4).await;
    let read = r#"{"op": "exists", "path": ["system"]}"#;
    let unauthorized = r#"{"success": false, "error": "Valid API key is required", "data": null}"#;
    for (path, data, key) in [
        ("/retrieve", read, Some("wrong")),
        ("/retrieve", read, None),
        ("/configure", SYSTEM_AS, Some("wrong")),
    ] {
        let answer = bench.form(path, Some(data), key).await;
        assert_eq!((answer.status, answer.text.as_str()), (401, unauthorized), "{path} {key:?}");
    }
    let answer = bench.form("/configure", Some(SYSTEM_AS), None).await;
    assert_eq!(answer.status, 400);
    assert!(answer.error().ends_with("missing 'section' or 'config' field"), "{answer:?}");
    // A key inside the data wins, both ways.
    let inside = json!({"op": "exists", "path": ["system"], "key": KEY}).to_string();
    assert_eq!(bench.form("/retrieve", Some(&inside), Some("wrong")).await.data(), json!(true));
    let inside = json!({"op": "exists", "path": ["system"], "key": "wrong"}).to_string();
    assert_eq!(bench.form("/retrieve", Some(&inside), Some(KEY)).await.status, 401);
    // A list where none is taken brings the key back in clear text.
    let list = format!("[{read}]");
    let answer = bench.form("/retrieve", Some(&list), Some(KEY)).await;
    assert_eq!(answer.status, 400);
    assert!(answer.error().contains(KEY), "{answer:?}");
}

#[tokio::test]
async fn three_encodings_are_one() {
    let bench = Bench::new(Version::V1_4).await;
    let form = [("data", SYSTEM_AS), ("key", KEY)];
    let answer = bench.client.post(bench.url("/configure")).form(&form).send().await.expect("an answer");
    assert_eq!(said(answer).await.data(), Value::Null);
    let body = json!({"key": KEY, "commands": [
        {"op": "set", "path": ["protocols", "bgp", "timers", "keepalive", "3"]},
        {"op": "set", "path": ["protocols", "bgp", "timers", "holdtime"], "value": "9"},
    ]});
    let answer =
        bench.client.post(bench.url("/configure")).body(body.to_string()).send().await.expect("an answer");
    assert_eq!(said(answer).await.data(), Value::Null);
    let body = json!({"key": KEY, "op": "showConfig", "path": ["protocols", "bgp"]});
    let answer = bench.client.post(bench.url("/retrieve")).json(&body).send().await.expect("an answer");
    assert_eq!(
        said(answer).await.data(),
        json!({"system-as": "65001", "timers": {"holdtime": "9", "keepalive": "3"}})
    );
    let answer = bench.client.post(bench.url("/configure")).body(SYSTEM_AS).send().await.expect("an answer");
    let answer = said(answer).await;
    assert_eq!(answer.status, 400);
    assert!(
        answer.error().starts_with("{'type': 'missing', 'loc': ('body', 'key'), 'msg': 'Field required'"),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_reboot_needs_a_path() {
    let bench = Bench::new(Version::V1_4).await;
    let said = bench.post("/reboot", json!({"op": "reboot"})).await;
    assert_eq!((said.status, said.error().contains("missing 'path' field")), (400, true), "{said:?}");
    bench.post("/reboot", json!({"op": "reboot", "path": ["now"]})).await.data();
}

#[tokio::test]
async fn other_paths_and_methods() {
    let bench = Bench::new(Version::V1_4).await;
    let get = |path: &str| bench.client.get(bench.url(path)).send();
    let answer = said(get("/configure").await.expect("an answer")).await;
    assert_eq!((answer.status, answer.text.as_str()), (405, r#"{"detail":"Method Not Allowed"}"#));
    assert_eq!(answer.kind, "application/json");
    let answer = said(get("/configure-nothing").await.expect("an answer")).await;
    assert_eq!((answer.status, answer.text.as_str()), (404, r#"{"detail":"Not Found"}"#));
    let answer = said(get("/elsewhere").await.expect("an answer")).await;
    assert_eq!((answer.status, answer.text.contains("nginx")), (404, true));
    assert_eq!(said(get("/info").await.expect("an answer")).await.status, 404, "1.4 has no /info");
    assert_eq!(bench.post("/configure/", json!([])).await.status, 307);
}

#[tokio::test]
async fn a_section_is_added_or_put_in_place() {
    let bench = Bench::new(Version::V1_4).await;
    bench.configure(&["set protocols bgp system-as 65001"]).await.data();
    let neighbor = ["protocols", "bgp", "neighbor", "192.0.2.2"];
    let section = json!({"remote-as": "65003", "shutdown": {}, "address-family": {"ipv4-unicast": {}}, "path-attribute": {"discard": ["1", "2"]}});
    bench.post("/configure-section", json!({"op": "set", "path": neighbor, "section": section})).await.data();
    assert_eq!(bench.show(&neighbor.join(" ")).await.data(), section);
    let section = json!({"remote-as": "65004", "address-family": {"ipv6-unicast": {}}});
    bench
        .post("/configure-section", json!({"op": "load", "path": neighbor, "section": section}))
        .await
        .data();
    assert_eq!(bench.show(&neighbor.join(" ")).await.data(), section);
    let masked = json!({"op": "load", "path": [], "mask": {"protocols": {"bgp": {"neighbor": {}}}}, "config": {"protocols": {"bgp": {"timers": {"holdtime": "9"}}}}});
    bench.post("/configure-section", masked).await.data();
    assert_eq!(
        bench.show("protocols bgp").await.data(),
        json!({"system-as": "65001", "timers": {"holdtime": "9"}})
    );
    let answer = bench.post("/configure-section", json!({"op": "set", "path": ["system"]})).await;
    assert!(answer.error().ends_with("missing 'section' or 'config' field"), "{answer:?}");
}
