//! Which IPv6 address of a machine its node should have, told from `ip -json address show`.

use serde::Deserialize;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The stable IPv6 address beside `ipv4`: on the same interface if there is one, else on any other that leads
/// to a network of the machine's. Addresses that come and go (temporary, deprecated, not usable yet) would
/// take the node with them; of several, one that is configured by hand goes first. One without a network of
/// its own (`/128`) that nobody gave out is a virtual address more often than not, and moves to another
/// machine then: it is taken only where there is no other.
pub(crate) fn ipv6_beside(addresses: &str, ipv4: Ipv4Addr) -> Result<Option<Ipv6Addr>, serde_json::Error> {
    let interfaces: Vec<Interface> = serde_json::from_str(addresses)?;
    let mut candidates: Vec<(Rank, Ipv6Addr)> = Vec::new();
    for interface in interfaces.iter().filter(|one| !one.is_the_clusters()) {
        let is_beside = interface.addr_info.iter().any(|address| address.local == IpAddr::V4(ipv4));
        if is_beside || !interface.is_private_network() {
            let stable = interface.addr_info.iter().filter_map(Address::stable_ipv6);
            candidates
                .extend(stable.map(|(address, is_virtual, is_dynamic)| {
                    ((is_virtual, !is_beside, is_dynamic), address)
                }));
        }
    }
    Ok(candidates.into_iter().min_by_key(|(rank, _)| *rank).map(|(_, address)| address))
}

/// Whether an address may be a virtual one, is on another interface, and was given by a router or DHCP
/// server: the lower the better.
type Rank = (bool, bool, bool);

/// Whether an address is one of the machine's.
pub(crate) fn has(addresses: &str, address: impl Into<IpAddr>) -> bool {
    let interfaces: Vec<Interface> = serde_json::from_str(addresses).unwrap_or_default();
    let address = address.into();
    interfaces.iter().flat_map(|one| &one.addr_info).any(|one| one.local == address)
}

/// Whether the machine has an IPv4 address beside IPv6 ones, or in their place; nothing where neither is
/// known of it.
pub(crate) fn has_ipv4(addresses: &str) -> Option<bool> {
    let interfaces: Vec<Interface> = serde_json::from_str(addresses).ok()?;
    let of_machine = interfaces.iter().filter(|one| !one.is_the_clusters());
    let global: Vec<_> =
        of_machine.flat_map(|one| &one.addr_info).filter(|one| one.scope == "global").collect();
    (!global.is_empty()).then(|| global.iter().any(|one| one.local.is_ipv4()))
}

/// Interfaces of containers, overlays and kube-proxy, by the beginning of their names.
const CLUSTER_INTERFACES: [&str; 16] = [
    "lo",
    "cali",
    "vxlan",
    "veth",
    "docker",
    "br-",
    "virbr",
    "tunl",
    "wireguard.cali",
    "wg-v6.cali",
    "kube-",
    "nodelocaldns",
    "flannel",
    "cni",
    "cilium",
    "lxc",
];

/// Interfaces of private networks over others, by the beginning of their names.
const PRIVATE_NETWORKS: [&str; 5] = ["tailscale", "wg", "wireguard", "zt", "tun"];

#[derive(Deserialize)]
struct Interface {
    #[serde(default)]
    ifname: String,
    /// `none` for WireGuard and other tunnels.
    #[serde(default)]
    link_type: String,
    #[serde(default)]
    addr_info: Vec<Address>,
}

impl Interface {
    fn is_the_clusters(&self) -> bool {
        CLUSTER_INTERFACES.iter().any(|prefix| self.ifname.starts_with(prefix))
    }

    /// Whether it leads to a private network over others, such as Tailscale's or WireGuard's: a cluster is in
    /// it only where its IPv4 addresses are.
    fn is_private_network(&self) -> bool {
        self.link_type == "none" || PRIVATE_NETWORKS.iter().any(|prefix| self.ifname.starts_with(prefix))
    }
}

#[derive(Deserialize)]
struct Address {
    local: IpAddr,
    #[serde(default)]
    prefixlen: u8,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    dynamic: bool,
    #[serde(default)]
    temporary: bool,
    #[serde(default)]
    deprecated: bool,
    #[serde(default)]
    tentative: bool,
    #[serde(default)]
    dadfailed: bool,
}

impl Address {
    /// The address, whether it may be a virtual one, and whether a router or DHCP server gave it.
    fn stable_ipv6(&self) -> Option<(Ipv6Addr, bool, bool)> {
        let passing = self.temporary || self.deprecated || self.tentative || self.dadfailed;
        match self.local {
            IpAddr::V6(address) if self.scope == "global" && !passing => {
                // DHCPv6 gives whole addresses too.
                Some((address, self.prefixlen == 128 && !self.dynamic, self.dynamic))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interface(name: &str, addresses: &str) -> String {
        format!(r#"{{"ifindex": 2, "ifname": "{name}", "operstate": "UP", "addr_info": [{addresses}]}}"#)
    }

    fn address(local: &str, flags: &str) -> String {
        let family = if local.contains(':') { "inet6" } else { "inet" };
        let scope = if local.starts_with("fe80") { "link" } else { "global" };
        format!(r#"{{"family": "{family}", "local": "{local}", "prefixlen": 64, "scope": "{scope}"{flags}}}"#)
    }

    fn chosen(interfaces: &[String]) -> Option<String> {
        let list = format!("[{}]", interfaces.join(","));
        ipv6_beside(&list, Ipv4Addr::new(10, 0, 0, 11)).unwrap().map(|address| address.to_string())
    }

    #[test]
    fn the_stable_address_beside_the_ipv4_address_is_chosen() {
        let ipv4 = address("10.0.0.11", "");
        let temporary = address("2001:db8::aaaa", r#", "temporary": true, "dynamic": true"#);
        let learnt = address("2001:db8::bbbb", r#", "dynamic": true, "mngtmpaddr": true"#);
        let fixed = address("fd00:10::11", "");
        let passing = [r#", "deprecated": true"#, r#", "tentative": true"#, r#", "dadfailed": true"#]
            .map(|flag| address("2001:db8::1", flag));
        let link = address("fe80::1", "");
        let beside = |all: &[&String]| {
            let all: Vec<&str> = all.iter().map(|one| one.as_str()).collect();
            chosen(&[interface("eth1", &address("fd00:99::1", "")), interface("eth0", &all.join(","))])
        };
        assert_eq!(beside(&[&ipv4, &temporary, &learnt, &fixed]).as_deref(), Some("fd00:10::11"));
        assert_eq!(beside(&[&ipv4, &temporary, &learnt, &link]).as_deref(), Some("2001:db8::bbbb"));
        assert_eq!(
            beside(&[&ipv4, &passing[0], &passing[1], &passing[2], &link]).as_deref(),
            Some("fd00:99::1")
        );
        assert_eq!(chosen(&[interface("eth0", &format!("{ipv4},{link},{temporary}"))]), None);
    }

    #[test]
    fn the_clusters_own_interfaces_do_not_count() {
        let names =
            ["lo", "vxlan-v6.calico", "cali0123", "docker0", "kube-ipvs0", "wg-v6.cali", "nodelocaldns"];
        let interfaces = names.map(|name| interface(name, &address("fd01::1", "")));
        assert_eq!(chosen(&interfaces), None);
    }

    #[test]
    fn a_virtual_address_is_not_the_nodes_own() {
        let ipv4 = address("10.0.0.11", "");
        let whole = |text: &str, flags: &str| {
            address(text, flags).replace(r#""prefixlen": 64"#, r#""prefixlen": 128"#)
        };
        let virtual_one = whole("2001:db8::100", "");
        let learnt = address("2001:db8::bbbb", r#", "dynamic": true"#);
        let on_eth0 = |addresses: &[&str]| interface("eth0", &addresses.join(","));
        let eth1 = interface("eth1", &address("fd00:99::1", ""));
        let both = on_eth0(&[&ipv4, &virtual_one, &learnt]);
        assert_eq!(chosen(&[both]).as_deref(), Some("2001:db8::bbbb"));
        let with_other = [on_eth0(&[&ipv4, &virtual_one]), eth1];
        assert_eq!(chosen(&with_other).as_deref(), Some("fd00:99::1"));
        // A host route is all that some providers give, and what DHCPv6 gives is one too.
        assert_eq!(chosen(&[on_eth0(&[&ipv4, &virtual_one])]).as_deref(), Some("2001:db8::100"));
        let lease = whole("2001:db8::dd", r#", "dynamic": true"#);
        assert_eq!(chosen(&[on_eth0(&[&ipv4, &virtual_one, &lease])]).as_deref(), Some("2001:db8::dd"));
    }

    #[test]
    fn private_networks_are_passed_over_unless_the_cluster_is_in_them() {
        let private = |name: &str, addresses: &str| {
            interface(name, addresses).replace("\"operstate\"", "\"link_type\": \"none\", \"operstate\"")
        };
        let ipv4 = address("10.0.0.11", "");
        for name in ["tailscale0", "wg0", "wt0"] {
            let apart = [private(name, &address("fd7a::1", "")), interface("eth0", &ipv4)];
            assert_eq!(chosen(&apart), None, "{name}");
            let within = [private(name, &format!("{ipv4},{}", address("fd7a::1", "")))];
            assert_eq!(chosen(&within).as_deref(), Some("fd7a::1"), "{name}");
        }
    }
}
