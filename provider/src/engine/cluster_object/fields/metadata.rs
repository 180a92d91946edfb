//! The attributes `labels` and `annotations`, where a type has them: the keys that are given are ours, and
//! others may have theirs beside them.

use super::spec::METADATA;
use kube::core::DynamicObject;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use tfplugin::Value;
use tfplugin::schema::Attribute;
use tfplugin::value::to_plain;

/// Annotations in which programs keep what they know of an object.
const OF_PROGRAMS: [&str; 2] =
    ["kubectl.kubernetes.io/last-applied-configuration", "projectcalico.org/metadata"];

/// The fields to send.
pub(in super::super) fn to_json(values: &Value) -> Map<String, Json> {
    let given = METADATA.into_iter().filter(|name| matches!(values.attribute(name), Value::Map(_)));
    given.map(|name| (name.to_owned(), to_plain(values.attribute(name)).unwrap_or_default())).collect()
}

/// The attribute that a path such as `metadata.labels` is about.
pub(in super::super) fn attribute_at(path: &str) -> Option<&'static str> {
    let field = path.strip_prefix("metadata.")?.split(['.', '[']).next()?;
    METADATA.into_iter().find(|name| *name == field)
}

/// What the object has of them: of those that are `known`, or of all where it is taken over.
pub(in super::super) fn read(
    attributes: &[Attribute],
    known: &Value,
    object: &DynamicObject,
    is_taken_over: bool,
) -> BTreeMap<String, Value> {
    let has = |name: &&&str| attributes.iter().any(|one| one.name == ***name);
    let mut all = BTreeMap::new();
    for name in METADATA.iter().filter(has) {
        let there = there(name, object).into_iter().flatten();
        let value = match (is_taken_over, known.attribute(name)) {
            (true, _) => {
                let all = entries(there.filter(|(key, _)| !OF_PROGRAMS.contains(&key.as_str())));
                if all.is_empty() { Value::Null } else { Value::Map(all) }
            }
            (_, Value::Map(ours)) => Value::Map(entries(there.filter(|(key, _)| ours.contains_key(*key)))),
            _ => Value::Null,
        };
        all.insert((*name).to_owned(), value);
    }
    all
}

/// Keys that leave the configuration and are in `object`, for a patch that takes them away.
pub(in super::super) fn dropped(before: &Value, after: &Value, object: &DynamicObject) -> Map<String, Json> {
    let mut all = Map::new();
    for name in METADATA {
        let Value::Map(before) = before.attribute(name) else { continue };
        let stays = |key: &str| matches!(after.attribute(name), Value::Map(after) if after.contains_key(key));
        let is_there = |key: &str| there(name, object).is_some_and(|there| there.contains_key(key));
        let left = before.keys().filter(|key| !stays(key) && is_there(key));
        let left: Map<String, Json> = left.map(|key| (key.clone(), Json::Null)).collect();
        if !left.is_empty() {
            all.insert(name.to_owned(), Json::Object(left));
        }
    }
    all
}

fn there<'a>(name: &str, object: &'a DynamicObject) -> Option<&'a BTreeMap<String, String>> {
    match name {
        "labels" => object.metadata.labels.as_ref(),
        _ => object.metadata.annotations.as_ref(),
    }
}

fn entries<'a>(all: impl Iterator<Item = (&'a String, &'a String)>) -> BTreeMap<String, Value> {
    all.map(|(key, value)| (key.clone(), Value::String(value.clone()))).collect()
}
