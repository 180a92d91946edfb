//! One machine becomes a member of a cluster, in steps that can be stopped anywhere and carried on by doing
//! them again.

mod company;
#[cfg(test)]
mod tests;

use crate::connection::Freshness;
use crate::connection::retry::{Attempt, Deadline, RetryError};
use crate::engine::node_resource::NodeError;
use crate::engine::node_resource::step::{Step, Steps};
use crate::microk8s::cluster_member::membership::{Known, Membership, membership};
use crate::microk8s::cluster_member::peer_settings;
use crate::microk8s::shared::cluster::node_change::NodeChange;
use crate::microk8s::shared::cluster::snapshot::{ClusterSnapshot, Member};
use crate::microk8s::shared::machine::datastore::DatastoreMember;
use crate::microk8s::shared::machine::node_list::{ClusterNode, Role};
use crate::microk8s::shared::machine::node_marks;
use crate::microk8s::shared::machine::snapshot::NodeSnapshot;
use crate::microk8s::shared::machine::{Machine, describe_output, scripts};
use async_trait::async_trait;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// How long all of it may take until the machine is a member.
const JOINS_WITHIN: Duration = Duration::from_secs(20 * 60);

/// How often all control planes are tried: one may restart, or its certificate may just have been renewed.
const ROUNDS: u32 = 3;

/// How long a join that an earlier apply began may go on before it is taken for dead. A healthy one takes 15
/// seconds.
const MAY_GO_ON: Duration = Duration::from_secs(90);

/// How long the cluster may take to show a member that just joined.
const SHOWS_WITHIN: Duration = Duration::from_secs(60);

/// A machine and the cluster that it joins.
pub(crate) struct Joining {
    machine: Machine,
    name: String,
    role: Role,
    peers: Vec<Peer>,
    deadline: Deadline,
    rounds: AtomicU32,
}

/// A control plane that can be joined.
struct Peer {
    machine: Machine,
    snapshot: NodeSnapshot,
    ipv4: Ipv4Addr,
}

/// In this order.
const STEPS: [&dyn Step<Joining>; 3] = [&ClearAway, &Join, &Configure];

impl Joining {
    /// `machine`, seen as `snapshot`, and the control planes of the cluster. All of it ends with `deadline`.
    pub(crate) fn new(
        machine: Machine,
        snapshot: &NodeSnapshot,
        role: Role,
        cluster_snapshot: &ClusterSnapshot,
        deadline: &Deadline,
    ) -> Self {
        let control_planes =
            cluster_snapshot.members().filter(|member| member.node.role == Role::ControlPlane);
        let peers = control_planes.filter(|member| member.node.name != snapshot.node_name());
        let peer = |member: &Member| {
            Some(Peer {
                machine: member.machine.clone(),
                snapshot: member.snapshot.clone(),
                ipv4: member.ipv4()?,
            })
        };
        let peers = peers.filter_map(peer).collect();
        Self {
            machine,
            name: snapshot.node_name(),
            role,
            peers,
            deadline: deadline.clone(),
            rounds: AtomicU32::new(0),
        }
    }

    /// Makes it a member, mends what joining does not do right, and waits until the node works.
    pub(crate) async fn run(&self) -> Result<(), NodeError> {
        Steps::new(&STEPS).run(self, &self.deadline.within(JOINS_WITHIN)).await?;
        self.mend().await
    }

    /// Gives the node the settings of its cluster and waits until it works with them.
    pub(crate) async fn mend(&self) -> Result<(), NodeError> {
        let peer = self.peer()?;
        let snapshot = self.machine.snapshot(Freshness::Fresh).await?;
        // What is needed of the node the machine knows itself: its kubelet may not have told the cluster yet.
        let node = ClusterNode {
            name: self.name.clone(),
            addresses: self.node().await?.map(|node| node.addresses).unwrap_or_default(),
            role: self.role,
            ready: false,
            minor_release: None,
            machine_id: String::new(),
        };
        let member = Member { node, machine: self.machine.clone(), snapshot };
        let files = peer_settings::files_after(&member, &peer.snapshot.files)?;
        let had_own_flags = member.snapshot.own_kubelet.is_some();
        NodeChange::new(member, files).run(&self.deadline).await?;
        if had_own_flags {
            self.machine.forget_own_flags().await?;
        }
        node_marks::restore(&self.machine, &self.deadline).await
    }

    /// Makes the cluster forget what it remembers of the machine.
    async fn forget(&self) -> Result<(), NodeError> {
        let peer = self.peer()?;
        let snapshot = self.machine.snapshot(Freshness::Fresh).await?;
        if let Some(node) = self.node().await? {
            peer.machine.remove_node(&node.name).await?;
        }
        for member in self.datastore().await? {
            if let Some(ipv4) = member.ipv4().filter(|ipv4| snapshot.has(*ipv4)) {
                peer.machine.remove_node(&ipv4.to_string()).await?;
            }
        }
        Ok(())
    }

    /// Takes back what a join left that did not end well; what is complete but for its last line is
    /// completed.
    async fn take_back(&self) -> Result<(), NodeError> {
        let snapshot = self.machine.snapshot(Freshness::Fresh).await?;
        let ours = snapshot.has_authority(self.peer()?.snapshot.authority());
        let listed = self.role == Role::Worker
            || self.datastore().await?.iter().any(|one| one.ipv4().is_some_and(|ipv4| snapshot.has(ipv4)));
        let complete = ours && listed && snapshot.is_clustered() && snapshot.role() == self.role;
        let untouched = !ours && !snapshot.is_clustered();
        match !snapshot.left_half_way() && (complete || untouched) {
            true => self.machine.forget_join().await,
            false => self.machine.reset().await,
        }
    }

    /// Where the machine stands now.
    async fn membership(&self) -> Result<Membership, NodeError> {
        let snapshot = self.machine.snapshot(Freshness::Fresh).await?;
        let node = self.node().await?;
        let datastore = self.datastore().await?;
        let known = Known {
            authority: self.peer()?.snapshot.authority(),
            node: node.as_ref(),
            datastore: &datastore,
        };
        membership(self.machine.address(), &snapshot, &known, self.role)
    }

    /// Whether a join of ours is known to have been broken off there, and does not go on.
    async fn broke_off(&self) -> bool {
        let snapshot = self.machine.snapshot(Freshness::Fresh).await;
        snapshot.is_ok_and(|snapshot| snapshot.broke_off(&scripts::JOIN))
    }

    /// Makes it a member again where it is none any more; where it is one, only its settings are mended.
    pub(crate) async fn restore(&self) -> Result<(), NodeError> {
        match self.membership().await? {
            Membership::Member => self.mend().await,
            _ => self.run().await,
        }
    }

    async fn node(&self) -> Result<Option<ClusterNode>, NodeError> {
        Ok(self.nodes().await?.into_iter().find(|node| node.name == self.name))
    }

    async fn nodes(&self) -> Result<Vec<ClusterNode>, NodeError> {
        self.peer()?.machine.nodes(Freshness::Fresh).await
    }

    async fn datastore(&self) -> Result<Vec<DatastoreMember>, NodeError> {
        self.peer()?.machine.datastore(Freshness::Fresh).await
    }

    fn peer(&self) -> Result<&Peer, NodeError> {
        self.peers.first().ok_or_else(|| {
            let answer = "The cluster has no other control plane that was reached.";
            NodeError::new(format!("joining {}", self.machine.address()), answer).at("cluster")
        })
    }

    /// Joins at one control plane; what came of it is seen from the machine and from the cluster.
    async fn join_at(&self, peer: &Peer) -> Result<(), NodeError> {
        let endpoint = peer.machine.token().await?.endpoint(peer.ipv4);
        let output = self.machine.join(&endpoint, self.role).await?;
        let attempt = format!("`microk8s join` on {} to {}", self.machine.address(), peer.ipv4);
        let said = describe_output(&output);
        if !output.succeeded() {
            match REFUSED.contains(&output.code) {
                true => self.machine.forget_join().await?,
                false => self.take_back().await?,
            }
            return Err(judge_refusal(NodeError::new(attempt, said), &output.stdout));
        }
        let deadline = self.deadline.within(SHOWS_WITHIN);
        let shown = deadline.reach(|| async {
            match self.membership().await {
                Ok(Membership::Member) => Attempt::Done(Ok(())),
                Ok(membership) => Attempt::Retry(NodeError::new(
                    &attempt,
                    format!("{said}\nAnd yet the machine is {membership}."),
                )),
                Err(failure) => Attempt::Retry(failure),
            }
        });
        // MicroK8s ends with 0 also when it gave up waiting.
        shown.await.map_err(|gave_up| NodeError::from(gave_up).transient())
    }
}

/// How `microk8s join` ends where the control plane let nobody in, and nothing was changed.
const REFUSED: std::ops::RangeInclusive<i32> = 4..=6;

/// What the control plane said, and whether asking again can help.
fn judge_refusal(failure: NodeError, said: &str) -> NodeError {
    const FINAL: [(&str, &str); 4] = [
        (
            "has the same IP",
            "`host` and the control plane that was asked are the same machine. Correct `host` or `cluster`.",
        ),
        ("does not resolve", "Give the cluster's machines each other's names: `hosts` of `microk8s_node`."),
        (
            "not an HA MicroK8s cluster",
            "The cluster's datastore is not dqlite, and cannot take members. Enable ha-cluster there.",
        ),
        (
            "does not have enough RAM",
            "MicroK8s refuses a control plane on a machine with so little memory. Join it as a worker.",
        ),
    ];
    match FINAL.iter().find(|(sign, _)| said.contains(sign)) {
        Some((_, advice)) => failure.with_hint(*advice),
        None => failure.transient(),
    }
}

struct ClearAway;

#[async_trait]
impl Step<Joining> for ClearAway {
    fn name(&self) -> &'static str {
        "clear away what an earlier join left"
    }

    async fn check(&self, joining: &Joining) -> Result<bool, NodeError> {
        Ok(matches!(joining.membership().await?, Membership::Member | Membership::NotMember))
    }

    async fn run(&self, joining: &Joining) -> Result<(), NodeError> {
        joining.clear_away().await?;
        // One thing may have hidden another.
        if self.check(joining).await? {
            return Ok(());
        }
        let attempt = format!("clearing away what an earlier join left on {}", joining.machine.address());
        Err(NodeError::new(attempt, "Not all of it is gone yet.").transient())
    }
}

impl Joining {
    async fn clear_away(&self) -> Result<(), NodeError> {
        let deadline = self.deadline.within(MAY_GO_ON);
        // A join that an earlier apply began may still go on, or its member may still be on its way into the
        // lists.
        let settled = deadline.reach(|| async {
            match self.membership().await {
                Ok(Membership::Member | Membership::NotMember) => Attempt::Done(Ok(())),
                Ok(Membership::Joining) if self.broke_off().await => {
                    Attempt::Done(Err(Ok(Membership::Joining)))
                }
                // A new member's services run.
                Ok(Membership::StaleOnNode) if self.machine.is_down().await => {
                    Attempt::Done(Err(Ok(Membership::StaleOnNode)))
                }
                Ok(membership @ (Membership::Joining | Membership::StaleOnNode)) => {
                    Attempt::Retry(Ok(membership))
                }
                Ok(membership) => Attempt::Done(Err(Ok(membership))),
                Err(failure) => Attempt::Retry(Err(failure)),
            }
        });
        let Err(gave_up) = settled.await else { return Ok(()) };
        let (RetryError::Failed(seen) | RetryError::TimedOut(seen)) = gave_up else {
            return Err(NodeError::interrupted());
        };
        match seen? {
            Membership::Member | Membership::NotMember => Ok(()),
            Membership::Joining => self.take_back().await,
            Membership::StaleOnNode | Membership::HalfLeft => self.machine.reset().await,
            Membership::StaleInCluster => self.forget().await,
        }
    }
}

struct Join;

#[async_trait]
impl Step<Joining> for Join {
    fn name(&self) -> &'static str {
        "join the cluster"
    }

    async fn check(&self, joining: &Joining) -> Result<bool, NodeError> {
        Ok(joining.membership().await? == Membership::Member)
    }

    async fn run(&self, joining: &Joining) -> Result<(), NodeError> {
        if joining.role == Role::ControlPlane
            && !joining.machine.snapshot(Freshness::Fresh).await?.calico_is_loaded()
        {
            // It would bring its own manifest into the cluster right after joining.
            let attempt = format!("waiting for the first start of MicroK8s on {}", joining.machine.address());
            return Err(NodeError::new(attempt, "It has not loaded Calico yet.").transient());
        }
        // A join that was broken off a moment ago.
        if joining.membership().await? != Membership::NotMember {
            joining.clear_away().await?;
            if joining.membership().await? == Membership::Member {
                return Ok(());
            }
        }
        joining.check_company().await?;
        let mut failures = Vec::new();
        for peer in &joining.peers {
            match joining.join_at(peer).await {
                Ok(()) => return Ok(()),
                // Each has reasons of its own, and another one may have none.
                Err(failure) => failures.push(failure),
            }
            if joining.membership().await? != Membership::NotMember {
                break;
            }
        }
        match NodeError::together(failures).map_or_else(|| joining.peer().map(|_| ()), Err) {
            Err(failure) if joining.rounds.fetch_add(1, Ordering::Relaxed) + 1 >= ROUNDS => {
                Err(failure.permanent())
            }
            last => last,
        }
    }
}

struct Configure;

#[async_trait]
impl Step<Joining> for Configure {
    fn name(&self) -> &'static str {
        "let MicroK8s mend its flags"
    }

    /// The kubelet's flags came from the other machine, which may have another version; only the hook knows.
    async fn check(&self, _: &Joining) -> Result<bool, NodeError> {
        Ok(false)
    }

    async fn run(&self, joining: &Joining) -> Result<(), NodeError> {
        joining.machine.configure().await
    }
}
