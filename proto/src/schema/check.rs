//! The rules that core has for a schema. One violation disables the whole provider, so they are checked here
//! first.

use super::{Attribute, AttributeKind, IdentityPart, Mode, Nesting, Schema};
use crate::value::Type;

/// A rule that a schema breaks.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub(crate) struct SchemaError {
    /// The attribute at fault.
    pub path: String,
    /// The rule.
    pub message: &'static str,
}

/// Which block a schema is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    /// The provider's.
    Provider,
    /// A resource's or a data source's.
    Type,
    /// That of an ephemeral resource, which is stored nowhere.
    Ephemeral,
}

impl Block {
    /// Names that core gives a meaning of its own in such a block.
    fn reserved(self) -> &'static [&'static str] {
        match self {
            Self::Provider => {
                &["alias", "count", "depends_on", "for_each", "lifecycle", "locals", "source", "version"]
            }
            Self::Type | Self::Ephemeral => {
                &["connection", "count", "depends_on", "for_each", "lifecycle", "provider", "provisioner"]
            }
        }
    }
}

/// Checks a whole schema.
pub(crate) fn check(schema: &Schema, block: Block) -> Result<(), SchemaError> {
    let reserved = |one: &&Attribute| block.reserved().contains(&one.name.as_str());
    if let Some(bad) = schema.attributes.iter().find(reserved) {
        let message = "is one of Terraform's own argument names";
        return Err(SchemaError { path: bad.name.clone(), message });
    }
    match schema.attributes.iter().find(|one| one.write_only && block == Block::Ephemeral) {
        Some(bad) => {
            let message = "nothing of an ephemeral resource is stored: no attribute is write-only";
            Err(SchemaError { path: bad.name.clone(), message })
        }
        None => members("", &schema.attributes, Place::default()),
    }
}

/// What is around an attribute.
#[derive(Clone, Copy, Default)]
struct Place {
    in_set: bool,
    /// Elements have no name of their own.
    in_row: bool,
    in_argument: bool,
}

fn members(within: &str, attributes: &[Attribute], place: Place) -> Result<(), SchemaError> {
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
        if attribute.write_only && place.in_set {
            return fail("a set may not contain write-only attributes");
        }
        if attribute.default.is_some() && attribute.mode != Mode::OptionalComputed {
            return fail("a default needs an attribute that is optional and computed");
        }
        if attribute.adopt && attribute.mode != Mode::OptionalComputed {
            return fail("only what is optional and computed can be adopted");
        }
        if attribute.adopt && place.in_row {
            return fail("a list or a set may not contain what is adopted");
        }
        if attribute.identity.is_some()
            && let Some(message) = identity_fault(attribute, !within.is_empty())
        {
            return fail(message);
        }
        if attribute.block.is_some() {
            if !matches!(attribute.kind, AttributeKind::Nested(Nesting::List, _)) {
                return fail("a block is a list of objects");
            }
            if place.in_argument {
                return fail("an argument may not contain blocks");
            }
        }
        match &attribute.kind {
            AttributeKind::Nested(nesting, inner) => {
                let in_set = place.in_set || *nesting == Nesting::Set;
                let in_row = place.in_row || matches!(nesting, Nesting::List | Nesting::Set);
                members(&path, inner, Place { in_set, in_row, in_argument: attribute.block.is_none() })?
            }
            AttributeKind::Type(of) if is_dynamic_in_set(of, place.in_set) => {
                return fail("a set may not contain values of any type");
            }
            AttributeKind::Type(_) => {}
        }
    }
    Ok(())
}

/// Why an attribute cannot be a part of an identity.
fn identity_fault(attribute: &Attribute, is_member: bool) -> Option<&'static str> {
    let is_plain = |of: &Type| matches!(of, Type::String | Type::Number | Type::Bool);
    let is_plain_or_list = match &attribute.kind {
        AttributeKind::Type(Type::List(of)) => is_plain(of),
        AttributeKind::Type(of) => is_plain(of),
        AttributeKind::Nested(..) => false,
    };
    let is_kept = attribute.requires_replace || attribute.mode == Mode::Computed;
    match attribute.identity {
        _ if is_member => Some("only attributes of the object itself can be its identity"),
        _ if attribute.write_only || attribute.sensitive => Some("an identity is shown and stored"),
        _ if !is_plain_or_list => Some("an identity consists of texts, numbers, bools and lists of them"),
        Some(IdentityPart::Fixed) if !is_kept => Some("a change of a fixed identity needs a new object"),
        _ => None,
    }
}

/// Whether the type has a value of any type in a set; `in_set`: it is in a set itself.
pub(crate) fn is_dynamic_in_set(of: &Type, in_set: bool) -> bool {
    match of {
        Type::Dynamic => in_set,
        Type::Set(element) => is_dynamic_in_set(element, true),
        Type::List(element) | Type::Map(element) => is_dynamic_in_set(element, in_set),
        Type::Tuple(elements) => elements.iter().any(|element| is_dynamic_in_set(element, in_set)),
        Type::Object(attributes) => attributes.values().any(|attribute| is_dynamic_in_set(attribute, in_set)),
        Type::String | Type::Number | Type::Bool => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    fn broken(attributes: Vec<Attribute>, block: Block) -> String {
        let schema = Schema::new(0, "", attributes);
        check(&schema, block).map_or_else(|error| error.to_string(), |()| "nothing".to_owned())
    }

    fn attribute(name: &str) -> Attribute {
        Attribute::of::<Option<String>>(name, Mode::Optional, "An attribute.")
    }

    #[test]
    fn a_good_schema_breaks_nothing() {
        let nested = AttributeKind::Nested(Nesting::Set, vec![attribute("count")]);
        let all = vec![attribute("a"), attribute("version"), Attribute { kind: nested, ..attribute("b_2") }];
        assert_eq!(broken(all, Block::Type), "nothing");
    }

    #[test]
    fn each_rule_is_named_with_its_place() {
        let within = |nesting, inner| Attribute {
            kind: AttributeKind::Nested(nesting, vec![inner]),
            ..attribute("a")
        };
        let secret = || Attribute { write_only: true, ..attribute("s") };
        let any = |of| Attribute { kind: AttributeKind::Type(of), ..attribute("v") };
        let block = |of: Attribute| Attribute { block: Some(1), ..of };
        let adopted = Attribute { adopt: true, mode: Mode::OptionalComputed, ..attribute("p") };
        let default = Attribute { default: Some(Value::Null), ..attribute("d") };
        for (attributes, block, rule) in [
            (vec![attribute("count")], Block::Type, "count: is one of Terraform's own"),
            (vec![attribute("alias")], Block::Provider, "alias: is one of Terraform's own"),
            (vec![attribute("count")], Block::Ephemeral, "count: is one of Terraform's own"),
            (vec![secret()], Block::Ephemeral, "s: nothing of an ephemeral resource is stored"),
            (vec![attribute("A")], Block::Type, "A: name may contain only"),
            (vec![attribute("")], Block::Type, ": name may contain only"),
            (vec![attribute("a"), attribute("a")], Block::Type, "a: name is defined twice"),
            (vec![within(Nesting::List, attribute("x-y"))], Block::Type, "a.x-y: name may contain only"),
            (vec![within(Nesting::Set, secret())], Block::Type, "a.s: a set may not contain write-only"),
            (
                vec![Attribute { mode: Mode::Computed, ..secret() }],
                Block::Type,
                "s: write-only attributes cannot",
            ),
            (
                vec![Attribute { adopt: true, ..attribute("p") }],
                Block::Type,
                "p: only what is optional and computed",
            ),
            (vec![within(Nesting::List, adopted)], Block::Type, "a.p: a list or a set may not contain"),
            (vec![default], Block::Type, "d: a default needs"),
            (vec![block(attribute("a"))], Block::Type, "a: a block is a list of objects"),
            (
                vec![within(Nesting::Single, block(within(Nesting::List, attribute("x"))))],
                Block::Type,
                "a.a: an argument may not contain blocks",
            ),
            (
                vec![any(Type::Set(Box::new(Type::Dynamic)))],
                Block::Type,
                "v: a set may not contain values of any type",
            ),
            (
                vec![within(Nesting::Set, any(Type::Dynamic))],
                Block::Type,
                "a.v: a set may not contain values of any type",
            ),
        ] {
            let told = broken(attributes, block);
            assert!(told.starts_with(rule), "{told}");
        }
        assert_eq!(broken(vec![within(Nesting::List, secret()), any(Type::Dynamic)], Block::Type), "nothing");
    }
}
