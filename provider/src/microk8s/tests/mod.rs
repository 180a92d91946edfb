//! What holds for every type over SSH. A new type joins by a line in [`TYPES`].

mod endless;
mod identity;

use crate::connection::ssh::Settings;
use crate::connection::ssh::testing::Sshd;
use crate::metallb;
use crate::session::Session;
use crate::session::testing::{Served, TestProvider, session};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::time::Duration;
use tfplugin::testing::{Harness, State};
use tfplugin::value::from_plain;
use tfplugin::{Provider, Registry, Value};

/// What is in the state of each type beside the `host` (or `cluster`), and what it is imported by.
const TYPES: [(&str, &str, &str); 7] = [
    (
        "microk8s_node",
        r#"{"channel": "1.35/stable", "hold": true, "forget_unreachable": false, "version": "v1.35.1", "revision": 1,
            "node_name": "cp1", "machine_id": "0123456789abcdef0123456789abcdef"}"#,
        "127.0.0.1",
    ),
    ("microk8s_addon", r#"{"name": "dns", "repository": "core"}"#, "127.0.0.1/dns"),
    (
        "microk8s_addon_repository",
        r#"{"name": "own", "url": "https://git.example.org/addons", "commit": "0123"}"#,
        "127.0.0.1/own",
    ),
    (
        "microk8s_cluster_ipv6",
        r#"{"cluster_cidr": "fd01::/64", "service_cidr": "fd98::/108", "nat_outgoing": true,
            "ip6_autodetection_method": "first-found", "cluster_id": "x", "ipv4_cluster_cidr": "10.1.0.0/16",
            "ipv4_service_cidr": "10.152.183.0/24", "drift": []}"#,
        "127.0.0.1",
    ),
    (
        "microk8s_cluster_member",
        r#"{"cluster": "127.0.0.1", "role": "worker", "allow_quorum_loss": false, "node_name": "w1", "address": "10.0.0.12",
            "cluster_id": "x", "drift": []}"#,
        "127.0.0.1/127.0.0.1",
    ),
    (
        "microk8s_helm_release",
        r#"{"name": "metallb", "namespace": "default", "create_namespace": false, "chart": "metallb", "version": "0.15.2",
            "status": "deployed", "revision": 1, "app_version": "v0.15.2"}"#,
        "127.0.0.1/default/metallb",
    ),
    // Stands for all that are reached by the kubeconfig of a node.
    (
        "metallb_bfd_profile",
        r#"{"cluster": "127.0.0.1", "name": "fast", "namespace": "metallb-system"}"#,
        "127.0.0.1/fast",
    ),
];

const DATA_SOURCES: [(&str, &str); 1] = [("microk8s_status", r#"{"host": "127.0.0.1"}"#)];

const EPHEMERAL_RESOURCES: [(&str, &str); 2] = [
    ("microk8s_join_token", r#"{"host": "127.0.0.1"}"#),
    ("microk8s_kubeconfig", r#"{"host": "127.0.0.1"}"#),
];

const ACTIONS: [(&str, &str); 3] = [
    ("microk8s_backup_datastore", r#"{"host": "127.0.0.1", "timeouts": {"invoke": "5s"}}"#),
    ("microk8s_refresh_certificates", r#"{"host": "127.0.0.1", "timeouts": {"invoke": "5s"}}"#),
    ("microk8s_restart", r#"{"host": "127.0.0.1", "timeouts": {"invoke": "5s"}}"#),
];

/// What is served here.
struct Types;

impl Served for Types {
    fn registry() -> Registry<Session> {
        super::register(metallb::register(Registry::default()))
    }
}

/// The provider of these tests.
type OverSshTypes = TestProvider<Types>;

#[test]
fn every_type_over_ssh_is_in_the_table() {
    let table = OverSshTypes::registry();
    let over_ssh = |schema: &tfplugin::schema::Schema| schema.attributes.iter().any(|one| one.name == "host");
    for (name, _) in table.resources().filter(|(_, schema)| over_ssh(schema)) {
        assert!(TYPES.iter().any(|(known, ..)| *known == name), "{name} has no line in TYPES");
    }
    for (name, _) in table.data_sources().filter(|(_, schema)| over_ssh(schema)) {
        assert!(DATA_SOURCES.iter().any(|(known, _)| *known == name), "{name} has no line in DATA_SOURCES");
    }
    for (name, _) in table.ephemeral_resources().filter(|(_, schema)| over_ssh(schema)) {
        let known = EPHEMERAL_RESOURCES.iter().any(|(known, _)| *known == name);
        assert!(known, "{name} has no line in EPHEMERAL_RESOURCES");
    }
    for (name, _) in table.actions().filter(|(_, schema)| over_ssh(schema)) {
        assert!(ACTIONS.iter().any(|(known, _)| *known == name), "{name} has no line in ACTIONS");
    }
}

fn value(json: &Json) -> Value {
    match json {
        Json::Array(all) => Value::List(all.iter().map(value).collect()),
        other => match from_plain(other) {
            Value::Dynamic(typed) => typed.1,
            plain => plain,
        },
    }
}

/// A state of that type, at this machine.
fn state(type_name: &str, given: &str) -> State {
    let table = OverSshTypes::registry();
    let given: Json = serde_json::from_str(given).unwrap();
    let (_, schema) = table.resources().find(|(name, _)| *name == type_name).unwrap();
    let attribute = |name: &str| match (name, given.get(name)) {
        (_, Some(json)) => value(json),
        ("host", None) => value(&json!("127.0.0.1")),
        _ => Value::Null,
    };
    let attributes = schema.attributes.iter().map(|one| (one.name.clone(), attribute(&one.name)));
    State {
        type_name: type_name.to_owned(),
        object: Value::Object(attributes.collect()),
        identity: Value::Null,
        private: Vec::new(),
    }
}

fn harness(sshd: &Sshd, read_limit: Duration) -> Arc<Harness<OverSshTypes>> {
    Arc::new(Harness::of(session(Settings { read_limit, ..sshd.settings() })))
}
