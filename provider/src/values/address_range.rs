//! Addresses of a pool: a network, or everything between two addresses.

use ipnet::IpNet;
use std::net::IpAddr;
use tfplugin::types::SemanticValue;

/// First and last address of a network or range, both of one family. `10.0.0.5/24` is the network that it is
/// in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressRange {
    first: IpAddr,
    last: IpAddr,
}

impl AddressRange {
    /// Its first and last address.
    pub fn ends(&self) -> [IpAddr; 2] {
        [self.first, self.last]
    }

    /// Whether the two share an address.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.first.is_ipv4() == other.first.is_ipv4() && self.first <= other.last && other.first <= self.last
    }

    /// Whether all addresses of the other are in this one.
    pub fn contains(&self, other: &Self) -> bool {
        self.first.is_ipv4() == other.first.is_ipv4() && self.first <= other.first && other.last <= self.last
    }

    /// Addresses of it that no Service can have, since no packet to them from elsewhere reaches a node; none
    /// where all of it can be handed out.
    pub fn unusable(&self) -> Option<&'static str> {
        UNUSABLE.iter().find_map(|(network, what)| {
            Self::parse(network).is_some_and(|network| self.overlaps(&network)).then_some(*what)
        })
    }
}

/// Networks of the registries of special addresses (RFC 6890, RFC 4291) that are never routed to a host.
const UNUSABLE: [(&str, &str); 8] = [
    ("0.0.0.0/32", "0.0.0.0, the unspecified address"),
    ("127.0.0.0/8", "loopback addresses (127.0.0.0/8)"),
    ("224.0.0.0/4", "multicast addresses (224.0.0.0/4)"),
    ("255.255.255.255/32", "255.255.255.255, the broadcast address"),
    ("::/128", "::, the unspecified address"),
    ("::1/128", "::1, the loopback address"),
    ("fe80::/10", "link-local addresses (fe80::/10)"),
    ("ff00::/8", "multicast addresses (ff00::/8)"),
];

impl SemanticValue for AddressRange {
    const EXPECTED: &'static str = "a network such as 192.0.2.0/24 or 2001:db8::/64, or a range such as \
                                    192.0.2.10-192.0.2.20 that begins with its lowest address";

    fn parse(text: &str) -> Option<Self> {
        let (first, last): (IpAddr, IpAddr) = match text.split_once('-') {
            Some((first, last)) => (first.trim().parse().ok()?, last.trim().parse().ok()?),
            None => {
                let network: IpNet = text.parse().ok()?;
                let last: IpAddr = match network {
                    IpNet::V4(network) => network.broadcast().into(),
                    IpNet::V6(network) => network.broadcast().into(),
                };
                (network.network(), last)
            }
        };
        (first.is_ipv4() == last.is_ipv4() && first <= last).then_some(Self { first, last })
    }

    fn canonical(&self) -> String {
        format!("{}-{}", self.first, self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> AddressRange {
        AddressRange::parse(text).unwrap()
    }

    #[test]
    fn networks_and_ranges_mean_their_addresses() {
        assert_eq!(range("192.0.2.5/24"), range("192.0.2.0-192.0.2.255"));
        assert_eq!(range("2001:DB8:0::/64"), range("2001:db8::/64"));
        assert_eq!(range("192.0.2.1 - 192.0.2.9"), range("192.0.2.1-192.0.2.9"));
        for wrong in
            ["192.0.2.1", "192.0.2.9-192.0.2.1", "192.0.2.1-2001:db8::1", "192.0.2.0/33", "", "-", "a/24"]
        {
            assert_eq!(AddressRange::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_no_service_can_have_is_named() {
        for (unusable, what) in [
            ("0.0.0.0/0", "unspecified"),
            ("127.0.0.5-127.0.0.9", "loopback"),
            ("223.255.255.0-224.0.0.5", "multicast"),
            ("255.255.255.255/32", "broadcast"),
            ("::/0", "unspecified"),
            ("::1/128", "loopback"),
            ("fe80::/64", "link-local"),
            ("ff02::1-ff02::9", "multicast"),
        ] {
            assert!(range(unusable).unusable().unwrap().contains(what), "{unusable}");
        }
        for usable in ["192.0.2.0/24", "223.255.255.0/24", "2001:db8::/64", "fd00::/8", "fec0::/64"] {
            assert_eq!(range(usable).unusable(), None, "{usable}");
        }
    }

    #[test]
    fn overlap_is_one_shared_address() {
        assert!(range("192.0.2.0/24").overlaps(&range("192.0.2.255-192.0.3.0")));
        assert!(!range("192.0.2.0/25").overlaps(&range("192.0.2.128/25")));
        assert!(!range("0.0.0.0/0").overlaps(&range("::/0")));
    }
}
