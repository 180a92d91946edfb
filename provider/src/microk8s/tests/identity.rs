//! What a resource over SSH belongs to is compared before anything is changed, whatever its type.
//!
//! One sshd stands for two machines of two clusters: the one behind 127.0.0.1 and another behind 127.0.0.2.
//! It answers what the identities are asked by, and keeps a line of every command: one that only reads comes
//! within a time limit, one that changes something does not.

use super::{OverSshTypes, TYPES, harness, state};
use crate::connection::ssh::testing::{Sshd, directory};
use serde_json::{Map, Value as Json, json};
use std::time::Duration;
use tfplugin::Provider;
use tfplugin::schema::Mode;
use tfplugin::testing::{Failure, Harness, State};

/// Machine and cluster behind 127.0.0.1, and those behind 127.0.0.2.
const FIRST: [&str; 2] = ["0123456789abcdef0123456789abcdef", "11111111-1111-1111-1111-111111111111"];
const SECOND: [&str; 2] = ["fedcba9876543210fedcba9876543210", "22222222-2222-2222-2222-222222222222"];

const STATUS: &str = "microk8s:\n  running: True\nhigh-availability:\n  enabled: False\n  nodes:\n    - address: 127.0.0.1:19001\n      \
                      role: voter\naddons:\n  - name: dns\n    repository: core\n    version: 1.13.1\n    status: enabled\n";

async fn two_clusters() -> Sshd {
    let directory = directory().await;
    let file = |name: &str| directory.path().join(name).display().to_string();
    let ([machine, cluster], [other_machine, other_cluster]) = (FIRST, SECOND);
    std::fs::write(file("status"), STATUS).unwrap();
    let script = format!(
        r#"case $SSH_ORIGINAL_COMMAND in *microk8s-connected*) exec sh -c "$SSH_ORIGINAL_COMMAND";; esac
set -- $SSH_CONNECTION
machine={machine} cluster={cluster}
[ "$3" = 127.0.0.1 ] || {{ machine={other_machine} cluster={other_cluster}; }}
case $SSH_ORIGINAL_COMMAND in
    *"command -v timeout"*) echo reads >>{log} ;;
    *) echo "changes: $SSH_ORIGINAL_COMMAND" >>{log} ;;
esac
case $SSH_ORIGINAL_COMMAND in
    *"section machine-id"*) printf '\036machine-id\n%s\n\036hostname\nname\n' "$machine" ;;
    *"namespace kube-system"*) echo "$cluster" ;;
    *"status --format yaml"*) cat {status} ;;
    *) exit 1 ;;
esac
"#,
        log = file("commands"),
        status = file("status"),
    );
    std::fs::write(file("forced"), script).unwrap();
    let options = vec![format!("ForceCommand=sh {}", file("forced")), "ListenAddress=127.0.0.2".to_owned()];
    Sshd::start_in(directory, &[], options).await
}

/// What a run of `two_clusters` was told to change.
fn changes(sshd: &Sshd) -> String {
    let commands = std::fs::read_to_string(sshd.directory.path().join("commands")).unwrap_or_default();
    assert!(commands.contains("reads"), "nothing was asked");
    commands.lines().filter(|line| !line.starts_with("reads")).collect()
}

/// All types over SSH, with what they belong to behind 127.0.0.1: in the state where they have an attribute
/// for it.
fn types() -> impl Iterator<Item = (&'static str, Json)> {
    let [machine, cluster] = FIRST;
    let over_ssh = TYPES.into_iter().filter(|(name, ..)| name.starts_with("microk8s_"));
    over_ssh.map(move |(name, given, _)| {
        let mut given: Json = serde_json::from_str(given).unwrap();
        for (attribute, identity) in [("machine_id", machine), ("cluster_id", cluster)] {
            if let Some(stored) = given.get_mut(attribute) {
                *stored = json!(identity);
            }
        }
        (name, given)
    })
}

/// The attribute by which that type is reached.
fn address_of(type_name: &str) -> &'static str {
    if type_name == "microk8s_cluster_member" { "cluster" } else { "host" }
}

/// What the configuration says where the state is `given`.
fn config(type_name: &str, given: &Json, address: &str) -> Json {
    let table = OverSshTypes::registry();
    let (_, schema) = table.resources().find(|(name, _)| *name == type_name).unwrap();
    let own = schema.attributes.iter().filter(|one| one.mode != Mode::Computed);
    let mut config: Map<String, Json> =
        own.filter_map(|one| Some((one.name.clone(), given.get(&one.name)?.clone()))).collect();
    config.entry("host").or_insert_with(|| json!("127.0.0.1"));
    config.insert(address_of(type_name).to_owned(), json!(address));
    Json::Object(config)
}

/// The state of a resource that was made at 127.0.0.1, moved to `address`.
fn stored(type_name: &str, given: &Json, address: &str, private: &str) -> State {
    let mut given = given.clone();
    given[address_of(type_name)] = json!(address);
    State { private: private.as_bytes().to_vec(), ..state(type_name, &given.to_string()) }
}

/// Whether the errors name what the resource belongs to, and what answers.
fn names_both(type_name: &str, failed: Result<impl std::fmt::Debug, Failure>) {
    let failed = failed.unwrap_err();
    let text =
        failed.diagnostics.iter().map(|one| format!("{}\n{}\n", one.summary, one.detail)).collect::<String>();
    let named = (0..2).any(|noun| text.contains(FIRST[noun]) && text.contains(SECOND[noun]));
    assert!(named && failed.violations.is_empty(), "{type_name}: {text} {:?}", failed.violations);
}

async fn fixture() -> (Sshd, std::sync::Arc<Harness<OverSshTypes>>) {
    let sshd = two_clusters().await;
    let harness = harness(&sshd, Duration::from_secs(20));
    (sshd, harness)
}

#[tokio::test]
async fn an_address_that_leads_to_another_cluster_changes_nothing_there() {
    let (sshd, harness) = fixture().await;
    for (type_name, given) in types() {
        // Also where the state of an earlier version does not say what it belongs to.
        let prior = stored(type_name, &given, "127.0.0.1", "{}");
        let moved = harness.plan(type_name, Some(&prior), &config(type_name, &given, "127.0.0.2")).await;
        names_both(type_name, harness.apply(&moved.unwrap()).await);
    }
    assert_eq!(changes(&sshd), "");
}

#[tokio::test]
async fn another_cluster_behind_the_same_address_keeps_the_state_and_removes_nothing() {
    for (type_name, given) in types() {
        // A process of its own for each, as a machine is warned of once.
        let (sshd, harness) = fixture().await;
        let noun = usize::from(!matches!(type_name, "microk8s_node" | "microk8s_addon_repository"));
        let private = json!({ "identity": FIRST[noun] }).to_string();
        let state = stored(type_name, &given, "127.0.0.2", &private);
        let (read, found) = harness.read(&state).await.unwrap();
        assert_eq!(read.unwrap_or_else(|| panic!("{type_name} is gone")).object, state.object, "{type_name}");
        let warned = found.iter().map(|one| one.detail.clone()).collect::<String>();
        assert!(warned.contains(FIRST[noun]) && warned.contains(SECOND[noun]), "{type_name}: {warned}");
        names_both(type_name, harness.destroy(&state).await);
        assert_eq!(changes(&sshd), "", "{type_name}");
    }
}

#[tokio::test]
async fn a_state_that_does_not_say_what_it_belongs_to_learns_it_at_the_next_read() {
    let (sshd, harness) = fixture().await;
    let (type_name, given) = types().find(|(name, _)| *name == "microk8s_addon").unwrap();
    let earlier = stored(type_name, &given, "127.0.0.1", "{}");
    let (read, found) = harness.read(&earlier).await.unwrap();
    assert!(found.is_empty(), "{found:?}");
    let read = read.unwrap();
    assert_eq!(serde_json::from_slice::<Json>(&read.private).unwrap(), json!({ "identity": FIRST[1] }));
    assert_eq!(changes(&sshd), "");
}
