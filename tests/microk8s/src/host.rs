//! What the node's kernel says about the node: its name, its addresses, its way out.

use crate::failure::{Result, Tried};
use std::net::{IpAddr, Ipv4Addr};

/// Interfaces whose IPv4 addresses MicroK8s never counts as the node's own.
const OVERLAYS: [&str; 4] = ["vxlan.calico", "flannel.1", "cni0", "ovn0"];

/// The hostname.
pub(crate) fn hostname() -> Result<String> {
    let name = nix::unistd::gethostname().tried(|| "Cannot read the hostname".into())?;
    Ok(name.to_string_lossy().into_owned())
}

/// The name that the node has in the cluster.
pub(crate) fn node_name() -> Result<String> {
    Ok(hostname()?.to_lowercase())
}

/// All addresses with a scope beyond the link, IPv4 first, with their interfaces: what `hostname -I` prints.
pub(crate) fn interface_addresses() -> Result<Vec<(String, IpAddr)>> {
    let all = nix::ifaddrs::getifaddrs().tried(|| "Cannot list the addresses of this node".into())?;
    let mut found: Vec<(String, IpAddr)> = Vec::new();
    for entry in all {
        let Some(storage) = entry.address else { continue };
        let address = match (storage.as_sockaddr_in(), storage.as_sockaddr_in6()) {
            (Some(v4), _) => IpAddr::V4(v4.ip()),
            (_, Some(v6)) => IpAddr::V6(v6.ip()),
            _ => continue,
        };
        let link_local = matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local());
        if !address.is_loopback() && !link_local {
            found.push((entry.interface_name, address));
        }
    }
    found.sort_by_key(|(_, address)| address.is_ipv6());
    Ok(found)
}

/// The addresses that MicroK8s puts into certificates and join URLs.
pub(crate) fn addresses() -> Result<Vec<IpAddr>> {
    let keep = |(interface, address): &(String, IpAddr)| match address {
        IpAddr::V4(v4) => !v4.is_link_local() && !OVERLAYS.contains(&interface.as_str()),
        IpAddr::V6(_) => true,
    };
    Ok(interface_addresses()?.into_iter().filter(keep).map(|(_, address)| address).collect())
}

/// The IPv4 address of the interface that holds the default route.
pub(crate) fn default_address() -> Option<Ipv4Addr> {
    let routes = std::fs::read_to_string("/proc/net/route").ok()?;
    let interface = default_interface(&routes)?;
    interface_addresses().ok()?.into_iter().find_map(|(name, address)| match address {
        IpAddr::V4(v4) if name == interface => Some(v4),
        _ => None,
    })
}

/// The interface of the default route in the text of `/proc/net/route`.
fn default_interface(routes: &str) -> Option<String> {
    routes.lines().skip(1).find_map(|line| {
        let mut fields = line.split_whitespace();
        let interface = fields.next()?;
        (fields.next()? == "00000000" && fields.nth(5)? == "00000000").then(|| interface.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_route_is_the_one_without_destination_and_mask() {
        let routes = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n\
                      eth1\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n\
                      eth0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n";
        assert_eq!(default_interface(routes).as_deref(), Some("eth0"));
        assert_eq!(default_interface("Iface\tDestination\n"), None);
    }
}
