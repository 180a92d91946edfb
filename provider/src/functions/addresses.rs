//! Addresses as people write them: one, a network, or a range.

use crate::values::AddressRange;
use std::net::IpAddr;
use tfplugin::types::SemanticValue;

/// One address, a network or a range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Addresses(pub(super) AddressRange);

impl SemanticValue for Addresses {
    const EXPECTED: &'static str = "an address such as 192.0.2.1, a network such as 192.0.2.0/24 or 2001:db8::/64, or a range \
                                    such as 192.0.2.10-192.0.2.20 that begins with its lowest address";

    fn parse(text: &str) -> Option<Self> {
        let one = || text.parse::<IpAddr>().ok().map(|one| format!("{one}-{one}"));
        AddressRange::parse(text).or_else(|| AddressRange::parse(&one()?)).map(Self)
    }

    fn canonical(&self) -> String {
        self.0.canonical()
    }
}
