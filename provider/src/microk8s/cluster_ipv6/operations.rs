//! What create, update and destroy do to a cluster, and how it is read.

use super::{ANSWERS_WITHIN, ClusterIpv6, ClusterIpv6Private};
use super::{calico_rollout, cluster_checks, rollout, service_ranges};
use crate::connection::cluster::ClusterLocks;
use crate::connection::retry::Deadline;
use crate::engine::node_resource::{NodeError, Work};
use crate::microk8s::shared::cluster::messages;
use crate::microk8s::shared::cluster::snapshot::ClusterSnapshot;
use crate::microk8s::shared::config_files::dual_stack::DualStack;
use crate::microk8s::shared::config_files::range_pair::RangePair;
use crate::microk8s::shared::machine::Machines;
use crate::session::NodeHosts;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use tfplugin::Diagnostic;
use tfplugin::types::Semantic;

/// Where and with what all is done.
pub(super) struct Site<'a> {
    pub(super) machines: &'a dyn Machines,
    pub(super) locks: &'a ClusterLocks,
    pub(super) deadline: &'a Deadline,
    /// What does not stop the work.
    pub(super) warnings: Mutex<Vec<Diagnostic>>,
}

impl<'a> Site<'a> {
    /// That of an operation; `hosts` is where an earlier one reached the nodes.
    pub(super) fn of(work: &'a Work<'_>, hosts: &NodeHosts) -> Self {
        work.session().machines.recall(hosts);
        Self {
            machines: work.session(),
            locks: work.locks(),
            deadline: &work.deadline,
            warnings: Mutex::default(),
        }
    }

    /// What `done` gives, with its warnings handed on.
    pub(super) async fn warning<T>(&self, work: &Work<'_>, done: impl Future<Output = T>) -> T {
        let done = done.await;
        for warning in self.warnings.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            work.warn(warning);
        }
        done
    }

    fn warn(&self, warning: Diagnostic) {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).push(warning);
    }

    async fn cluster(&self, host: &str) -> Result<ClusterSnapshot, NodeError> {
        ClusterSnapshot::wait(self.machines, host, &self.deadline.within(ANSWERS_WITHIN)).await
    }
}

impl ClusterIpv6 {
    /// Brings all nodes to these settings, wherever they are now.
    pub(super) async fn set_up(
        self,
        first_time: bool,
        site: &Site<'_>,
        private: &mut ClusterIpv6Private,
    ) -> Result<Self, NodeError> {
        rollout::wake(&site.machines.machine(&self.host), site.deadline).await?;
        let cluster_snapshot = site.cluster(&self.host).await?;
        cluster_checks::check(&cluster_snapshot, *self.cluster_cidr.value(), *self.service_cidr.value())
            .await?;
        let cluster = self.cluster(&cluster_snapshot, first_time)?;
        // Dead machines are no reason to wait, as long as they are the lesser part.
        let most_are_missing = cluster_snapshot.missing.len() > cluster_snapshot.members().count();
        cluster_snapshot.check_reached(first_time && most_are_missing)?;
        for missing in &cluster_snapshot.missing {
            // The next refresh reports it as drift.
            let consequence = "does not get these settings now";
            site.warn(messages::left_out(&missing.node.name, &missing.reason, consequence));
        }
        for member in cluster_snapshot.members() {
            let name = &member.node.name;
            if !private.before.contains_key(name) {
                private.before.insert(name.clone(), rollout::remember(member, &cluster)?);
            }
        }
        let files = |member: &_| rollout::files_with(member, &cluster);
        rollout::roll_out(&cluster_snapshot, site.locks, site.deadline, files).await?;
        private.left_out = cluster_snapshot.missing.iter().map(|one| one.node.name.clone()).collect();
        if let Err(error) = calico_rollout::watch(&cluster_snapshot.first.machine, site.deadline).await {
            site.warn(error.with_hint(AGENTS_GO_ON).into_warning("Calico is not done yet"));
        }
        let mut after = site.cluster(&self.host).await?;
        private.control_planes = after.control_planes();
        // What came back in the meantime is for the next apply.
        after.others.retain(|member| !private.left_out.contains(&member.node.name));
        let host = self.host.clone();
        let done = self.seen(&after, &BTreeSet::new())?;
        match done.drift.known().filter(|drift| !drift.is_empty()) {
            None => Ok(done),
            Some(drift) => Err(NodeError::new(
                format!("reading the settings of the cluster at {host} back"),
                format!("They did not stay as they were written:\n{}", drift.join("\n")),
            )),
        }
    }

    /// Gives every node the settings that it had before. The cluster answers at `host`.
    pub(super) async fn take_down(
        host: &str,
        site: &Site<'_>,
        private: &ClusterIpv6Private,
    ) -> Result<(), NodeError> {
        rollout::wake(&site.machines.machine(host), site.deadline).await?;
        let cluster_snapshot = site.cluster(host).await?;
        cluster_snapshot.check_reached(false)?;
        for missing in &cluster_snapshot.missing {
            site.warn(messages::left_out(&missing.node.name, &missing.reason, "keeps its IPv6 settings"));
        }
        let files = |member: &_| rollout::files_without(member, private.before.get(&member.node.name));
        rollout::roll_out(&cluster_snapshot, site.locks, site.deadline, files).await?;
        service_ranges::leave_ipv4_alone(&cluster_snapshot.first.machine, site.deadline).await
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

    /// The resource as the cluster has it now. Of the nodes that were `left_out`, those that are still not
    /// reached have not got it.
    pub(super) fn seen(
        self,
        cluster_snapshot: &ClusterSnapshot,
        left_out: &BTreeSet<String>,
    ) -> Result<Self, NodeError> {
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
        let still_out = cluster_snapshot.missing.iter().filter(|one| left_out.contains(&one.node.name));
        drift.extend(still_out.map(|missing| {
            format!("{}: its machine was not reached when the settings were written", missing.node.name)
        }));
        Ok(Self {
            cluster_id: cluster_snapshot.id.clone().into(),
            ipv4_cluster_cidr: Semantic::from(present.pods.ipv4).into(),
            ipv4_service_cidr: Semantic::from(present.services.ipv4).into(),
            drift: drift.into(),
            ..self
        })
    }
}

const AGENTS_GO_ON: &str = "They continue without the provider. If this stays so, `microk8s kubectl -n kube-system get pods` shows which \
                            agent does not start; without an IPv6 address on its node none does.";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::Freshness;
    use crate::microk8s::shared::config_files::dual_stack::Place;
    use crate::microk8s::shared::machine::scripts::{RESTART, WRITE};
    use crate::microk8s::shared::testing::{Fault, World, deadline, promptly};
    use tfplugin::Computed;

    const PODS: Place = Place::Flag("kube-proxy", "--cluster-cidr");

    fn wanted() -> ClusterIpv6 {
        ClusterIpv6 {
            host: "10.0.0.1".into(),
            cluster_cidr: Semantic::parse("fd01::/64").unwrap(),
            service_cidr: Semantic::parse("fd98::/108").unwrap(),
            nat_outgoing: true,
            ip6_autodetection_method: "first-found".into(),
            timeouts: None,
            cluster_id: Computed::Pending,
            ipv4_cluster_cidr: Computed::Pending,
            ipv4_service_cidr: Computed::Pending,
            drift: Computed::Pending,
        }
    }

    /// Three control planes, of which two have IPv4 alone.
    fn three() -> World {
        let world = World::new(3);
        world.admit(2, "voter");
        world.admit(3, "voter");
        world
    }

    struct Run {
        world: World,
        private: ClusterIpv6Private,
        deadline: Deadline,
        locks: ClusterLocks,
    }

    impl Run {
        fn new(world: World) -> Self {
            let (private, locks) = (ClusterIpv6Private::default(), ClusterLocks::default());
            Self { world, private, deadline: deadline(), locks }
        }

        /// What came of it, with the number of warnings.
        async fn set_up(&mut self, first_time: bool) -> (Result<ClusterIpv6, NodeError>, usize) {
            let Self { world, private, deadline, locks } = self;
            let site = Site { machines: world, locks, deadline, warnings: Mutex::default() };
            let done = wanted().set_up(first_time, &site, private).await;
            (done, site.warnings.into_inner().unwrap().len())
        }

        async fn take_down(&self) -> Result<(), NodeError> {
            let Self { world, private, deadline, locks } = self;
            let site = Site { machines: world, locks, deadline, warnings: Mutex::default() };
            ClusterIpv6::take_down("10.0.0.1", &site, private).await
        }

        /// What a refresh shows.
        async fn drift(&mut self) -> Vec<String> {
            let cluster = ClusterSnapshot::collect(&self.world, "10.0.0.1", Freshness::Fresh).await.unwrap();
            let seen = wanted().seen(&cluster, &self.private.left_out).unwrap();
            let drift = seen.drift.known().cloned().unwrap();
            self.private.forget_done(&cluster, Some(&drift));
            drift
        }

        fn has_ipv6(&self, last: u8) -> bool {
            self.world.0.lock().unwrap().machines[&last].files["kube-proxy"].contains("fd01::/64")
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_that_works_and_is_not_reached_stops_all_before_anything_is_written() {
        let mut run = Run::new(three());
        run.world.0.lock().unwrap().faults.push(Fault::NoSsh(3));
        for first_time in [true, false] {
            let refused = promptly(run.set_up(first_time)).await.0.unwrap_err();
            assert!(refused.answer().starts_with("The node cp3 is Ready"), "{refused:?}");
        }
        let refused = promptly(run.take_down()).await.unwrap_err();
        assert!(refused.answer().starts_with("The node cp3 is Ready"), "{refused:?}");
        assert_eq!((run.world.count(&WRITE), run.world.count(&RESTART)), (0, 0));
        run.world.0.lock().unwrap().faults.clear();
        assert_eq!(run.set_up(true).await.0.unwrap().drift.known(), Some(&Vec::new()));
        assert!([1, 2, 3].iter().all(|last| run.has_ipv6(*last)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_dead_node_does_not_stop_a_create_unless_most_are_dead() {
        let mut run = Run::new(three());
        let lose =
            |run: &Run, last| run.world.0.lock().unwrap().machines.get_mut(&last).unwrap().reachable = false;
        for last in [2, 3] {
            lose(&run, last);
        }
        let refused = promptly(run.set_up(true)).await.0.unwrap_err();
        assert!(refused.answer().starts_with("The node cp2 is not Ready"), "{refused:?}");
        assert_eq!(run.world.count(&WRITE), 0);
        run.world.0.lock().unwrap().machines.get_mut(&2).unwrap().reachable = true;
        let (done, warnings) = run.set_up(true).await;
        assert_eq!((done.unwrap().drift.known(), warnings), (Some(&Vec::new()), 1));
        assert_eq!([1, 2, 3].map(|last| run.has_ipv6(last)), [true, true, false]);
        assert_eq!(run.drift().await, ["cp3: its machine was not reached when the settings were written"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_that_is_lost_later_differs_until_it_has_the_settings() {
        let mut run = Run::new(three());
        run.world.0.lock().unwrap().machines.get_mut(&3).unwrap().reachable = false;
        let (done, warnings) = run.set_up(false).await;
        assert_eq!((done.unwrap().drift.known(), warnings), (Some(&Vec::new()), 1));
        let lost = ["cp3: its machine was not reached when the settings were written"];
        assert_eq!(run.drift().await, lost);
        assert_eq!(run.drift().await, lost);
        run.world.0.lock().unwrap().machines.get_mut(&3).unwrap().reachable = true;
        let differs = run.drift().await;
        assert!(differs.len() > 1 && differs.iter().all(|one| one.starts_with("cp3: ")), "{differs:?}");
        run.world.0.lock().unwrap().machines.get_mut(&3).unwrap().reachable = false;
        assert_eq!(run.drift().await, lost);
        run.world.0.lock().unwrap().machines.get_mut(&3).unwrap().reachable = true;
        assert_eq!(run.set_up(false).await.1, 0);
        assert!(run.has_ipv6(3) && run.drift().await.is_empty());
        let cluster = ClusterSnapshot::collect(&run.world, "10.0.0.1", Freshness::Fresh).await.unwrap();
        assert_eq!(
            cluster.others[1].snapshot.files.get(PODS).unwrap().as_deref(),
            Some("10.1.0.0/16,fd01::/64")
        );
        run.world.0.lock().unwrap().machines.get_mut(&3).unwrap().reachable = false;
        assert_eq!(run.drift().await, Vec::<String>::new(), "what has them is not waited for");
    }
}
