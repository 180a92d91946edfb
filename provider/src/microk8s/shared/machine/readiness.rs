//! When a node is ready: this node, not any of its cluster, and for longer than a moment.

use super::Machine;
use super::scripts::READINESS;
use super::sections::sections;
use super::service::Service;
use crate::connection::ConnectionError;
use crate::connection::retry::{Attempt, Deadline, RetryError};
use crate::connection::ssh::Shell;
use crate::engine::node_resource::NodeError;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

/// A fresh node looks at its addresses every 5 seconds and, where one came late, makes its certificate anew
/// and restarts everything: what has not lasted longer than that is not ready.
const LASTS: Duration = Duration::from_secs(6);

/// What one look showed of a node that works: its certificate.
type Working = String;

/// Waits until the node works and keeps working.
///
/// Where the time ends first, what kubelite's log says is in the error.
pub(crate) async fn wait(
    machine: &Arc<dyn Shell>,
    node_name: &str,
    deadline: &Deadline,
) -> Result<(), NodeError> {
    let since: Mutex<Option<(Instant, Working)>> = Mutex::default();
    let ready = deadline
        .earlier(LAST_WORDS)
        .until(|| async {
            let output = match machine.ask(&READINESS, &[node_name]).await {
                Ok(output) => output,
                Err(error) if error.is_transient() => return Attempt::Retry(NodeError::from(error)),
                Err(error) => return Attempt::Done(Err(NodeError::from(error))),
            };
            let mut since = since.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let unready = |answer: String| {
                NodeError::new(
                    format!("waiting for node {node_name} on {} to be ready", machine.address()),
                    answer,
                )
            };
            match judge(&output.stdout) {
                Ok(certificate) => match &*since {
                    Some((at, before)) if *before == certificate => match at.elapsed() >= LASTS {
                        true => Attempt::Done(Ok(())),
                        false => Attempt::Retry(unready("It is ready since a moment only.".to_owned())),
                    },
                    _ => {
                        *since = Some((Instant::now(), certificate));
                        Attempt::Retry(unready("It is ready since a moment only.".to_owned()))
                    }
                },
                Err(Unready::Stopped) => Attempt::Done(Err(unready(
                    "MicroK8s is stopped there.".to_owned(),
                )
                .with_hint(
                    "MicroK8s was stopped (`microk8s stop`). Run `sudo microk8s start` on the machine and apply again.",
                ))),
                Err(Unready::Yet(seen)) => {
                    *since = None;
                    Attempt::Retry(unready(seen))
                }
            }
        })
        .await;
    machine.invalidate_probes();
    match ready {
        Err(RetryError::TimedOut(failure)) => {
            let kubelite = [Service::Kubelite].into();
            let journal = deadline.bound(Machine::new(Arc::clone(machine)).journal(&kubelite)).await;
            let journal = journal.unwrap_or_else(|_| "It was not read in time.".to_owned());
            let also = format!("The lines of kubelite's log that tell most:\n{journal}");
            Err(RetryError::TimedOut(failure.and_answer(&also)).into())
        }
        ready => Ok(ready?),
    }
}

/// How long kubelite's log may take in the end.
const LAST_WORDS: Duration = Duration::from_secs(10);

#[derive(Debug, PartialEq, Eq)]
enum Unready {
    /// It will not come by itself.
    Stopped,
    /// The named condition that does not hold, and what was seen of it.
    Yet(String),
}

fn judge(printed: &str) -> Result<Working, Unready> {
    let sections = sections(printed);
    let section = |name: &str| sections.get(name).copied().unwrap_or_default();
    let locks: Vec<&str> = section("locks").lines().collect();
    if locks.contains(&"stopped.lock") {
        return Err(Unready::Stopped);
    }
    let certificate = section("certificate").trim().to_owned();
    if locks.contains(&"clustered.lock") {
        return worker(section("services")).map(|()| certificate);
    }
    let node = section("node").trim();
    if !node.starts_with("True") {
        let seen = if node.is_empty() { "the API server says nothing about it yet" } else { node };
        return Err(Unready::Yet(format!("The node's condition Ready is not True: {}", last_line(seen))));
    }
    // Whoever manages Calico by himself has told MicroK8s not to.
    if !locks.contains(&"cni-loaded") && !locks.contains(&"no-manage-calico") {
        return Err(Unready::Yet("MicroK8s has not brought Calico into the cluster yet.".to_owned()));
    }
    Ok(certificate)
}

/// A worker cannot ask the API server about itself.
fn worker(services: &str) -> Result<(), Unready> {
    for service in ["daemon-kubelite", "daemon-containerd"] {
        let row = services.lines().find(|line| line.contains(service)).unwrap_or_default();
        if row.split_whitespace().nth(2) != Some("active") {
            return Err(Unready::Yet(format!("Its service {service} is not active.")));
        }
    }
    Ok(())
}

fn last_line(text: &str) -> &str {
    text.lines().next_back().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(locks: &str, node: &str) -> String {
        let services = "Service                    Startup  Current   Notes\n\
                        microk8s.daemon-containerd  enabled  active    -\nmicrok8s.daemon-kubelite    enabled  active    -\n";
        format!(
            "\u{1e}locks\n{locks}\n\u{1e}certificate\nabc  -\n\u{1e}services\n{services}\u{1e}node\n{node}"
        )
    }

    fn yet(printed: &str) -> String {
        match judge(printed) {
            Err(Unready::Yet(seen)) => seen,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_node_works_when_it_is_ready_and_has_its_network() {
        assert_eq!(
            judge(&printed("cni-loaded", "True: kubelet is posting ready status")),
            Ok("abc  -".to_owned())
        );
        assert!(judge(&printed("no-manage-calico", "True: x")).is_ok());
        assert!(yet(&printed("installed.lock", "True: x")).contains("Calico"));
        assert!(
            yet(&printed("cni-loaded", "False: NetworkPluginNotReady")).contains("NetworkPluginNotReady")
        );
        assert!(yet(&printed("cni-loaded", "")).contains("says nothing"));
        assert!(
            yet(&printed("cni-loaded", "Error from server (NotFound): nodes \"cp1\" not found"))
                .contains("NotFound")
        );
    }

    #[test]
    fn a_stopped_node_is_not_waited_for() {
        assert_eq!(judge(&printed("stopped.lock", "True: x")), Err(Unready::Stopped));
    }

    #[test]
    fn a_worker_is_judged_by_its_services() {
        assert!(judge(&printed("clustered.lock", "")).is_ok());
        let stopped = printed("clustered.lock", "")
            .replace("kubelite    enabled  active", "kubelite    enabled  inactive");
        assert!(yet(&stopped).contains("daemon-kubelite"));
    }
}
