//! Flags in files, and against machines in memory.

use super::*;
use crate::connection::Freshness;
use crate::connection::cluster::ClusterLocks;
use crate::engine::node_resource::NodeError;
use crate::microk8s::shared::machine::scripts::{RECORD, RESTART, WRITE};
use crate::microk8s::shared::testing::{Fault, World, deadline, promptly};

const MORE_PODS: [(&str, &str, &str); 1] = [("kubelet", "max-pods", "250")];

async fn set(world: &World, args: &Args) -> Result<(), NodeError> {
    let (locks, deadline) = (ClusterLocks::default(), deadline());
    let arguing = Arguing { machine: world.shell(1), args, locks: &locks, deadline: &deadline };
    if arguing.is_done().await? {
        return Ok(());
    }
    arguing.run().await?;
    assert!(arguing.is_done().await?, "what was done is done");
    Ok(())
}

async fn snapshot(world: &World) -> NodeSnapshot {
    world.shell(1).snapshot(Freshness::Fresh).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_node_gets_its_flags_once_and_loses_them_again() {
    let world = World::new(1);
    let shipped = snapshot(&world).await.files;
    let wanted = args(&[("kubelet", "max-pods", "250"), ("containerd", "log-level", "warn")]);
    for _ in 0..2 {
        set(&world, &wanted).await.unwrap();
        let seen = seen(&wanted, &snapshot(&world).await);
        assert_eq!(seen, wanted);
    }
    assert_eq!((world.count(&WRITE), world.count(&RESTART)), (2, 1));
    set(&world, &Args::new()).await.unwrap();
    let after = snapshot(&world).await;
    assert_eq!(after.files.flag("kubelet", "--max-pods"), None);
    assert_eq!(after.files.flag("kubelet", "--node-ip"), shipped.flag("kubelet", "--node-ip"));
    assert_eq!((after.arguments, world.count(&RECORD)), (None, 2));
    set(&World::new(1), &Args::new()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_flag_that_a_service_does_not_know_is_taken_back_with_its_log() {
    let world = World::new(1);
    let before = snapshot(&world).await.files;
    world.0.lock().unwrap().faults.push(Fault::Chokes("--wrong=1"));
    let failed = set(&world, &args(&[("kubelet", "wrong", "1")])).await.unwrap_err();
    assert!(!failed.is_transient(), "it is tried once");
    let diagnostic = failed.into_diagnostic("Unable to update");
    assert_eq!(diagnostic.attribute, Some("args".into()));
    assert!(diagnostic.detail.contains("error: unknown flag: --wrong"), "{}", diagnostic.detail);
    let after = snapshot(&world).await;
    assert!(after.files == before && after.pending.is_empty(), "{after:?}");
    assert_eq!(seen(&Args::new(), &after), Args::new(), "what was taken back is nothing to take back");
    set(&world, &args(&MORE_PODS)).await.unwrap();
    assert!(!snapshot(&world).await.arguments.unwrap().contains("wrong"));
}

/// `kill -9` came while the node did not come up with a flag, or before it was taken back.
#[tokio::test(start_paused = true)]
async fn what_was_not_seen_to_work_goes_before_anything_else() {
    let stopped = || {
        let world = World::new(1);
        {
            let mut state = world.0.lock().unwrap();
            state.faults.push(Fault::Chokes("--wrong=1"));
            let machine = state.machines.get_mut(&1).unwrap();
            machine.files.insert("kubelet".into(), "--node-ip=10.0.0.1,fd00::1\n--wrong=1\n".into());
            machine.arguments = r#"{"kubelet":{"wrong":null}}"#.into();
            machine.left_unread("daemon-kubelite");
        }
        world
    };
    let mended = stopped();
    set(&mended, &args(&MORE_PODS)).await.unwrap();
    assert_eq!(snapshot(&mended).await.files.flag("kubelet", "--wrong"), None);
    let again = stopped();
    let wrong = args(&[("kubelet", "wrong", "1")]);
    promptly(set(&again, &wrong)).await.unwrap_err();
    let after = snapshot(&again).await;
    assert_eq!((after.files.flag("kubelet", "--wrong"), after.pending.len()), (None, 0));
    let created = stopped();
    let (locks, deadline) = (ClusterLocks::default(), deadline());
    let arguing = Arguing { machine: created.shell(1), args: &wrong, locks: &locks, deadline: &deadline };
    assert!(!arguing.is_taken_back().await.unwrap());
    arguing.take_back().await.unwrap();
    assert!(arguing.is_taken_back().await.unwrap());
    assert_eq!(snapshot(&created).await.files.flag("kubelet", "--wrong"), None);
}

fn args(flags: &[(&str, &str, &str)]) -> Args {
    let mut args = Args::new();
    for (file, name, value) in flags {
        args.entry((*file).to_owned()).or_default().insert((*name).to_owned(), (*value).to_owned());
    }
    args
}

fn files() -> Files {
    Files::new(
        [
            ("kubelet", "--max-pods=110\n--v 2\n"),
            ("containerd", "--address ${SNAP_COMMON}/run/containerd.sock\n"),
        ]
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .into(),
    )
}

#[test]
fn flags_come_and_become_what_they_were() {
    let wanted = args(&[
        ("kubelet", "max-pods", "250"),
        ("kubelet", "node-status-update-frequency", "5s"),
        ("containerd", "log-level", "warn"),
    ]);
    let before = with_noted(&Before::new(), &wanted, &files());
    assert_eq!(before["kubelet"]["max-pods"].as_deref(), Some("110"));
    assert_eq!(before["kubelet"]["node-status-update-frequency"], None);
    let changed = files_with(&files(), &wanted, &before);
    assert_eq!(changed.flag("kubelet", "--max-pods").as_deref(), Some("250"));
    assert_eq!(changed.flag("containerd", "--log-level").as_deref(), Some("warn"));
    assert_eq!(
        changed.flag("containerd", "--address").as_deref(),
        Some("${SNAP_COMMON}/run/containerd.sock")
    );
    // A value that changes does not change what was before.
    let other = args(&[("kubelet", "max-pods", "99")]);
    let noted = with_noted(&before, &other, &changed);
    assert_eq!(noted, before);
    let fewer = files_with(&changed, &other, &noted);
    assert_eq!(fewer.flag("kubelet", "--max-pods").as_deref(), Some("99"));
    assert_eq!(fewer.flag("kubelet", "--node-status-update-frequency"), None);
    let noted = only_of(&noted, &other);
    assert_eq!(noted.len(), 1);
    let none = files_with(&fewer, &Args::new(), &noted);
    assert_eq!(none.flag("kubelet", "--max-pods").as_deref(), Some("110"));
    assert_eq!(none.flag("containerd", "--log-level"), None);
    assert_eq!(only_of(&noted, &Args::new()), Before::new());
}

fn printed(kubelet: &str, note: &str, pending: &str) -> NodeSnapshot {
    let text = format!(
        "\u{1e}hostname\ncp1\n\u{1e}arguments\n{note}\n\u{1e}kubelet\n{kubelet}\n\u{1e}pending\n{pending}\n"
    );
    NodeSnapshot::parse(&text).unwrap()
}

#[test]
fn what_is_there_is_seen_flag_by_flag() {
    let wanted = args(&[("kubelet", "max-pods", "250"), ("kubelet", "v", "4")]);
    let note = r#"{"kubelet": {"max-pods": "110", "v": null, "orphan": null, "as-before": "1"}}"#;
    let kubelet = "--max-pods=99\n--orphan=x\n--as-before=1\n";
    // A flag that an interrupted apply brought is shown, so that it is taken away.
    let expected = args(&[("kubelet", "max-pods", "99"), ("kubelet", "orphan", "x")]);
    assert_eq!(seen(&wanted, &printed(kubelet, note, "")), expected);
    let unread = seen(&wanted, &printed(kubelet, note, "daemon-kubelite"));
    assert_eq!(unread, Args::from([("kubelet".to_owned(), BTreeMap::new())]));
    let other = seen(&wanted, &printed(kubelet, note, "daemon-containerd"));
    assert_eq!(other, expected);
}
