//! What the cluster's types tell people alike.

use tfplugin::Diagnostic;

/// What to do when a machine that something is to be taken from does not answer.
pub(crate) const IF_GONE: &str = "If the machine is gone for good, there is nothing left to restore: `terraform state rm` \
                                  forgets the resource. If another control plane lives, set the address to that one and \
                                  apply before destroying.";

/// A node that the work goes on without.
pub(crate) fn left_out(node: &str, reason: &str, consequence: &str) -> Diagnostic {
    let text = format!("The machine of the node {node} was not reached, so it {consequence}.\n{reason}");
    Diagnostic::warning(format!("Unable to reach the node {node}"), text)
}
