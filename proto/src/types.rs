//! Attribute types that are compared by value, not by spelling: an address, a network, a duration, a secret.

use crate::model::{AttributeValue, StringRule};
use crate::schema::AttributeKind;
use crate::value::{Type, Value, ValueError};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

/// A value written as text. Two are equal where their values are; the spelling of the author is kept.
#[derive(Clone)]
pub struct Semantic<T> {
    text: String,
    value: T,
}

impl<T> Semantic<T> {
    /// The value.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// As the author wrote it.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// A value that is written as text.
pub trait SemanticValue: Clone + PartialEq + Send + Sync + 'static {
    /// What the text should have been, for messages: `an IP address such as 10.0.0.1`.
    const EXPECTED: &'static str;

    /// Reads the text.
    fn parse(text: &str) -> Option<Self>;

    /// The one spelling that is sent to others.
    fn canonical(&self) -> String;

    /// Why a configuration cannot ask for it, though a state may hold it.
    fn validate(&self) -> Result<(), String> {
        Ok(())
    }
}

impl<T: SemanticValue> Semantic<T> {
    /// Reads a text.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        T::parse(text)
            .map(|value| Self { text: text.to_owned(), value })
            .ok_or_else(|| ValueError::new(format!("{text:?} is not {}", T::EXPECTED)))
    }

    /// The one spelling that is sent to others.
    pub fn canonical(&self) -> String {
        self.value.canonical()
    }
}

impl<T: SemanticValue> From<T> for Semantic<T> {
    fn from(value: T) -> Self {
        Self { text: value.canonical(), value }
    }
}

impl<T: PartialEq> PartialEq for Semantic<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T> fmt::Debug for Semantic<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.text)
    }
}

impl<T> fmt::Display for Semantic<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<T: SemanticValue> AttributeValue for Semantic<T> {
    fn kind() -> AttributeKind {
        AttributeKind::Type(Type::String)
    }

    fn decode(value: &Value) -> Result<Self, ValueError> {
        Self::parse(&String::decode(value)?)
    }

    fn encode(&self) -> Value {
        Value::String(self.text.clone())
    }

    fn validate(value: &Value, _: StringRule) -> Result<(), ValueError> {
        let text = Self::decode(value)?;
        text.value.validate().map_err(|problem| ValueError::new(format!("{text:?} {problem}")))
    }

    fn semantic_eq(a: &Value, b: &Value) -> bool {
        a == b || matches!((Self::decode(a), Self::decode(b)), (Ok(a), Ok(b)) if a == b)
    }

    fn canonicalize(value: &Value) -> Value {
        Self::decode(value).map_or_else(|_| value.clone(), |text| Value::String(text.canonical()))
    }
}

macro_rules! parsed_values {
    ($($rust:ty: $expected:literal),* $(,)?) => {$(
        impl SemanticValue for $rust {
            const EXPECTED: &'static str = $expected;

            fn parse(text: &str) -> Option<Self> {
                text.parse().ok()
            }

            fn canonical(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

parsed_values! {
    IpAddr: "an IP address such as 10.0.0.1 or 2001:db8::1",
    Ipv4Addr: "an IPv4 address such as 10.0.0.1",
    Ipv6Addr: "an IPv6 address such as 2001:db8::1",
    ipnet::IpNet: "a network such as 10.1.0.0/16 or fd01::/64",
    ipnet::Ipv4Net: "an IPv4 network such as 10.1.0.0/16",
    ipnet::Ipv6Net: "an IPv6 network such as fd01::/64",
}

/// The longest duration that a configuration can ask for, in days: no operation takes a year, and the timers
/// of the runtime hold no more than two.
const LONGEST_DAYS: u64 = 366;

/// Digits of a duration's text. More of them stand for more than [`LONGEST_DAYS`], or for a precision that no
/// clock has; humantime panics at some of those (`18446744073709551615s 1000ms`).
const LIMIT_DURATION_DIGITS: usize = 18;

impl SemanticValue for Duration {
    const EXPECTED: &'static str = "a duration such as 90s, 10m or 1h30m";

    fn parse(text: &str) -> Option<Self> {
        match text.bytes().filter(u8::is_ascii_digit).count() > LIMIT_DURATION_DIGITS {
            true => Some(Self::MAX),
            false => humantime::parse_duration(text).ok(),
        }
    }

    fn canonical(&self) -> String {
        humantime::format_duration(*self).to_string().replace(' ', "")
    }

    fn validate(&self) -> Result<(), String> {
        match self.as_secs() > LONGEST_DAYS * 24 * 60 * 60 {
            true => Err(format!("is too long: at most {LONGEST_DAYS}d can be asked for")),
            false => Ok(()),
        }
    }
}

/// Text of any number of lines, such as a certificate. No
/// [`Provider::validate_string`](crate::Provider::validate_string) is asked about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines(pub String);

impl AttributeValue for Lines {
    fn kind() -> AttributeKind {
        AttributeKind::Type(Type::String)
    }

    fn decode(value: &Value) -> Result<Self, ValueError> {
        String::decode(value).map(Self)
    }

    fn encode(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// Text that is never shown: Terraform hides the attribute, `Debug` and `Display` mask it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for the place that needs it and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

impl AttributeValue for Secret {
    const SENSITIVE: bool = true;

    fn kind() -> AttributeKind {
        AttributeKind::Type(Type::String)
    }

    fn decode(value: &Value) -> Result<Self, ValueError> {
        String::decode(value).map(Self)
    }

    fn encode(&self) -> Value {
        Value::String(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Set;
    use std::time::Instant;

    #[test]
    fn sets_of_many_spellings_are_compared_in_no_time() {
        type Addresses = Set<Option<Semantic<Ipv6Addr>>>;
        let set = |all: &mut dyn Iterator<Item = String>| Value::Set(all.map(Value::String).collect());
        let written = set(&mut (0..20_000).map(|n| format!("2001:DB8:0:0::{n:04X}")));
        let sent = set(&mut (0..20_000).rev().map(|n| format!("2001:db8::{n:x}")));
        let other = set(&mut (1..20_001).rev().map(|n| format!("2001:db8::{n:x}")));
        let began = Instant::now();
        assert!(Addresses::semantic_eq(&written, &sent) && !Addresses::semantic_eq(&written, &other));
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        let twice = set(&mut ["::1".to_owned(), "0::1".to_owned()].into_iter());
        let once = set(&mut ["::1".to_owned(), "::2".to_owned()].into_iter());
        assert!(!Addresses::semantic_eq(&twice, &once));
    }
}
