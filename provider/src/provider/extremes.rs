//! Extreme values for every attribute of every type: an error on the attribute or nothing, never a panic.

use super::samples::{Kind, Sample, samples};
use super::*;
use crate::connection::cluster::testing::ApiServer;
use serde_json::{Value as Json, json};
use std::time::Duration;
use tfplugin::schema::{Attribute, AttributeKind, Mode, Nesting};
use tfplugin::testing::Harness;
use tfplugin::value::Type;
use tfplugin::{Diagnostic, Severity, Value};

/// Texts that are read as numbers, durations, addresses, ranges, paths, lists or names somewhere.
fn texts() -> Vec<String> {
    let odd = [
        "",
        " ",
        "-",
        "\0",
        "\u{1b}[2J",
        "a\r\nb",
        "a\u{85}b\u{2028}c",
        "é",
        "𝕏𝕏",
        "\u{202e}gpj.exe",
        "e\u{301}",
        "18446744073709551615s",
        "18446744073709551615s 1000ms",
        "99999999999999999999999999999999h",
        "-1s",
        ".s",
        "340282366920938463463374607431768211456",
        "-9223372036854775808",
        "1e400",
        "0x7fffffffffffffff",
        "::/0",
        "0.0.0.0/0",
        "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "0.0.0.0-255.255.255.255",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128",
        "255.255.255.255/32",
        "2001:db8::/129",
        "4294967295:4294967295",
        "18446744073709551616:1",
        "+4294967296",
        "/",
        "//",
        "../..",
        "a/𝕏/b",
        "[",
        "{\"a\":",
        "a: [b",
        "${unknown",
        "'\"`$(id)",
        "--help",
        "ssh-ed25519 AAAA",
        "1.99999999999999999999/stable",
    ];
    let long = ["a", "𝕏", "9", ".", "/", "a/", "[", "1s", "fd00:", "a b "];
    let nested = format!("{}1", "[".repeat(5000));
    odd.iter()
        .map(|text| (*text).to_owned())
        .chain(long.iter().map(|part| part.repeat((16 << 10) / part.len())))
        .chain(["x".repeat(1 << 18), nested])
        .collect()
}

fn numbers() -> Vec<Json> {
    let digits = "9".repeat(300);
    let all = [
        "0",
        "-1",
        "1",
        "0.1",
        "-0.5",
        "32",
        "33",
        "128",
        "129",
        "255",
        "256",
        "65535",
        "65536",
        "4294967295",
        "4294967296",
        "9223372036854775807",
        "-9223372036854775808",
        "18446744073709551615",
        "1e30",
        "-1e300",
        &digits,
    ];
    all.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
}

/// A value of this type that a rule between attributes may find sound.
fn plausible(name: &str, kind: &AttributeKind) -> Json {
    match (name, kind) {
        ("action", _) => "permit".into(),
        ("area", _) => "0".into(),
        ("operator", _) => "Exists".into(),
        ("prefix", _) => "192.0.2.0/24".into(),
        (_, AttributeKind::Type(Type::Number)) => 1.into(),
        (_, AttributeKind::Type(Type::Bool)) => true.into(),
        (_, AttributeKind::Type(Type::List(_) | Type::Set(_))) => json!([]),
        (_, AttributeKind::Type(Type::Map(_))) => json!({}),
        (_, AttributeKind::Type(_)) => "a".into(),
        (_, AttributeKind::Nested(Nesting::List | Nesting::Set, members)) => json!([required(members)]),
        (_, AttributeKind::Nested(Nesting::Map, members)) => json!({"10": required(members)}),
        (_, AttributeKind::Nested(Nesting::Single, members)) => required(members),
    }
}

fn required(members: &[Attribute]) -> Json {
    let needed = members.iter().filter(|member| member.mode == Mode::Required);
    needed.map(|member| (member.name.clone(), plausible(&member.name, &member.kind))).collect()
}

fn of_type(of: &Type) -> Vec<Json> {
    let within = |of: &Type| of_type(of).into_iter().chain([Json::Null]);
    match of {
        Type::String => texts().into_iter().map(Json::from).collect(),
        Type::Number => numbers(),
        Type::Bool => vec![true.into(), false.into()],
        Type::List(of) | Type::Set(of) => {
            let many: Vec<Json> = (0..1000).map(|at| json!(format!("{at}"))).collect();
            within(of).map(|one| json!([one])).chain([json!([]), Json::from(many)]).collect()
        }
        Type::Map(of) => {
            let keys = texts()
                .into_iter()
                .map(|key| json!({key: plausible("", &AttributeKind::Type((**of).clone()))}));
            within(of).map(|one| json!({"a": one})).chain(keys).chain([json!({})]).collect()
        }
        _ => {
            let plain = [json!([]), json!({}), json!([[[{}]]]), json!({"": {"": [1e300, null, ""]}})];
            texts().into_iter().map(Json::from).chain(numbers()).chain(plain).collect()
        }
    }
}

fn of_kind(kind: &AttributeKind) -> Vec<Json> {
    let (nesting, members) = match kind {
        AttributeKind::Type(of) => return of_type(of),
        AttributeKind::Nested(nesting, members) => (nesting, members),
    };
    let mut objects = vec![required(members)];
    for member in members.iter().filter(|member| member.mode != Mode::Computed) {
        for value in of_kind(&member.kind) {
            let mut object = required(members);
            object[&member.name] = value;
            objects.push(object);
        }
    }
    let sound = required(members);
    match nesting {
        Nesting::Single => objects,
        Nesting::List | Nesting::Set => objects
            .into_iter()
            .map(|one| json!([one]))
            .chain([json!([]), Json::from(vec![sound; 200])])
            .collect(),
        Nesting::Map => {
            let keys = texts().into_iter().map(|key| json!({key: sound.clone()}));
            objects.into_iter().map(|one| json!({"10": one})).chain(keys).chain([json!({})]).collect()
        }
    }
}

/// A provider whose cluster answers, and whose nodes and router do not.
async fn provider(server: &ApiServer) -> Harness<Microk8s> {
    let router = json!({"url": "https://127.0.0.1:1", "api_key": "key"});
    let block = json!({
        "ssh": {"port": 1}, "routers": {"edge": router}, "kubernetes": {"config_path": server.kubeconfig()},
    });
    Harness::new(&block).await.unwrap()
}

/// The sample where something answers at once, be it that nobody is there.
fn local(mut sample: Sample) -> Sample {
    let config = sample.config.as_object_mut().unwrap();
    if let Some(host) = config.get_mut("host") {
        *host = "127.0.0.1".into();
    } else {
        config.remove("cluster");
    }
    sample
}

async fn drive(family: &str) {
    let server = ApiServer::start().await;
    let provider = provider(&server).await;
    // What waits gives up at once.
    provider.stop();
    let mut tried = 0;
    for sample in samples().into_iter().filter(|one| one.type_name.starts_with(family)).map(local) {
        let name = sample.type_name;
        let sound = provider.validate(name, &sample.config).unwrap();
        assert!(!sound.has_errors(), "{name}: {sound:?}");
        for attribute in sample.schema.attributes.iter().filter(|one| one.mode != Mode::Computed) {
            for value in of_kind(&attribute.kind) {
                let config = sample.with(&[&attribute.name], value);
                match sample.kind {
                    Kind::Resource => drop(provider.plan(name, None, &config).await),
                    Kind::DataSource => drop(provider.read_data_source(name, &config).await),
                    Kind::Action => drop(provider.invoke(name, &config).await),
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 100, "{tried}");
}

#[tokio::test]
async fn no_value_of_microk8s_types_ends_in_a_panic() {
    drive("microk8s_").await;
}

#[tokio::test]
async fn no_value_of_metallb_and_calico_types_ends_in_a_panic() {
    drive("metallb_").await;
    drive("calico_").await;
}

#[tokio::test]
async fn no_value_of_vyos_types_ends_in_a_panic() {
    drive("vyos_").await;
}

/// Every path to a text in a configuration, below attributes that are single objects.
fn paths_to_texts<'a>(attributes: &'a [Attribute], within: &[&'a str]) -> Vec<Vec<&'a str>> {
    let mut found = Vec::new();
    for attribute in attributes.iter().filter(|one| one.mode != Mode::Computed) {
        let path: Vec<&str> = within.iter().copied().chain([attribute.name.as_str()]).collect();
        match &attribute.kind {
            AttributeKind::Type(Type::String) => found.push(path),
            AttributeKind::Nested(Nesting::Single, members) => found.extend(paths_to_texts(members, &path)),
            _ => {}
        }
    }
    found
}

#[tokio::test]
async fn every_duration_has_an_upper_bound() {
    let server = ApiServer::start().await;
    let provider = provider(&server).await;
    let mut durations = 0;
    for sample in samples() {
        for path in paths_to_texts(&sample.schema.attributes, &[]) {
            let at = path.join(".");
            let faults = |text: &str| {
                let mut config = sample.with(&path, text.into());
                if let (Some(wait), true) = (config.get_mut("wait"), sample.type_name == "vyos_routes") {
                    wait["prefixes"] = json!(["::/0"]);
                }
                let found = provider.validate(sample.type_name, &config).unwrap();
                let at_it = |one: &&Diagnostic| {
                    one.severity == Severity::Error
                        && one.attribute.as_ref().is_some_and(|path| path.to_string() == at)
                };
                found.iter().filter(at_it).map(|one| one.detail.clone()).collect::<Vec<_>>()
            };
            if !faults("no duration").join("").contains("a duration such as 90s, 10m") {
                continue;
            }
            durations += 1;
            assert_eq!(faults("366d"), Vec::<String>::new(), "{} {at}", sample.type_name);
            for long in ["367d", "10y", "18446744073709551615s", "18446744073709551615s 1000ms"] {
                let found = faults(long);
                let told = |one: &String| one.contains("at most 366d") || one.contains("is not a duration");
                assert!(
                    !found.is_empty() && found.iter().all(told),
                    "{} {at} = {long}: {found:?}",
                    sample.type_name
                );
            }
        }
    }
    assert!(durations > 30, "{durations}");
}

#[tokio::test]
async fn a_state_with_a_duration_that_no_clock_reaches_can_still_be_destroyed() {
    let server = ApiServer::start().await;
    let provider = provider(&server).await;
    let config = json!({"name": "pool", "addresses": ["192.0.2.0/26"], "timeouts": {"delete": "90s"}});
    let mut state = provider.create("metallb_ip_address_pool", &config).await.unwrap();
    let Value::Object(object) = &mut state.object else { panic!("a state is an object") };
    let Some(Value::Object(timeouts)) = object.get_mut("timeouts") else { panic!("timeouts are an object") };
    timeouts.insert("delete".to_owned(), Value::String("18446744073709551615s".to_owned()));
    let destroyed = tokio::time::timeout(Duration::from_secs(30), provider.destroy(&state)).await;
    destroyed.unwrap().unwrap();
}
