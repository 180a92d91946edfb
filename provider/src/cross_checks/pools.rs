//! Pools of one cluster beside each other, and Calico's beside the cluster's range of pods.

use super::grouped::Key;
use super::mismatch::Mismatch;
use super::objects::{CalicoPool, ClusterRanges, ClusterRef, Pool};
use super::planned::PlannedObjects;
use crate::values::AddressRange;
use ipnet::IpNet;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

const OVERLAP: &str = "Two pools have the same addresses";
const ADDRESSES: &[(&str, &str)] = &[("metallb_ip_address_pool", "addresses")];
const CIDR: &[(&str, &str)] = &[("calico_ippool", "cidr")];
const PODS: &[(&str, &str)] = &[("calico_ippool", "cidr"), ("microk8s_cluster_ipv6", "cluster_cidr")];

/// The ranges of pools by their cluster, in the order of their addresses. None of them overlap: one that does
/// is reported and left out.
#[derive(Default)]
pub(super) struct Ranges {
    by_first: BTreeMap<(ClusterRef, IpAddr), PoolRange>,
    of_pool: HashMap<Key, Vec<(ClusterRef, IpAddr)>>,
}

struct PoolRange {
    range: AddressRange,
    /// As it is written.
    text: String,
    pool: String,
}

impl Ranges {
    /// Keeps a pool's ranges in place of those that it had; returns those that another pool has too, each
    /// with the other's name and range.
    fn insert<'a>(
        &mut self,
        cluster: &ClusterRef,
        key: &Key,
        pool: &str,
        ranges: impl Iterator<Item = (&'a str, AddressRange)>,
    ) -> Vec<(&'a str, String, String)> {
        for place in self.of_pool.remove(key).unwrap_or_default() {
            self.by_first.remove(&place);
        }
        let (mut shared, mut places) = (Vec::new(), Vec::new());
        for (text, range) in ranges {
            let [first, last] = range.ends();
            let up_to_last = self.by_first.range(..=(cluster.clone(), last)).rev();
            let others =
                up_to_last.take_while(|((of, _), other)| of == cluster && other.range.overlaps(&range));
            let before = shared.len();
            shared.extend(others.map(|(_, other)| (text, other.pool.clone(), other.text.clone())));
            if shared.len() == before {
                let place = (cluster.clone(), first);
                let (text, pool) = (text.to_owned(), pool.to_owned());
                self.by_first.insert(place.clone(), PoolRange { range, text, pool });
                places.push(place);
            }
        }
        self.of_pool.insert(key.clone(), places);
        shared
    }
}

/// Addresses of a `metallb_ip_address_pool` that another one has.
pub(super) fn of_pool(planned: &mut PlannedObjects, key: &Key, pool: &Pool) -> Vec<Mismatch> {
    if pool.cluster == ClusterRef::Unknown {
        return Vec::new();
    }
    let ranges = pool.ranges.iter().filter_map(|(text, range)| Some((text.as_str(), (*range)?)));
    let shared = planned.metallb_ranges.insert(&pool.cluster, key, &pool.name, ranges);
    let told = shared.into_iter().map(|(range, other, others)| Mismatch {
        summary: OVERLAP,
        detail: format!(
            "{range} of `metallb_ip_address_pool` {:?} and {others} of {other:?} have addresses in common. MetalLB refuses the \
             second one.",
            pool.name
        ),
        attributes: ADDRESSES,
        is_error: true,
    });
    told.collect()
}

/// What does not fit a `calico_ippool`.
pub(super) fn of_calico_pool(planned: &mut PlannedObjects, key: &Key, pool: &CalicoPool) -> Vec<Mismatch> {
    let Some((cidr, range)) = pool.range.filter(|_| pool.cluster != ClusterRef::Unknown) else {
        return Vec::new();
    };
    let text = cidr.to_string();
    let shared =
        planned.calico_ranges.insert(&pool.cluster, key, &pool.name, std::iter::once((text.as_str(), range)));
    let mut found: Vec<_> = shared
        .into_iter()
        .map(|(_, other, others)| Mismatch {
            summary: OVERLAP,
            detail: format!(
                "{cidr} of `calico_ippool` {:?} and {others} of {other:?} have addresses in common. Calico would silently give \
                 them out of either.",
                pool.name
            ),
            attributes: CIDR,
            is_error: true,
        })
        .collect();
    let clusters = planned.cluster_ranges.of(&pool.cluster);
    found.extend(clusters.filter_map(|cluster| outside(pool, cluster)));
    found
}

/// Calico's pools outside of a cluster's ranges of pods.
pub(super) fn of_cluster(planned: &PlannedObjects, cluster: &ClusterRanges) -> Vec<Mismatch> {
    planned.calico_pools.of(&cluster.cluster).filter_map(|pool| outside(pool, cluster)).collect()
}

fn outside(pool: &CalicoPool, cluster: &ClusterRanges) -> Option<Mismatch> {
    let (cidr, _) = pool.range.filter(|_| pool.is_for_pods)?;
    let (pods, attribute) = match cidr {
        IpNet::V4(_) => (cluster.ipv4_pods?, "ipv4_cluster_cidr"),
        IpNet::V6(_) => (cluster.ipv6_pods?, "cluster_cidr"),
    };
    (!pods.contains(&cidr)).then(|| Mismatch {
        summary: "A pool outside of the range of pods",
        detail: format!(
            "{cidr} of `calico_ippool` {:?} is not within {pods}, the range of pods in `microk8s_cluster_ipv6` (`{attribute}`). \
             kube-proxy treats traffic from its pods as external.",
            pool.name
        ),
        attributes: PODS,
        is_error: false,
    })
}

#[cfg(test)]
mod tests {
    use crate::cross_checks::tests::{self, Object, places};
    use serde_json::{Value as Json, json};
    use tfplugin::Severity;
    use tfplugin::testing::UNKNOWN;

    /// What is found under a summary while objects are planned forth, and then back.
    async fn found(objects: &[Object], summary: &str) -> Vec<(Severity, String)> {
        let forth: Vec<_> = objects.iter().collect();
        let back: Vec<_> = objects.iter().rev().collect();
        let both = [tests::found(&forth, summary).await, tests::found(&back, summary).await];
        places(&both.concat())
    }

    fn metallb(cluster: &str, name: &str, addresses: &[&str]) -> Object {
        ("metallb_ip_address_pool", json!({"cluster": cluster, "name": name, "addresses": addresses}))
    }

    fn calico(cluster: &str, name: &str, cidr: &str) -> Object {
        ("calico_ippool", json!({"cluster": cluster, "name": name, "cidr": cidr}))
    }

    #[tokio::test]
    async fn pools_of_one_cluster_share_no_address() {
        let wide = metallb("cp1", "wide", &["192.0.2.0/25", "2001:db8::/64"]);
        let error = |at: &str| vec![(Severity::Error, at.to_owned()); 2];
        for other in [
            metallb("CP1", "other", &["192.0.2.100-192.0.2.200"]),
            metallb("cp1", "other", &["192.0.2.127/32"]),
            metallb("cp1", "other", &["192.0.2.0/24"]),
            metallb("cp1", "other", &["198.51.100.0/24", "2001:db8::ffff-2001:db8::1:0"]),
        ] {
            assert_eq!(
                found(&[wide.clone(), other.clone()], super::OVERLAP).await,
                error("addresses"),
                "{other:?}"
            );
        }
        for other in [
            metallb("cp2", "other", &["192.0.2.0/25"]),
            metallb("cp1", "other", &["192.0.2.128/25", "192.0.1.0/24", "2001:db8:0:1::/64"]),
        ] {
            assert_eq!(found(&[wide.clone(), other.clone()], super::OVERLAP).await, [], "{other:?}");
        }
        let pods = calico("cp1", "pods", "10.1.0.0/16");
        let inner = calico("cp1", "inner", "10.1.2.0/24");
        assert_eq!(found(&[pods.clone(), inner], super::OVERLAP).await, error("cidr"));
        for other in [calico("cp2", "inner", "10.1.2.0/24"), calico("cp1", "beside", "10.2.0.0/16")] {
            assert_eq!(found(&[pods.clone(), other.clone()], super::OVERLAP).await, [], "{other:?}");
        }
    }

    #[tokio::test]
    async fn each_of_several_that_overlap_is_named() {
        let all = [
            metallb("cp1", "a", &["192.0.2.0/28"]),
            metallb("cp1", "b", &["192.0.2.16/28"]),
            metallb("cp1", "c", &["192.0.2.0/24"]),
        ];
        // Forth, the third overlaps both; back, both overlap the first.
        assert_eq!(found(&all, super::OVERLAP).await.len(), 4);
    }

    #[tokio::test]
    async fn pods_have_addresses_of_the_clusters_range() {
        const SUMMARY: &str = "A pool outside of the range of pods";
        let cluster = (
            "microk8s_cluster_ipv6",
            json!({"host": "cp1", "cluster_cidr": "fd01::/64", "service_cidr": "fd98::/108"}),
        );
        let with = |pool: Object, more: Json| {
            let mut config = pool.1;
            config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            (pool.0, config)
        };
        let outside = [calico("cp1", "a", "fd02::/64"), cluster.clone()];
        let found_there = found(&outside, SUMMARY).await;
        let at = ["cluster_cidr", "cidr"].map(|at| (Severity::Warning, at.to_owned()));
        assert_eq!(found_there, at);
        let balancers = json!({
            "allowed_uses": ["LoadBalancer"], "vxlan_mode": "Never", "disable_bgp_export": true,
        });
        for fine in [
            calico("cp1", "a", "fd01::/80"),
            calico("cp2", "a", "fd02::/64"),
            calico("cp1", "a", "10.2.0.0/16"),
            with(calico("cp1", "a", "fd02::/64"), balancers),
            with(calico("cp1", "a", "fd02::/64"), json!({"disabled": true})),
            with(calico("cp1", "a", "fd02::/64"), json!({"cidr": UNKNOWN})),
        ] {
            assert_eq!(found(&[fine.clone(), cluster.clone()], SUMMARY).await, [], "{fine:?}");
        }
    }
}
