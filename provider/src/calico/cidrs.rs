//! Networks and addresses as Calico's objects write them.

use ipnet::IpNet;
use std::fmt::Display;
use std::net::IpAddr;
use tfplugin::model::Set;

/// A network, or an address as the network of it alone. An error says what is wrong.
pub(super) fn cidr(text: &str) -> Result<IpNet, String> {
    let net = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    net.map_err(|_| format!("{text:?} is no network such as 192.0.2.0/24 or 2001:db8::/64, and no address"))
}

/// A network without host bits.
pub(super) fn network(text: &str) -> Result<IpNet, String> {
    let net = cidr(text)?;
    without_host_bits(text, &net).map(|()| net)
}

/// Whether a network, which is written as `text`, has no host bits.
pub(super) fn without_host_bits(text: impl Display, net: &IpNet) -> Result<(), String> {
    match *net == net.trunc() {
        true => Ok(()),
        false => Err(format!("{text} has host bits; the network is {}", net.trunc())),
    }
}

/// Whether all are networks or addresses, and there is one at least; for `#[attribute(validate = ...)]`.
pub(super) fn cidrs(all: &Set<String>) -> Result<(), String> {
    match all.0.is_empty() {
        true => Err("at least one network or address is needed here".to_owned()),
        false => all.0.iter().try_for_each(|one| cidr(one).map(drop)),
    }
}

/// The same of what may be left out.
pub(super) fn some_cidrs(all: &Option<Set<String>>) -> Result<(), String> {
    all.iter().flat_map(|all| &all.0).try_for_each(|one| cidr(one).map(drop))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_and_addresses_of_both_families() {
        for good in ["192.0.2.0/24", "192.0.2.7", "2001:db8::7", "2001:db8::/64", "10.0.0.1/8"] {
            assert!(cidr(good).is_ok(), "{good}");
        }
        for bad in ["", "192.0.2.0/33", "192.0.2", "a", "2001:db8::/129", "192.0.2.1-192.0.2.9"] {
            assert!(cidr(bad).is_err(), "{bad}");
        }
        assert_eq!(network("10.0.0.1/8").unwrap_err(), "10.0.0.1/8 has host bits; the network is 10.0.0.0/8");
    }
}
