//! Function `lb_capacity`.

use crate::values::AddressRange;
use std::net::IpAddr;
use tfplugin::function::{Function, FunctionError};
use tfplugin::types::Semantic;
use tfplugin::{Model, Number, Parameters};

/// Counts the Services that can have an address of a `metallb_ip_address_pool`, by family.
///
/// Each address counts once, in however many of the networks and ranges it is. Services that share an address
/// are not thought of.
#[derive(Parameters)]
#[function(name = "lb_capacity")]
pub(super) struct LbCapacity {
    /// The `addresses` of the pool: networks and ranges.
    addresses: Vec<Semantic<AddressRange>>,
    /// The pool's `avoid_buggy_ips`: without IPv4 addresses that end in `.0` and `.255`. Null: `false`.
    avoid_buggy_ips: Option<bool>,
}

/// How many addresses there are.
#[derive(Clone, Debug, Model)]
pub(super) struct Capacity {
    /// IPv4 addresses.
    #[attribute(required)]
    ipv4: Number,
    /// IPv6 addresses.
    #[attribute(required)]
    ipv6: Number,
}

impl Function for LbCapacity {
    type Return = Capacity;

    fn call(self) -> Result<Capacity, FunctionError> {
        let ends = self.addresses.iter().map(|range| range.value().ends());
        let (mut ipv4, mut ipv6): (Vec<_>, Vec<_>) = (Vec::new(), Vec::new());
        for [first, last] in ends {
            match (first, last) {
                (IpAddr::V4(first), IpAddr::V4(last)) => ipv4.push((first.to_bits(), last.to_bits())),
                (first, last) => ipv6.push((bits(first), bits(last))),
            }
        }
        let skipped = |&(first, last): &(u32, u32)| match self.avoid_buggy_ips {
            Some(true) => [0, 255].map(|end| ending_in(end, first, last)).iter().sum::<u64>(),
            _ => 0,
        };
        let size = |one: &(u32, u32)| u64::from(one.1 - one.0) + 1 - skipped(one);
        let ipv4: u64 = apart(ipv4).iter().map(size).sum();
        let ipv6 = apart(ipv6)
            .iter()
            .try_fold(0_u128, |sum, (first, last)| sum.checked_add(last - first)?.checked_add(1));
        let (Ok(ipv4), Some(Ok(ipv6))) = (number(ipv4), ipv6.map(number)) else {
            return Err(FunctionError::at(Self::ADDRESSES, "all of IPv6 is no pool"));
        };
        Ok(Capacity { ipv4, ipv6 })
    }
}

fn number(count: impl ToString) -> Result<Number, impl std::fmt::Debug> {
    count.to_string().parse::<Number>()
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// The same numbers in ranges that have none in common.
fn apart<T: Ord + Copy>(mut ranges: Vec<(T, T)>) -> Vec<(T, T)> {
    ranges.sort();
    let mut found: Vec<(T, T)> = Vec::new();
    for (first, last) in ranges {
        match found.last_mut() {
            Some((_, end)) if first <= *end => *end = last.max(*end),
            _ => found.push((first, last)),
        }
    }
    found
}

/// How many addresses of a range have this last byte.
fn ending_in(end: u8, first: u32, last: u32) -> u64 {
    let below = |limit: u64| (limit + u64::from(u8::MAX - end)) / 256;
    below(u64::from(last) + 1) - below(first.into())
}
