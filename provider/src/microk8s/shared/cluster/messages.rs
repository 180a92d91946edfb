//! What the cluster's types tell people alike.

use crate::engine::node_resource::NodeError;
use tfplugin::{Computed, Diagnostic};

/// What to do when a machine that something is to be taken from does not answer.
pub(crate) const IF_GONE: &str = "If the machine is gone for good, there is nothing left to restore: `terraform state rm` \
                                  forgets the resource. If another control plane lives, set the address to that one and \
                                  apply before destroying.";

/// Whether the cluster that answers at `host` is the one in the state, if there is one yet. Points at the attribute `host`.
pub(crate) fn check_same_cluster(host: &str, known: &Computed<String>, found: &str) -> Result<(), NodeError> {
    let Some(known) = known.known().filter(|known| *known != found) else { return Ok(()) };
    let answer = format!("The cluster there is {found}; this resource belongs to {known}.");
    Err(NodeError::new(format!("asking the control plane on {host} for its cluster"), answer).at("host").with_hint(
        "If the cluster was rebuilt on purpose, replace this resource too (`-replace`, or `replace_triggered_by` the node). \
         If not, correct the address.",
    ))
}

/// A read that found nobody.
pub(crate) fn kept(host: &str, failure: NodeError) -> Diagnostic {
    failure
        .with_hint("The state is kept as it was. What is planned for this cluster may be out of date.")
        .into_warning(format!("Unable to read the cluster at {host}"))
}

/// A node that the work goes on without.
pub(crate) fn left_out(node: &str, reason: &str, consequence: &str) -> Diagnostic {
    let text = format!("The machine of the node {node} was not reached, so it {consequence}.\n{reason}");
    Diagnostic::warning(format!("Unable to reach the node {node}"), text)
}
