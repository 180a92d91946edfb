//! Which fields of an object are ours, and whether they are still as we set them.
//!
//! The API server fills in, respells and completes what it is sent (`1000m` becomes `1`), and others add to
//! the same maps and lists. So what we sent is compared with nothing but what stood in the same places right
//! after we sent it; where those places are, in lists whose elements have keys, is what the API server itself
//! recorded as ours.

use super::manifest::Manifest;
use crate::engine::cluster_object::Staying;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// What is kept from the last write for the next look.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Record {
    /// The fields that we own, in the form of `managedFields`.
    owned: Json,
    /// What stood in the places of the manifest right after it was written.
    stood: Json,
}

impl Record {
    pub(super) fn of(manifest: &Manifest, owned: Option<&Json>, live: &Json) -> Self {
        let owned = owned.cloned().unwrap_or_default();
        let stood = at_places(&without_identity(manifest.json()), &owned, live);
        Self { owned, stood }
    }

    /// Reads what an earlier run kept; nothing is known where it kept none.
    pub(super) fn from_json(kept: &Json) -> Self {
        serde_json::from_value(kept.clone()).unwrap_or_default()
    }

    pub(super) fn into_json(self) -> Json {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// The manifest with what changed since it was written, or the very same.
    pub(super) fn refresh(&self, manifest: &Manifest, live: &Json) -> Manifest {
        let places = without_identity(manifest.json());
        let now = at_places(&places, &self.owned, live);
        let stood = if self.stood.is_null() { &places } else { &self.stood };
        if now == *stood {
            return manifest.clone();
        }
        let mut changed = match respelled(&places, stood, &now) {
            Json::Object(all) => all,
            _ => Map::new(),
        };
        restore_identity(&mut changed, manifest.json());
        Manifest::of_json(changed)
    }
}

/// What the manifest says apart from which object it is, which does not change.
fn without_identity(manifest: &Map<String, Json>) -> Json {
    let mut rest = manifest.clone();
    rest.remove("apiVersion");
    rest.remove("kind");
    if let Some(Json::Object(metadata)) = rest.get_mut("metadata") {
        metadata.remove("name");
        metadata.remove("namespace");
    }
    Json::Object(rest)
}

fn restore_identity(changed: &mut Map<String, Json>, manifest: &Map<String, Json>) {
    for key in ["apiVersion", "kind"] {
        if let Some(value) = manifest.get(key) {
            changed.insert(key.to_owned(), value.clone());
        }
    }
    let metadata = changed.entry("metadata").or_insert_with(|| Json::Object(Map::new()));
    for key in ["name", "namespace"] {
        if let (Some(value), Some(metadata)) =
            (manifest.get("metadata").and_then(|metadata| metadata.get(key)), metadata.as_object_mut())
        {
            metadata.insert(key.to_owned(), value.clone());
        }
    }
}

/// What `live` has in the places that `after` names and `before` does not.
pub(super) fn adopted(before: Option<&Manifest>, after: &Manifest, live: &Json) -> Json {
    let before = before.map_or(Json::Null, |before| without_identity(before.json()));
    at_places(&beyond(&before, &without_identity(after.json())), &Json::Null, live)
}

/// What `planned` drops of the manifest `before` and `existing` has as the object has it `after` that.
pub(super) fn stays(before: &Json, planned: &Json, existing: &Json, after: &Json) -> Staying {
    let dropped = beyond(planned, before);
    let mut paths = Vec::new();
    let rest = without_staying(before, &dropped, existing, after, &mut Vec::new(), &mut paths);
    let is_all = !paths.is_empty() && rest.as_ref() == Some(planned);
    Staying { paths, is_all }
}

/// The manifest `before` without what is `dropped` and stays; nothing where nothing is left of a part of it.
fn without_staying(
    before: &Json,
    dropped: &Json,
    existing: &Json,
    after: &Json,
    within: &mut Vec<String>,
    paths: &mut Vec<String>,
) -> Option<Json> {
    let (Json::Object(parts), Json::Object(gone)) = (before, dropped) else {
        if existing == after && !after.is_null() {
            paths.push(within.join("."));
            return None;
        }
        return Some(before.clone());
    };
    let mut left = Map::new();
    for (key, before) in parts {
        let Some(dropped) = gone.get(key) else {
            left.insert(key.clone(), before.clone());
            continue;
        };
        within.push(key.clone());
        let (existing, after) =
            (existing.get(key).unwrap_or(&Json::Null), after.get(key).unwrap_or(&Json::Null));
        if let Some(rest) = without_staying(before, dropped, existing, after, within, paths) {
            left.insert(key.clone(), rest);
        }
        within.pop();
    }
    (!left.is_empty() || parts.is_empty()).then_some(Json::Object(left))
}

/// The parts of `after` whose places `before` lacks. A list is one place.
fn beyond(before: &Json, after: &Json) -> Json {
    let (Json::Object(before), Json::Object(after)) = (before, after) else { return after.clone() };
    let member = |(key, after): (&String, &Json)| match before.get(key) {
        None => Some((key.clone(), after.clone())),
        Some(before @ Json::Object(_)) if after.is_object() => {
            let more = beyond(before, after);
            more.as_object().is_some_and(|more| !more.is_empty()).then(|| (key.clone(), more))
        }
        Some(_) => None,
    };
    after.iter().filter_map(member).collect()
}

/// What `live` has in the places that `manifest` names.
fn at_places(manifest: &Json, owned: &Json, live: &Json) -> Json {
    match (manifest, live) {
        (Json::Object(ours), Json::Object(_)) if is_one_value(owned) && !ours.is_empty() => live.clone(),
        (Json::Object(ours), Json::Object(theirs)) => {
            let member = |(key, one): (&String, &Json)| {
                let owned = owned.get(format!("f:{key}")).unwrap_or(&Json::Null);
                Some((key.clone(), at_places(one, owned, theirs.get(key)?)))
            };
            ours.iter().filter_map(member).collect()
        }
        (Json::Array(ours), Json::Array(theirs)) => {
            let keys = element_keys(owned);
            if !keys.is_empty() {
                let element = |one: &Json| {
                    let (key, owned) = keys.iter().find(|(key, _)| may_be(one, key))?;
                    Some(at_places(one, owned, theirs.iter().find(|theirs| has(theirs, key))?))
                };
                return ours.iter().filter_map(element).collect();
            }
            match is_set(owned) {
                true => ours.iter().filter(|one| theirs.contains(one)).cloned().collect(),
                false => live.clone(),
            }
        }
        _ => live.clone(),
    }
}

/// Whether the API server takes what we own there as one value, which has no parts of different owners.
fn is_one_value(owned: &Json) -> bool {
    owned.as_object().is_some_and(Map::is_empty)
}

/// Elements of a list that we own, by their keys.
fn element_keys(owned: &Json) -> Vec<(Map<String, Json>, &Json)> {
    let read = |(name, owned)| Some((serde_json::from_str(str::strip_prefix(name, "k:")?).ok()?, owned));
    owned.as_object().into_iter().flatten().filter_map(|(name, owned)| read((name.as_str(), owned))).collect()
}

fn is_set(owned: &Json) -> bool {
    owned.as_object().is_some_and(|owned| owned.keys().any(|name| name.starts_with("v:")))
}

/// Whether an element as we wrote it may have this key, parts of which the API server may have filled in.
fn may_be(element: &Json, key: &Map<String, Json>) -> bool {
    key.iter().all(|(name, value)| element.get(name).is_none_or(|given| given == value))
}

fn has(element: &Json, key: &Map<String, Json>) -> bool {
    key.iter().all(|(name, value)| element.get(name) == Some(value))
}

/// What is there now, in the manifest's own words where it is as it `stood`.
fn respelled(manifest: &Json, stood: &Json, now: &Json) -> Json {
    if now == stood {
        return manifest.clone();
    }
    match (manifest, now) {
        (Json::Object(ours), Json::Object(theirs)) => {
            let member = |(key, now): (&String, &Json)| {
                let now = match (ours.get(key), stood.get(key)) {
                    (Some(ours), Some(stood)) => respelled(ours, stood, now),
                    _ => now.clone(),
                };
                (key.clone(), now)
            };
            theirs.iter().map(member).collect()
        }
        (Json::Array(ours), Json::Array(theirs)) => match stood.as_array() {
            Some(stood) if stood.len() == theirs.len() && ours.len() == theirs.len() => ours
                .iter()
                .zip(stood)
                .zip(theirs)
                .map(|((ours, stood), now)| respelled(ours, stood, now))
                .collect(),
            _ => now.clone(),
        },
        _ => now.clone(),
    }
}

/// The part of an object that is `ours`.
pub(super) fn owned(ours: &Json, live: &Json) -> Json {
    let names =
        |prefix: &str| ours.as_object().is_some_and(|all| all.keys().any(|one| one.starts_with(prefix)));
    match live {
        Json::Object(live) if names("f:") => {
            let member = |(name, ours): (&String, &Json)| {
                let key = name.strip_prefix("f:")?;
                Some((key.to_owned(), owned(ours, live.get(key)?)))
            };
            ours.as_object().into_iter().flatten().filter_map(member).collect()
        }
        Json::Array(live) if names("k:") => {
            let keys = element_keys(ours);
            let element =
                |one: &Json| keys.iter().find(|(key, _)| has(one, key)).map(|(_, ours)| owned(ours, one));
            live.iter().filter_map(element).collect()
        }
        Json::Array(live) if names("v:") => {
            let is_ours = |one: &&Json| ours.get(format!("v:{one}")).is_some();
            live.iter().filter(is_ours).cloned().collect()
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests;
