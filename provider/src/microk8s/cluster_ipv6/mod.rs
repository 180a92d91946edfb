//! `microk8s_cluster_ipv6`: IPv6 beside IPv4 in a whole cluster.

mod calico_rollout;
mod cluster_checks;
mod range_checks;
mod rollout;
mod service_ranges;

use crate::connection::retry::Deadline;
use crate::connection::ssh::check_address;
use crate::engine::import::check_texts;
use crate::engine::node_resource::NodeError;
use crate::engine::timeouts::{Timeouts, deadline};
use crate::microk8s::shared::cluster::messages;
use crate::microk8s::shared::cluster::survey::{Age, Survey, Unanswered, survey_of_any};
use crate::microk8s::shared::config_files::autodetection;
use crate::microk8s::shared::config_files::dual_stack::DualStack;
use crate::microk8s::shared::config_files::range_pair::RangePair;
use crate::microk8s::shared::look::look;
use crate::microk8s::shared::machine::Machines;
use crate::session::Session;
use async_trait::async_trait;
use ipnet::{Ipv4Net, Ipv6Net};
use range_checks::Purpose;
use rollout::Before;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use tfplugin::types::Semantic;
use tfplugin::{Computed, Context, Diagnostics, Plan, Resource};

/// IPv6 beside IPv4 in a MicroK8s cluster: ranges for pods and services, the nodes' own IPv6 addresses, and Calico.
///
/// It edits `args/kube-apiserver`, `args/kube-controller-manager`, `args/kube-proxy`, `args/kubelet` and
/// `args/cni-network/cni.yaml`, line by line, on every control plane, and the two files that matter on every worker, reached
/// over SSH at the addresses that they have in the cluster; restarts `kubelite` on one node after the other; and applies
/// Calico's manifest. Pods go on running. A node that does not come up with its new files gets the old ones back, and the
/// error shows the lines of its log that say why. IPv4 stays the cluster's first family.
///
/// Services and pods that exist already keep their addresses of one family; services become dual-stack when their
/// `ipFamilyPolicy` says so, pods when they are made anew. Calico makes its IPv6 pool, `default-ipv6-ippool`, when its
/// agents start; a `calico_ippool` of that name takes it over and decides about it from then on.
///
/// Every node needs an IPv6 address that stays: static or from a router, but neither temporary nor link-local.
///
/// Nodes that join later through `microk8s_cluster_member` get the same settings there. Destroying it gives every node the
/// settings that it had before (the ones that MicroK8s ships with, after an import). A cluster that has IPv6 already is
/// imported by the address of a control plane; creating it there is refused, unless the ranges are the same.
#[derive(Clone, Debug, PartialEq, Resource)]
#[resource(type_name = "microk8s_cluster_ipv6")]
pub struct ClusterIpv6 {
    /// Address of a control plane, as in `microk8s_node`. It is an address and not the cluster's identity: a change is an
    /// update in place, as long as the same cluster answers there (`cluster_id`).
    #[attribute(required, validate = check_address)]
    pub host: String,

    /// IPv6 range of pods, such as `fd01::/64`; `/122`, the size of one of Calico's blocks, is the smallest. It must not
    /// overlap the range of services or the nodes' addresses.
    #[attribute(required, validate = check_pods)]
    pub cluster_cidr: Semantic<Ipv6Net>,

    /// IPv6 range of services, such as `fd98::/108`, from `/108` to `/125`; MicroK8s 1.34 and later also take larger ones.
    /// Kubernetes cannot change it in place: another range needs a new object, which takes IPv6 away from services in
    /// between.
    #[attribute(required, requires_replace, validate = check_services)]
    pub service_cidr: Semantic<Ipv6Net>,

    /// Whether pods reach addresses outside the cluster with the IPv6 address of their node. Pods with unique local
    /// addresses (`fd00::/8`) reach nothing outside without it. It is what the pool is made with; a pool that exists is
    /// changed with `calico_ippool`. Default `false`, as in Calico.
    #[attribute(default = false)]
    pub nat_outgoing: bool,

    /// How Calico finds the IPv6 address of each node: `first-found` (default; first one on an interface that is not the
    /// cluster's), `kubernetes-internal-ip` (the one that the kubelet reports), `can-reach=<IPv6 address or name>`,
    /// `interface=<regular expressions>`, `skip-interface=<regular expressions>` or `cidr=<IPv6 ranges>`.
    #[attribute(default = "first-found".to_owned(), validate = check_autodetection)]
    pub ip6_autodetection_method: String,

    /// How long operations may take. Default: `30m` each, of which a node has 4 minutes to come up.
    #[attribute(optional)]
    pub timeouts: Option<Timeouts>,

    /// Identity of the cluster: the UID of its namespace `kube-system`.
    #[attribute(computed, use_state_for_unknown)]
    pub cluster_id: Computed<String>,

    /// IPv4 range of pods that the cluster has.
    #[attribute(computed, use_state_for_unknown)]
    pub ipv4_cluster_cidr: Computed<Semantic<Ipv4Net>>,

    /// IPv4 range of services that the cluster has.
    #[attribute(computed, use_state_for_unknown)]
    pub ipv4_service_cidr: Computed<Semantic<Ipv4Net>>,

    /// What differs on the nodes from these settings, a sentence for each setting. Empty unless something was changed behind
    /// Terraform's back or a node joined without it; the next apply mends it.
    #[attribute(computed, use_state_for_unknown)]
    pub drift: Computed<Vec<String>>,
}

/// What is kept beside the state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Private {
    /// The settings that were there before, by the node's name.
    before: BTreeMap<String, Before>,
    /// Addresses of the control planes, for when `host` does not answer.
    control_planes: Vec<String>,
}

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30 * 60);

/// How long the control plane may take until it answers at all.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5 * 60);

#[async_trait]
impl Resource for ClusterIpv6 {
    type Provider = Session;
    type Model = Self;
    type Private = Private;

    fn validate_config(config: &ClusterIpv6Draft, diagnostics: &mut Diagnostics) {
        if let (Some(pods), Some(services)) = (config.cluster_cidr.known(), config.service_cidr.known())
            && range_checks::overlap(*pods.value(), *services.value())
        {
            let text = format!(
                "The range of services {services} and that of pods {pods} overlap. Give them ranges of their own."
            );
            diagnostics.error_at("service_cidr", "Overlapping ranges", text);
        }
    }

    async fn modify_plan(
        context: &Context<Session>,
        plan: &mut Plan<Self, Private>,
    ) -> Result<(), Diagnostics> {
        match &plan.prior {
            Some(prior) if prior.drift.known().is_some_and(Vec::is_empty) => {}
            _ => plan.set("drift", &Vec::<String>::new()),
        }
        let (Some(host), Some(pods), Some(services)) =
            (plan.config.host.known(), plan.config.cluster_cidr.known(), plan.config.service_cidr.known())
        else {
            return Ok(());
        };
        // Ranges that work are not judged again: a node that is in trouble must not stand in the way of all plans.
        if plan
            .prior
            .as_ref()
            .is_some_and(|prior| prior.cluster_cidr == *pods && prior.service_cidr == *services)
        {
            return Ok(());
        }
        // What cannot be asked yet is asked at apply.
        let asked = Survey::take(context.provider().ssh.as_ref(), host, Age::OfThisRefresh);
        match look(context, host, asked).await {
            Ok(survey) => cluster_checks::check(&survey, *pods.value(), *services.value()).await,
            Err(_) => Ok(()),
        }
    }

    async fn create(
        context: &Context<Session>,
        planned: Self,
        private: &mut Private,
    ) -> Result<Self, Diagnostics> {
        let deadline = deadline(&planned.timeouts, |timeouts| &timeouts.create, DEFAULT_TIMEOUT, context);
        planned.set_up(context, private, &deadline).await
    }

    async fn read(
        context: &Context<Session>,
        prior: Self,
        private: &mut Private,
    ) -> Result<Option<Self>, Diagnostics> {
        let machines = context.provider().ssh.as_ref();
        let survey = match look(
            context,
            &prior.host,
            survey_of_any(machines, &prior.host, &private.control_planes, Age::OfThisRefresh),
        )
        .await
        {
            Ok(survey) => survey,
            Err(Unanswered::NotInstalled) => return Ok(None),
            Err(Unanswered::Other(failure)) => {
                if machines.machine(&prior.host).warn_once() {
                    context.warn(messages::kept(&prior.host, failure));
                }
                return Ok(Some(prior));
            }
        };
        if let Err(other) = prior.check_same_cluster(&survey) {
            context.warn(other.into_warning(UNABLE_TO_READ));
            return Ok(Some(prior));
        }
        private.remember_control_planes(&survey);
        // Whatever somebody wrote into a node's files must not keep the object from being changed or removed.
        Ok(Some(prior.clone().seen(&survey).unwrap_or_else(|failure| {
            context.warn(failure.into_warning(UNABLE_TO_READ));
            prior
        })))
    }

    async fn update(
        context: &Context<Session>,
        prior: Self,
        planned: Self,
        private: &mut Private,
    ) -> Result<Self, Diagnostics> {
        let deadline = deadline(&planned.timeouts, |timeouts| &timeouts.update, DEFAULT_TIMEOUT, context);
        let planned = Self { cluster_id: prior.cluster_id, ..planned };
        planned.set_up(context, private, &deadline).await
    }

    async fn delete(context: &Context<Session>, prior: Self, private: Private) -> Result<(), Diagnostics> {
        let deadline = deadline(&prior.timeouts, |timeouts| &timeouts.delete, DEFAULT_TIMEOUT, context);
        let unable = |failure: NodeError| Diagnostics::from(failure.into_diagnostic(UNABLE_TO_REMOVE));
        let machines = context.provider().ssh.as_ref();
        let machine = machines.machine(&prior.host);
        if !look(context, &prior.host, machine.look())
            .await
            .map_err(|failure| unable(failure.with_hint(messages::IF_GONE)))?
            .installed
        {
            return Ok(());
        }
        rollout::wake(&machine).await.map_err(unable)?;
        let survey =
            Survey::wait(machines, &prior.host, &deadline.within(ANSWERS_WITHIN)).await.map_err(unable)?;
        prior.check_same_cluster(&survey).map_err(unable)?;
        for missing in &survey.missing {
            context.warn(messages::left_out(&missing.node.name, &missing.reason, "keeps its IPv6 settings"));
        }
        let files = |member: &_| rollout::files_without(member, private.before.get(&member.node.name));
        rollout::roll_out(&survey, &deadline, files).await.map_err(unable)?;
        service_ranges::leave_ipv4_alone(&survey.first.machine, &deadline).await.map_err(unable)
    }

    async fn import_state(
        context: &Context<Session>,
        id: &str,
        private: &mut Private,
    ) -> Result<Self, Diagnostics> {
        check_texts::<Self>(id, &[("host", id)], "the address of a control plane, such as 10.0.0.11")?;
        let unable = |failure: NodeError| {
            Diagnostics::from(failure.into_diagnostic("Unable to import the IPv6 settings"))
        };
        let asked = Survey::take(context.provider().ssh.as_ref(), id, Age::Now);
        let survey = look(context, id, asked).await.map_err(unable)?;
        private.remember_control_planes(&survey);
        let cluster = rollout::cluster_of(&survey.first).map_err(unable)?;
        let (Some(pods), Some(services)) = (cluster.pods.ipv6, cluster.services.ipv6) else {
            let attempt = format!("reading the ranges of the cluster at {id}");
            let answer = format!("It has IPv4 alone: pods {}, services {}.", cluster.pods, cluster.services);
            return Err(unable(
                NodeError::new(attempt, answer).with_hint("Create the resource instead of importing it."),
            ));
        };
        let imported = Self {
            host: id.to_owned(),
            cluster_cidr: pods.into(),
            service_cidr: services.into(),
            nat_outgoing: cluster.nat_outgoing,
            ip6_autodetection_method: cluster.autodetection,
            timeouts: None,
            cluster_id: Computed::Pending,
            ipv4_cluster_cidr: Computed::Pending,
            ipv4_service_cidr: Computed::Pending,
            drift: Computed::Pending,
        };
        imported.seen(&survey).map_err(unable)
    }
}

impl ClusterIpv6 {
    fn check_same_cluster(&self, survey: &Survey) -> Result<(), NodeError> {
        messages::check_same_cluster(&self.host, &self.cluster_id, &survey.id)
    }

    /// Brings all nodes to these settings, wherever they are now.
    async fn set_up(
        self,
        context: &Context<Session>,
        private: &mut Private,
        deadline: &Deadline,
    ) -> Result<Self, Diagnostics> {
        let unable = |failure: NodeError| Diagnostics::from(failure.into_diagnostic(UNABLE_TO_SET_UP));
        let machines = context.provider().ssh.as_ref();
        let wait = async || Survey::wait(machines, &self.host, &deadline.within(ANSWERS_WITHIN)).await;
        rollout::wake(&machines.machine(&self.host)).await.map_err(unable)?;
        let survey = wait().await.map_err(unable)?;
        self.check_same_cluster(&survey).map_err(unable)?;
        cluster_checks::check(&survey, *self.cluster_cidr.value(), *self.service_cidr.value()).await?;
        let first_time = self.cluster_id.known().is_none();
        let cluster = self.cluster(&survey, first_time).map_err(unable)?;
        for missing in &survey.missing {
            // What its kubelet lacks is found by the next plan, once the machine answers.
            context.warn(messages::left_out(
                &missing.node.name,
                &missing.reason,
                "does not get these settings now",
            ));
        }
        for member in survey.members() {
            let name = &member.node.name;
            if !private.before.contains_key(name) {
                private.before.insert(name.clone(), rollout::remember(member, &cluster).map_err(unable)?);
            }
        }
        let files = |member: &_| rollout::files_with(member, &cluster);
        rollout::roll_out(&survey, deadline, files).await.map_err(unable)?;
        if let Err(failure) = calico_rollout::watch(&survey.first.machine, deadline).await {
            context.warn(failure.with_hint(AGENTS_GO_ON).into_warning("Calico is not done yet"));
        }
        let survey = wait().await.map_err(unable)?;
        private.remember_control_planes(&survey);
        let host = self.host.clone();
        let done = self.seen(&survey).map_err(unable)?;
        match done.drift.known().filter(|drift| !drift.is_empty()) {
            None => Ok(done),
            Some(drift) => Err(unable(NodeError::new(
                format!("reading the settings of the cluster at {host} back"),
                format!("They did not stay as they were written:\n{}", drift.join("\n")),
            ))),
        }
    }

    /// What the cluster's settings are to be.
    fn cluster(&self, survey: &Survey, first_time: bool) -> Result<DualStack, NodeError> {
        let present = rollout::cluster_of(&survey.first)?;
        let pods = present.pods.with(Some(*self.cluster_cidr.value()));
        let services = present.services.with(Some(*self.service_cidr.value()));
        let other = |now: RangePair, then: RangePair| now.ipv6.is_some() && now != then;
        if other(present.services, services) || (first_time && other(present.pods, pods)) {
            let answer = format!(
                "The cluster has IPv6 already: pods {}, services {}. The range of services of a cluster cannot be changed.",
                present.pods, present.services
            );
            let advice = format!(
                "To manage what is there, give its ranges and import it:\n\nimport {{\n  to = microk8s_cluster_ipv6.<name>\n  \
                 id = {:?}\n}}",
                self.host
            );
            return Err(NodeError::new(format!("giving the cluster at {} IPv6", self.host), answer)
                .at("service_cidr")
                .with_hint(advice));
        }
        Ok(DualStack {
            pods,
            services,
            nat_outgoing: self.nat_outgoing,
            autodetection: self.ip6_autodetection_method.clone(),
        })
    }

    /// The resource as the cluster has it now.
    fn seen(self, survey: &Survey) -> Result<Self, NodeError> {
        let present = rollout::cluster_of(&survey.first)?;
        let cluster = DualStack {
            pods: present.pods.with(Some(*self.cluster_cidr.value())),
            services: present.services.with(Some(*self.service_cidr.value())),
            nat_outgoing: self.nat_outgoing,
            autodetection: self.ip6_autodetection_method.clone(),
        };
        let mut drift = Vec::new();
        for member in survey.members() {
            drift.extend(rollout::differences(member, &cluster)?);
        }
        Ok(Self {
            cluster_id: survey.id.clone().into(),
            ipv4_cluster_cidr: Semantic::from(present.pods.ipv4).into(),
            ipv4_service_cidr: Semantic::from(present.services.ipv4).into(),
            drift: drift.into(),
            ..self
        })
    }
}

impl Private {
    fn remember_control_planes(&mut self, survey: &Survey) {
        self.control_planes = survey.control_planes();
    }
}

const UNABLE_TO_SET_UP: &str = "Unable to give the cluster IPv6";
const UNABLE_TO_REMOVE: &str = "Unable to take IPv6 from the cluster";
const UNABLE_TO_READ: &str = "Unable to read the cluster's IPv6 settings";

const AGENTS_GO_ON: &str = "They go on by themselves. If this stays so, `microk8s kubectl -n kube-system get pods` shows which \
                            agent does not start; without an IPv6 address on its node none does.";

fn check_pods(range: &Semantic<Ipv6Net>) -> Result<(), String> {
    range_checks::check(Purpose::Pods, *range.value())
}

fn check_services(range: &Semantic<Ipv6Net>) -> Result<(), String> {
    range_checks::check(Purpose::Services, *range.value())
}

#[expect(clippy::ptr_arg, reason = "the attribute is checked as what it is")]
fn check_autodetection(method: &String) -> Result<(), String> {
    autodetection::check_autodetection(method)
}
