//! What `microk8s` says in place of an answer, whatever it was asked.

use crate::connection::ssh::{Output, Script};
use crate::engine::node_resource::NodeError;

/// Why there is no answer, where that is known. Exit codes prove nothing here: a worker and a stopped node
/// end with 0.
pub(crate) fn refusal(address: &str, script: &Script, output: &Output) -> Option<NodeError> {
    let no = |answer: &str| NodeError::new(format!("`{}` on {address}", script.name), answer);
    if output.code == 127 || output.stderr.contains("/snap/bin/microk8s: not found") {
        return Some(no("MicroK8s is not installed there.").at("host").not_installed());
    }
    if output.stdout.contains("acting as a node in a cluster") {
        let hint = "Give the address of a control plane of its cluster.";
        let answer = "The machine is a worker, which knows nothing of its cluster.";
        return Some(no(answer).at("host").with_hint(hint));
    }
    if output.stdout.contains("try microk8s start") || output.stderr.contains("try microk8s start") {
        let hint = "MicroK8s was stopped (`microk8s stop`). Run `sudo microk8s start` on the machine and apply again.";
        return Some(no("MicroK8s is stopped there.").with_hint(hint));
    }
    None
}
