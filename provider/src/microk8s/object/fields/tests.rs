//! What a manifest says and what an object holds: what differs, what stays, and whose it is.

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
    assert_eq!(refreshed(|now| container(now, 1)["args"] = json!(["-g"])), changed, "a list of one value");

    let gone =
        refreshed(|now| drop(now["spec"]["template"]["spec"]["containers"].as_array_mut().unwrap().pop()));
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
        all(&node(json!({"zone": "b", "disk": "ssd"})), json!({"os": "linux", "zone": "b", "disk": "ssd"})),
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
