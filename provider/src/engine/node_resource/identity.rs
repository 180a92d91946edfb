//! What a resource belongs to. An address leads to it and is not it: behind the same address there may be
//! another one by now.

use super::{NodeError, NodeResource};
use crate::connection::ssh::Shell;
use async_trait::async_trait;
use std::sync::Arc;

/// A machine, or a cluster.
#[async_trait]
pub trait Identity {
    /// Which of them: `machine`, `cluster`.
    const NOUN: &'static str;

    /// What answers here.
    async fn of(shell: &Arc<dyn Shell>) -> Result<String, NodeError>;
}

/// Refuses what answers at `address` where a resource belongs to another one.
pub(super) fn check<T: NodeResource>(
    known: Option<&str>,
    found: &str,
    address: &str,
) -> Result<(), NodeError> {
    let Some(known) = known.filter(|known| *known != found) else { return Ok(()) };
    let (noun, what) = (T::Identity::NOUN, T::NOUN);
    let answer = format!("The {noun} there is {found}; this {what} belongs to {known}.");
    Err(NodeError::new(format!("comparing the {noun} at {address} with the one in the state"), answer)
        .at(T::ADDRESS)
        .with_hint(format!(
            "If the {noun} was rebuilt on purpose, replace this resource too (`-replace`, or `replace_triggered_by` the {noun}). If not, \
             correct the address."
        )))
}
