//! Bounds of numbers.

use std::fmt::Display;

/// Whether a number, where it is given, is within two bounds; for `#[attribute(validate = ...)]`.
pub fn within<const LOW: i64, const HIGH: i64, N: Copy + Display + Into<i64>>(
    value: &Option<N>,
) -> Result<(), String> {
    match value {
        Some(number) if !(LOW..=HIGH).contains(&(*number).into()) => {
            Err(format!("{number} is not from {LOW} to {HIGH}"))
        }
        _ => Ok(()),
    }
}
