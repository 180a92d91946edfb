//! What a configuration or an import id may put into a command, a path or an address, for every type.

use super::samples::samples;
use super::*;
use serde_json::{Value as Json, json};
use tfplugin::schema::{Attribute, AttributeKind, Mode, Nesting};
use tfplugin::testing::Harness;
use tfplugin::value::Type;
use tfplugin::{Diagnostic, Severity};

/// Texts that `ssh` would take for something else than a machine, or nobody for an address.
const NO_ADDRESSES: [&str; 9] = [
    "",
    "-oProxyCommand=id",
    "root@10.0.0.11",
    "ssh://10.0.0.11",
    "10.0.0.11:22 ",
    "10.0.0.11\n",
    "\u{1b}[2J",
    "10.0.0.11;id",
    "cp\u{430}1",
];

/// Attributes whose text may have several lines: documents, and secrets that no command and no path carries.
const DOCUMENTS: [(&str, &str); 7] = [
    ("microk8s_helm_release", "values"),
    ("microk8s_helm_release", "secret_values_wo"),
    ("microk8s_object", "manifest"),
    ("microk8s_object", "secret_data"),
    ("microk8s_object", "secret_data_wo"),
    ("metallb_bgp_peer", "password"),
    ("provider", "ca_certificate"),
];

async fn provider() -> Harness<Microk8s> {
    let router = json!({"url": "https://127.0.0.1:1", "api_key": "key"});
    Harness::new(&json!({"ssh": {"port": 1}, "routers": {"edge": router}})).await.unwrap()
}

fn errors(found: &Diagnostics) -> Vec<&Diagnostic> {
    found.iter().filter(|one| one.severity == Severity::Error).collect()
}

#[tokio::test]
async fn every_address_is_checked() {
    let provider = provider().await;
    let mut checked = 0;
    for sample in samples() {
        for name in ["host", "cluster"] {
            if sample.schema.attribute(name).is_none() {
                continue;
            }
            for bad in NO_ADDRESSES {
                let found = provider.validate(sample.type_name, &sample.with(&[name], bad.into())).unwrap();
                let at =
                    |one: &&Diagnostic| one.attribute.as_ref().is_some_and(|path| path.to_string() == name);
                assert!(errors(&found).iter().any(at), "{}.{name} = {bad:?}: {found:?}", sample.type_name);
                checked += 1;
            }
        }
    }
    assert!(checked > 100, "{checked}");
}

#[tokio::test]
async fn every_import_id_is_checked() {
    let provider = provider().await;
    for sample in samples().into_iter().filter(|sample| sample.is_resource()) {
        let name = sample.type_name;
        let parts: Vec<&str> = sample.import.split('/').collect();
        for (at, part) in parts.iter().enumerate() {
            let is_address = part.starts_with("10.0.0.") && !name.starts_with("vyos_");
            let bad: &[&str] = if is_address { &NO_ADDRESSES } else { &["\u{1b}[2J", "a\nb", "a\0b"] };
            for bad in bad.iter().filter(|bad| !bad.contains('/')) {
                let mut parts = parts.clone();
                parts[at] = bad;
                let id = parts.join("/");
                let failure = provider.import(name, &id).await.unwrap_err().to_string();
                let is_told = failure.contains("import id") || failure.contains("does not name an object");
                assert!(is_told, "{name} {id:?}: {failure}");
            }
        }
    }
}

/// A configuration of an attribute with `text` in one place, and the attribute's path.
fn with_text(kind: &AttributeKind, text: &str) -> Vec<Json> {
    match kind {
        AttributeKind::Type(Type::String | Type::Dynamic) => vec![text.into()],
        AttributeKind::Type(Type::List(of) | Type::Set(of)) => {
            with_text(&AttributeKind::Type((**of).clone()), text)
                .into_iter()
                .map(|one| json!([one]))
                .collect()
        }
        AttributeKind::Type(Type::Map(of)) => {
            let of = AttributeKind::Type((**of).clone());
            let sound = with_text(&of, "a").pop().unwrap_or(Json::Null);
            let values = with_text(&of, text).into_iter().map(|one| json!({"a": one}));
            values.chain([json!({text: sound})]).collect()
        }
        AttributeKind::Type(_) => Vec::new(),
        AttributeKind::Nested(nesting, members) => {
            let one = |member: &Attribute| {
                let objects = with_text(&member.kind, text).into_iter();
                objects.map(|value| with_required(members, &member.name, value)).collect::<Vec<_>>()
            };
            let given = members.iter().filter(|member| member.mode != Mode::Computed);
            let mut objects: Vec<Json> = given.flat_map(one).collect();
            match nesting {
                Nesting::Single => objects,
                Nesting::List | Nesting::Set => objects.into_iter().map(|one| json!([one])).collect(),
                Nesting::Map => {
                    let sound = with_required(members, "", Json::Null);
                    objects = objects.into_iter().map(|one| json!({"10": one})).collect();
                    objects.into_iter().chain([json!({text: sound})]).collect()
                }
            }
        }
    }
}

fn with_required(members: &[Attribute], name: &str, value: Json) -> Json {
    let needed = members.iter().filter(|member| member.mode == Mode::Required);
    let sound = |kind: &AttributeKind| match kind {
        AttributeKind::Type(Type::Number) => json!(1),
        AttributeKind::Type(Type::Bool) => json!(true),
        AttributeKind::Type(Type::String) => json!("a"),
        _ => json!([]),
    };
    let mut object: Json = needed.map(|member| (member.name.clone(), sound(&member.kind))).collect();
    if !name.is_empty() {
        object[name] = value;
    }
    object
}

#[tokio::test]
async fn no_control_character_gets_into_a_command_or_a_path() {
    let provider = provider().await;
    let mut let_through = Vec::new();
    for sample in samples() {
        let given = sample.schema.attributes.iter().filter(|one| one.mode != Mode::Computed);
        let is_document = |name: &str| DOCUMENTS.contains(&(sample.type_name, name));
        for attribute in given.filter(|one| !is_document(&one.name)) {
            for bad in ["a\u{1b}[2Jb", "a\rb", "a\nb", "a\0b", "a\u{85}b", "a\tb", "a\u{7f}b"] {
                for value in with_text(&attribute.kind, bad) {
                    let config = sample.with(&[&attribute.name], value.clone());
                    let Ok(found) = provider.validate(sample.type_name, &config) else { continue };
                    let at = |one: &&Diagnostic| {
                        let path = one.attribute.as_ref().map(ToString::to_string).unwrap_or_default();
                        path.starts_with(&attribute.name)
                    };
                    if !errors(&found).iter().any(at) {
                        let_through.push(format!("{}.{} = {value}", sample.type_name, attribute.name));
                    }
                }
            }
        }
    }
    assert!(let_through.is_empty(), "{}", let_through.join("\n"));
}
