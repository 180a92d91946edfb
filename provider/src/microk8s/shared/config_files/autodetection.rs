//! The ways in which Calico finds the IPv6 address of a node.

use ipnet::Ipv6Net;
use std::net::Ipv4Addr;

/// Whether calico-node knows this way to find a node's IPv6 address, and whether it can ever find one.
pub(crate) fn check_autodetection(method: &str) -> Result<(), String> {
    let (word, value) = method.split_once('=').unwrap_or((method, ""));
    let known = match (word, value) {
        ("first-found" | "kubernetes-internal-ip", "") => !method.contains('='),
        // What an IPv4 destination is reached from is never an IPv6 address.
        ("can-reach", target) if target.parse::<Ipv4Addr>().is_ok() => {
            return Err(format!("{method:?} can never find an IPv6 address: {target} is one of IPv4"));
        }
        ("cidr", ranges) => {
            if let Some(range) = ranges.split(',').find(|range| range.trim().parse::<Ipv6Net>().is_err()) {
                return Err(format!("{method:?} needs IPv6 ranges, and {range:?} is none"));
            }
            true
        }
        ("can-reach" | "interface" | "skip-interface", value) => !value.is_empty(),
        _ => false,
    };
    if known {
        return Ok(());
    }
    Err(format!(
        "{method:?} is not a way in which Calico finds addresses; these are: first-found, kubernetes-internal-ip, \
         can-reach=<IPv6 address or name>, interface=<regular expressions>, skip-interface=<regular expressions>, \
         cidr=<IPv6 ranges>"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_to_find_an_address_are_checked() {
        for good in [
            "first-found",
            "kubernetes-internal-ip",
            "can-reach=2001:db8::1",
            "interface=eth.*",
            "cidr=fd00::/8,2001:db8::/32",
        ] {
            assert_eq!(check_autodetection(good), Ok(()), "{good}");
        }
        let reason = |method: &str| check_autodetection(method).unwrap_err();
        assert!(reason("can-reach=10.0.0.1").contains("can never find"));
        assert!(reason("cidr=10.0.0.0/8").contains("is none"));
        for bad in ["", "first-found=x", "first-found=", "interface=", "can-reach", "autodetect"] {
            assert!(reason(bad).contains("these are: first-found"), "{bad}");
        }
    }
}
