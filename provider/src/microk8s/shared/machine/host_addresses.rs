//! Which IPv6 address of a machine its node should have, told from `ip -json address show`.

use serde::Deserialize;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The stable IPv6 address beside `ipv4`: on the same interface if there is one, else on any other that is
/// not the cluster's own. Addresses that come and go (temporary, deprecated, not usable yet) would take the
/// node with them; of several, one that is configured by hand goes first.
pub(crate) fn ipv6_beside(addresses: &str, ipv4: Ipv4Addr) -> Result<Option<Ipv6Addr>, serde_json::Error> {
    let interfaces: Vec<Interface> = serde_json::from_str(addresses)?;
    let candidates = |interface: &Interface| {
        let mut stable: Vec<(bool, Ipv6Addr)> =
            interface.addr_info.iter().filter_map(Address::stable_ipv6).collect();
        stable.sort_by_key(|(dynamic, _)| *dynamic);
        stable.first().map(|(_, address)| *address)
    };
    let (beside, others): (Vec<_>, Vec<_>) = interfaces
        .iter()
        .filter(|one| !CLUSTER_INTERFACES.iter().any(|prefix| one.ifname.starts_with(prefix)))
        .partition(|one| one.addr_info.iter().any(|address| address.local == IpAddr::V4(ipv4)));
    Ok(beside.into_iter().chain(others).find_map(candidates))
}

/// Whether an address is one of the machine's.
pub(crate) fn has(addresses: &str, address: impl Into<IpAddr>) -> bool {
    let interfaces: Vec<Interface> = serde_json::from_str(addresses).unwrap_or_default();
    let address = address.into();
    interfaces.iter().flat_map(|one| &one.addr_info).any(|one| one.local == address)
}

/// Interfaces of containers and overlays, by the beginning of their names.
const CLUSTER_INTERFACES: [&str; 9] =
    ["lo", "cali", "vxlan", "veth", "docker", "br-", "virbr", "tunl", "wireguard.cali"];

#[derive(Deserialize)]
struct Interface {
    #[serde(default)]
    ifname: String,
    #[serde(default)]
    addr_info: Vec<Address>,
}

#[derive(Deserialize)]
struct Address {
    local: IpAddr,
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
    /// The address, and whether a router or DHCP server gave it.
    fn stable_ipv6(&self) -> Option<(bool, Ipv6Addr)> {
        let passing = self.temporary || self.deprecated || self.tentative || self.dadfailed;
        match self.local {
            IpAddr::V6(address) if self.scope == "global" && !passing => Some((self.dynamic, address)),
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
        let interfaces = ["lo", "vxlan-v6.calico", "cali0123", "docker0"]
            .map(|name| interface(name, &address("fd01::1", "")));
        assert_eq!(chosen(&interfaces), None);
    }
}
