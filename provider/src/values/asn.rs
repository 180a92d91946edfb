//! Numbers of autonomous systems, as BGP has them: 32 bits, never a float, never 0.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use tfplugin::schema::AttributeKind;
use tfplugin::value::Type;
use tfplugin::value::ValueError;
use tfplugin::{AttributeValue, Number, Value};

/// Number of an autonomous system, 1 to 4294967295.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Asn(NonZeroU32);

impl Asn {
    /// The number, if it is one that a system can have.
    pub fn new(number: u32) -> Option<Self> {
        NonZeroU32::new(number).map(Self)
    }

    /// The number.
    pub fn get(self) -> u32 {
        self.0.get()
    }
}

impl fmt::Display for Asn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Asn {
    type Err = ValueError;

    /// Decimal digits alone: no sign, no `AS`, no `1.10`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits
            .then(|| text.parse().ok())
            .flatten()
            .map(Self)
            .ok_or_else(|| out_of_range(&format!("{text:?}")))
    }
}

impl AttributeValue for Asn {
    fn kind() -> AttributeKind {
        AttributeKind::Type(Type::Number)
    }

    fn decode(value: &Value) -> Result<Self, ValueError> {
        match value {
            Value::Number(number) => number
                .as_u64()
                .and_then(|whole| u32::try_from(whole).ok())
                .and_then(Self::new)
                .ok_or_else(|| out_of_range(&number.to_string())),
            _ => Err(out_of_range(&format!("a value of type {}", value.kind()))),
        }
    }

    fn encode(&self) -> Value {
        Value::Number(Number::from(u64::from(self.get())))
    }
}

fn out_of_range(given: &str) -> ValueError {
    ValueError::new(format!("{given} is not an AS number, which is a whole number from 1 to {}", u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_all_32_bits_on_every_way() {
        let highest = Asn::new(u32::MAX).unwrap();
        assert_eq!(Asn::decode(&highest.encode()).unwrap(), highest);
        assert_eq!("4294967295".parse::<Asn>().unwrap(), highest);
        assert_eq!(serde_json::to_string(&highest).unwrap(), "4294967295");
        assert_eq!(serde_json::from_str::<Asn>("4294967295").unwrap(), highest);
    }

    #[test]
    fn refuses_what_no_system_can_have() {
        for number in ["0", "4294967296", "-1", "1.5"] {
            let value = Value::Number(number.parse().unwrap());
            assert!(Asn::decode(&value).unwrap_err().message.contains("from 1 to 4294967295"), "{number}");
            assert!(number.parse::<Asn>().is_err(), "{number}");
        }
        for text in ["", "AS1", "+1", "1.10", " 1"] {
            assert!(text.parse::<Asn>().is_err(), "{text:?}");
        }
        assert!(serde_json::from_str::<Asn>("0").is_err());
    }
}
