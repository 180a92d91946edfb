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

    /// The value as a float, if the float is exactly this number.
    pub fn as_exact_f64(&self) -> Option<f64> {
        let float = self.0.to_f64()?;
        (float.is_finite() && BigDecimal::try_from(float).ok()? == self.0).then_some(float)
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

    fn try_from(value: f64) -> Result<Self, Self::Error> {
        BigDecimal::try_from(value).map(Self).map_err(|_| format!("{value} is not a finite number"))
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

/// Plain decimal digits, never an exponent.
impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.normalized().to_plain_string())
    }
}
