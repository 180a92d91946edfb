//! A member as a configuration has it.

use super::ClusterMember;
use crate::microk8s::shared::machine::node_list::Role;
use tfplugin::Computed;

/// The machine of a [`World`](crate::microk8s::shared::testing::World) with that last number, in the cluster
/// of its first one.
pub(super) fn member(last: u8, role: Role) -> ClusterMember {
    ClusterMember {
        host: format!("10.0.0.{last}"),
        cluster: "10.0.0.1".into(),
        role: role.to_string(),
        allow_quorum_loss: false,
        timeouts: None,
        node_name: Computed::Pending,
        address: Computed::Pending,
        cluster_id: Computed::Pending,
        drift: Computed::Pending,
    }
}
