//! A node's settings after those of a control plane of the same cluster. Joining copies few of them, and not
//! the right way: never the ranges of services, one half of the kubelet's addresses, and a way for Calico to
//! find an IPv6 address by an IPv4 one.

use crate::engine::node_resource::NodeError;
use crate::microk8s::shared::cluster::snapshot::Member;
use crate::microk8s::shared::config_files::autodetection::check_autodetection;
use crate::microk8s::shared::config_files::dual_stack::{Files, SETTINGS, Value};

/// The files of `member` with the settings of `peer`; those of Calico only where both have it.
pub(crate) fn files_after(member: &Member, peer: &Files) -> Result<Files, NodeError> {
    let mut files = member.snapshot.files.clone();
    let dual_stack = peer.node_addresses().iter().any(std::net::IpAddr::is_ipv6);
    let calico = peer.has_calico() && files.has_calico();
    let concerned = SETTINGS.iter().filter(|setting| setting.concerns(member.node.role));
    for setting in concerned.filter(|setting| calico || !setting.place.is_calicos()) {
        let place = setting.place;
        let attempt = || format!("copying {place} to {}", member.machine.address());
        let unreadable = |error: crate::microk8s::shared::config_files::cni_manifest::Unreadable| {
            NodeError::new(attempt(), error.to_string())
        };
        let of_peer = peer.get(place).map_err(unreadable)?;
        let wanted = match setting.value {
            Value::NodeAddresses if !dual_stack => continue,
            Value::NodeAddresses => Some(addresses(member)?),
            Value::Autodetection => of_peer.filter(|method| check_autodetection(method).is_ok()),
            _ => of_peer,
        };
        files.set(place, wanted.as_deref()).map_err(unreadable)?;
    }
    Ok(files)
}

fn addresses(member: &Member) -> Result<String, NodeError> {
    let found = member.ipv4().and_then(|ipv4| member.snapshot.dual_stack_addresses(ipv4));
    found.map(|addresses| addresses.to_string()).ok_or_else(|| {
        let attempt = format!("looking for the IPv6 address of {}", member.machine.address());
        NodeError::new(attempt, "It has none that stays, and the cluster is dual-stack.").at("host").with_hint(
            "Give the machine an IPv6 address that is static or from a router, neither temporary nor link-local.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::Freshness;
    use crate::microk8s::shared::cluster::snapshot::ClusterSnapshot;
    use crate::microk8s::shared::config_files::dual_stack::Place;
    use crate::microk8s::shared::testing::World;

    const MANIFEST: &str = "cni-network/cni.yaml";

    #[tokio::test(start_paused = true)]
    async fn a_cluster_without_calico_gives_all_other_settings() {
        for absent in [None, Some(String::new())] {
            let world = World::new(2);
            world.admit(2, "spare");
            {
                let mut state = world.0.lock().unwrap();
                let files = &mut state.machines.get_mut(&1).unwrap().files;
                files.remove(MANIFEST);
                files.extend(absent.map(|text| (MANIFEST.to_owned(), text)));
            }
            let cluster = ClusterSnapshot::collect(&world, "10.0.0.1", Freshness::Fresh).await.unwrap();
            let member = &cluster.others[0];
            let files = files_after(member, &cluster.first.snapshot.files).unwrap();
            let services = files.get(Place::Flag("kube-apiserver", "--service-cluster-ip-range")).unwrap();
            assert_eq!(services.as_deref(), Some("10.152.183.0/24,fd98::/108"));
            let changed: Vec<_> = files.changed_since(&member.snapshot.files).map(|(name, _)| name).collect();
            assert!(!changed.is_empty() && !changed.contains(&MANIFEST), "{changed:?}");
        }
    }
}
