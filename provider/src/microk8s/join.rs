//! One machine becomes a member of a cluster, in steps that can be stopped anywhere and carried on by doing them again.

use super::change_node::NodeChange;
use super::datastore::DatastoreMember;
use super::machine::Machine;
use super::node_list::{ClusterNode, Role};
use super::peer_settings;
use super::standing::{Known, Standing, judge};
use super::survey::{Member, Survey};
use super::view::View;
use crate::connection::retry::{Deadline, GaveUp, Verdict};
use crate::engine::failure::Failure;
use crate::engine::step::{Step, Steps};
use async_trait::async_trait;
use std::net::Ipv4Addr;
use std::time::Duration;

/// How long joining may be tried again: a control plane that restarts, a certificate that was just renewed.
const JOINS_WITHIN: Duration = Duration::from_secs(8 * 60);

/// How long a join that an earlier apply began may go on before it is taken for dead. A healthy one takes 15 seconds.
const MAY_GO_ON: Duration = Duration::from_secs(90);

/// How long the cluster may take to show a member that just joined.
const SHOWS_WITHIN: Duration = Duration::from_secs(120);

/// A machine and the cluster that it joins.
pub(crate) struct Joining {
    machine: Machine,
    name: String,
    role: Role,
    peers: Vec<Peer>,
    deadline: Deadline,
}

/// A control plane that can be joined.
struct Peer {
    machine: Machine,
    view: View,
    ipv4: Ipv4Addr,
}

/// In this order.
const STEPS: [&dyn Step<Joining>; 3] = [&ClearAway, &Join, &Configure];

impl Joining {
    /// `machine`, seen as `view`, and the control planes of the cluster. All of it ends with `deadline`.
    pub(crate) fn new(
        machine: Machine,
        view: &View,
        role: Role,
        survey: &Survey,
        deadline: &Deadline,
    ) -> Self {
        let control_planes = survey.members().filter(|member| member.node.role == Role::ControlPlane);
        let peers = control_planes.filter(|member| member.node.name != view.node_name());
        let peer = |member: &Member| {
            Some(Peer { machine: member.machine.clone(), view: member.view.clone(), ipv4: member.ipv4()? })
        };
        let peers = peers.filter_map(peer).collect();
        Self { machine, name: view.node_name(), role, peers, deadline: deadline.clone() }
    }

    /// Makes it a member, mends what joining does not do right, and waits until the node works.
    pub(crate) async fn carry_out(&self) -> Result<(), Failure> {
        Steps::new(&STEPS).carry_out(self, &self.deadline.within(JOINS_WITHIN)).await?;
        self.mend().await
    }

    /// Gives the node the settings of its cluster and waits until it works with them.
    pub(crate) async fn mend(&self) -> Result<(), Failure> {
        let peer = self.peer()?;
        let view = self.machine.look().await?;
        // What is needed of the node the machine knows itself: its kubelet may not have told the cluster yet.
        let node = ClusterNode {
            name: self.name.clone(),
            addresses: self.node().await?.map(|node| node.addresses).unwrap_or_default(),
            role: self.role,
            ready: false,
            minor_version: None,
        };
        let member = Member { node, machine: self.machine.clone(), view };
        let files = peer_settings::files_after(&member, &peer.view.files)?;
        NodeChange::new(member, files, &peer.machine).carry_out(&self.deadline).await
    }

    /// Makes the cluster forget what it remembers of the machine.
    async fn forget(&self) -> Result<(), Failure> {
        let peer = self.peer()?;
        let view = self.machine.look().await?;
        if let Some(node) = self.node().await? {
            peer.machine.remove_node(&node.name).await?;
        }
        for member in self.datastore().await? {
            if let Some(ipv4) = member.ipv4().filter(|ipv4| view.has(*ipv4)) {
                peer.machine.remove_node(&ipv4.to_string()).await?;
            }
        }
        Ok(())
    }

    /// Where the machine stands now.
    async fn standing(&self) -> Result<Standing, Failure> {
        let view = self.machine.look().await?;
        let node = self.node().await?;
        let datastore = self.datastore().await?;
        let known =
            Known { authority: self.peer()?.view.authority(), node: node.as_ref(), datastore: &datastore };
        judge(self.machine.address(), &view, &known, self.role)
    }

    async fn node(&self) -> Result<Option<ClusterNode>, Failure> {
        Ok(self.peer()?.machine.nodes().await?.into_iter().find(|node| node.name == self.name))
    }

    async fn datastore(&self) -> Result<Vec<DatastoreMember>, Failure> {
        self.peer()?.machine.datastore().await
    }

    fn peer(&self) -> Result<&Peer, Failure> {
        self.peers.first().ok_or_else(|| {
            let answer = "The cluster has no other control plane that was reached.";
            Failure::new(format!("joining {}", self.machine.address()), answer).at("cluster")
        })
    }

    /// Joins at one control plane; what came of it is seen from the machine and from the cluster.
    async fn join_at(&self, peer: &Peer) -> Result<(), Failure> {
        let endpoint = peer.machine.token().await?.endpoint(peer.ipv4);
        let output = self.machine.join(&endpoint, self.role).await?;
        let attempt = format!("`microk8s join` on {} to {}", self.machine.address(), peer.ipv4);
        let said = format!("It ended with exit code {} and said:\n{}", output.code, output.last_lines());
        if !output.succeeded() {
            self.machine.forget_join().await?;
            return Err(judge_refusal(Failure::new(attempt, said), &output.stdout));
        }
        let deadline = self.deadline.within(SHOWS_WITHIN);
        let shown = deadline.reach(|| async {
            match self.standing().await {
                Ok(Standing::Joined) => Verdict::Final(Ok(())),
                Ok(standing) => {
                    Verdict::Again(Failure::new(&attempt, format!("{said}\nAnd yet it is {standing:?}.")))
                }
                Err(failure) => Verdict::Again(failure),
            }
        });
        // MicroK8s ends with 0 also when it gave up waiting.
        shown.await.map_err(|gave_up| Failure::from(gave_up).passing())
    }
}

/// What the control plane said, and whether asking again can help.
fn judge_refusal(failure: Failure, said: &str) -> Failure {
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
            "low memory",
            "MicroK8s refuses a control plane on a machine with so little memory. Join it as a worker.",
        ),
    ];
    match FINAL.iter().find(|(sign, _)| said.contains(sign)) {
        Some((_, advice)) => failure.advise(*advice),
        None => failure.passing(),
    }
}

struct ClearAway;

#[async_trait]
impl Step<Joining> for ClearAway {
    fn name(&self) -> &'static str {
        "clear away what an earlier join left"
    }

    async fn check(&self, joining: &Joining) -> Result<bool, Failure> {
        Ok(matches!(joining.standing().await?, Standing::Joined | Standing::Stranger))
    }

    async fn run(&self, joining: &Joining) -> Result<(), Failure> {
        let deadline = joining.deadline.within(MAY_GO_ON);
        // A join that an earlier apply began may still go on, or its member may still be on its way into the lists.
        let settled = deadline.reach(|| async {
            match joining.standing().await {
                Ok(Standing::Joined | Standing::Stranger) => Verdict::Final(Ok(())),
                Ok(standing @ (Standing::Joining | Standing::Forgotten)) => Verdict::Again(Ok(standing)),
                Ok(standing) => Verdict::Final(Err(Ok(standing))),
                Err(failure) => Verdict::Again(Err(failure)),
            }
        });
        let Err(gave_up) = settled.await else { return Ok(()) };
        let (GaveUp::Failed(seen) | GaveUp::TimedOut(seen)) = gave_up else {
            return Err(Failure::interrupted());
        };
        match seen? {
            Standing::Joined | Standing::Stranger => Ok(()),
            Standing::Joining => joining.machine.forget_join().await,
            Standing::Forgotten => joining.machine.leave().await,
            Standing::Remembered => joining.forget().await,
        }
    }
}

struct Join;

#[async_trait]
impl Step<Joining> for Join {
    fn name(&self) -> &'static str {
        "join the cluster"
    }

    async fn check(&self, joining: &Joining) -> Result<bool, Failure> {
        Ok(joining.standing().await? == Standing::Joined)
    }

    async fn run(&self, joining: &Joining) -> Result<(), Failure> {
        if joining.role == Role::ControlPlane && !joining.machine.look().await?.calico_is_loaded() {
            // It would bring its own manifest into the cluster right after joining.
            let attempt = format!("waiting for the first start of MicroK8s on {}", joining.machine.address());
            return Err(Failure::new(attempt, "It has not loaded Calico yet.").passing());
        }
        let mut last = joining.peer().map(|_| ());
        for peer in &joining.peers {
            last = joining.join_at(peer).await;
            match &last {
                Err(failure) if failure.may_pass() => {}
                _ => break,
            }
        }
        last
    }
}

struct Configure;

#[async_trait]
impl Step<Joining> for Configure {
    fn name(&self) -> &'static str {
        "let MicroK8s mend its flags"
    }

    /// The kubelet's flags came from the other machine, which may have another version; only the hook knows.
    async fn check(&self, _: &Joining) -> Result<bool, Failure> {
        Ok(false)
    }

    async fn run(&self, joining: &Joining) -> Result<(), Failure> {
        joining.machine.configure().await
    }
}
