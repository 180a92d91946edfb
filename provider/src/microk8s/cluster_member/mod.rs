//! `microk8s_cluster_member`: a machine in a cluster.

mod founder;
mod join;
mod membership;
mod operations;
mod peer_settings;
mod removal;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use crate::connection::Freshness;
use crate::connection::ssh::check_address;
use crate::engine::node_resource::{
    DefaultTimeouts, ListedOverSsh, NodeError, NodeResource, Private, Verbs, Work,
};
use crate::engine::timeouts::Timeouts;
use crate::microk8s::shared::cluster::messages;
use crate::microk8s::shared::cluster::quorum;
use crate::microk8s::shared::cluster::snapshot::ClusterSnapshot;
use crate::microk8s::shared::machine::datastore::DatastoreMember;
use crate::microk8s::shared::machine::identity::ClusterIdentity;
use crate::microk8s::shared::machine::node_list::{ClusterNode, Role};
use crate::session::{NodeHosts, Session};
use crate::values::Host;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;
use tfplugin::types::Semantic;
use tfplugin::{Computed, Context, Diagnostics, Identity, Model, Plan, Value};

/// A machine with MicroK8s that is a member of another one's cluster.
///
/// The token is asked for when it is used, lives for ten minutes, and is neither stored nor logged. It
/// travels to the machine over SSH; on the machine itself `microk8s join` takes it as an argument and no
/// other way, so any user who can list processes on that machine can read it during the join.
///
/// Members join and leave one after another, whatever Terraform's `-parallelism` is. Each control plane of
/// the cluster is tried in turn, over IPv4, which is all that MicroK8s joins by. Whether the machine joined
/// is read from the cluster's nodes and its datastore, never from the command's exit code. After that the
/// node gets what joining leaves out: the ranges of services, both addresses of its kubelet, Calico's
/// settings (those of `microk8s_cluster_ipv6`), and flags that fit its version. The next apply resumes an
/// interrupted join.
///
/// Destroying it makes the machine leave and removes its node and its member of the datastore. A machine that
/// is dead is removed from the cluster alone. Workloads are not drained before: those that a controller keeps
/// start on other nodes. Import: `<cluster>/<host>`.
#[derive(Clone, Debug, PartialEq, Model)]
#[resource(type_name = "microk8s_cluster_member", version = 1, upgrade = nothing_drifts)]
pub struct ClusterMember {
    /// Address of a control plane of the cluster. It is an address and not the cluster's identity: another
    /// control plane of the same cluster is a change in place. It may be `host` itself, where the cluster
    /// began: nothing joins then, and nothing leaves when it is destroyed, so that one `for_each` may be over
    /// all nodes. A plan that destroys the member that others name here is refused.
    #[attribute(required, identity(mutable), validate = check_address)]
    pub cluster: String,

    /// Address of the machine, as in `microk8s_node`. A change is an update in place, as long as the same
    /// node answers there.
    #[attribute(required, identity(mutable), validate = check_address)]
    pub host: String,

    /// `control-plane` (runs the API server and keeps the datastore) or `worker`. Another role means leaving
    /// and joining anew.
    #[attribute(required, requires_replace, validate = check_role)]
    pub role: String,

    /// Removes the member even where the cluster's datastore loses its majority by it, which stops the
    /// cluster's API for good. Default `false`. Apply it before you destroy; a destroy uses the value in the
    /// state.
    #[attribute(default = false)]
    pub allow_quorum_loss: bool,

    /// How long operations may take, with the turns of the other members. Default: `30m` each.
    #[attribute(optional)]
    pub timeouts: Option<Timeouts>,

    /// Name of its node: the machine's host name in lower case.
    #[attribute(computed, use_state_for_unknown)]
    pub node_name: Computed<String>,

    /// IPv4 address that the cluster knows it by.
    #[attribute(computed, use_state_for_unknown)]
    pub address: Computed<Semantic<Ipv4Addr>>,

    /// Identity of the cluster: the UID of its namespace `kube-system`.
    #[attribute(computed, use_state_for_unknown)]
    pub cluster_id: Computed<String>,

    /// What of the member is missing on one side or the other, such as its member of the datastore: each as a
    /// sentence. A join or a removal that was stopped, by a reboot of its machine for example, leaves that.
    /// The next apply makes it a whole member again; a destroy completes the removal.
    #[attribute(computed, use_state_for_unknown)]
    pub drift: Computed<Vec<String>>,
}

/// A state of before `drift` says nothing of it.
fn nothing_drifts(_: i64, state: &mut BTreeMap<String, Value>) -> Result<(), String> {
    state.insert("drift".to_owned(), Value::List(Vec::new()));
    Ok(())
}

/// What is kept beside the state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ClusterMemberPrivate {
    /// Addresses of the control planes, for when `cluster` does not answer.
    control_planes: Vec<String>,
    /// Where the configuration reaches the nodes.
    hosts: NodeHosts,
}

#[async_trait]
impl NodeResource for ClusterMember {
    const NOUN: &'static str = "cluster member";
    const VERBS: Verbs = Verbs { create: "join", update: "update", remove: "remove" };
    const TIMEOUTS: DefaultTimeouts = DefaultTimeouts::each(30);
    const ANSWERS_WITHIN: Duration = operations::ANSWERS_WITHIN;
    const ADDRESS: &'static str = "cluster";
    const GONE_WITHOUT_MICROK8S: bool = false;

    type Identity = ClusterIdentity;
    type Private = ClusterMemberPrivate;

    fn address(&self) -> &str {
        &self.cluster
    }

    fn title(&self) -> String {
        self.host.clone()
    }

    fn timeouts(&self) -> &Option<Timeouts> {
        &self.timeouts
    }

    fn identity(&self) -> Option<&str> {
        self.cluster_id.known().map(String::as_str)
    }

    /// Those of other control planes; never the member itself, which may be on its way out.
    fn other_addresses(&self, private: &ClusterMemberPrivate) -> Vec<String> {
        let own = self.ipv4().map(|ipv4| ipv4.to_string());
        let is_own =
            |address: &&String| Some(*address) == own.as_ref() || Host::of(address) == Host::of(&self.host);
        private.control_planes.iter().filter(|address| !is_own(address)).cloned().collect()
    }

    fn validate_config(config: &ClusterMemberDraft, diagnostics: &mut Diagnostics) {
        if let (Some(host), Some(cluster)) = (config.host.known(), config.cluster.known())
            && Host::of(host) == Host::of(cluster)
            && config.role.known().is_some_and(|role| Role::parse(role) == Some(Role::Worker))
        {
            let text = "`host` is `cluster` itself, which is a control plane: its role is `control-plane`.";
            diagnostics.error_at("role", "Invalid Attribute Value", text);
        }
    }

    async fn modify_plan(
        context: &Context<Session>,
        plan: &mut Plan<Self, Private<ClusterMemberPrivate>>,
    ) -> Result<(), Diagnostics> {
        // The apply may be another process, which reads nothing of what does not change.
        plan.private.own.hosts = context.provider().machines.node_hosts();
        match &plan.prior {
            Some(prior) if prior.drift.known().is_some_and(Vec::is_empty) => {}
            _ => plan.planned.drift.set(Vec::new()),
        }
        if let (Some(host), Some(cluster)) = (plan.config.host.known(), plan.config.cluster.known())
            && Host::of(host) != Host::of(cluster)
        {
            if context.provider().machines.plans_to_join(cluster) {
                return Err(founder::joins_one_that_leaves(cluster).into());
            }
            let role = plan.config.role.known().and_then(|role| Role::parse(role));
            if plan.prior.is_none() && role == Some(Role::ControlPlane) {
                founder::warn_of_dead_voters(context, host, cluster).await;
            }
        }
        // The node may come back with another address when it joins anew at another one.
        if let (Some(prior), Some(host)) = (&plan.prior, plan.config.host.known())
            && prior.host != *host
        {
            plan.planned.address.set_unknown();
        }
        Ok(())
    }

    async fn plan_destroy(&self, work: &Work<'_>, private: &ClusterMemberPrivate) -> Result<(), NodeError> {
        if self.is_founder() {
            return Ok(());
        }
        if work.session().machines.plans_to_leave(&self.host) {
            return Err(founder::leaves_those_that_join(&self.host));
        }
        if self.allow_quorum_loss || self.role() == Role::Worker {
            return Ok(());
        }
        let asked = async {
            let cluster_snapshot = self.cluster_snapshot(work, private).await?;
            let members = cluster_snapshot.first.machine.datastore(Freshness::Cached).await?;
            Ok((cluster_snapshot, members))
        };
        let Ok((cluster_snapshot, members)) = work.observe(asked).await else { return Ok(()) };
        let Some(ipv4) = self.ipv4() else { return Ok(()) };
        quorum::check_removal(&cluster_snapshot, &members, ipv4).map_err(|loss| self.quorum_loss(&loss))
    }

    async fn read(
        self,
        work: &Work<'_>,
        private: &mut ClusterMemberPrivate,
    ) -> Result<Option<Self>, NodeError> {
        let session = work.session();
        session.machines.recall(&private.hosts);
        if let Some(name) = self.node_name.known() {
            session.machines.reaches(name, &self.host);
        }
        let cluster_snapshot =
            ClusterSnapshot::collect(session, work.host.address(), Freshness::Cached).await?;
        private.control_planes = cluster_snapshot.control_planes();
        private.hosts = cluster_snapshot.hosts(&session.machines.node_hosts());
        // A list that could not be had says nothing.
        let members = cluster_snapshot.first.machine.datastore(Freshness::Cached).await.unwrap_or_default();
        Ok(self.refreshed(&cluster_snapshot, &members))
    }

    async fn ensure(
        self,
        prior: Option<&Self>,
        work: &Work<'_>,
        private: &mut ClusterMemberPrivate,
    ) -> Result<Self, NodeError> {
        let session = work.session();
        session.machines.recall(&private.hosts);
        if self.is_founder() {
            let name = prior.and_then(|prior| prior.node_name.known()).map(String::as_str);
            return self.founder(name, session, private, &work.deadline).await;
        }
        let Some(prior) = prior else {
            let joined = self.join(session, private, work.locks(), &work.deadline).await?;
            if let Some(name) = joined.node_name.known() {
                session.machines.reaches(name, &joined.host);
            }
            return Ok(joined);
        };
        let (node_name, cluster_id) = (prior.node_name.clone(), prior.cluster_id.clone());
        Self { node_name, cluster_id, ..self }.refresh(session, private, work.locks(), &work.deadline).await
    }

    async fn remove(self, work: &Work<'_>, private: ClusterMemberPrivate) -> Result<(), NodeError> {
        if self.is_founder() {
            return Ok(());
        }
        work.session().machines.recall(&private.hosts);
        self.remove_by(work.session(), work.host.address(), work.locks(), &work.deadline).await
    }

    async fn import(
        identity: &Identity,
        work: &Work<'_>,
        private: &mut ClusterMemberPrivate,
    ) -> Result<Self, NodeError> {
        Self::find(work.session(), &identity.part("cluster"), &identity.part("host"), private).await
    }

    fn remove_hint() -> String {
        messages::IF_GONE.to_owned()
    }
}

#[async_trait]
impl ListedOverSsh for ClusterMember {
    async fn identities(work: &Work<'_>) -> Result<Vec<Identity>, NodeError> {
        let hosts = ClusterSnapshot::to_list(work).await?;
        let part = |name: &str, host: &str| (name.to_owned(), Value::String(host.to_owned()));
        let cluster = work.host.address();
        let one = |host: String| Identity::new([part("cluster", cluster), part("host", &host)]);
        Ok(hosts.into_iter().map(one).collect())
    }
}

impl ClusterMember {
    fn role(&self) -> Role {
        Role::parse(&self.role).unwrap_or(Role::Worker)
    }

    fn ipv4(&self) -> Option<Ipv4Addr> {
        self.address.known().map(|address| *address.value())
    }

    /// The cluster as one of its control planes sees it; never as the member itself does.
    async fn cluster_snapshot(
        &self,
        work: &Work<'_>,
        private: &ClusterMemberPrivate,
    ) -> Result<ClusterSnapshot, NodeError> {
        let others = self.other_addresses(private);
        let mut surveyed = ClusterSnapshot::collect(work.session(), &self.cluster, Freshness::Cached).await;
        for other in others.iter().filter(|other| **other != self.cluster) {
            if surveyed.is_ok() {
                break;
            }
            surveyed = ClusterSnapshot::collect(work.session(), other, Freshness::Cached).await;
        }
        surveyed
    }

    fn node(&self, cluster_snapshot: &ClusterSnapshot) -> Option<ClusterNode> {
        let name = self.node_name.known()?;
        cluster_snapshot.nodes().find(|node| node.name == *name).cloned()
    }

    /// The member as both sides show it; nothing where neither knows of it any more. What is half there stays
    /// in the state, so that it can be completed or removed.
    fn refreshed(self, cluster_snapshot: &ClusterSnapshot, members: &[DatastoreMember]) -> Option<Self> {
        let node = self.node(cluster_snapshot);
        let ipv4 = node.as_ref().and_then(ClusterNode::ipv4).or(self.ipv4());
        let listed = ipv4.is_some_and(|ipv4| members.iter().any(|member| member.is(ipv4)));
        let name = self.node_name.known().cloned().unwrap_or_default();
        let mut drift = Vec::new();
        let Some(node) = node else {
            let drift = vec![format!(
                "{name}: the cluster has no node of that name, and its datastore lists {}",
                self.host
            )];
            return listed.then(|| Self { drift: drift.into(), ..self });
        };
        if self.is_founder() {
            return Some(self.seen(&cluster_snapshot.id, &node));
        }
        if node.role == Role::ControlPlane && !listed && !members.is_empty() {
            drift.push(format!("{name}: the cluster's datastore does not list it"));
        }
        let own = cluster_snapshot.members().find(|member| member.node.name == name);
        if let Some(own) = own.map(|member| &member.snapshot) {
            let left = own.left_half_way() || !own.is_clustered();
            if own.join_broke_off() {
                drift.push(format!("{name}: a join was stopped on its machine"));
            } else if left || !own.has_authority(cluster_snapshot.first.snapshot.authority()) {
                drift.push(format!("{name}: its machine has left the cluster, or has begun to"));
            }
        }
        Some(Self { drift: drift.into(), ..self.seen(&cluster_snapshot.id, &node) })
    }

    fn seen(self, cluster_id: &str, node: &ClusterNode) -> Self {
        let address = node.ipv4().or(self.ipv4()).unwrap_or(Ipv4Addr::UNSPECIFIED);
        Self {
            role: node.role.to_string(),
            node_name: node.name.clone().into(),
            address: Semantic::from(address).into(),
            cluster_id: cluster_id.to_owned().into(),
            drift: Vec::new().into(),
            ..self
        }
    }
}

fn check_role(role: &String) -> Result<(), String> {
    Role::parse(role)
        .map(drop)
        .ok_or_else(|| format!("{role:?} is not a role; these are: control-plane, worker"))
}
