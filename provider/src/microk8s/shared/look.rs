//! The limit of every look at a machine: a refresh or an import never waits for ever, whatever answers there.

use crate::engine::node_resource::NodeError;
use crate::session::Session;
use tfplugin::Context;

/// What `seeing` sees on the machine at `address`, unless that takes longer than a look may, or Terraform asks the provider to stop.
///
/// Each command that reads has a limit of its own, [`crate::connection::ssh::READ_LIMIT`]; a look, which is several of them, may
/// take half as long again, so that another control plane can be asked where one does not answer.
pub(crate) async fn look<T, E: From<NodeError>>(
    context: &Context<Session>,
    address: &str,
    seeing: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let limit = context.provider().ssh.read_limit().mul_f64(1.5);
    tokio::select! {
        seen = tokio::time::timeout(limit, seeing) => seen.unwrap_or_else(|_| {
            let answer = format!("It did not answer within {} s.", limit.as_secs());
            Err(NodeError::new(format!("looking at {address}"), answer).at("host").transient().into())
        }),
        () = context.cancelled().cancelled() => Err(NodeError::interrupted().into()),
    }
}
