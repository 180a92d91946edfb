//! The IPv6 ranges that MetalLB gives to services of type LoadBalancer, as its pools spell them.

use ipnet::Ipv6Net;
use std::net::Ipv6Addr;

/// A range of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LoadBalancerRange {
    /// As the pool has it: a network, or two addresses with `-` between.
    pub(crate) text: String,
    first: Ipv6Addr,
    last: Ipv6Addr,
}

impl LoadBalancerRange {
    /// Whether it has an address in common with that network.
    pub(crate) fn overlaps(&self, network: Ipv6Net) -> bool {
        self.first <= network.broadcast() && network.network() <= self.last
    }
}

/// Reads the addresses of all pools, separated by blanks. Ranges of IPv4 are left out.
pub(crate) fn parse(addresses: &str) -> Vec<LoadBalancerRange> {
    let range = |text: &str| {
        let (first, last) = match text.split_once('-') {
            Some((first, last)) => (first.parse().ok()?, last.parse().ok()?),
            None => text.parse::<Ipv6Net>().map(|network| (network.network(), network.broadcast())).ok()?,
        };
        Some(LoadBalancerRange { text: text.to_owned(), first, last })
    };
    addresses.split_whitespace().filter_map(range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_and_spans_are_compared_by_their_addresses() {
        let ranges = parse("10.0.0.0/24 fd02::/64 10.0.1.1-10.0.1.9 fd03::10-fd03::20");
        assert_eq!(
            ranges.iter().map(|range| range.text.as_str()).collect::<Vec<_>>(),
            ["fd02::/64", "fd03::10-fd03::20"]
        );
        let overlaps = |range: usize, network: &str| ranges[range].overlaps(network.parse().unwrap());
        assert!(overlaps(0, "fd02::/48") && overlaps(0, "fd02::ff/128") && !overlaps(0, "fd02:0:0:1::/64"));
        assert!(overlaps(1, "fd03::20/128") && overlaps(1, "fd03::/64") && !overlaps(1, "fd03::21/128"));
        assert_eq!(parse(""), []);
    }
}
