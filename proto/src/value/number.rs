//! Numbers of any precision. Core parses `0.1` with 512 bits, so a float would not come back equal.

use bigdecimal::{BigDecimal, ToPrimitive};
use std::str::FromStr;

/// Digits that a number from outside may have.
const LIMIT_DIGITS: usize = 10_000;

/// A number; equality is by value (`1.0` is `1`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number(BigDecimal);

impl Number {
    /// The value as an integer, if it is one and fits.
    pub fn as_i64(&self) -> Option<i64> {
        if self.0.is_integer() { self.0.to_i64() } else { None }
    }

    /// The value as an integer without sign, if it is one and fits.
    pub fn as_u64(&self) -> Option<u64> {
        if self.0.is_integer() { self.0.to_u64() } else { None }
    }

    /// The number as JSON, if a whole number of 64 bits or a float is this number: the float's shortest
    /// decimal text, which is what anybody writes of it, is this number's.
    pub fn to_json(&self) -> Option<serde_json::Value> {
        let whole = self.as_i64().map(Into::into).or_else(|| self.as_u64().map(Into::into));
        whole.or_else(|| {
            let float: f64 = self.0.to_scientific_notation().parse().ok()?;
            (Self::try_from(float).ok()? == *self).then(|| float.into())
        })
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self(value.into())
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self(value.into())
    }
}

impl TryFrom<f64> for Number {
    type Error = String;

    /// The number that the float's shortest decimal text says. Core compares fractions by that text, so that
    /// the many digits of the float's exact value would be another number to it.
    fn try_from(value: f64) -> Result<Self, Self::Error> {
        match value.is_finite() {
            true => format!("{value:e}").parse(),
            false => Err(format!("{value} is not a finite number")),
        }
    }
}

impl FromStr for Number {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let shown: String = text.chars().take(40).collect();
        // A short text may stand for a number that fills the memory once it is written out.
        let exponent = text.split(['e', 'E']).nth(1).map_or(Ok(0), i64::from_str).unwrap_or(i64::MAX);
        if text.len() > LIMIT_DIGITS || exponent.unsigned_abs() > LIMIT_DIGITS as u64 {
            return Err(format!("the number {shown}... has more than {LIMIT_DIGITS} digits"));
        }
        if !text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)) {
            return Err(format!("{shown:?} is not a number"));
        }
        BigDecimal::from_str(text)
            .map(Self)
            .map_err(|problem| format!("{shown:?} is not a number: {problem}"))
    }
}

/// Plain decimal digits, never an exponent, as core writes numbers.
impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.normalized().to_plain_string())
    }
}

#[cfg(test)]
mod tests {
    use crate::value::{Type, Value, json, msgpack};

    fn number(text: &str) -> Value {
        Value::Number(text.parse().unwrap())
    }

    /// What go-cty writes for a number (integers of 64 bits as such, other fractions as a float where the
    /// float is exact, all else as text), and the number that it means by it: fractions are equal where their
    /// shortest decimal text is.
    #[test]
    fn numbers_come_and_go_as_core_has_them() {
        let float = |float: f64| [[0xcb].as_slice(), &float.to_be_bytes()].concat();
        let text = |text: &str| {
            let length = u8::try_from(text.len()).unwrap();
            [[0xd9, length].as_slice(), text.as_bytes()].concat()
        };
        for (sent, meant) in [
            (vec![0x07], "7"),
            (vec![0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0], "-9223372036854775808"),
            (vec![0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], "18446744073709551615"),
            (text("12345678901234567890123"), "12345678901234567890123"),
            (text("0.1"), "0.1"),
            (text("1e30"), "1000000000000000000000000000000"),
            (float(0.5), "0.5"),
            // pow(1.1, 2) and log(10, 2), which core computes as floats.
            (float(1.1 * 1.1), "1.2100000000000002"),
            (float(std::f64::consts::LOG2_10), "3.321928094887362"),
            (float(5e-324), &format!("0.{}5", "0".repeat(323))),
            ([[0xca].as_slice(), &1.5_f32.to_be_bytes()].concat(), "1.5"),
        ] {
            let read = msgpack::decode(&sent, &Type::Number).unwrap();
            assert_eq!(read, number(meant));
            let Value::Number(exact) = &read else { panic!("{read:?}") };
            assert_eq!(exact.to_string(), meant);
            let again = msgpack::encode(&read, &Type::Number).unwrap();
            assert_eq!(msgpack::decode(&again, &Type::Number).unwrap(), number(meant));
            // In a state file as a number; core reads one in quotes too.
            for json in [meant.to_owned(), format!("\"{meant}\"")] {
                assert_eq!(json::decode(json.as_bytes(), &Type::Number).unwrap(), number(meant), "{json}");
            }
        }
        for infinite in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
            assert!(msgpack::decode(&float(infinite), &Type::Number).is_err());
        }
        assert_eq!(json::decode(b"1.50", &Type::String).unwrap(), Value::String("1.50".to_owned()));
        assert_eq!(json::decode(b"\"true\"", &Type::Bool).unwrap(), Value::Bool(true));
        assert!(json::decode(b"[1]", &Type::Number).is_err());
    }
}
