//! The rules that core has for functions. One violation disables the whole provider, so they are checked here
//! first.

use super::Signature;
use crate::schema::{SchemaError, is_dynamic_in_set};

/// Checks a whole signature.
pub(crate) fn check(signature: &Signature) -> Result<(), SchemaError> {
    let fail = |path: &str, message| Err(SchemaError { path: path.to_owned(), message });
    if !is_identifier(signature.name) {
        return fail(signature.name, IDENTIFIER);
    }
    for (at, parameter) in signature.parameters.iter().enumerate() {
        if !is_identifier(parameter.name) {
            return fail(parameter.name, IDENTIFIER);
        }
        if signature.parameters.iter().take(at).any(|other| other.name == parameter.name) {
            return fail(parameter.name, "name of two parameters");
        }
        if parameter.variadic && at + 1 != signature.parameters.len() {
            return fail(parameter.name, "only the last parameter may be variadic");
        }
        if is_dynamic_in_set(&parameter.of, false) {
            return fail(parameter.name, DYNAMIC);
        }
    }
    match is_dynamic_in_set(&signature.returns, false) {
        true => fail("result", DYNAMIC),
        false => Ok(()),
    }
}

const IDENTIFIER: &str = "name may contain only lowercase letters, digits and underscores, a letter first";
const DYNAMIC: &str = "a set may not contain values of any type";

/// Core allows more, but what it allows is what configurations can write in each of its versions.
fn is_identifier(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|one| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '_')
}
