//! With whom a machine joins: what of it, and of the members that are there, keeps it from joining.

use super::Joining;
use crate::connection::Freshness;
use crate::connection::retry::Attempt;
use crate::engine::node_resource::NodeError;
use crate::microk8s::shared::cluster::quorum;
use crate::microk8s::shared::machine::Machine;
use crate::microk8s::shared::machine::node_list::{ClusterNode, Role};
use crate::microk8s::shared::machine::snapshot::NodeSnapshot;
use std::time::Duration;

/// How long a voter that restarts may take to be there again.
const VOTERS_RETURN_WITHIN: Duration = Duration::from_secs(60);

impl Joining {
    /// Refuses what MicroK8s would refuse of the machine itself, and to join beside dead voters. One that
    /// restarts is waited for.
    pub(super) async fn check_company(&self) -> Result<(), NodeError> {
        let snapshot = self.machine.snapshot(Freshness::Fresh).await?;
        let nodes = self.nodes().await?;
        check_machine(&self.machine, &snapshot, self.role, &nodes)?;
        if self.role == Role::Worker {
            return Ok(());
        }
        let deadline = self.deadline.within(VOTERS_RETURN_WITHIN);
        let alive = deadline.reach(|| async {
            let seen = async { Ok::<_, NodeError>((self.nodes().await?, self.datastore().await?)) };
            let (nodes, members) = match seen.await {
                Ok(seen) => seen,
                Err(failure) => return Attempt::Retry(failure),
            };
            let dead = quorum::dead_voters(&nodes, &members, |ipv4| snapshot.has(ipv4));
            if dead.is_empty() {
                return Attempt::Done(Ok(()));
            }
            let (answer, advice) = quorum::beside_dead_voters(&dead);
            let attempt = format!("joining {} as a control plane", self.machine.address());
            Attempt::Retry(NodeError::new(attempt, answer).at("cluster").with_hint(advice))
        });
        alive.await.map_err(|gave_up| NodeError::from(gave_up).permanent())
    }
}

/// What of the machine itself keeps it from joining.
fn check_machine(
    machine: &Machine,
    snapshot: &NodeSnapshot,
    role: Role,
    nodes: &[ClusterNode],
) -> Result<(), NodeError> {
    let refused = |answer: String, advice: &str| {
        let attempt = format!("checking whether {} can join the cluster", machine.address());
        Err(NodeError::new(attempt, answer).at("host").with_hint(advice))
    };
    if role == Role::ControlPlane && snapshot.has_low_memory() {
        let answer = "MicroK8s reports of the machine: This node does not have enough RAM to host the Kubernetes control plane services \
                      and join the database quorum.";
        return refused(
            answer.to_owned(),
            "Join it as a worker, or give it more memory and run `sudo microk8s start --disable-low-memory-guard` there.",
        );
    }
    if snapshot.lacks_ipv4() {
        let answer = "It has IPv6 addresses only, and MicroK8s joins by IPv4.".to_owned();
        return refused(answer, "Give the machine an IPv4 address by which the other nodes reach it.");
    }
    // One that was called otherwise before is at its own address.
    let is_another = |node: &&ClusterNode| {
        node.ready
            && node.name != snapshot.node_name()
            && !node.addresses.iter().any(|one| snapshot.has(*one))
    };
    let same = |node: &&ClusterNode| !node.machine_id.is_empty() && node.machine_id == snapshot.machine_id;
    if let Some(twin) = nodes.iter().find(|node| same(node) && is_another(node)) {
        let answer = format!(
            "Its /etc/machine-id is {}, which is that of the node {} too: one machine is a copy of the other.",
            snapshot.machine_id, twin.name
        );
        return refused(
            answer,
            "Give the copy an id of its own: on it, `sudo rm -f /etc/machine-id /var/lib/dbus/machine-id && sudo systemd-machine-id-setup`, \
             and reboot. Then replace its `microk8s_node`.",
        );
    }
    Ok(())
}
