//! What every type is known by.

use super::samples::{Sample, samples};
use super::*;
use crate::vyos;
use serde_json::{Map, Value as Json, json};
use tfplugin::identity;
use tfplugin::schema::IdentityPart;
use tfplugin::testing::Harness;
use tfplugin::value::to_plain;

async fn provider() -> Harness<Microk8s> {
    let router = json!({"url": "https://127.0.0.1:1", "api_key": "key"});
    Harness::new(&json!({"ssh": {"port": 1}, "routers": {"edge": router}})).await.unwrap()
}

/// The identity that a sample's configuration describes.
fn described(sample: &Sample) -> Json {
    let value = |name: &str| {
        let manifest = match name {
            "api_version" => "/manifest/apiVersion",
            "kind" => "/manifest/kind",
            "name" => "/manifest/metadata/name",
            _ => "",
        };
        let given = sample
            .config
            .get(name)
            .or_else(|| sample.config.pointer(manifest).filter(|_| !manifest.is_empty()));
        let default =
            || sample.schema.attribute(name)?.default.as_ref().map(|value| to_plain(value).unwrap());
        given.cloned().or_else(default).unwrap_or(Json::Null)
    };
    let parts = identity::attributes(&sample.schema).map(|one| (one.name.clone(), value(&one.name)));
    let mut parts: Map<String, Json> = parts.collect();
    // A ConfigMap that names no namespace is in this one.
    if sample.type_name == "microk8s_object" {
        parts["namespace"] = "default".into();
    }
    Json::Object(parts)
}

#[tokio::test]
async fn of_every_type_the_id_the_identity_and_the_configuration_say_the_same() {
    let provider = provider().await;
    let resources: Vec<_> = samples().into_iter().filter(|sample| sample.is_resource()).collect();
    assert!(resources.len() >= 24, "{}", resources.len());
    for sample in resources {
        let name = sample.type_name;
        let named =
            provider.identity_of_id(name, sample.import).unwrap_or_else(|told| panic!("{name}: {told}"));
        let named = to_plain(&named).unwrap();
        assert_eq!(named, described(&sample), "{name}");
        // What has a default, or is null, need not be given.
        let needed = |(part, value): (&String, &Json)| {
            let attribute = sample.schema.attribute(part).unwrap();
            let is_default = attribute.default.as_ref().is_some_and(|one| to_plain(one).unwrap() == *value);
            (!is_default && !value.is_null()).then(|| (part.clone(), value.clone()))
        };
        let short: Map<String, Json> = named.as_object().unwrap().iter().filter_map(needed).collect();
        let by_identity = provider.identity_of(name, &Json::Object(short)).unwrap();
        assert_eq!(to_plain(&by_identity).unwrap(), named, "{name}");
    }
}

#[test]
fn only_addresses_and_names_of_routers_change_in_place() {
    for sample in samples().into_iter().filter(|sample| sample.is_resource()) {
        let mutable =
            identity::attributes(&sample.schema).filter(|one| one.identity == Some(IdentityPart::Mutable));
        for one in mutable {
            assert!(
                ["host", "cluster", "router"].contains(&one.name.as_str()),
                "{}.{}",
                sample.type_name,
                one.name
            );
        }
    }
}

#[test]
fn an_object_of_a_router_is_known_by_its_router_and_its_key() {
    for sample in samples() {
        let Some((_, layout)) = vyos::layout_of(sample.type_name).filter(|_| sample.is_resource()) else {
            continue;
        };
        let parts: Vec<_> = identity::attributes(&sample.schema).map(|one| one.name.as_str()).collect();
        let key = layout.tag.as_ref().map(|tag| tag.attribute);
        let expected: Vec<_> = std::iter::once("router").chain(key).collect();
        assert_eq!(parts, expected, "{}", sample.type_name);
    }
}

/// An address that `ssh` would take for an option, a name that leads elsewhere, in each part.
#[tokio::test]
async fn every_part_of_an_identity_is_checked() {
    let provider = provider().await;
    let mut checked = 0;
    for sample in samples().into_iter().filter(|sample| sample.is_resource()) {
        let whole = described(&sample);
        for part in whole.as_object().unwrap().keys() {
            for bad in ["-oProxyCommand=id\n", "\u{1b}[2J", "a\0b"] {
                let mut identity = whole.clone();
                identity[part] = bad.into();
                let failure = provider.import_by_identity(sample.type_name, &identity).await.unwrap_err();
                let told = failure.to_string();
                let is_told = told.contains("cannot be: as") || told.contains("does not name an object");
                assert!(is_told, "{}.{part} = {bad:?}: {told}", sample.type_name);
                checked += 1;
            }
        }
    }
    assert!(checked > 100, "{checked}");
}
