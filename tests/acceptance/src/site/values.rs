//! Values as a site's file has them. What is refused is refused where it is read, so that the message has its
//! line.

use ipnet::{IpNet, Ipv6Net};
use serde::Deserialize;
use std::net::IpAddr;

/// A text that means itself in a configuration of terraform's and in one of ssh's.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "String")]
pub(super) struct Plain(pub(super) String);

impl TryFrom<String> for Plain {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let odd = |c: char| !c.is_ascii_graphic() || "\"'\\$%`".contains(c);
        if text.is_empty() || text.contains(odd) {
            return Err(format!("{text:?} is empty, or has a blank, a quote, `$`, `%` or a backslash in it"));
        }
        Ok(Self(text))
    }
}

/// The host name of a machine.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(try_from = "String")]
pub(super) struct HostName(pub(super) String);

impl TryFrom<String> for HostName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let taken = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let is_label = (1..=63).contains(&text.len()) && text.chars().all(taken);
        if !is_label || text.starts_with('-') || text.ends_with('-') {
            return Err(format!("{text:?} is not a host name: 1 to 63 of a-z and 0-9, and `-` between them"));
        }
        Ok(Self(text))
    }
}

/// A public host key: its type and its base64, as in a file `ssh_host_ed25519_key.pub`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "String")]
pub(super) struct HostKey(pub(super) String);

impl TryFrom<String> for HostKey {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut words = text.split_whitespace();
        let base64 = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
        match (words.next(), words.next()) {
            (Some(kind), Some(key))
                if !kind.is_empty() && key.starts_with("AAAA") && key.chars().all(base64) =>
            {
                Ok(Self(format!("{kind} {key}")))
            }
            _ => Err(format!("{text:?} is not a public host key, such as `ssh-ed25519 AAAA...`")),
        }
    }
}

/// The address of a router's API.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "Plain")]
pub(super) struct HttpsUrl(pub(super) String);

impl TryFrom<Plain> for HttpsUrl {
    type Error = String;

    fn try_from(Plain(text): Plain) -> Result<Self, String> {
        let host = text.strip_prefix("https://").map(|rest| rest.trim_matches('/')).unwrap_or_default();
        if host.is_empty() {
            return Err(format!("{text:?} is not the address of a router's API, such as https://192.0.2.1"));
        }
        Ok(Self(text))
    }
}

/// A range of IPv6 addresses.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "String")]
pub(super) struct Prefix(pub(super) Ipv6Net);

impl TryFrom<String> for Prefix {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parsed: Option<Ipv6Net> = text.parse().ok();
        let whole = parsed.filter(|prefix| prefix.trunc() == *prefix);
        whole.map(Self).ok_or_else(|| format!("{text:?} is not an IPv6 prefix, such as 2001:db8:f000:2::/64"))
    }
}

/// Addresses of one family, as MetalLB takes them: a prefix, or the first and the last one.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "String")]
pub(super) struct Range {
    pub(super) text: String,
    pub(super) is_ipv6: bool,
}

impl TryFrom<String> for Range {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let ends = match (text.parse::<IpNet>(), text.split_once('-')) {
            (Ok(prefix), _) if prefix.trunc() == prefix => Some((prefix.network(), prefix.broadcast())),
            (_, Some((first, last))) => first.trim().parse::<IpAddr>().ok().zip(last.trim().parse().ok()),
            _ => None,
        };
        match ends.filter(|(first, last)| first.is_ipv6() == last.is_ipv6() && first <= last) {
            Some((first, _)) => Ok(Self { text, is_ipv6: first.is_ipv6() }),
            None => Err(format!(
                "{text:?} is not a range of addresses, such as 192.0.2.200-192.0.2.220 or 192.0.2.208/28"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts<T: TryFrom<String, Error = String>>(good: &[&str], bad: &[&str]) {
        for text in good {
            assert!(T::try_from((*text).to_owned()).is_ok(), "{text:?}");
        }
        for text in bad {
            let refused = T::try_from((*text).to_owned()).err();
            assert!(refused.is_some_and(|why| why.contains(&format!("{text:?}"))), "{text:?}");
        }
    }

    #[test]
    fn values_at_their_edges() {
        accepts::<Plain>(&["ubuntu", "~/.ssh/id", "a:b"], &["", "a b", "a\"", "$HOME/key", "%h", "é"]);
        accepts::<HostName>(&["cp1", "a", "a-b"], &["", "-a", "a-", "CP1", "a.b", "pi_1", &"a".repeat(64)]);
        accepts::<HostKey>(&["ssh-ed25519 AAAAC3 root@cp1"], &["", "AAAAC3", "ssh-rsa x", "a AAAA\""]);
        accepts::<Prefix>(&["fd01::/64", "::/0"], &["fd01::1/64", "fd01::", "10.0.0.0/8", "fd01::/129"]);
        let ranges = ["10.0.0.1-10.0.0.1", "fd00::1 - fd00::2", "10.0.0.0/30", "fd00::/64"];
        let wrong = ["10.0.0.1", "10.0.0.2-10.0.0.1", "10.0.0.1-fd00::1", "10.0.0.1/30", "a-b", ""];
        accepts::<Range>(&ranges, &wrong);
        for (url, is_one) in
            [("https://192.0.2.1/", true), ("http://192.0.2.1", false), ("https://", false), ("edge", false)]
        {
            assert_eq!(HttpsUrl::try_from(Plain(url.to_owned())).is_ok(), is_one, "{url}");
        }
    }
}
