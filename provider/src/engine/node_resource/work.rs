//! What one operation works with: the machine that answers, the time that it has, and the way back to the
//! person.

use super::NodeError;
use crate::connection::cluster::ClusterLocks;
use crate::connection::retry::{Deadline, RetryError};
use crate::connection::ssh::{Host, Shell, Ssh};
use crate::session::Session;
use std::sync::Arc;
use tfplugin::{Context, Diagnostic};
use tokio_util::sync::CancellationToken;

/// One operation on one resource.
pub struct Work<'a> {
    /// Where what the resource belongs to answers.
    pub host: Arc<Host>,
    /// When to give up.
    pub deadline: Deadline,
    context: &'a Context<Session>,
}

impl<'a> Work<'a> {
    /// An operation that changes something.
    pub(super) fn changing(context: &'a Context<Session>, address: &str, deadline: Deadline) -> Self {
        Self { host: context.provider().ssh.host(address), deadline, context }
    }

    /// An operation that only reads. Each command that reads has a limit of its own,
    /// [`crate::connection::ssh::READ_LIMIT`]; all together may take half as long again, so that another
    /// control plane can be asked where one does not answer. Terraform's wish to stop ends every reading
    /// operation where it is called.
    pub(super) fn scope(context: &'a Context<Session>, address: &str) -> Self {
        let limit = context.provider().ssh.read_limit().mul_f64(1.5);
        Self::changing(context, address, Deadline::after(limit, &CancellationToken::new()))
    }

    /// The same at another address.
    pub(super) fn at(&self, address: &str) -> Self {
        Self::changing(self.context, address, self.deadline.clone())
    }

    /// The machine that answers, as one that runs scripts.
    pub fn shell(&self) -> Arc<dyn Shell> {
        Arc::clone(&self.host) as _
    }

    /// What the run works with.
    pub fn session(&self) -> &Session {
        self.context.provider()
    }

    /// All machines.
    pub fn ssh(&self) -> &Ssh {
        &self.context.provider().ssh
    }

    /// What is changed by one at a time in a cluster.
    pub fn locks(&self) -> &Arc<ClusterLocks> {
        &self.context.provider().locks
    }

    /// Tells the person something that does not stop the operation.
    pub fn warn(&self, warning: Diagnostic) {
        self.context.warn(warning);
    }

    /// What `reading` gives, unless that takes longer than reading may, or the operation has to end before.
    pub async fn observe<T>(
        &self,
        scope: impl Future<Output = Result<T, NodeError>>,
    ) -> Result<T, NodeError> {
        let limit = self.ssh().read_limit().mul_f64(1.5);
        match self.deadline.within(limit).bound(scope).await {
            Ok(read) => read,
            Err(RetryError::Cancelled) => Err(NodeError::interrupted()),
            Err(_) => {
                let answer = format!("It did not answer within {} s.", limit.as_secs());
                Err(NodeError::new(format!("reading {}", self.host.address()), answer).at("host").transient())
            }
        }
    }
}

/// Warns, once for each machine, that a plan checked nothing on one that is out of reach. One that answers
/// and has no MicroK8s yet is as it should be.
pub fn warn_unchecked(context: &Context<Session>, address: &str, error: NodeError) {
    let host = context.provider().ssh.host(address);
    if host.is_out_of_reach() && host.warn_once() {
        let error = error.with_hint(
            "This plan is complete; what does not fit the machine or its cluster shows at apply. If the same apply creates the \
             machine, nothing needs to be done.",
        );
        context.warn(error.into_warning(format!("Unable to reach {address}: nothing was checked there")));
    }
}

/// What `reading` the machine at `address` gives, for a plan or a data source: it never waits for ever,
/// whatever answers there.
pub async fn observe<T>(
    context: &Context<Session>,
    address: &str,
    scope: impl Future<Output = Result<T, NodeError>>,
) -> Result<T, NodeError> {
    Work::scope(context, address).observe(scope).await
}
