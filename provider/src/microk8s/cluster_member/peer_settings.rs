//! A node's settings after those of a control plane of the same cluster. Joining copies few of them, and not
//! the right way: never the ranges of services, one half of the kubelet's addresses, and a way for Calico to
//! find an IPv6 address by an IPv4 one.

use crate::engine::node_resource::NodeError;
use crate::microk8s::shared::cluster::snapshot::Member;
use crate::microk8s::shared::config_files::args_file::ArgsFile;
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
    if let Some(before) = &member.snapshot.own_kubelet {
        let mut flags = files.kubelet();
        give_back(&mut flags, before, &member.snapshot.default_kubelet);
        files.set_kubelet(&flags);
    }
    Ok(files)
}

/// Flags of the kubelet that are the cluster's business, or that MicroK8s derives from the machine.
const OF_CLUSTER: [&str; 12] = [
    "--authentication-token-webhook",
    "--bootstrap-kubeconfig",
    "--cert-dir",
    "--client-ca-file",
    "--cluster-dns",
    "--cluster-domain",
    "--container-runtime-endpoint",
    "--hostname-override",
    "--kubeconfig",
    "--node-ip",
    "--resolv-conf",
    "--root-dir",
];

const LABELS: &str = "--node-labels";

/// Labels that MicroK8s sets by what a node does in its cluster.
const LABELS_OF_ROLE: [&str; 3] =
    ["microk8s.io/cluster", "node.kubernetes.io/microk8s-controlplane", "node.kubernetes.io/microk8s-worker"];

/// Gives the kubelet back what its operator had given it `before` a join, which is all that MicroK8s does not
/// ship (`default`). Where it is not known what that is, only flags that the other machine has not are.
fn give_back(flags: &mut ArgsFile, before: &str, default: &str) {
    let (joined, shipped) = (flags.flags(), ArgsFile::parse(default).flags());
    for (flag, value) in ArgsFile::parse(before).flags() {
        let is_own = shipped.get(&flag) != Some(&value) && !OF_CLUSTER.contains(&flag.as_str());
        match joined.get(&flag) {
            _ if !is_own => {}
            Some(present) if flag == LABELS => flags.set(LABELS, Some(&with_labels(present, &value))),
            Some(_) if shipped.is_empty() => {}
            _ => flags.set(&flag, Some(&value)),
        }
    }
}

/// Labels with those of `own` that are neither there nor MicroK8s'.
fn with_labels(present: &str, own: &str) -> String {
    let key = |label: &str| label.split('=').next().unwrap_or_default().to_owned();
    let there: Vec<String> = present.split(',').map(key).collect();
    let is_new = |label: &&str| !there.contains(&key(label)) && !LABELS_OF_ROLE.contains(&&*key(label));
    present.split(',').chain(own.split(',').filter(is_new)).collect::<Vec<_>>().join(",")
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

    #[test]
    fn what_the_operator_gave_the_kubelet_is_given_back() {
        const SHIPPED: &str = "--root-dir=/var\n--eviction-hard=memory.available<100Mi\n--v=2\n\
                               --node-labels=microk8s.io/cluster=true,node.kubernetes.io/microk8s-controlplane=x\n";
        const BEFORE: &str = "--root-dir=/data\n--eviction-hard=memory.available<1Gi\n--v=2\n--max-pods 250\n--fail-swap-on\n\
                              --cluster-dns=10.0.0.99\n--hostname-override=x\n\
                              --node-labels=\"microk8s.io/cluster=true,node.kubernetes.io/microk8s-controlplane=x,rack=a,zone=own\"\n";
        const JOINED: &str = "--root-dir=/var\n--eviction-hard=memory.available<100Mi\n--v=4\n\
                              --node-labels=node.kubernetes.io/microk8s-worker=x,zone=b\n--cluster-dns=10.152.183.10\n";
        let given_back = |default| {
            let mut flags = ArgsFile::parse(JOINED);
            give_back(&mut flags, BEFORE, default);
            flags.to_string()
        };
        let labels = "--node-labels=node.kubernetes.io/microk8s-worker=x,zone=b,rack=a\n";
        assert_eq!(
            given_back(SHIPPED),
            format!(
                "--root-dir=/var\n--eviction-hard=memory.available<1Gi\n--v=4\n{labels}--cluster-dns=10.152.183.10\n\
                 --fail-swap-on=true\n--max-pods=250\n"
            )
        );
        assert_eq!(
            given_back(""),
            format!(
                "--root-dir=/var\n--eviction-hard=memory.available<100Mi\n--v=4\n{labels}--cluster-dns=10.152.183.10\n\
                 --fail-swap-on=true\n--max-pods=250\n"
            )
        );
    }

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
