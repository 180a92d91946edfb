//! Which fields of an object are ours, and whether they are still as we set them.
//!
//! The API server fills in, respells and completes what it is sent (`1000m` becomes `1`), and others add to the same maps
//! and lists. So what we sent is compared with nothing but what stood in the same places right after we sent it; where
//! those places are, in lists whose elements have keys, is what the API server itself recorded as ours.

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
mod tests {
    use super::*;
    use serde_json::json;
    use tfplugin::AttributeValue;
    use tfplugin::value::from_plain;

    fn manifest(json: Json) -> Manifest {
        Manifest::decode(&from_plain(&json)).unwrap()
    }

    fn deployment() -> Manifest {
        manifest(json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "labels": {"app": "web"}},
            "spec": {"template": {"spec": {"containers": [{
                "name": "web", "image": "nginx", "args": ["-g", "daemon off;"], "resources": {"limits": {"cpu": "1000m"}},
                "ports": [{"containerPort": 80}],
            }]}}},
        }))
    }

    /// What the API server records as ours of [`deployment`].
    fn owned() -> Json {
        json!({"f:metadata": {"f:labels": {"f:app": {}}}, "f:spec": {"f:template": {"f:spec": {"f:containers": {
            "k:{\"name\":\"web\"}": {
                ".": {}, "f:name": {}, "f:image": {}, "f:args": {}, "f:resources": {"f:limits": {"f:cpu": {}}},
                "f:ports": {"k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}},
            },
        }}}}})
    }

    /// [`deployment`] as the API server keeps it, beside what others added.
    fn live() -> Json {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "web", "labels": {"app": "web", "of": "others"}, "uid": "1"},
            "spec": {"replicas": 1, "template": {"spec": {"containers": [
                {"name": "sidecar", "image": "proxy"},
                {
                    "name": "web", "image": "nginx", "args": ["-g", "daemon off;"], "resources": {"limits": {"cpu": "1"}},
                    "ports": [{"containerPort": 80, "protocol": "TCP"}], "terminationMessagePath": "/dev/log",
                },
            ]}}},
        })
    }

    fn refreshed(change: impl FnOnce(&mut Json)) -> Json {
        let record = Record::of(&deployment(), Some(&owned()), &live());
        let record = Record::from_json(&record.into_json());
        let mut now = live();
        change(&mut now);
        Json::Object(record.refresh(&deployment(), &now).json().clone())
    }

    fn container(json: &mut Json, at: usize) -> &mut Json {
        &mut json["spec"]["template"]["spec"]["containers"][at]
    }

    #[test]
    fn spelling_defaults_and_what_others_add_are_no_difference() {
        let same = Json::Object(deployment().json().clone());
        assert_eq!(refreshed(|_| ()), same);
        assert_eq!(refreshed(|now| now["metadata"]["labels"]["more"] = "x".into()), same);
        let another = json!({"name": "another"});
        let added = |now: &mut Json| {
            now["spec"]["template"]["spec"]["containers"].as_array_mut().unwrap().insert(0, another);
        };
        assert_eq!(refreshed(added), same);
        let port = json!({"containerPort": 81, "protocol": "UDP"});
        assert_eq!(refreshed(|now| container(now, 1)["ports"].as_array_mut().unwrap().push(port)), same);
    }

    #[test]
    fn a_change_of_ours_shows_alone() {
        let mut changed = Json::Object(deployment().json().clone());
        container(&mut changed, 0)["image"] = "httpd".into();
        assert_eq!(refreshed(|now| container(now, 1)["image"] = "httpd".into()), changed);

        let mut changed = Json::Object(deployment().json().clone());
        container(&mut changed, 0)["resources"]["limits"]["cpu"] = "2".into();
        assert_eq!(refreshed(|now| container(now, 1)["resources"]["limits"]["cpu"] = "2".into()), changed);

        let mut changed = Json::Object(deployment().json().clone());
        container(&mut changed, 0)["args"] = json!(["-g"]);
        assert_eq!(
            refreshed(|now| container(now, 1)["args"] = json!(["-g"])),
            changed,
            "a list of one value"
        );

        let gone = refreshed(|now| {
            drop(now["spec"]["template"]["spec"]["containers"].as_array_mut().unwrap().pop())
        });
        assert_eq!(gone["spec"]["template"]["spec"]["containers"], json!([]));
        let gone = refreshed(|now| drop(now["metadata"]["labels"].as_object_mut().unwrap().remove("app")));
        assert_eq!(gone["metadata"], json!({"name": "web", "labels": {}}));
    }

    #[test]
    fn values_without_parts_are_compared_whole() {
        let selector = |labels: Json| json!({"apiVersion": "example.org/v1", "kind": "Thing", "metadata": {"name": "a"}, "spec": {"selector": labels}});
        let manifest = manifest(selector(json!({"app": "web"})));
        let owned = json!({"f:spec": {"f:selector": {}}});
        let record = Record::of(&manifest, Some(&owned), &selector(json!({"app": "web"})));
        let wider = selector(json!({"app": "web", "tier": "front"}));
        assert_eq!(Json::Object(record.refresh(&manifest, &wider).json().clone()), wider);
    }

    #[test]
    fn what_leaves_the_manifest_and_not_the_object_is_told_apart() {
        let node = |labels: Json| json!({"kind": "Node", "metadata": {"name": "cp1", "labels": labels}});
        let live = |labels: Json| json!({"metadata": {"name": "cp1", "labels": labels, "uid": "1"}});
        let before = node(json!({"os": "linux", "zone": "a", "disk": "ssd"}));
        let existing = live(json!({"os": "linux", "zone": "a", "disk": "ssd", "of": "others"}));
        let all = |planned: &Json, after: Json| {
            let staying = stays(&before, planned, &existing, &live(after));
            (staying.paths, staying.is_all)
        };
        let os = vec!["metadata.labels.os".to_owned()];
        let fewer = node(json!({"zone": "a", "disk": "ssd"}));
        assert_eq!(all(&fewer, json!({"os": "linux", "zone": "a", "disk": "ssd"})), (os.clone(), true));
        assert_eq!(all(&fewer, json!({"zone": "a", "disk": "ssd"})), (Vec::new(), false));
        // Beside it another one goes, or changes, or falls back to a default.
        assert_eq!(
            all(&node(json!({"disk": "ssd"})), json!({"os": "linux", "disk": "ssd"})),
            (os.clone(), false)
        );
        assert_eq!(
            all(
                &node(json!({"zone": "b", "disk": "ssd"})),
                json!({"os": "linux", "zone": "b", "disk": "ssd"})
            ),
            (os, false)
        );
        assert_eq!(all(&fewer, json!({"os": "other", "zone": "a", "disk": "ssd"})), (Vec::new(), false));
        // All of them, with what held them.
        let bare = json!({"kind": "Node", "metadata": {"name": "cp1"}});
        let kept = all(&bare, json!({"os": "linux", "zone": "a", "disk": "ssd"}));
        assert!(kept.0.len() == 3 && kept.1, "{kept:?}");
    }

    #[test]
    fn what_stood_in_the_places_that_become_ours_is_remembered() {
        let node = |labels: Json| json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "cp1", "labels": labels}});
        let mut live = node(json!({"a": "old", "b": "old", "c": "of others"}));
        live["spec"] = json!({"podCIDR": "10.1.0.0/24", "taints": [{"key": "a", "effect": "NoSchedule"}]});
        let bare = manifest(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "cp1"}}));
        let first = manifest(node(json!({"a": "new", "d": "new"})));
        assert_eq!(adopted(Some(&bare), &first, &live), json!({"metadata": {"labels": {"a": "old"}}}));
        assert_eq!(adopted(None, &first, &live), json!({"metadata": {"labels": {"a": "old"}}}));

        let mut second = node(json!({"a": "newer", "b": "new"}));
        second["spec"] = json!({"taints": []});
        let more = adopted(Some(&first), &manifest(second), &live);
        assert_eq!(
            more,
            json!({"metadata": {"labels": {"b": "old"}}, "spec": {"taints": live["spec"]["taints"]}})
        );
        assert_eq!(adopted(Some(&first), &first, &live), json!({}));
    }

    #[test]
    fn what_is_ours_makes_the_manifest_that_it_came_from() {
        let imported = Manifest::of_object(&live(), &owned());
        let mut wanted = Json::Object(deployment().json().clone());
        container(&mut wanted, 0)["resources"]["limits"]["cpu"] = "1".into();
        assert_eq!(Json::Object(imported.json().clone()), wanted);
        let of_others = Json::Object(Manifest::of_object(&live(), &json!({})).json().clone());
        assert_eq!(
            of_others,
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}})
        );
    }
}
