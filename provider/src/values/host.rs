//! Addresses of machines.

use std::net::IpAddr;

/// A machine's address in the one spelling by which it is compared: of an IPv6 address and of one that is
/// IPv4 in IPv6 the usual one, of a name lower case without the dot at its end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Host(String);

impl Host {
    /// That of an address as a configuration has it.
    #[must_use]
    pub fn of(address: &str) -> Self {
        Self(match address.parse::<IpAddr>() {
            Ok(address) => address.to_canonical().to_string(),
            Err(_) => address.trim_end_matches('.').to_ascii_lowercase(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_machine_has_many_spellings() {
        for (one, other) in [
            ("cp1.example", "CP1.Example."),
            ("fd00::1", "FD00:0:0:0:0:0:0:1"),
            ("10.0.0.1", "::ffff:10.0.0.1"),
            ("10.0.0.1", "10.0.0.1"),
        ] {
            assert_eq!(Host::of(one), Host::of(other), "{one} {other}");
        }
        for (one, other) in
            [("cp1", "cp2"), ("10.0.0.1", "10.0.0.10"), ("fd00::1", "fd00::10"), ("cp1", "cp1.a")]
        {
            assert_ne!(Host::of(one), Host::of(other), "{one} {other}");
        }
    }
}
