//! The control plane that all others join, as a member too: nothing is joined and nothing leaves. So one
//! `for_each` may be over all nodes. And what a plan must not do: let the control plane leave that others
//! join.

use super::{ClusterMember, ClusterMemberPrivate};
use crate::connection::Freshness;
use crate::connection::retry::Deadline;
use crate::engine::node_resource::{NodeError, observe, warn_unchecked};
use crate::microk8s::shared::cluster::quorum;
use crate::microk8s::shared::cluster::snapshot::ClusterSnapshot;
use crate::microk8s::shared::machine::Machines;
use crate::session::Session;
use crate::values::Host;
use tfplugin::{Context, Diagnostic};

impl ClusterMember {
    /// Whether it is the control plane that it names as its cluster's.
    pub(super) fn is_founder(&self) -> bool {
        Host::of(&self.host) == Host::of(&self.cluster)
    }

    /// It, as its cluster shows it. `name` is what it was called before.
    pub(super) async fn founder(
        self,
        name: Option<&str>,
        machines: &dyn Machines,
        private: &mut ClusterMemberPrivate,
        deadline: &Deadline,
    ) -> Result<Self, NodeError> {
        let cluster_snapshot = self.cluster_now(machines, deadline).await?;
        let node = &cluster_snapshot.first.node;
        if name.is_some_and(|name| name != node.name) {
            return Err(self.is_another_machine(&node.name, name.unwrap_or_default()));
        }
        private.control_planes = cluster_snapshot.control_planes();
        Ok(self.seen(&cluster_snapshot.id, node))
    }
}

const SUMMARY: &str = "The control plane that others join is destroyed";

const KEEP: &str = "It would leave the cluster and take it out of reach of those that join there. Give the others a control plane that stays as \
                    `cluster`, and keep this one as a member in this apply: `host` and `cluster` of a `microk8s_cluster_member` may be the \
                    same, which changes nothing. Destroy it in the next apply.";

/// The error of a member that joins at a control plane that this plan destroys.
pub(super) fn joins_one_that_leaves(cluster: &str) -> Diagnostic {
    let detail = format!("The member at {cluster} is destroyed by this plan, and others join there. {KEEP}");
    Diagnostic::error(SUMMARY, detail).at("cluster")
}

/// The error of a member that leaves while others join there.
pub(super) fn leaves_those_that_join(host: &str) -> NodeError {
    let answer = format!("Others have {host} as their `cluster`.");
    NodeError::new(format!("planning that the member at {host} leaves"), answer).with_hint(KEEP)
}

/// Warns of voters that are not there, beside which a new control plane is planned.
pub(super) async fn warn_of_dead_voters(context: &Context<Session>, host: &str, cluster: &str) {
    let asked = async {
        let seen = ClusterSnapshot::collect(&**context.provider(), cluster, Freshness::Cached).await?;
        let members = seen.first.machine.datastore(Freshness::Cached).await?;
        let nodes: Vec<_> = seen.nodes().cloned().collect();
        Ok(quorum::dead_voters(&nodes, &members, |ipv4| Host::of(&ipv4.to_string()) == Host::of(host)))
    };
    match observe(context, cluster, asked).await {
        Ok(dead) if dead.is_empty() => {}
        Ok(dead) => {
            let (answer, advice) = quorum::beside_dead_voters(&dead);
            let detail = format!("{answer} The apply is refused as long as they are members.\n\n{advice}");
            context.warn(Diagnostic::warning("New control plane beside a dead one", detail).at("cluster"));
        }
        Err(error) => warn_unchecked(context, cluster, error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::member;
    use super::*;
    use crate::microk8s::shared::machine::node_list::Role;
    use crate::microk8s::shared::testing::{World, deadline};

    #[tokio::test(start_paused = true)]
    async fn the_founder_is_a_member_of_which_nothing_is_changed() {
        let world = World::new(2);
        let founder = member(1, Role::ControlPlane);
        let mut private = ClusterMemberPrivate::default();
        let made = founder.clone().founder(None, &world, &mut private, &deadline()).await.unwrap();
        assert_eq!(made.node_name.known().map(String::as_str), Some("cp1"));
        assert_eq!(
            made.founder(Some("cp1"), &world, &mut private, &deadline()).await.unwrap().host,
            "10.0.0.1"
        );
        let other =
            founder.clone().founder(Some("cp9"), &world, &mut private, &deadline()).await.unwrap_err();
        assert_eq!(other.answer(), "The machine there is called \"cp1\"; this member is \"cp9\".");
        // A refresh finds no drift, whether it is alone or not.
        for _ in 0..2 {
            let made = founder.clone().founder(None, &world, &mut private, &deadline()).await.unwrap();
            let seen = ClusterSnapshot::collect(&world, "10.0.0.1", Freshness::Fresh).await.unwrap();
            let members = seen.first.machine.datastore(Freshness::Fresh).await.unwrap();
            assert_eq!(made.clone().refreshed(&seen, &members), Some(made));
            world.admit(2, "spare");
        }
        let spelt = |host: &str| ClusterMember { host: host.into(), ..member(1, Role::ControlPlane) };
        assert!(spelt("::ffff:10.0.0.1").is_founder() && !spelt("10.0.0.2").is_founder());
        assert_eq!(world.0.lock().unwrap().ran.iter().filter(|(_, name)| name.contains("join")).count(), 0);
    }
}
