//! Addresses of LoadBalancer services are none of pods, services and nodes.

use super::{Board, Fault, name};
use crate::values::AddressRange;
use tfplugin::Value;
use tfplugin::types::SemanticValue;

const ATTRIBUTES: &[(&str, &str)] = &[
    ("metallb_ip_address_pool", "addresses"),
    ("microk8s_cluster_ipv6", "cluster_cidr"),
    ("calico_ippool", "cidr"),
    ("microk8s_node", "host"),
];
/// Ranges that MicroK8s is installed with, in its files `args/kube-proxy` and `args/kube-apiserver`.
const OF_MICROK8S: [(&str, &str); 2] = [("10.1.0.0/16", "pods"), ("10.152.183.0/24", "services")];

/// Addresses that are taken, and by whom.
struct Taken {
    range: AddressRange,
    told: String,
}

pub(super) fn faults(board: &Board) -> Vec<Fault> {
    let taken = taken(board);
    let mut found = Vec::new();
    for pool in board.all("metallb_ip_address_pool") {
        let Value::List(ranges) = pool.attribute("addresses") else { continue };
        for text in ranges.iter().filter_map(Value::as_str) {
            let Some(range) = AddressRange::parse(text) else { continue };
            found.extend(taken.iter().filter(|taken| taken.range.overlaps(&range)).map(|taken| Fault {
                summary: "A pool has addresses that others use",
                detail: format!(
                    "{text} of `metallb_ip_address_pool` {:?} and {} have addresses in common. A LoadBalancer service that \
                     got one of them would not be reached, or take it from who has it.",
                    name(pool),
                    taken.told
                ),
                attributes: ATTRIBUTES,
            }));
        }
    }
    found
}

fn taken(board: &Board) -> Vec<Taken> {
    let of = |value: &Value, told: String| {
        let text = value.as_str()?;
        let range = AddressRange::parse(text).or_else(|| AddressRange::parse(&format!("{text}-{text}")))?;
        Some(Taken { range, told: format!("{text}, {told},") })
    };
    let microk8s = OF_MICROK8S.iter().filter_map(|(range, of)| {
        let told = format!("{range}, MicroK8s's range of {of},");
        Some(Taken { range: AddressRange::parse(range)?, told })
    });
    let attributes = [
        ("microk8s_cluster_ipv6", "cluster_cidr", "the range of pods in `microk8s_cluster_ipv6`"),
        ("microk8s_cluster_ipv6", "service_cidr", "the range of services in `microk8s_cluster_ipv6`"),
        ("calico_ippool", "cidr", "the range of pods in `calico_ippool`"),
        ("microk8s_node", "host", "the address of a `microk8s_node`"),
    ];
    let planned = attributes.iter().flat_map(|(type_name, attribute, told)| {
        let objects = board.all(type_name).iter();
        objects.filter_map(move |one| of(one.attribute(attribute), (*told).to_owned()))
    });
    microk8s.chain(planned).collect()
}
