//! `microk8s_cluster_ipv6`: IPv6 beside IPv4 in a whole cluster.

mod calico_rollout;
mod cluster_checks;
mod operations;
mod range_checks;
mod rollout;
mod service_ranges;

use crate::connection::Freshness;
use crate::connection::ssh::check_address;
use crate::engine::node_resource::{
    DefaultTimeouts, ListedOverSsh, NodeError, NodeResource, Private, Verbs, Work, observe, warn_unchecked,
};
use crate::engine::timeouts::Timeouts;
use crate::microk8s::shared::cluster::messages;
use crate::microk8s::shared::cluster::snapshot::ClusterSnapshot;
use crate::microk8s::shared::config_files::autodetection;
use crate::microk8s::shared::machine::Machine;
use crate::microk8s::shared::machine::identity::ClusterIdentity;
use crate::session::{NodeHosts, Session};
use async_trait::async_trait;
use ipnet::{Ipv4Net, Ipv6Net};
use operations::Site;
use range_checks::Purpose;
use rollout::Before;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tfplugin::types::Semantic;
use tfplugin::{Computed, Context, Diagnostics, Identity, Model, Plan, Value};

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
/// link-local. A node that is Ready and whose machine is not reached is an error before anything is changed.
/// One that is not Ready is left out with a warning and stays in `drift` until it has the settings; a create
/// is refused where most nodes are so.
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
    #[attribute(required, identity(mutable), validate = check_address)]
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
    /// changed behind Terraform's back, a node joined without it or its machine was not reached; the next
    /// apply mends it.
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
    /// Where the configuration reaches the nodes.
    hosts: NodeHosts,
    /// Nodes whose machines were not reached when the settings were written.
    left_out: BTreeSet<String>,
}

/// How long the control plane may take until it answers at all.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5 * 60);

#[async_trait]
impl NodeResource for ClusterIpv6 {
    const NOUN: &'static str = "cluster IPv6";
    const VERBS: Verbs = Verbs { create: "enable", update: "update", remove: "disable" };
    const TIMEOUTS: DefaultTimeouts = DefaultTimeouts::each(30);
    const ANSWERS_WITHIN: Duration = ANSWERS_WITHIN;

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
        // The apply may be another process, which reads nothing of what does not change.
        plan.private.own.hosts = context.provider().machines.node_hosts();
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
        let asked = ClusterSnapshot::collect(&**context.provider(), host, Freshness::Cached);
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
        let session = work.session();
        session.machines.recall(&private.hosts);
        let cluster_snapshot =
            ClusterSnapshot::collect(session, work.host.address(), Freshness::Cached).await?;
        private.remember(&cluster_snapshot, &session.machines.node_hosts());
        // Whatever somebody wrote into a node's files must not keep the object from being changed or removed.
        match self.clone().seen(&cluster_snapshot, &private.left_out) {
            Ok(seen) => {
                private.forget_done(&cluster_snapshot, seen.drift.known().map(Vec::as_slice));
                Ok(Some(seen))
            }
            Err(error) => {
                work.warn(error.into_warning(format!("Unable to read {} {}", Self::NOUN, self.title())));
                Ok(Some(self))
            }
        }
    }

    async fn ensure(
        self,
        prior: Option<&Self>,
        work: &Work<'_>,
        private: &mut ClusterIpv6Private,
    ) -> Result<Self, NodeError> {
        let (site, first_time) = (Site::of(work, &private.hosts), prior.is_none());
        let done = site.warning(work, self.set_up(first_time, &site, private)).await?;
        private.hosts = work.session().machines.node_hosts();
        Ok(done)
    }

    async fn remove(self, work: &Work<'_>, private: ClusterIpv6Private) -> Result<(), NodeError> {
        let site = Site::of(work, &private.hosts);
        site.warning(work, Self::take_down(work.host.address(), &site, &private)).await
    }

    async fn import(
        identity: &Identity,
        work: &Work<'_>,
        private: &mut ClusterIpv6Private,
    ) -> Result<Self, NodeError> {
        let host = identity.part("host");
        let cluster_snapshot = ClusterSnapshot::collect(work.session(), &host, Freshness::Fresh).await?;
        private.remember(&cluster_snapshot, &work.session().machines.node_hosts());
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
        imported.seen(&cluster_snapshot, &private.left_out)
    }

    fn remove_hint() -> String {
        messages::IF_GONE.to_owned()
    }
}

#[async_trait]
impl ListedOverSsh for ClusterIpv6 {
    async fn identities(work: &Work<'_>) -> Result<Vec<Identity>, NodeError> {
        let host = work.host.address();
        let seen = ClusterSnapshot::collect(work.session(), host, Freshness::Cached).await?;
        let ranges = rollout::cluster_of(&seen.first)?;
        let has_ipv6 = ranges.pods.ipv6.is_some() && ranges.services.ipv6.is_some();
        let own = Identity::new([("host".to_owned(), Value::String(host.to_owned()))]);
        Ok(has_ipv6.then_some(own).into_iter().collect())
    }
}

impl ClusterIpv6Private {
    fn remember(&mut self, cluster_snapshot: &ClusterSnapshot, known: &NodeHosts) {
        self.control_planes = cluster_snapshot.control_planes();
        self.hosts = cluster_snapshot.hosts(known);
    }

    /// Forgets of the nodes that were left out those that are gone, and those in which nothing differs.
    fn forget_done(&mut self, cluster_snapshot: &ClusterSnapshot, drift: Option<&[String]>) {
        let differs =
            |name: &str| drift.unwrap_or_default().iter().any(|one| one.starts_with(&format!("{name}: ")));
        self.left_out.retain(|name| cluster_snapshot.nodes().any(|node| node.name == *name) && differs(name));
    }
}

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
