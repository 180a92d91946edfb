//! The rules that core has for a schema. One violation disables the whole provider, so they are checked here first.

use super::{Attribute, AttributeKind, Mode, Nesting, Schema};

/// A rule that a schema breaks.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub struct SchemaError {
    /// The attribute at fault.
    pub path: String,
    /// The rule.
    pub message: &'static str,
}

/// Names that core gives a meaning of its own in a resource's block.
const RESERVED: [&str; 8] =
    ["connection", "count", "depends_on", "for_each", "lifecycle", "provider", "provisioner", "version"];

/// Checks a whole schema. `reserved` says whether core's own argument names are forbidden at the top, as in resources.
pub fn check(schema: &Schema, reserved: bool) -> Result<(), SchemaError> {
    if reserved && let Some(bad) = schema.attributes.iter().find(|one| is_reserved(&one.name)) {
        return Err(SchemaError {
            path: bad.name.clone(),
            message: "is one of Terraform's own argument names",
        });
    }
    members("", &schema.attributes, false)
}

/// `version` is reserved in provider and module blocks only.
fn is_reserved(name: &str) -> bool {
    name != "version" && RESERVED.contains(&name)
}

fn members(within: &str, attributes: &[Attribute], in_set: bool) -> Result<(), SchemaError> {
    for (at, attribute) in attributes.iter().enumerate() {
        let path =
            if within.is_empty() { attribute.name.clone() } else { format!("{within}.{}", attribute.name) };
        let fail = |message| Err(SchemaError { path: path.clone(), message });
        let name_is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if attribute.name.is_empty() || !attribute.name.chars().all(name_is_plain) {
            return fail("name may contain only lowercase letters, digits and underscores");
        }
        if attributes.iter().take(at).any(|other| other.name == attribute.name) {
            return fail("name is defined twice");
        }
        if attribute.write_only && attribute.is_computed() {
            return fail("write-only attributes cannot be computed");
        }
        if attribute.write_only && in_set {
            return fail("a set may not contain write-only attributes");
        }
        if attribute.default.is_some() && attribute.mode != Mode::OptionalComputed {
            return fail("a default needs an attribute that is optional and computed");
        }
        if let AttributeKind::Nested(nesting, inner) = &attribute.kind {
            members(&path, inner, in_set || *nesting == Nesting::Set)?;
        }
    }
    Ok(())
}
