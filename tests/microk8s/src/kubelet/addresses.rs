//! Which addresses a node reports.

use super::failed;
use crate::failure::{Failure, Result};
use crate::host;
use std::net::IpAddr;

/// Whether `--node-ip` can be understood; the kubelet does not start where it cannot.
pub(crate) fn check(flag: Option<&str>) -> Result<()> {
    flag.map_or(Ok(()), |text| parse(text).map(drop))
}

/// The addresses of `--node-ip`, which may be one or one of each family; without the flag the one of the
/// default route.
pub(crate) fn of_node(flag: Option<&str>) -> Result<Vec<IpAddr>> {
    let chosen = match flag {
        Some(text) => parse(text)?,
        None => Vec::new(),
    };
    let own: Vec<IpAddr> = host::interface_addresses()?.into_iter().map(|(_, address)| address).collect();
    resolve(&chosen, &own, host::default_address().map(IpAddr::V4))
}

fn parse(text: &str) -> Result<Vec<IpAddr>> {
    let addresses: Vec<IpAddr> = text
        .split(',')
        .map(|part| part.trim().parse().map_err(|_| failed("--node-ip", text)))
        .collect::<Result<_>>()?;
    match addresses.as_slice() {
        [_] => Ok(addresses),
        [one, other] if one.is_ipv4() != other.is_ipv4() => Ok(addresses),
        _ => Err(Failure::new(format!(
            "failed to run Kubelet: bad --node-ip \"{text}\"; must contain either a single IP or a dual-stack pair of IPs"
        ))),
    }
}

fn resolve(chosen: &[IpAddr], own: &[IpAddr], default: Option<IpAddr>) -> Result<Vec<IpAddr>> {
    match chosen {
        [] => Ok(default.or_else(|| own.first().copied()).into_iter().collect()),
        // An unspecified address chooses the family and leaves the rest to the kubelet.
        [one] if one.is_unspecified() => {
            Ok(own.iter().filter(|own| own.is_ipv4() == one.is_ipv4()).take(1).copied().collect())
        }
        chosen => match chosen.iter().find(|address| !own.contains(address)) {
            Some(foreign) => Err(Failure::new(format!(
                "failed to validate nodeIP: node IP: \"{foreign}\" not found in the host's network interfaces"
            ))),
            None => Ok(chosen.to_vec()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn without_the_flag_a_node_has_one_address() {
        let own = addresses(&["10.0.0.11", "fd00::11"]);
        assert_eq!(resolve(&[], &own, Some(own[0])).unwrap(), addresses(&["10.0.0.11"]));
    }

    #[test]
    fn a_pair_keeps_its_order_and_has_to_be_the_hosts_own() {
        let own = addresses(&["10.0.0.11", "fd00::11"]);
        let pair = addresses(&["fd00::11", "10.0.0.11"]);
        assert_eq!(resolve(&pair, &own, None).unwrap(), pair);
        assert!(resolve(&addresses(&["10.0.0.99"]), &own, None).is_err());
        assert_eq!(resolve(&addresses(&["::"]), &own, None).unwrap(), addresses(&["fd00::11"]));
    }

    #[test]
    fn two_addresses_of_one_family_are_refused() {
        assert!(parse("10.0.0.1,10.0.0.2").is_err());
        assert!(parse("10.0.0.1,").is_err());
        assert_eq!(parse("10.0.0.1,fd00::1").unwrap().len(), 2);
    }
}
