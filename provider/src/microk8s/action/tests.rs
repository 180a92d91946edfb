use super::*;
use crate::connection::ssh::Script;
use crate::microk8s::shared::machine::scripts::{
    BACK_UP, READINESS, REFRESH_CERTIFICATE, RESTART_SERVICES, SETTLED,
};
use crate::microk8s::shared::testing::{Fault, World};
use serde_json::{Value as Json, json};
use tfplugin::Value;
use tfplugin::testing::Reports;
use tokio_util::sync::CancellationToken;

/// Invokes an action on the machine of that number: what came of it, and what was reported.
async fn invoke_on<T: NodeAction>(
    world: &World,
    locks: &ClusterLocks,
    last: u8,
    config: Json,
) -> (Result<(), NodeError>, Vec<String>) {
    let config = config_of::<T>(last, config);
    let deadline = Deadline::after(T::WITHIN, &CancellationToken::new());
    let (progress, mut reports) = Reports::channel();
    let done = invoke(&config, world.shell_at(last), locks, &deadline, &progress).await;
    (done, reports.taken())
}

fn config_of<T: NodeAction>(last: u8, given: Json) -> T {
    let text = |text: &Json| Value::String(text.as_str().unwrap().to_owned());
    let attributes = T::schema().attributes.iter().map(|one| {
        let value = match (one.name.as_str(), given.get(&one.name)) {
            ("host", None) => Value::String(format!("10.0.0.{last}")),
            (_, Some(Json::Array(all))) => Value::Set(all.iter().map(text).collect()),
            (_, Some(given)) => text(given),
            (_, None) => one.default.clone().unwrap_or(Value::Null),
        };
        (one.name.clone(), value)
    });
    T::decode(&Value::Object(attributes.collect())).unwrap()
}

async fn alone<T: NodeAction>(world: &World, last: u8, config: Json) -> (Result<(), NodeError>, Vec<String>) {
    invoke_on::<T>(world, &ClusterLocks::default(), last, config).await
}

fn ran(world: &World, scripts: &[&Script]) -> Vec<(u8, &'static str)> {
    let ran = world.0.lock().unwrap().ran.clone();
    ran.into_iter().filter(|(_, name)| scripts.iter().any(|script| script.name == *name)).collect()
}

fn three() -> World {
    let world = World::new(3);
    world.admit(2, "voter");
    world.admit(3, "voter");
    world
}

#[tokio::test(start_paused = true)]
async fn one_node_restarts_at_a_time_and_is_ready_before_the_next() {
    let (world, locks) = (three(), ClusterLocks::default());
    world.0.lock().unwrap().faults.extend([5, 5, 5].map(Fault::StartsAfter));
    let restarts = tokio::join!(
        invoke_on::<Restart>(&world, &locks, 1, json!({})),
        invoke_on::<Restart>(&world, &locks, 2, json!({})),
        invoke_on::<Restart>(&world, &locks, 3, json!({})),
    );
    for (done, reports) in [&restarts.0, &restarts.1, &restarts.2] {
        assert_eq!(*done, Ok(()), "{reports:?}");
    }
    assert_eq!(
        restarts.1.1,
        ["cp2: snap restart microk8s", "cp2: waiting until the node is ready", "cp2: the node is ready"]
    );
    let ran = ran(&world, &[&RESTART_SERVICES, &READINESS]);
    let begun: Vec<u8> =
        ran.iter().filter(|(_, name)| *name == RESTART_SERVICES.name).map(|(at, _)| *at).collect();
    assert_eq!(begun.len(), 3);
    let asked = ran.chunk_by(|one, next| one.0 == next.0).map(|chunk| (chunk[0].0, chunk.len()));
    let asked: Vec<_> = asked.collect();
    assert_eq!(asked.iter().map(|(at, _)| *at).collect::<Vec<_>>(), begun, "none is asked about meanwhile");
    assert!(asked.iter().all(|(_, times)| *times > 2), "{asked:?}");
    assert_eq!(world.count(&SETTLED), 3);
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_cannot_bear_it_is_left_alone_but_for_the_node_that_does_not_run() {
    let world = three();
    world.0.lock().unwrap().machines.get_mut(&3).unwrap().serves = false;
    let (refused, _) = alone::<Restart>(&world, 2, json!({})).await;
    let told = refused.unwrap_err().of_action().into_diagnostic("x").detail;
    assert!(told.contains("These control-plane nodes are not Ready: cp3."), "{told}");
    assert!(told.contains("terraform apply -invoke=") && !told.contains("next apply"), "{told}");
    assert_eq!(world.count(&RESTART_SERVICES), 0);

    world.0.lock().unwrap().faults.push(Fault::StartsAfter(0));
    let (done, reports) = alone::<Restart>(&world, 3, json!({"services": ["kubelite"]})).await;
    assert_eq!(done, Ok(()));
    assert_eq!(reports[0], "cp3: snap restart microk8s.daemon-kubelite");
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_is_no_other_one_is_an_error() {
    let world = World::new(1);
    let (done, reports) = alone::<RefreshCertificates>(&world, 1, json!({})).await;
    assert_eq!(done, Ok(()));
    assert_eq!(reports.first().unwrap(), "cp1: before: The server certificate will expire in 100 days.");
    assert_eq!(reports.last().unwrap(), "cp1: The server certificate will expire in 200 days.");

    world.0.lock().unwrap().faults.push(Fault::CertificateStays);
    let (failed, _) = alone::<RefreshCertificates>(&world, 1, json!({})).await;
    assert!(failed.unwrap_err().answer().contains("certs/server.crt is the one that was there before"));
}

#[tokio::test(start_paused = true)]
async fn a_backup_is_reported_with_its_path() {
    let world = World::new(1);
    let (done, reports) = alone::<BackupDatastore>(&world, 1, json!({"directory": "/srv"})).await;
    assert_eq!(done, Ok(()));
    let expected =
        "cp1: the backup is /srv/cp1-20261130T120000Z.tar.gz on 10.0.0.1, with 412 keys in 81234 bytes";
    assert_eq!(reports.last().unwrap(), expected);
}

/// Nothing is done to a machine that is not the one that is meant, or cannot do it.
#[tokio::test(start_paused = true)]
async fn another_machine_is_left_alone() {
    let world = World::new(3);
    world.0.lock().unwrap().machines.get_mut(&2).unwrap().locks.insert("stopped.lock");
    world.0.lock().unwrap().machines.get_mut(&3).unwrap().installed = false;
    let (other, _) = alone::<Restart>(&world, 1, json!({"node_name": "cp9"})).await;
    assert_eq!(other.unwrap_err().answer(), "It is the node \"cp1\", and the configuration says \"cp9\".");
    let (stopped, _) = alone::<Restart>(&world, 2, json!({})).await;
    assert_eq!(stopped.unwrap_err().answer(), "MicroK8s is stopped there.");
    let (bare, _) = alone::<BackupDatastore>(&world, 3, json!({})).await;
    assert!(bare.unwrap_err().is_not_installed());
    world.0.lock().unwrap().machines.get_mut(&1).unwrap().locks.insert("clustered.lock");
    for failed in [
        alone::<BackupDatastore>(&world, 1, json!({})).await.0,
        alone::<RefreshCertificates>(&world, 1, json!({})).await.0,
    ] {
        assert_eq!(failed.unwrap_err().answer(), "It is a worker of its cluster.");
    }
    assert_eq!(ran(&world, &[&RESTART_SERVICES, &REFRESH_CERTIFICATE, &BACK_UP]), []);
    let (done, _) = alone::<Restart>(&world, 1, json!({"node_name": "cp1"})).await;
    assert_eq!(done, Ok(()), "a worker can be restarted");
}
