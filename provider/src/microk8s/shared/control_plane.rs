//! A control plane that a configuration names, for what only reads it.

use super::machine::Machine;
use crate::connection::Freshness;
use crate::engine::node_resource::{NodeError, observe};
use crate::session::Session;
use std::sync::Arc;
use tfplugin::{Context, Diagnostics};

/// The control plane at `host`. It has to be the node of that name, where the configuration says one.
pub(crate) async fn control_plane(
    context: &Context<Session>,
    host: &str,
    node_name: Option<&str>,
    summary: &str,
) -> Result<Machine, Diagnostics> {
    let machine = Machine::new(Arc::clone(&context.provider().ssh.host(host)) as _);
    let looking = async {
        let snapshot = machine.snapshot(Freshness::Cached).await?;
        snapshot.check_control_plane(host)?;
        match node_name.filter(|name| *name != snapshot.node_name()) {
            None => Ok(()),
            Some(name) => {
                let answer = format!(
                    "It is the node {:?}, and the configuration says {name:?}.",
                    snapshot.node_name()
                );
                Err(NodeError::new(format!("asking {host} for its name"), answer).at("node_name"))
            }
        }
    };
    let looked = observe(context, host, looking).await;
    looked.map(|()| machine.clone()).map_err(|error| {
        let hint = "Where the same apply makes this node, give its `node_name` by reference: nothing is asked before the node is there.";
        let error = if node_name.is_none() { error.with_hint(hint) } else { error };
        error.into_diagnostics(summary)
    })
}
