//! `microk8s_cluster_ipv6`: IPv6 beside IPv4 in a whole cluster.

mod calico_rollout;
mod cluster_checks;
mod range_checks;
mod rollout;
mod service_ranges;

use crate::connection::Freshness;
use crate::connection::ssh::check_address;
use crate::engine::node_resource::{
    DefaultTimeouts, ImportId, ImportParts, NodeError, NodeResource, Private, Verbs, Work, observe,
    warn_unchecked,
};
use crate::engine::timeouts::Timeouts;
use crate::microk8s::shared::cluster::messages;
use crate::microk8s::shared::cluster::snapshot::ClusterSnapshot;
use crate::microk8s::shared::config_files::autodetection;
use crate::microk8s::shared::config_files::dual_stack::DualStack;
use crate::microk8s::shared::config_files::range_pair::RangePair;
use crate::microk8s::shared::machine::Machine;
use crate::microk8s::shared::machine::identity::ClusterIdentity;
use crate::session::Session;
use async_trait::async_trait;
use ipnet::{Ipv4Net, Ipv6Net};
use range_checks::Purpose;
use rollout::Before;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use tfplugin::types::Semantic;
use tfplugin::{Computed, Context, Diagnostics, Model, Plan};

/// IPv6 beside IPv4 in a MicroK8s cluster: ranges for pods and services, the nodes' own IPv6 addresses, and
/// Calico.
///
/// It edits `args/kube-apiserver`, `args/kube-controller-manager`, `args/kube-proxy`, `args/kubelet` and
/// `args/cni-network/cni.yaml`, line by line, on every control plane, and the two files that matter on every
/// worker, reached over SSH at the addresses that they have in the cluster; restarts `kubelite` on one node
/// after the other; and applies Calico's manifest. Pods go on running. A node that does not come up with its
/// new files gets the old ones back, and the error shows the lines of its log that say why. IPv4 stays the
/// cluster's first family.
///
/// Services and pods that exist already keep their addresses of one family; services become dual-stack when
/// their `ipFamilyPolicy` says so, pods when they are made anew. Calico makes its IPv6 pool,
/// `default-ipv6-ippool`, when its agents start; a `calico_ippool` of that name takes it over and decides
/// about it from then on.
///
/// Every node needs an IPv6 address that stays: static or from a router, but neither temporary nor
/// link-local.
///
/// Nodes that join later through `microk8s_cluster_member` get the same settings there. Destroying it gives
/// every node the settings that it had before (the ones that MicroK8s ships with, after an import). A cluster
/// that has IPv6 already is imported by the address of a control plane; creating it there is refused, unless
/// the ranges are the same.
#[derive(Clone, Debug, PartialEq, Model)]
#[resource(type_name = "microk8s_cluster_ipv6")]
pub struct ClusterIpv6 {
    /// Address of a control plane, as in `microk8s_node`. It is an address and not the cluster's identity: a
    /// change is an update in place, as long as the same cluster answers there (`cluster_id`).
    #[attribute(required, validate = check_address)]
    pub host: String,

    /// IPv6 range of pods, such as `fd01::/64`; `/122`, the size of one of Calico's blocks, is the smallest.
    /// It must not overlap the range of services or the nodes' addresses.
    #[attribute(required, validate = check_pods)]
    pub cluster_cidr: Semantic<Ipv6Net>,

    /// IPv6 range of services, such as `fd98::/108`, from `/108` to `/125`; MicroK8s 1.34 and later also take
    /// larger ones. Kubernetes cannot change it in place: another range needs a new object, which takes IPv6
    /// away from services in between.
    #[attribute(required, requires_replace, validate = check_services)]
    pub service_cidr: Semantic<Ipv6Net>,

    /// Whether pods reach addresses outside the cluster with the IPv6 address of their node. Pods with unique
    /// local addresses (`fd00::/8`) reach nothing outside without it. It is what the pool is made with; a
    /// pool that exists is changed with `calico_ippool`. Default `false`, as in Calico.
    #[attribute(default = false)]
    pub nat_outgoing: bool,

    /// How Calico finds the IPv6 address of each node: `first-found` (default; first one on an interface that
    /// is not the cluster's), `kubernetes-internal-ip` (the one that the kubelet reports),
    /// `can-reach=<IPv6 address or name>`, `interface=<regular expressions>`,
    /// `skip-interface=<regular expressions>` or `cidr=<IPv6 ranges>`.
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

    /// What differs on the nodes from these settings, a sentence for each setting. Empty unless something was
    /// changed behind Terraform's back or a node joined without it; the next apply mends it.
    #[attribute(computed, use_state_for_unknown)]
    pub drift: Computed<Vec<String>>,
}

/// What is kept beside the state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ClusterIpv6Private {
    /// The settings that were there before, by the node's name.
    before: BTreeMap<String, Before>,
    /// Addresses of the control planes, for when `host` does not answer.
    control_planes: Vec<String>,
}

/// How long the control plane may take until it answers at all.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5 * 60);

#[async_trait]
impl NodeResource for ClusterIpv6 {
    const NOUN: &'static str = "cluster IPv6";
    const VERBS: Verbs = Verbs { create: "enable", update: "update", remove: "disable" };
    const TIMEOUTS: DefaultTimeouts = DefaultTimeouts::each(30);
    const ANSWERS_WITHIN: Duration = ANSWERS_WITHIN;
    const IMPORT_ID: ImportId = ImportId { forms: &["<host>"], example: "10.0.0.11" };

    type Identity = ClusterIdentity;
    type Private = ClusterIpv6Private;

    fn address(&self) -> &str {
        &self.host
    }

    fn title(&self) -> String {
        format!("at {}", self.host)
    }

    fn timeouts(&self) -> &Option<Timeouts> {
        &self.timeouts
    }

    fn identity(&self) -> Option<&str> {
        self.cluster_id.known().map(String::as_str)
    }

    fn other_addresses(&self, private: &ClusterIpv6Private) -> Vec<String> {
        private.control_planes.clone()
    }

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
        plan: &mut Plan<Self, Private<ClusterIpv6Private>>,
    ) -> Result<(), Diagnostics> {
        match &plan.prior {
            Some(prior) if prior.drift.known().is_some_and(Vec::is_empty) => {}
            _ => plan.planned.drift.set(Vec::new()),
        }
        let (Some(host), Some(pods), Some(services)) =
            (plan.config.host.known(), plan.config.cluster_cidr.known(), plan.config.service_cidr.known())
        else {
            return Ok(());
        };
        // Ranges that work are not judged again: a node that is in trouble must not stand in the way of all
        // plans.
        if plan
            .prior
            .as_ref()
            .is_some_and(|prior| prior.cluster_cidr == *pods && prior.service_cidr == *services)
        {
            return Ok(());
        }
        // What cannot be asked yet is asked at apply.
        let asked = ClusterSnapshot::collect(context.provider().ssh.as_ref(), host, Freshness::Cached);
        match observe(context, host, asked).await {
            Ok(cluster_snapshot) => {
                cluster_checks::check(&cluster_snapshot, *pods.value(), *services.value()).await
            }
            Err(error) => {
                warn_unchecked(context, host, error);
                Ok(())
            }
        }
    }

    async fn revive(&self, work: &Work<'_>) -> Result<(), NodeError> {
        rollout::wake(&Machine::new(work.shell()), &work.deadline).await
    }

    async fn read(
        self,
        work: &Work<'_>,
        private: &mut ClusterIpv6Private,
    ) -> Result<Option<Self>, NodeError> {
        let cluster_snapshot =
            ClusterSnapshot::collect(work.ssh(), work.host.address(), Freshness::Cached).await?;
        private.remember_control_planes(&cluster_snapshot);
        // Whatever somebody wrote into a node's files must not keep the object from being changed or removed.
        Ok(Some(self.clone().seen(&cluster_snapshot).unwrap_or_else(|error| {
            work.warn(error.into_warning(format!("Unable to read {} {}", Self::NOUN, self.title())));
            self
        })))
    }

    async fn ensure(
        self,
        prior: Option<&Self>,
        work: &Work<'_>,
        private: &mut ClusterIpv6Private,
    ) -> Result<Self, NodeError> {
        self.set_up(prior.is_none(), work, private).await
    }

    async fn remove(self, work: &Work<'_>, private: ClusterIpv6Private) -> Result<(), NodeError> {
        rollout::wake(&Machine::new(work.shell()), &work.deadline).await?;
        let cluster_snapshot =
            ClusterSnapshot::wait(work.ssh(), work.host.address(), &work.deadline.within(ANSWERS_WITHIN))
                .await?;
        for missing in &cluster_snapshot.missing {
            work.warn(messages::left_out(&missing.node.name, &missing.reason, "keeps its IPv6 settings"));
        }
        let files = |member: &_| rollout::files_without(member, private.before.get(&member.node.name));
        rollout::roll_out(&cluster_snapshot, work.locks(), &work.deadline, files).await?;
        service_ranges::leave_ipv4_alone(&cluster_snapshot.first.machine, &work.deadline).await
    }

    async fn import(
        id: &ImportParts,
        work: &Work<'_>,
        private: &mut ClusterIpv6Private,
    ) -> Result<Self, NodeError> {
        let host = id.part("host");
        let cluster_snapshot = ClusterSnapshot::collect(work.ssh(), &host, Freshness::Fresh).await?;
        private.remember_control_planes(&cluster_snapshot);
        let cluster = rollout::cluster_of(&cluster_snapshot.first)?;
        let (Some(pods), Some(services)) = (cluster.pods.ipv6, cluster.services.ipv6) else {
            let attempt = format!("reading the ranges of the cluster at {host}");
            let answer = format!("It has IPv4 alone: pods {}, services {}.", cluster.pods, cluster.services);
            return Err(
                NodeError::new(attempt, answer).with_hint("Create the resource instead of importing it.")
            );
        };
        let imported = Self {
            host,
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
        imported.seen(&cluster_snapshot)
    }

    fn remove_hint() -> String {
        messages::IF_GONE.to_owned()
    }
}

impl ClusterIpv6 {
    /// Brings all nodes to these settings, wherever they are now.
    async fn set_up(
        self,
        first_time: bool,
        work: &Work<'_>,
        private: &mut ClusterIpv6Private,
    ) -> Result<Self, NodeError> {
        let wait = async || {
            ClusterSnapshot::wait(work.ssh(), &self.host, &work.deadline.within(ANSWERS_WITHIN)).await
        };
        rollout::wake(&Machine::new(work.shell()), &work.deadline).await?;
        let cluster_snapshot = wait().await?;
        cluster_checks::check(&cluster_snapshot, *self.cluster_cidr.value(), *self.service_cidr.value())
            .await?;
        let cluster = self.cluster(&cluster_snapshot, first_time)?;
        for missing in &cluster_snapshot.missing {
            // What its kubelet lacks is found by the next plan, once the machine answers.
            work.warn(messages::left_out(
                &missing.node.name,
                &missing.reason,
                "does not get these settings now",
            ));
        }
        for member in cluster_snapshot.members() {
            let name = &member.node.name;
            if !private.before.contains_key(name) {
                private.before.insert(name.clone(), rollout::remember(member, &cluster)?);
            }
        }
        let files = |member: &_| rollout::files_with(member, &cluster);
        rollout::roll_out(&cluster_snapshot, work.locks(), &work.deadline, files).await?;
        if let Err(error) = calico_rollout::watch(&cluster_snapshot.first.machine, &work.deadline).await {
            work.warn(error.with_hint(AGENTS_GO_ON).into_warning("Calico is not done yet"));
        }
        let cluster_snapshot = wait().await?;
        private.remember_control_planes(&cluster_snapshot);
        let host = self.host.clone();
        let done = self.seen(&cluster_snapshot)?;
        match done.drift.known().filter(|drift| !drift.is_empty()) {
            None => Ok(done),
            Some(drift) => Err(NodeError::new(
                format!("reading the settings of the cluster at {host} back"),
                format!("They did not stay as they were written:\n{}", drift.join("\n")),
            )),
        }
    }

    /// What the cluster's settings are to be.
    fn cluster(&self, cluster_snapshot: &ClusterSnapshot, first_time: bool) -> Result<DualStack, NodeError> {
        let present = rollout::cluster_of(&cluster_snapshot.first)?;
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
    fn seen(self, cluster_snapshot: &ClusterSnapshot) -> Result<Self, NodeError> {
        let present = rollout::cluster_of(&cluster_snapshot.first)?;
        let cluster = DualStack {
            pods: present.pods.with(Some(*self.cluster_cidr.value())),
            services: present.services.with(Some(*self.service_cidr.value())),
            nat_outgoing: self.nat_outgoing,
            autodetection: self.ip6_autodetection_method.clone(),
        };
        let mut drift = Vec::new();
        for member in cluster_snapshot.members() {
            drift.extend(rollout::differences(member, &cluster)?);
        }
        Ok(Self {
            cluster_id: cluster_snapshot.id.clone().into(),
            ipv4_cluster_cidr: Semantic::from(present.pods.ipv4).into(),
            ipv4_service_cidr: Semantic::from(present.services.ipv4).into(),
            drift: drift.into(),
            ..self
        })
    }
}

impl ClusterIpv6Private {
    fn remember_control_planes(&mut self, cluster_snapshot: &ClusterSnapshot) {
        self.control_planes = cluster_snapshot.control_planes();
    }
}

const AGENTS_GO_ON: &str = "They continue without the provider. If this stays so, `microk8s kubectl -n kube-system get pods` shows which \
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
