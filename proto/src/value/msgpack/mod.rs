//! The encoding of values between core and provider: msgpack that only the schema's type gives a meaning.

mod decode;
mod encode;

pub(crate) use decode::decode;
pub(crate) use encode::encode;

/// Extension type of an unknown value about which nothing is promised.
const UNKNOWN: i8 = 0;
/// Extension type of an unknown value with a map of promises.
const REFINED: i8 = 12;
/// Longest map of promises that core reads.
const REFINED_SIZE: usize = 1024;

/// Keys of the promises about an unknown value.
mod promise {
    pub(super) const NULL: i64 = 1;
    pub(super) const PREFIX: i64 = 2;
    pub(super) const LOWER: i64 = 3;
    pub(super) const UPPER: i64 = 4;
    pub(super) const SHORTEST: i64 = 5;
    pub(super) const LONGEST: i64 = 6;
}
