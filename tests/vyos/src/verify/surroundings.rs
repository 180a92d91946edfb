//! What the checks ask of the machine: which interfaces and addresses there are, in the configuration or
//! in the kernel.

use std::net::IpAddr;

use ipnet::IpNet;

use super::Proposal;
use crate::tree::Node;

/// Whether there is an interface of that name.
pub(super) fn has_interface(name: &str, proposal: &Proposal<'_>) -> bool {
    proposal.candidate.each("interfaces").any(|(_, kind)| kind.child(name).is_some())
        || (proposal.kernel && nix::net::if_::if_nametoindex(name).is_ok())
}

/// Whether the router itself has the address.
pub(super) fn has_address(address: IpAddr, proposal: &Proposal<'_>) -> bool {
    let mut configured =
        proposal.candidate.each("interfaces").flat_map(|(_, kind)| Node::children(kind)).flat_map(
            |(_, interface)| interface.at("address").into_iter().flat_map(|leaf| leaf.values.iter()),
        );
    if configured.any(|value| value.parse::<IpNet>().is_ok_and(|net| net.addr() == address)) {
        return true;
    }
    if !proposal.kernel {
        return false;
    }
    let Ok(interfaces) = nix::ifaddrs::getifaddrs() else { return false };
    interfaces.filter_map(|interface| interface.address).any(|held| {
        held.as_sockaddr_in().is_some_and(|held| IpAddr::V4(held.ip()) == address)
            || held.as_sockaddr_in6().is_some_and(|held| IpAddr::V6(held.ip()) == address)
    })
}

/// The largest packet of an interface, if the kernel has it.
pub(super) fn mtu(interface: &str, proposal: &Proposal<'_>) -> Option<u32> {
    let harmless = proposal.kernel && !interface.contains('/') && !interface.starts_with('.');
    let path = format!("/sys/class/net/{interface}/mtu");
    harmless.then(|| std::fs::read_to_string(path).ok()?.trim().parse().ok())?
}
