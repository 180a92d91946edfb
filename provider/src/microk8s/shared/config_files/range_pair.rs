//! A range of addresses per family, as Kubernetes writes them in one flag: `10.1.0.0/16,fd01::/64`.

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::fmt;
use std::str::FromStr;

/// IPv4 first, always: the first family is the cluster's own, and MicroK8s' tools cannot work with IPv6
/// there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RangePair {
    pub(crate) ipv4: Ipv4Net,
    pub(crate) ipv6: Option<Ipv6Net>,
}

impl RangePair {
    /// The same IPv4 range with this IPv6 range.
    pub(crate) fn with(self, ipv6: Option<Ipv6Net>) -> Self {
        Self { ipv6, ..self }
    }
}

impl FromStr for RangePair {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let ranges: Result<Vec<IpNet>, _> = text.split(',').map(|range| range.trim().parse()).collect();
        match ranges.as_deref() {
            Ok([IpNet::V4(ipv4)]) => Ok(Self { ipv4: *ipv4, ipv6: None }),
            Ok([IpNet::V4(ipv4), IpNet::V6(ipv6)]) => Ok(Self { ipv4: *ipv4, ipv6: Some(*ipv6) }),
            Ok([IpNet::V6(_), ..]) => Err(format!(
                "{text:?} has IPv6 first. Such a cluster's own family is IPv6, which cannot be changed, and MicroK8s' tools \
                 need IPv4 there"
            )),
            _ => Err(format!(
                "{text:?} is not an IPv4 range, or an IPv4 and an IPv6 range with a comma between"
            )),
        }
    }
}

impl fmt::Display for RangePair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.ipv4)?;
        self.ipv6.iter().try_for_each(|ipv6| write!(f, ",{ipv6}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ipv4_stands_first_on_the_way_in_and_out() {
        for text in ["10.1.0.0/16", "10.1.0.0/16,fd01::/64"] {
            assert_eq!(text.parse::<RangePair>().unwrap().to_string(), text);
        }
        let pair: RangePair = "10.1.0.0/16, fd01::/64".parse().unwrap();
        assert_eq!(pair.with(None).to_string(), "10.1.0.0/16");
        assert_eq!(pair.with(Some("fd02::/64".parse().unwrap())).to_string(), "10.1.0.0/16,fd02::/64");
    }

    #[test]
    fn anything_else_is_refused() {
        assert!("fd01::/64,10.1.0.0/16".parse::<RangePair>().unwrap_err().contains("IPv6 first"));
        for text in ["", "10.1.0.0", "10.1.0.0/16,10.2.0.0/16", "10.1.0.0/16,fd01::/64,fd02::/64", "x"] {
            assert!(text.parse::<RangePair>().unwrap_err().contains("is not an IPv4 range"), "{text}");
        }
    }
}
