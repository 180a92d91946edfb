//! The settings of both families on all nodes of a cluster: what they should be, how they differ, how they
//! get there and back.

use super::calico_rollout;
use crate::connection::Freshness;
use crate::connection::cluster::ClusterLocks;
use crate::connection::retry::Deadline;
use crate::engine::node_resource::NodeError;
use crate::engine::node_resource::cluster_lock;
use crate::engine::node_resource::step::{Step, Steps};
use crate::microk8s::shared::cluster::node_change::NodeChange;
use crate::microk8s::shared::cluster::snapshot::{ClusterSnapshot, Member};
use crate::microk8s::shared::config_files::autodetection::check_autodetection;
use crate::microk8s::shared::config_files::dual_stack::{
    DualStack, Files, NodeAddresses, Place, SETTINGS, Setting, Value,
};
use crate::microk8s::shared::config_files::range_pair::RangePair;
use crate::microk8s::shared::machine::Machine;
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::time::Duration;

/// What a node's settings were before, by the setting's place; `None` where it had none.
pub(crate) type Before = BTreeMap<String, Option<String>>;

/// The settings that a control plane works with now.
pub(crate) fn cluster_of(member: &Member) -> Result<DualStack, NodeError> {
    if !member.snapshot.files.has_calico() {
        let attempt = format!("reading args/cni-network/cni.yaml on {}", member.machine.address());
        let answer = "It is not there: the cluster's network is not MicroK8s' Calico. `microk8s_cluster_ipv6` knows Calico only.";
        return Err(NodeError::new(attempt, answer).with_hint(
            "MicroK8s' add-ons cilium and kube-ovn move that file away. Configure IPv6 as that network's own documentation says.",
        ));
    }
    let range = |place: Place| {
        let text = value(member, place)?.unwrap_or_default();
        let attempt = || format!("reading {place} on {}", member.machine.address());
        text.parse::<RangePair>().map_err(|problem| NodeError::new(attempt(), problem))
    };
    Ok(DualStack {
        pods: range(Place::Flag("kube-controller-manager", "--cluster-cidr"))?,
        services: range(Place::Flag("kube-apiserver", "--service-cluster-ip-range"))?,
        nat_outgoing: value(member, Place::Environment("CALICO_IPV6POOL_NAT_OUTGOING"))?.as_deref()
            == Some("true"),
        autodetection: value(member, Place::Environment("IP6_AUTODETECTION_METHOD"))?
            .filter(|method| check_autodetection(method).is_ok())
            .unwrap_or_else(|| "first-found".to_owned()),
    })
}

/// The node's files with the cluster's settings.
pub(crate) fn files_with(member: &Member, cluster: &DualStack) -> Result<Files, NodeError> {
    let addresses = addresses(member)?;
    edited(member, |setting, _| setting.wanted(cluster, addresses))
}

/// The node's files without IPv6: as they were before, or as MicroK8s ships them.
pub(crate) fn files_without(member: &Member, before: Option<&Before>) -> Result<Files, NodeError> {
    edited(member, |setting, present| {
        match before.and_then(|before| before.get(&setting.place.to_string())) {
            Some(before) => before.clone(),
            None => setting.without_ipv6(present),
        }
    })
}

/// What to remember of a node before it is changed. Where an earlier try was stopped after it had changed the
/// files, that is what they must have been.
pub(crate) fn remember(member: &Member, cluster: &DualStack) -> Result<Before, NodeError> {
    let addresses = addresses(member)?;
    let concerned = SETTINGS.iter().filter(|setting| setting.concerns(member.node.role));
    concerned
        .map(|setting| {
            let present = value(member, setting.place)?;
            let ours = present == setting.wanted(cluster, addresses);
            let before = if ours { setting.without_ipv6(present.as_deref()) } else { present };
            Ok((setting.place.to_string(), before))
        })
        .collect()
}

/// How a node's settings differ from the cluster's, each as a sentence.
pub(crate) fn differences(member: &Member, cluster: &DualStack) -> Result<Vec<String>, NodeError> {
    // A node without a stable IPv6 address now may have one again; until then there is nothing to set.
    let addresses = member.ipv4().and_then(|ipv4| member.snapshot.dual_stack_addresses(ipv4));
    let mut differences = Vec::new();
    for setting in SETTINGS.iter().filter(|setting| setting.concerns(member.node.role)) {
        let wanted = match (setting.value, addresses) {
            (Value::NodeAddresses, None) => continue,
            (_, addresses) => setting.wanted(cluster, addresses.unwrap_or(NodeAddresses::UNSPECIFIED)),
        };
        let present = value(member, setting.place)?;
        if present != wanted {
            let told = |value: Option<String>| value.unwrap_or_else(|| "not set".to_owned());
            let (name, place) = (&member.node.name, setting.place);
            differences.push(format!("{name}: {place} is {} instead of {}", told(present), told(wanted)));
        }
    }
    if differences.is_empty() && !member.snapshot.pending.is_empty() {
        differences.push(format!("{}: kubelite has not read its files yet", member.node.name));
    }
    Ok(differences)
}

/// Starts kubelite where an earlier try was stopped, or failed, before it had read its files: it may not run
/// at all.
pub(crate) async fn wake(machine: &Machine, deadline: &Deadline) -> Result<(), NodeError> {
    Steps::new(&[&Wake]).run(machine, &deadline.within(WAKES_WITHIN)).await
}

/// How long that may take, with what another run began there.
const WAKES_WITHIN: Duration = Duration::from_secs(5 * 60);

struct Wake;

#[async_trait]
impl Step<Machine> for Wake {
    fn name(&self) -> &'static str {
        "restart kubelite with files that it has not read"
    }

    async fn check(&self, machine: &Machine) -> Result<bool, NodeError> {
        Ok(machine.snapshot(Freshness::Fresh).await?.pending.is_empty())
    }

    async fn run(&self, machine: &Machine) -> Result<(), NodeError> {
        machine.restart(&machine.snapshot(Freshness::Fresh).await?.pending).await?;
        machine.settled().await
    }
}

/// Gives every node its files, one node at a time, and Calico its manifest. `files` tells a node's new files
/// from what it has when its turn comes.
pub(crate) async fn roll_out(
    cluster_snapshot: &ClusterSnapshot,
    locks: &ClusterLocks,
    deadline: &Deadline,
    files: impl Fn(&Member) -> Result<Files, NodeError>,
) -> Result<(), NodeError> {
    let lock_of = cluster_snapshot.first.snapshot.authority().unwrap_or(&cluster_snapshot.id);
    for member in cluster_snapshot.members() {
        let _guard = cluster_lock::acquire(locks, lock_of, deadline, async || Ok(())).await?;
        let member = Member { snapshot: member.machine.snapshot(Freshness::Fresh).await?, ..member.clone() };
        let files = files(&member)?;
        NodeChange::new(member, files).run(deadline).await?;
    }
    calico_rollout::apply(&cluster_snapshot.first.machine, deadline).await
}

fn addresses(member: &Member) -> Result<NodeAddresses, NodeError> {
    let name = &member.node.name;
    let attempt = || format!("looking for the addresses of {name} on {}", member.machine.address());
    let ipv4 = member
        .ipv4()
        .ok_or_else(|| NodeError::new(attempt(), "The node has no IPv4 address in the cluster."))?;
    member.snapshot.dual_stack_addresses(ipv4).ok_or_else(|| {
        NodeError::new(attempt(), format!("Beside {ipv4} it has no IPv6 address that stays.")).at("host").with_hint(
            "Give every node a fixed IPv6 address (not a temporary or link-local one): calico-node does not start without \
             one once IPv6 is on, and the kubelet needs it as a flag.",
        )
    })
}

fn value(member: &Member, place: Place) -> Result<Option<String>, NodeError> {
    let attempt = || format!("reading {place} on {}", member.machine.address());
    member.snapshot.files.get(place).map_err(|error| unreadable(attempt(), &error))
}

fn edited(
    member: &Member,
    wanted: impl Fn(&Setting, Option<&str>) -> Option<String>,
) -> Result<Files, NodeError> {
    let mut files = member.snapshot.files.clone();
    for setting in SETTINGS.iter().filter(|setting| setting.concerns(member.node.role)) {
        let present = value(member, setting.place)?;
        let attempt = || format!("editing {} of {}", setting.place, member.machine.address());
        let wanted = wanted(setting, present.as_deref());
        files.set(setting.place, wanted.as_deref()).map_err(|error| unreadable(attempt(), &error))?;
    }
    Ok(files)
}

fn unreadable(attempt: String, error: &dyn std::fmt::Display) -> NodeError {
    NodeError::new(attempt, format!("The file is not built as MicroK8s ships it: {error}.")).with_hint(
        "This provider works with MicroK8s' own Calico. If the manifest was replaced on purpose, IPv6 has to be configured \
         there.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::microk8s::shared::testing::{World, dual_stack};
    use tokio_util::sync::CancellationToken;

    async fn second(world: &World) -> Member {
        ClusterSnapshot::collect(world, "10.0.0.1", Freshness::Fresh).await.unwrap().others.remove(0)
    }

    #[tokio::test(start_paused = true)]
    async fn what_differs_is_told_and_mended_and_taken_back() {
        let world = World::new(2);
        world.admit(2, "spare");
        let shipped = second(&world).await;
        let told = differences(&shipped, &dual_stack()).unwrap();
        assert_eq!(told.len(), 13, "{told:?}");
        assert_eq!(
            told[0],
            "cp2: --service-cluster-ip-range in args/kube-apiserver is 10.152.183.0/24 instead of 10.152.183.0/24,fd98::/108"
        );
        let before = remember(&shipped, &dual_stack()).unwrap();
        let deadline = Deadline::after(std::time::Duration::from_secs(3600), &CancellationToken::new());
        let change = NodeChange::new(shipped.clone(), files_with(&shipped, &dual_stack()).unwrap());
        change.run(&deadline).await.unwrap();
        let changed = second(&world).await;
        assert_eq!(differences(&changed, &dual_stack()).unwrap(), Vec::<String>::new());
        assert_eq!(changed.node.addresses.len(), 2);
        assert_eq!(files_without(&changed, Some(&before)).unwrap(), shipped.snapshot.files);
        // As after an earlier try that nothing was remembered of.
        let remembered_late = remember(&changed, &dual_stack()).unwrap();
        let restored = files_without(&changed, Some(&remembered_late)).unwrap();
        let mut without_assign = shipped.snapshot.files.clone();
        without_assign.set(Place::AddressManagement("assign_ipv4"), Some("true")).unwrap();
        assert_eq!(restored, without_assign);
    }

    #[tokio::test(start_paused = true)]
    async fn a_cluster_without_calico_is_none_that_can_be_made_dual_stack() {
        let world = World::new(1);
        world.0.lock().unwrap().machines.get_mut(&1).unwrap().files.remove("cni-network/cni.yaml");
        let cluster = ClusterSnapshot::collect(&world, "10.0.0.1", Freshness::Fresh).await.unwrap();
        let refused = cluster_of(&cluster.first).unwrap_err();
        assert!(refused.answer().ends_with("`microk8s_cluster_ipv6` knows Calico only."), "{refused:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_way_to_find_addresses_that_joining_spoilt_differs() {
        let world = World::new(2);
        world.admit(2, "spare");
        let member = second(&world).await;
        let files = files_with(&member, &dual_stack()).unwrap();
        let mut spoilt = member;
        spoilt.snapshot.files = files;
        assert_eq!(differences(&spoilt, &dual_stack()).unwrap(), Vec::<String>::new());
        spoilt
            .snapshot
            .files
            .set(Place::Environment("IP6_AUTODETECTION_METHOD"), Some("can-reach=10.0.0.1"))
            .unwrap();
        let told = differences(&spoilt, &dual_stack()).unwrap();
        assert_eq!(told.len(), 1);
        assert!(told[0].ends_with("is can-reach=10.0.0.1 instead of first-found"), "{told:?}");
        assert_eq!(
            cluster_of(&spoilt).unwrap().autodetection,
            "first-found",
            "what cannot work is not taken over"
        );
    }
}
