//! `microk8s_cluster_member`: a machine in a cluster.

mod join;
mod operations;
mod peer_settings;
mod removal;
mod standing;

use crate::connection::ssh::check_address;
use crate::engine::import::check_texts;
use crate::engine::node_resource::NodeError;
use crate::engine::timeouts::{Timeouts, deadline};
use crate::microk8s::shared::cluster::messages;
use crate::microk8s::shared::cluster::survey::{Age, Survey, Unanswered, survey_of_any};
use crate::microk8s::shared::look::look;
use crate::microk8s::shared::machine::Machines;
use crate::microk8s::shared::machine::node_list::{ClusterNode, Role};
use crate::session::Session;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;
use std::time::Duration;
use tfplugin::types::Semantic;
use tfplugin::{Computed, Context, Diagnostics, Plan, Resource};

/// A machine with MicroK8s that is a member of another one's cluster.
///
/// The token is asked for when it is used, lives for ten minutes, and is neither stored nor logged. It travels to the
/// machine over SSH; on the machine itself `microk8s join` takes it as an argument and no other way, so whoever may list the
/// processes there can see it while the join runs.
///
/// Members join and leave one after another, whatever Terraform's `-parallelism` is. Each control plane of the cluster is
/// tried in turn, over IPv4, which is all that MicroK8s joins by. Whether the machine joined is told from the cluster's
/// nodes and its datastore, never from the command's exit code. After that the node gets what joining leaves out: the ranges
/// of services, both addresses of its kubelet, Calico's settings (those of `microk8s_cluster_ipv6`), and flags that fit its
/// version. A join that was interrupted is carried on by the next apply.
///
/// Destroying it makes the machine leave and removes its node and its member of the datastore. A machine that is dead is
/// removed from the cluster alone. Workloads are not drained before: those that a controller keeps start on other nodes.
/// Import: `<cluster>/<host>`.
#[derive(Clone, Debug, PartialEq, Resource)]
#[resource(type_name = "microk8s_cluster_member")]
pub struct ClusterMember {
    /// Address of the machine, as in `microk8s_node`. A change is an update in place, as long as the same node answers there.
    #[attribute(required, validate = check_address)]
    pub host: String,

    /// Address of a control plane of the cluster. It is an address and not the cluster's identity: another control plane of
    /// the same cluster is a change in place.
    #[attribute(required, validate = check_address)]
    pub cluster: String,

    /// `control-plane` (runs the API server and keeps the datastore) or `worker`. Another role means leaving and joining anew.
    #[attribute(required, requires_replace, validate = check_role)]
    pub role: String,

    /// Removes the member even where the cluster's datastore loses its majority by it, which stops the cluster's API for
    /// good. Default `false`. It must be applied before it helps a destroy.
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
}

/// What is kept beside the state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Private {
    /// Addresses of the control planes, for when `cluster` does not answer.
    control_planes: Vec<String>,
}

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30 * 60);

const UNABLE_TO_JOIN: &str = "Unable to join the cluster";
const UNABLE_TO_UPDATE: &str = "Unable to update the cluster member";
const UNABLE_TO_REMOVE: &str = "Unable to remove the cluster member";

#[async_trait]
impl Resource for ClusterMember {
    type Provider = Session;
    type Model = Self;
    type Private = Private;

    fn validate_config(config: &ClusterMemberDraft, diagnostics: &mut Diagnostics) {
        if let (Some(host), Some(cluster)) = (config.host.known(), config.cluster.known())
            && host == cluster
        {
            let text = "A machine cannot join itself. `cluster` is the address of a control plane that is there already.";
            diagnostics.error_at("cluster", "Invalid Attribute Value", text);
        }
    }

    async fn modify_plan(_: &Context<Session>, plan: &mut Plan<Self, Private>) -> Result<(), Diagnostics> {
        // The node may come back with another address when it joins anew at another one.
        if let (Some(prior), Some(host)) = (&plan.prior, plan.config.host.known())
            && prior.host != *host
        {
            plan.set_unknown("address");
        }
        Ok(())
    }

    async fn plan_destroy(
        context: &Context<Session>,
        prior: Self,
        private: Private,
    ) -> Result<(), Diagnostics> {
        let machines = context.provider().ssh.as_ref();
        if prior.allow_quorum_loss || prior.role() == Role::Worker {
            return Ok(());
        }
        // What cannot be asked yet is asked at apply.
        let asked = async {
            let survey = prior.survey(machines, &private, Age::OfThisRefresh).await?;
            let members = survey.first.machine.remembered_datastore().await?;
            Ok::<_, NodeError>((survey, members))
        };
        let Ok((survey, members)) = look(context, &prior.cluster, asked).await else { return Ok(()) };
        let Some(ipv4) = prior.ipv4() else { return Ok(()) };
        removal::check_quorum(&survey, &members, ipv4)
            .map_err(|loss| prior.quorum_loss(&loss).into_diagnostic(UNABLE_TO_REMOVE).into())
    }

    async fn create(
        context: &Context<Session>,
        planned: Self,
        private: &mut Private,
    ) -> Result<Self, Diagnostics> {
        let deadline = deadline(&planned.timeouts, |timeouts| &timeouts.create, DEFAULT_TIMEOUT, context);
        let joined = planned.join(context.provider().ssh.as_ref(), private, &deadline).await;
        joined.map_err(|failure| failure.into_diagnostic(UNABLE_TO_JOIN).into())
    }

    async fn read(
        context: &Context<Session>,
        prior: Self,
        private: &mut Private,
    ) -> Result<Option<Self>, Diagnostics> {
        let machines = context.provider().ssh.as_ref();
        let survey =
            match look(context, &prior.cluster, prior.survey(machines, private, Age::OfThisRefresh)).await {
                Ok(survey) => survey,
                Err(failure) => {
                    if machines.machine(&prior.cluster).warn_once() {
                        context.warn(messages::kept(&prior.cluster, failure.at("cluster")));
                    }
                    return Ok(Some(prior));
                }
            };
        if let Err(other) = prior.check_same_cluster(&survey) {
            context.warn(other.into_warning("Unable to read the cluster member"));
            return Ok(Some(prior));
        }
        private.control_planes = survey.control_planes();
        let Some(node) = prior.node(&survey) else { return Ok(None) };
        if node.role == Role::ControlPlane {
            // A list that could not be had says nothing.
            let asked = survey.first.machine.remembered_datastore();
            let members = look(context, &prior.cluster, asked).await.unwrap_or_default();
            if !members.is_empty()
                && !node.ipv4().is_some_and(|ipv4| members.iter().any(|member| member.is(ipv4)))
            {
                return Ok(None);
            }
        }
        Ok(Some(prior.seen(&survey.id, &node)))
    }

    async fn update(
        context: &Context<Session>,
        prior: Self,
        planned: Self,
        private: &mut Private,
    ) -> Result<Self, Diagnostics> {
        let deadline = deadline(&planned.timeouts, |timeouts| &timeouts.update, DEFAULT_TIMEOUT, context);
        let planned = Self { node_name: prior.node_name, cluster_id: prior.cluster_id, ..planned };
        let updated = planned.refresh(context.provider().ssh.as_ref(), private, &deadline).await;
        updated.map_err(|failure| failure.into_diagnostic(UNABLE_TO_UPDATE).into())
    }

    async fn delete(context: &Context<Session>, prior: Self, private: Private) -> Result<(), Diagnostics> {
        let deadline = deadline(&prior.timeouts, |timeouts| &timeouts.delete, DEFAULT_TIMEOUT, context);
        let removed = prior.remove(context.provider().ssh.as_ref(), &private, &deadline).await;
        removed.map_err(|failure| failure.into_diagnostic(UNABLE_TO_REMOVE).into())
    }

    async fn import_state(
        context: &Context<Session>,
        id: &str,
        private: &mut Private,
    ) -> Result<Self, Diagnostics> {
        if let Some((cluster, host)) = id.split_once('/') {
            let named = [("cluster", cluster), ("host", host)];
            check_texts::<Self>(id, &named, "<cluster>/<host>, such as 10.0.0.11/10.0.0.12")?;
        }
        let find = Self::find(context.provider().ssh.as_ref(), id, private);
        let imported = look(context, id, find).await;
        imported.map_err(|failure| failure.into_diagnostic("Unable to import the cluster member").into())
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
    async fn survey(
        &self,
        machines: &dyn Machines,
        private: &Private,
        age: Age,
    ) -> Result<Survey, NodeError> {
        let own = self.ipv4().map(|ipv4| ipv4.to_string());
        let others: Vec<String> =
            private.control_planes.iter().filter(|address| Some(*address) != own.as_ref()).cloned().collect();
        survey_of_any(machines, &self.cluster, &others, age).await.map_err(|unanswered| match unanswered {
            Unanswered::Other(failure) => failure,
            Unanswered::NotInstalled => {
                let attempt = format!("asking the control plane on {}", self.cluster);
                NodeError::new(
                    attempt,
                    "MicroK8s is not installed there, and no other control plane answers.",
                )
                .at("cluster")
            }
        })
    }

    fn check_same_cluster(&self, survey: &Survey) -> Result<(), NodeError> {
        messages::check_same_cluster(&self.cluster, &self.cluster_id, &survey.id)
            .map_err(|failure| failure.at("cluster"))
    }

    fn node(&self, survey: &Survey) -> Option<ClusterNode> {
        let name = self.node_name.known()?;
        let missing = survey.missing.iter().map(|missing| &missing.node);
        survey.members().map(|member| &member.node).chain(missing).find(|node| node.name == *name).cloned()
    }

    fn seen(self, cluster_id: &str, node: &ClusterNode) -> Self {
        let address = node.ipv4().or(self.ipv4()).unwrap_or(Ipv4Addr::UNSPECIFIED);
        Self {
            role: node.role.to_string(),
            node_name: node.name.clone().into(),
            address: Semantic::from(address).into(),
            cluster_id: cluster_id.to_owned().into(),
            ..self
        }
    }
}

fn check_role(role: &String) -> Result<(), String> {
    Role::parse(role)
        .map(drop)
        .ok_or_else(|| format!("{role:?} is not a role; these are: control-plane, worker"))
}
