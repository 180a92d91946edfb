//! Every read and import of every type over SSH, against peers whose answers come to no end.

use super::{ACTIONS, DATA_SOURCES, EPHEMERAL_RESOURCES, OverSshTypes, TYPES, harness, state};
use crate::connection::ssh::testing::Sshd;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tfplugin::testing::Harness;
use tokio::task::JoinSet;

const PEERS: [(&str, &str); 3] = [
    ("prints without end", "exec yes"),
    ("prints a line a second", "while :; do echo y; sleep 1; done"),
    ("says nothing", "exec sleep 1000"),
];

/// Begins every read and import of every type, and every action, all at once; each says what came of it, if
/// that is not as it should be.
fn all_reads(harness: &Arc<Harness<OverSshTypes>>, stopped: bool) -> JoinSet<Option<String>> {
    let mut reads = JoinSet::new();
    for (type_name, given, id) in TYPES {
        let (reader, importer) = (Arc::clone(harness), Arc::clone(harness));
        reads.spawn(async move {
            let prior = state(type_name, given);
            match reader.read(&prior).await {
                Ok((Some(kept), _)) if kept.object == prior.object => None,
                Err(_) if stopped => None,
                other => Some(format!("reading {type_name}: {other:?}")),
            }
        });
        reads.spawn(async move {
            let imported = importer.import(type_name, id).await;
            imported.ok().map(|state| format!("importing {type_name}: {state:?}"))
        });
    }
    for (type_name, config) in DATA_SOURCES {
        let reader = Arc::clone(harness);
        reads.spawn(async move {
            let config = serde_json::from_str(config).unwrap();
            let read = reader.read_data_source(type_name, &config).await;
            read.ok().map(|read| format!("reading {type_name}: {read:?}"))
        });
    }
    for (type_name, config) in EPHEMERAL_RESOURCES {
        let opener = Arc::clone(harness);
        reads.spawn(async move {
            let config = serde_json::from_str(config).unwrap();
            let open = opener.open(type_name, &config).await;
            open.ok().map(|_| format!("opening {type_name}"))
        });
    }
    for (type_name, config) in ACTIONS {
        let invoker = Arc::clone(harness);
        reads.spawn(async move {
            let config = serde_json::from_str(config).unwrap();
            let invoked = invoker.invoke(type_name, &config).await;
            invoked.ok().map(|reports| format!("invoking {type_name}: {reports:?}"))
        });
    }
    reads
}

async fn end_within(limit: Duration, peer: &str, mut reads: JoinSet<Option<String>>) {
    let began = Instant::now();
    let mut wrong = Vec::new();
    while let Some(read) = tokio::time::timeout(limit, reads.join_next())
        .await
        .unwrap_or_else(|_| panic!("a peer that {peer}: {} reads go on", reads.len()))
    {
        wrong.extend(read.unwrap());
    }
    assert!(wrong.is_empty(), "a peer that {peer}: {wrong:#?}");
    assert!(began.elapsed() < limit, "a peer that {peer}: {:?}", began.elapsed());
}

/// A refresh keeps what is in the state, an import fails; none goes on.
#[tokio::test]
async fn every_read_over_ssh_has_a_limit() {
    for (peer, answer) in PEERS {
        let sshd = Sshd::start_with_answer(answer).await;
        let harness = harness(&sshd, Duration::from_secs(2));
        end_within(Duration::from_secs(20), peer, all_reads(&harness, false)).await;
    }
}

#[tokio::test]
async fn ctrl_c_ends_every_read_over_ssh_at_once() {
    for (peer, answer) in &PEERS[1..] {
        let sshd = Sshd::start_with_answer(answer).await;
        let harness = harness(&sshd, Duration::from_secs(600));
        let reads = all_reads(&harness, true);
        tokio::time::sleep(Duration::from_secs(2)).await;
        let others = DATA_SOURCES.len() + EPHEMERAL_RESOURCES.len() + ACTIONS.len();
        assert_eq!(reads.len(), 2 * TYPES.len() + others);
        harness.stop();
        end_within(Duration::from_secs(2), peer, reads).await;
    }
}
