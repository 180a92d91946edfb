//! Action `microk8s_restart`.

use super::{Node, NodeAction, NodeTarget};
use crate::engine::node_resource::NodeError;
use crate::engine::timeouts::InvokeTimeout;
use crate::microk8s::shared::machine::snapshot::NodeSnapshot;
use async_trait::async_trait;
use std::time::Duration;
use tfplugin::Model;
use tfplugin::model::Set;

/// Restarts MicroK8s on a node: after a change of its files, or where it hangs. Containers run on.
///
/// One node of a cluster is restarted at a time, whatever the parallelism, and the action ends when the node
/// has been ready for some seconds. All other control planes have to be Ready before one is restarted; where
/// kubelite does not run on the node itself, this is not required. With `for_each` over the nodes it is a
/// rolling restart. The restart runs on the machine itself and outlives the connection. Terraform 1.14 or
/// later.
#[derive(Clone, Debug, Model)]
#[action(type_name = "microk8s_restart")]
pub(crate) struct Restart {
    #[attribute(flatten)]
    target: NodeTarget,

    /// Services to restart: `kubelite` (the API server, scheduler, controllers and kubelet; what reads the
    /// files of their arguments), `containerd`, `k8s-dqlite` (the datastore), `cluster-agent`,
    /// `apiserver-kicker`, or `apiserver-proxy` of a worker. Default: all that run.
    #[attribute(optional, validate = check_services)]
    services: Option<Set<String>>,

    /// How long to wait. Default: 15 minutes.
    #[attribute(optional)]
    timeouts: Option<InvokeTimeout>,
}

/// What `snap services microk8s` lists, but for services of clusters without dqlite.
const SERVICES: [&str; 6] =
    ["kubelite", "containerd", "k8s-dqlite", "cluster-agent", "apiserver-kicker", "apiserver-proxy"];

fn check_services(services: &Option<Set<String>>) -> Result<(), String> {
    match services {
        Some(Set(none)) if none.is_empty() => {
            Err("name at least one service, or leave the attribute out".to_owned())
        }
        Some(Set(all)) => match all.iter().find(|one| !SERVICES.contains(&one.as_str())) {
            Some(unknown) => Err(format!("{unknown:?} is not one of {}", SERVICES.join(", "))),
            None => Ok(()),
        },
        None => Ok(()),
    }
}

#[async_trait]
impl NodeAction for Restart {
    const WHAT: &'static str = "restart MicroK8s";
    const WITHIN: Duration = Duration::from_secs(15 * 60);
    const DISRUPTS: bool = true;

    fn target(&self) -> &NodeTarget {
        &self.target
    }

    fn timeouts(&self) -> &Option<InvokeTimeout> {
        &self.timeouts
    }

    fn check(&self, _: &NodeSnapshot) -> Result<(), NodeError> {
        Ok(())
    }

    async fn run(&self, node: &Node<'_>) -> Result<(), NodeError> {
        let chosen: Vec<String> = match &self.services {
            Some(Set(services)) => {
                services.iter().map(|service| format!("microk8s.daemon-{service}")).collect()
            }
            None => vec!["microk8s".to_owned()],
        };
        let chosen: Vec<&str> = chosen.iter().map(String::as_str).collect();
        node.report(format!("snap restart {}", chosen.join(" "))).await;
        node.machine.restart_services(&chosen).await?;
        if chosen.iter().any(|service| ["microk8s", "microk8s.daemon-kubelite"].contains(service)) {
            node.machine.settled().await?;
        }
        node.ready().await
    }
}
