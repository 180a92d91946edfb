//! What can be wrong with a cluster's IPv6 ranges once its nodes are known.

use super::range_checks;
use crate::microk8s::shared::cluster::snapshot::{ClusterSnapshot, Member};
use crate::microk8s::shared::machine::node_list::ClusterNode;
use crate::values::AddressRange;
use ipnet::Ipv6Net;
use tfplugin::Diagnostics;
use tfplugin::types::{Semantic, SemanticValue};

/// Checks the ranges against the nodes, each of which also needs an IPv6 address, and against MetalLB's
/// pools.
pub(crate) async fn check(
    cluster_snapshot: &ClusterSnapshot,
    pods: Ipv6Net,
    services: Ipv6Net,
) -> Result<(), Diagnostics> {
    let mut found = Diagnostics::new();
    check_nodes(cluster_snapshot.nodes(), pods, services, &mut found);
    for member in cluster_snapshot.members() {
        check_own_addresses(member, pods, services, &mut found);
        check_not_shared(member, cluster_snapshot, &mut found);
    }
    check_pools(&cluster_snapshot.first.machine.load_balancer_ranges().await, pods, services, &mut found);
    if found.has_errors() { Err(found) } else { Ok(()) }
}

fn check_nodes<'a>(
    nodes: impl Iterator<Item = &'a ClusterNode>,
    pods: Ipv6Net,
    services: Ipv6Net,
    diagnostics: &mut Diagnostics,
) {
    for node in nodes {
        for (attribute, range) in [("cluster_cidr", pods), ("service_cidr", services)] {
            if let Some(address) = node.ipv6_in(range) {
                overlap(attribute, range, &node.name, &address.to_string(), diagnostics);
            }
        }
        if let Some(Err(problem)) =
            node.minor_release.map(|minor| range_checks::check_service_size(services, minor))
        {
            let text = format!("{problem}. The node {} has that version.", node.name);
            diagnostics.error_at("service_cidr", "Invalid range of services", text);
        }
    }
}

fn check_pools(
    pools: &[Semantic<AddressRange>],
    pods: Ipv6Net,
    services: Ipv6Net,
    diagnostics: &mut Diagnostics,
) {
    for (attribute, range) in [("cluster_cidr", pods), ("service_cidr", services)] {
        let Some(own) = AddressRange::parse(&range.to_string()) else { continue };
        for pool in pools.iter().filter(|pool| pool.value().overlaps(&own)) {
            let text = format!(
                "{range} overlaps {pool}, which a pool of MetalLB gives to services of type LoadBalancer. Give them ranges of \
                 their own."
            );
            diagnostics.error_at(attribute, "Overlapping ranges", text);
        }
    }
}

/// The address that a node will report need not be one that it reports already.
fn check_own_addresses(member: &Member, pods: Ipv6Net, services: Ipv6Net, diagnostics: &mut Diagnostics) {
    let name = &member.node.name;
    let Some(ipv4) = member.ipv4() else { return };
    let Some(addresses) = member.snapshot.dual_stack_addresses(ipv4) else {
        let text = format!(
            "The node {name} ({ipv4}) has no IPv6 address that stays. Give every node one that is static or from a router, \
             neither temporary nor link-local: calico-node does not start without it once IPv6 is on."
        );
        return diagnostics.error_at("host", "A node without an IPv6 address", text);
    };
    for (attribute, range) in [("cluster_cidr", pods), ("service_cidr", services)] {
        if range.contains(&addresses.ipv6) && member.node.ipv6_in(range).is_none() {
            overlap(attribute, range, name, &addresses.ipv6.to_string(), diagnostics);
        }
    }
}

/// An address that another node has too is none of the node's own, but a virtual one, or set twice.
fn check_not_shared(member: &Member, cluster: &ClusterSnapshot, diagnostics: &mut Diagnostics) {
    let own = member.ipv4().and_then(|ipv4| member.snapshot.dual_stack_addresses(ipv4));
    let Some(ipv6) = own.map(|addresses| addresses.ipv6) else { return };
    let name = &member.node.name;
    let on_machine = cluster.members().filter(|other| other.snapshot.has(ipv6)).map(|other| &other.node);
    let reported = cluster.nodes().filter(|node| node.addresses.contains(&ipv6.into()));
    if let Some(other) = on_machine.chain(reported).find(|node| node.name != *name) {
        let text = format!(
            "The IPv6 address of the node {name} would be {ipv6}, which the node {} shows too. Give {name} an address of its own; \
             where {ipv6} is a virtual one, set the node's own with `--node-ip=<IPv4>,<IPv6>` in args/kubelet there.",
            other.name
        );
        diagnostics.error_at("host", "An IPv6 address of two nodes", text);
    }
}

fn overlap(attribute: &str, range: Ipv6Net, node: &str, address: &str, diagnostics: &mut Diagnostics) {
    let text = format!(
        "{range} contains {address}, which is an address of the node {node}. Ranges of pods and services must be free \
         everywhere that the nodes reach."
    );
    diagnostics.error_at(attribute, "Overlapping ranges", text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::Freshness;
    use crate::microk8s::shared::machine::node_list::Role;
    use crate::microk8s::shared::testing::World;

    #[tokio::test(start_paused = true)]
    async fn an_address_that_two_nodes_show_is_no_nodes_own() {
        let world = World::new(2);
        world.admit(2, "spare");
        let mut cluster = ClusterSnapshot::collect(&world, "10.0.0.1", Freshness::Fresh).await.unwrap();
        let mut found = Diagnostics::new();
        cluster.members().for_each(|member| check_not_shared(member, &cluster, &mut found));
        assert!(!found.has_errors(), "{found:?}");
        cluster.others[0].node.addresses.push("fd00::1".parse().unwrap());
        cluster.members().for_each(|member| check_not_shared(member, &cluster, &mut found));
        let found: Vec<_> = found.into_iter().map(|one| one.detail).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].starts_with(
                "The IPv6 address of the node cp1 would be fd00::1, which the node cp2 shows too."
            ),
            "{found:?}"
        );
    }

    fn found(version: u32, pods: &str, services: &str) -> Vec<(String, String)> {
        let addresses = vec!["10.0.0.11".parse().unwrap(), "fd00:10::11".parse().unwrap()];
        let node = ClusterNode {
            name: "cp1".into(),
            addresses,
            role: Role::ControlPlane,
            ready: true,
            minor_release: Some(version),
            machine_id: String::new(),
        };
        let mut found = Diagnostics::new();
        check_nodes(std::iter::once(&node), pods.parse().unwrap(), services.parse().unwrap(), &mut found);
        found.into_iter().map(|one| (one.attribute.unwrap().to_string(), one.detail)).collect()
    }

    #[test]
    fn ranges_of_load_balancers_are_not_for_pods_and_services() {
        let mut found = Diagnostics::new();
        let pools = ["fd01::100-fd01::1ff", "2001:db8::/64", "10.0.0.0/24"]
            .map(|range| Semantic::parse(range).unwrap());
        check_pools(&pools, "fd01::/64".parse().unwrap(), "fd98::/108".parse().unwrap(), &mut found);
        let found: Vec<_> =
            found.into_iter().map(|one| (one.attribute.unwrap().to_string(), one.detail)).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].0, "cluster_cidr");
        assert!(
            found[0].1.starts_with("fd01::/64 overlaps fd01::100-fd01::1ff, which a pool of MetalLB"),
            "{found:?}"
        );
    }

    #[test]
    fn each_fault_is_on_its_attribute() {
        assert_eq!(found(35, "fd01::/64", "fd98::/108"), []);
        let pods = found(35, "fd00:10::/64", "fd98::/108");
        assert_eq!(pods[0].0, "cluster_cidr");
        assert!(
            pods[0].1.starts_with("fd00:10::/64 contains fd00:10::11, which is an address of the node cp1."),
            "{pods:?}"
        );
        assert_eq!(found(35, "fd01::/64", "fd00:10::/108")[0].0, "service_cidr");
        let size = found(33, "fd01::/64", "fd98::/64");
        assert_eq!(size[0].0, "service_cidr");
        assert!(size[0].1.contains("The node cp1 has that version."), "{size:?}");
        assert_eq!(found(34, "fd01::/64", "fd98::/64"), []);
    }
}
