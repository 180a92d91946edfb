//! Addresses of LoadBalancer services are none of pods, services and nodes.

use super::mismatch::Mismatch;
use super::objects::{Pool, Taken};
use super::planned::PlannedObjects;
use crate::values::AddressRange;
use std::sync::LazyLock;
use tfplugin::types::SemanticValue;

const ATTRIBUTES: &[(&str, &str)] = &[
    ("metallb_ip_address_pool", "addresses"),
    ("microk8s_cluster_ipv6", "cluster_cidr"),
    ("calico_ippool", "cidr"),
    ("microk8s_node", "host"),
];

/// Ranges that MicroK8s is installed with, in its files `args/kube-proxy` and `args/kube-apiserver`.
static OF_MICROK8S: LazyLock<Vec<Taken>> = LazyLock::new(|| {
    let ranges = [("10.1.0.0/16", "pods"), ("10.152.183.0/24", "services")];
    let taken = |(range, of): (&str, &str)| {
        let owner = format!("{range}, MicroK8s's range of {of},");
        Some(Taken { range: AddressRange::parse(range)?, owner })
    };
    ranges.into_iter().filter_map(taken).collect()
});

/// Addresses of a pool that others have.
pub(super) fn of_pool(planned: &PlannedObjects, pool: &Pool) -> Vec<Mismatch> {
    let others = || OF_MICROK8S.iter().chain(planned.taken.all().flatten());
    overlaps(pool, others)
}

/// Addresses of others that a pool has.
pub(super) fn of_taken(planned: &PlannedObjects, taken: &[Taken]) -> Vec<Mismatch> {
    planned.pools.all().flat_map(|pool| overlaps(pool, || taken.iter())).collect()
}

fn overlaps<'a, I: Iterator<Item = &'a Taken>>(pool: &'a Pool, others: impl Fn() -> I) -> Vec<Mismatch> {
    let ranges = pool.ranges.iter().filter_map(|(text, range)| Some((text, range.as_ref()?)));
    let pairs = ranges.flat_map(|range| others().map(move |other| (range, other)));
    pairs
        .filter(|((_, range), other)| other.range.overlaps(range))
        .map(|((text, _), other)| Mismatch {
            summary: "A pool has addresses that others use",
            detail: format!(
                "{text} of `metallb_ip_address_pool` {:?} and {} have addresses in common. A LoadBalancer service that \
                 got one of them would not be reached, or take it from who has it.",
                pool.name, other.owner
            ),
            attributes: ATTRIBUTES,
            is_error: false,
        })
        .collect()
}
