//! `microk8s_object` against an API server in this process.

mod released;

use super::manifest::READ;
use crate::connection::cluster::MANAGER;
use crate::connection::cluster::testing::ApiServer;
use crate::engine::cluster_object::testing::{errors, run, warnings, with};
use serde_json::{Value as Json, json};
use tfplugin::Severity;
use tfplugin::testing::{Action, State, UNKNOWN};
use tfplugin::value::to_plain;

const OBJECT: &str = "microk8s_object";

fn config_map(data: Json) -> Json {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "shop"}, "data": data})
}

fn secret() -> Json {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "edge", "namespace": "shop"}, "type": "Opaque"})
}

fn object(manifest: Json) -> Json {
    json!({"manifest": manifest, "timeouts": {"create": "2s", "update": "2s", "delete": "2s"}})
}

/// What the state shows, as JSON.
fn shown(state: &State) -> Json {
    to_plain(&state.object).unwrap()
}

/// A server with config maps and Secrets, and their paths.
async fn server() -> (ApiServer, String, String) {
    let server = ApiServer::start().await;
    let config_maps = server.world().serve("/api/v1", "ConfigMap", "configmaps", Some("shop"));
    let secrets = server.world().serve("/api/v1", "Secret", "secrets", Some("shop"));
    (server, format!("{config_maps}/settings"), format!("{secrets}/edge"))
}

/// All of a kind but what the cluster makes, each as an import would store it.
#[tokio::test]
async fn objects_of_a_kind_are_listed_but_for_those_of_the_cluster() {
    let (server, config_map_path, _) = server().await;
    let run = run(&server).await;
    let ours = run.create(OBJECT, &object(config_map(json!({"colour": "green"})))).await.unwrap();
    let by_hand = config_map_path.replace("/settings", "");
    server.world().put(&by_hand, "by-hand", "kubectl", json!({}));
    server.world().put(&by_hand, "kube-root-ca.crt", "root-ca-cert-publisher", json!({}));
    let shop = json!({"api_version": "v1", "kind": "ConfigMap", "namespace": "shop"});
    let (all, found) = run.list(OBJECT, &shop, 100, true).await.unwrap();
    assert!(found.is_empty(), "{found:?}");
    let names: Vec<_> = all.iter().map(|one| one.identity.attribute("name").as_str().unwrap()).collect();
    assert_eq!(names, ["by-hand", "settings"]);
    assert_eq!(all[1].identity, ours.identity);
    for (listed, data) in all.iter().zip([Json::Null, json!({"colour": "green"})]) {
        let state = run.state_of(OBJECT, listed).unwrap();
        let generated = run.generated(&state).unwrap();
        assert_eq!(generated["manifest"]["data"], data, "{generated}");
        assert_eq!(generated["manifest"]["kind"], "ConfigMap");
        let planned = run.plan(OBJECT, Some(&state), &generated).await.unwrap();
        assert_eq!(planned.action, Action::NoOp, "{generated}");
    }
    for (wrong, at) in [
        (json!({"api_version": "v1", "kind": "configmap"}), "kind"),
        (json!({"api_version": "../v1", "kind": "ConfigMap"}), "api_version"),
        (json!({"api_version": "v1", "kind": "ConfigMap", "namespace": "a/b"}), "namespace"),
    ] {
        let failure = run.list(OBJECT, &wrong, 100, false).await.unwrap_err();
        let told: Vec<_> = failure.diagnostics.iter().map(|one| one.attribute.clone().unwrap()).collect();
        assert_eq!(told, [tfplugin::Path::from(at)], "{failure}");
    }
}

/// How many manifests with that word were read since the last time.
fn manifests_read<const N: usize>(words: [&str; N]) -> [usize; N] {
    let read = READ.with_borrow_mut(std::mem::take);
    words.map(|word| read.iter().filter(|manifest| manifest.contains(word)).count())
}

/// Once as what it is, and once more to see whether another spelling says the same.
#[tokio::test]
async fn one_plan_reads_a_manifest_once_and_compares_it_once() {
    let (server, ..) = server().await;
    let run = run(&server).await;
    let state = run.create(OBJECT, &object(config_map(json!({"colour": "green"})))).await.unwrap();
    let changed = object(config_map(json!({"colour": "red"})));
    manifests_read([]);
    run.validate(OBJECT, &changed).unwrap();
    let [validated] = manifests_read(["red"]);
    let planned = run.plan(OBJECT, Some(&state), &changed).await.unwrap();
    assert_eq!(planned.action, Action::Update);
    let [red, green] = manifests_read(["red", "green"]);
    assert_eq!([red - validated, green], [2, 2]);
}

#[tokio::test]
async fn an_object_from_create_to_destroy() {
    let (server, path, _) = server().await;
    let run = run(&server).await;
    let config = object(config_map(json!({"colour": "green", "unset": null})));
    let state = run.create(OBJECT, &config).await.unwrap();
    assert_eq!(server.world().objects[&path]["data"], json!({"colour": "green"}));
    let shown = shown(&state);
    assert_eq!(
        (&shown["api_version"], &shown["kind"], &shown["namespace"], &shown["name"]),
        (&json!("v1"), &json!("ConfigMap"), &json!("shop"), &json!("settings"))
    );

    server.world().objects.get_mut(&path).unwrap()["data"]["of-others"] = "stays".into();
    let (state, _) = run.read(&state).await.unwrap();
    let planned = run.plan(OBJECT, state.as_ref(), &config).await.unwrap();
    assert_eq!(planned.action, Action::NoOp, "what others set beside ours is no difference");

    server.world().objects.get_mut(&path).unwrap()["data"]["colour"] = "red".into();
    let (state, _) = run.read(state.as_ref().unwrap()).await.unwrap();
    let planned = run.plan(OBJECT, state.as_ref(), &config).await.unwrap();
    assert_eq!(planned.action, Action::Update);
    let state = run.apply(&planned).await.unwrap().unwrap();
    assert_eq!(server.world().objects[&path]["data"], json!({"colour": "green", "of-others": "stays"}));

    let fewer = object(config_map(json!({"size": "8"})));
    let state = run.update(&state, &fewer).await.unwrap();
    assert_eq!(server.world().objects[&path]["data"], json!({"size": "8", "of-others": "stays"}));
    let imported = run.import(OBJECT, "ConfigMap.v1/shop/settings").await.unwrap();
    let planned = run.plan(OBJECT, Some(&imported), &fewer).await.unwrap();
    assert_eq!(
        planned.action,
        Action::Update,
        "timeouts are in the configuration alone: {:?}",
        planned.diagnostics
    );
    let planned = run.plan(OBJECT, Some(&imported), &json!({"manifest": fewer["manifest"]})).await.unwrap();
    assert_eq!(planned.action, Action::NoOp);

    run.destroy(&state).await.unwrap();
    assert!(server.world().objects.is_empty());
}

#[tokio::test]
async fn a_namespace_that_is_not_there_yet_is_made() {
    let server = ApiServer::start().await;
    let path = server.world().serve("/api/v1", "Namespace", "namespaces", None);
    let run = run(&server).await;
    let config = object(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}));
    let state = run.create(OBJECT, &config).await.unwrap();
    assert!(server.world().objects.contains_key(&format!("{path}/shop")));
    assert_eq!(shown(&state)["namespace"], Json::Null);
    run.destroy(&state).await.unwrap();
    let (gone, _) = run.read(&state).await.unwrap();
    assert!(gone.is_none());
}

#[tokio::test]
async fn yaml_and_hcl_that_say_the_same_are_the_same() {
    let (server, path, _) = server().await;
    let run = run(&server).await;
    let hcl = object(config_map(json!({"colour": "green"})));
    let state = run.create(OBJECT, &hcl).await.unwrap();
    let yaml = "# in other words\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: shop}\ndata:\n  colour: green\n";
    let yaml = object(json!(yaml));
    assert_eq!(run.plan(OBJECT, Some(&state), &yaml).await.unwrap().action, Action::NoOp);
    run.destroy(&state).await.unwrap();
    let state = run.create(OBJECT, &yaml).await.unwrap();
    assert_eq!(server.world().objects[&path]["data"], json!({"colour": "green"}));
    assert_eq!(run.plan(OBJECT, Some(&state), &hcl).await.unwrap().action, Action::NoOp);
}

#[tokio::test]
async fn what_names_the_object_leads_to_another_one() {
    let (server, ..) = server().await;
    server.world().serve("/api/v1", "ConfigMap", "configmaps", Some("other"));
    let run = run(&server).await;
    let state = run.create(OBJECT, &object(config_map(json!({"a": "b"})))).await.unwrap();
    let named = |pointer: &str, value: Json| {
        let mut manifest = config_map(json!({"a": "b"}));
        *manifest.pointer_mut(pointer).unwrap() = value;
        object(manifest)
    };
    for (pointer, value) in [
        ("/metadata/name", json!("other")),
        ("/metadata/namespace", json!("other")),
        ("/metadata/namespace", Json::Null),
        ("/kind", json!("Secret")),
        ("/apiVersion", json!("v2")),
        ("/metadata/name", json!(UNKNOWN)),
    ] {
        let planned = run.plan(OBJECT, Some(&state), &named(pointer, value.clone())).await.unwrap();
        assert_eq!(planned.action, Action::Replace, "{pointer} {value}");
    }
    let moved = named("/metadata/namespace", json!("other"));
    let planned = run.plan(OBJECT, Some(&state), &moved).await.unwrap();
    run.apply(&planned).await.unwrap();
    let there: Vec<_> = server.world().objects.keys().cloned().collect();
    assert_eq!(there, ["/api/v1/namespaces/other/configmaps/settings"]);
}

#[tokio::test]
async fn unknown_parts_are_planned_and_filled_in_at_apply() {
    let (server, path, _) = server().await;
    let run = run(&server).await;
    let unknown = object(config_map(json!({"address": UNKNOWN})));
    let planned = run.plan(OBJECT, None, &unknown).await.unwrap();
    assert_eq!(planned.action, Action::Create);
    assert!(server.world().log.iter().all(|line| !line.starts_with("PATCH")), "nothing can be tried yet");
    let state = run.create(OBJECT, &object(config_map(json!({"address": "10.0.0.1"})))).await.unwrap();
    let planned = run.plan(OBJECT, Some(&state), &unknown).await.unwrap();
    assert_eq!(planned.action, Action::Update);
    assert!(server.world().objects.contains_key(&path));
    for whole in [
        json!({"manifest": UNKNOWN}),
        object(json!({"apiVersion": UNKNOWN, "kind": UNKNOWN, "metadata": UNKNOWN})),
    ] {
        assert_eq!(run.plan(OBJECT, None, &whole).await.unwrap().action, Action::Create);
    }
}

#[tokio::test]
async fn a_kind_that_comes_in_the_same_apply_is_waited_for() {
    let server = ApiServer::start().await;
    let first = run(&server).await;
    let gadget = json!({"apiVersion": "example.org/v1", "kind": "Gadget", "metadata": {"name": "one", "namespace": "shop"}, "spec": {"a": 1}});
    let config = object(gadget);
    let planned = first.plan(OBJECT, None, &config).await.unwrap();
    assert!(planned.diagnostics.is_empty(), "{:?}", planned.diagnostics);
    let later = async {
        tokio::time::sleep(std::time::Duration::from_millis(600)).await;
        server.world().serve("/apis/example.org/v1", "Gadget", "gadgetry", Some("shop"));
    };
    let (state, ()) = tokio::join!(first.apply(&planned), later);
    let state = state.unwrap().unwrap();
    let path = "/apis/example.org/v1/namespaces/shop/gadgetry/one";
    assert!(server.world().objects.contains_key(path), "found under the plural that the server said");

    // Out of service with its definition in place is not gone; without a definition it is.
    server.world().definitions.push("gadgetry.example.org".into());
    server.world().served.retain(|one| !one.contains("gadgetry"));
    let (kept, told) = run(&server).await.read(&state).await.unwrap();
    assert!(kept.is_some() && told.iter().any(|one| one.severity == Severity::Warning), "{told:?}");
    server.world().definitions.clear();
    let (gone, _) = run(&server).await.read(&state).await.unwrap();
    assert!(gone.is_none());
    run(&server).await.destroy(&state).await.unwrap();
}

#[tokio::test]
async fn a_kind_that_does_not_come_is_named() {
    let server = ApiServer::start().await;
    let gadget = json!({"apiVersion": "example.org/v1", "kind": "Gadget", "metadata": {"name": "one"}});
    let config = with(object(gadget), json!({"timeouts": {"create": "1s"}}));
    insta::assert_snapshot!(errors(&run(&server).await.create(OBJECT, &config).await.unwrap_err()));

    server.world().serve("/apis/example.org/v1", "Gadget", "gadgets", Some("shop"));
    let lower = json!({"apiVersion": "example.org/v1", "kind": "gadget", "metadata": {"name": "one"}});
    let config = with(object(lower), json!({"timeouts": {"create": "1s"}}));
    let refused = errors(&run(&server).await.create(OBJECT, &config).await.unwrap_err());
    assert!(refused.contains("did you mean Gadget?"), "{refused}");
}

#[tokio::test]
async fn secrets_are_sent_in_base64_and_write_only_ones_are_nowhere_else() {
    let (server, _, path) = server().await;
    let run = run(&server).await;
    let config = with(
        object(secret()),
        json!({"secret_data": {"user": "edge"}, "secret_data_wo": {"password": "hush"}, "secret_data_wo_version": 1}),
    );
    let state = run.create(OBJECT, &config).await.unwrap();
    assert_eq!(server.world().objects[&path]["data"], json!({"user": "ZWRnZQ==", "password": "aHVzaA=="}));
    let stored = format!("{state:?} {}", String::from_utf8_lossy(&state.private));
    assert!(stored.contains("edge") && !stored.contains("hush") && !stored.contains("aHVzaA"), "{stored}");
    assert_eq!(run.plan(OBJECT, Some(&state), &config).await.unwrap().action, Action::NoOp);

    let changed = with(config.clone(), json!({"secret_data_wo": {"password": "other"}}));
    assert_eq!(run.plan(OBJECT, Some(&state), &changed).await.unwrap().action, Action::NoOp);
    let state =
        run.update(&state, &with(changed.clone(), json!({"secret_data_wo_version": 2}))).await.unwrap();
    assert_eq!(server.world().objects[&path]["data"]["password"], "b3RoZXI=");

    server.world().objects.get_mut(&path).unwrap()["data"]["user"] = "c29tZWJvZHk=".into();
    let (drifted, _) = run.read(&state).await.unwrap();
    let drifted = drifted.unwrap();
    assert_eq!(shown(&drifted)["secret_data"], json!({"user": "somebody"}));
    let config = with(changed, json!({"secret_data_wo_version": 2}));
    let planned = run.plan(OBJECT, Some(&drifted), &config).await.unwrap();
    assert_eq!(planned.action, Action::Update);
    run.apply(&planned).await.unwrap();
    assert_eq!(server.world().objects[&path]["data"], json!({"user": "ZWRnZQ==", "password": "b3RoZXI="}));

    let imported = run.import(OBJECT, "Secret.v1/shop/edge").await.unwrap();
    let imported = shown(&imported);
    assert_eq!(imported["secret_data"], json!({"user": "edge", "password": "other"}));
    assert!(!imported["manifest"].to_string().contains("ZWRnZQ"), "{imported}");
}

#[tokio::test]
async fn what_a_manifest_must_not_be_is_said_on_the_attribute() {
    let (server, ..) = server().await;
    let run = run(&server).await;
    let two = "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: b}\n";
    let plain = config_map(json!({}));
    let mut told = Vec::new();
    for config in [
        json!({"manifest": {"apiVersion": "v1", "kind": "ConfigMap"}}),
        json!({"manifest": {"kind": "ConfigMap", "metadata": {"name": "a"}}}),
        json!({"manifest": {"apiVersion": "v1", "metadata": {"name": "a"}}}),
        json!({"manifest": "apiVersion: [v1"}),
        json!({"manifest": two}),
        json!({"manifest": ""}),
        json!({"manifest": ["v1"]}),
        json!({"manifest": with(plain.clone(), json!({"status": {"a": 1}}))}),
        json!({"manifest": with(plain.clone(), json!({"metadata": {"name": "a", "uid": "1"}}))}),
        json!({"manifest": with(secret(), json!({"stringData": {"a": "b"}}))}),
        json!({"manifest": plain, "secret_data": {"a": "b"}}),
        json!({"manifest": secret(), "secret_data": {"a": "b"}, "secret_data_wo": {"a": "c"}}),
    ] {
        let found = run.validate(OBJECT, &config).unwrap();
        let one = found.iter().next().unwrap();
        told.push(format!("({}) {}", one.attribute.as_ref().unwrap(), one.detail.lines().next().unwrap()));
        assert_eq!(one.severity, Severity::Error);
    }
    insta::assert_snapshot!(told.join("\n"));
}

#[tokio::test]
async fn a_field_that_cannot_change_says_how_to_replace() {
    let (server, ..) = server().await;
    let run = run(&server).await;
    let state = run.create(OBJECT, &object(config_map(json!({"a": "b"})))).await.unwrap();
    let message =
        "ConfigMap \"settings\" is invalid: data: Forbidden: field is immutable when `immutable` is set";
    server.world().say(1, "PATCH dryRun", 422, message);
    let changed = object(config_map(json!({"a": "c"})));
    insta::assert_snapshot!(errors(&run.plan(OBJECT, Some(&state), &changed).await.unwrap_err()));
}

#[tokio::test]
async fn one_that_somebody_made_is_refused_with_its_import_block_and_imported() {
    let (server, path, _) = server().await;
    let collection = path.rsplit_once('/').unwrap().0;
    let made = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "shop", "labels": {"by": "hand"}}, "data": {"a": "b"}});
    server.world().put_object(collection, "settings", "kubectl", made);
    let run = run(&server).await;
    let config = json!({"manifest": config_map(json!({"a": "c"}))});
    insta::assert_snapshot!(errors(&run.create(OBJECT, &config).await.unwrap_err()));
    let state = run.import(OBJECT, "ConfigMap.v1/shop/settings").await.unwrap();
    let identity = json!({"api_version": "v1", "kind": "ConfigMap", "namespace": "shop", "name": "settings"});
    let by_identity = run.import_by_identity(OBJECT, &identity).await.unwrap();
    assert_eq!((&by_identity.object, &by_identity.identity), (&state.object, &state.identity));
    let nowhere = json!({"api_version": "v1", "kind": "ConfigMap", "namespace": "../x", "name": "a?b"});
    let told = errors(&run.import_by_identity(OBJECT, &nowhere).await.unwrap_err());
    assert!(told.contains("does not name an object"), "{told}");
    assert_eq!(
        shown(&state)["manifest"]["metadata"],
        json!({"name": "settings", "namespace": "shop"}),
        "what is not ours is no difference"
    );
    assert!(shown(&state)["manifest"].get("data").is_none());
    let planned = run.plan(OBJECT, Some(&state), &config).await.unwrap();
    let told = warnings(&planned.diagnostics).join("\n");
    assert!(told.contains("data.a") && !told.contains("\"b\""), "values are nobody's business: {told}");
    run.apply(&planned).await.unwrap();
    assert_eq!(server.world().objects[&path]["data"], json!({"a": "c"}));
    for id in ["settings", "ConfigMap.v1", "shop/settings", "ConfigMap.v1//settings", "a/b/c/d/e"] {
        assert!(
            errors(&run.import(OBJECT, id).await.unwrap_err()).contains("does not name an object"),
            "{id}"
        );
    }
}

#[tokio::test]
async fn naming_no_namespace_is_naming_the_default_one() {
    let server = ApiServer::start().await;
    let collection = server.world().serve("/api/v1", "ConfigMap", "configmaps", Some("default"));
    let made = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "default"}, "data": {"a": "b"}});
    server.world().put_object(&collection, "settings", MANAGER, made);
    let run = run(&server).await;
    let imported = run.import(OBJECT, "ConfigMap.v1/default/settings").await.unwrap();
    let unnamed = json!({"manifest": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"a": "b"}}});
    let planned = run.plan(OBJECT, Some(&imported), &unnamed).await.unwrap();
    assert_eq!(planned.action, Action::NoOp, "{:?}", planned.diagnostics);

    let mut changed = unnamed.clone();
    changed["manifest"]["data"]["a"] = "c".into();
    let planned = run.plan(OBJECT, Some(&imported), &changed).await.unwrap();
    assert_eq!(planned.action, Action::Update);
    let state = run.apply(&planned).await.unwrap().unwrap();
    changed["manifest"]["metadata"]["namespace"] = "default".into();
    let planned = run.plan(OBJECT, Some(&state), &changed).await.unwrap();
    assert_eq!(planned.action, Action::NoOp, "{:?}", planned.diagnostics);
    changed["manifest"]["metadata"]["namespace"] = "other".into();
    assert_eq!(run.plan(OBJECT, Some(&state), &changed).await.unwrap().action, Action::Replace);
}
