//! What ranges of addresses a cluster can have, as far as it is known without one.

use ipnet::Ipv6Net;

/// An IPv6 range of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Addresses of pods.
    Pods,
    /// Addresses of services.
    Services,
}

/// Whether a range can serve a purpose in some version; whether in the version at hand is
/// [`check_service_size`]'s matter.
pub(crate) fn check(purpose: Purpose, range: Ipv6Net) -> Result<(), String> {
    let address = range.network();
    if range.addr() != address {
        return Err(format!("{range} has bits set behind its prefix; the range is {}", range.trunc()));
    }
    let unusable = [
        (address.is_multicast(), "multicast addresses"),
        (address.is_unicast_link_local(), "link-local addresses"),
        (address.is_loopback() || address.is_unspecified(), "addresses that no interface can have"),
        (address.to_ipv4_mapped().is_some(), "IPv4 addresses in IPv6 form"),
    ];
    if let Some((_, what)) = unusable.iter().find(|(unusable, _)| *unusable) {
        return Err(format!("{range} is made of {what}, which pods and services cannot use"));
    }
    let (longest, why) = match purpose {
        Purpose::Pods => {
            (122, "Calico hands out addresses in blocks of /122, so it needs a range of at least that")
        }
        Purpose::Services => (125, "kube-apiserver wants at least 8 addresses for services"),
    };
    if range.prefix_len() > longest {
        return Err(format!("{range} is too small: {why}. Use a prefix of /{longest} or shorter"));
    }
    Ok(())
}

/// Whether two ranges have addresses in common.
pub(crate) fn overlap(one: Ipv6Net, other: Ipv6Net) -> bool {
    one.contains(&other) || other.contains(&one)
}

/// Whether kube-apiserver of this minor version takes a range of that size for services. Up to 1.33 it keeps
/// a bit for each address and ends at once with more than 2^20 of them; from 1.34 it does not.
pub(crate) fn check_service_size(range: Ipv6Net, minor: u32) -> Result<(), String> {
    const LARGEST: u8 = 108;
    const UNLIMITED_FROM: u32 = 34;
    if range.prefix_len() >= LARGEST || minor >= UNLIMITED_FROM {
        return Ok(());
    }
    Err(format!(
        "{range} is too large: kube-apiserver 1.{minor} does not start with more than /{LARGEST} for services (from \
         1.{UNLIMITED_FROM} on it does). Use a prefix of /{LARGEST} or longer, such as {}",
        Ipv6Net::new(range.network(), LARGEST).unwrap_or(range)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_that_cannot_work_are_told_with_the_reason() {
        let cases = [
            (Purpose::Pods, "fd01::1/64", "the range is fd01::/64"),
            (Purpose::Pods, "ff00::/64", "multicast"),
            (Purpose::Services, "fe80::/108", "link-local"),
            (Purpose::Services, "::/108", "no interface"),
            (Purpose::Pods, "::ffff:10.0.0.0/104", "IPv4 addresses in IPv6 form"),
            (Purpose::Pods, "fd01::/123", "/122"),
            (Purpose::Services, "fd98::/126", "/125"),
        ];
        for (purpose, range, reason) in cases {
            let refused = check(purpose, range.parse().unwrap()).unwrap_err();
            assert!(refused.contains(reason), "{range}: {refused}");
        }
        for (purpose, range) in [
            (Purpose::Pods, "fd01::/122"),
            (Purpose::Services, "fd98::/125"),
            (Purpose::Pods, "2001:db8::/48"),
        ] {
            assert_eq!(check(purpose, range.parse().unwrap()), Ok(()), "{range}");
        }
    }

    #[test]
    fn the_size_of_the_service_range_depends_on_the_version() {
        let check = |range: &str, minor| check_service_size(range.parse().unwrap(), minor);
        assert_eq!(check("fd98::/108", 28), Ok(()));
        assert_eq!(check("fd98::/64", 34), Ok(()));
        let refused = check("fd98::/107", 33).unwrap_err();
        assert!(
            refused.contains("kube-apiserver 1.33") && refused.contains("such as fd98::/108"),
            "{refused}"
        );
    }

    #[test]
    fn overlap_is_containment_one_way_or_the_other() {
        let overlap = |one: &str, other: &str| overlap(one.parse().unwrap(), other.parse().unwrap());
        assert!(overlap("fd01::/64", "fd01::ffff:0/108") && overlap("fd01::ffff:0/108", "fd01::/64"));
        assert!(!overlap("fd01::/64", "fd98::/108"));
    }
}
