//! The schema's section of a page: attributes by who sets them, and a part of its own for each nested one.

use crate::identity;
use crate::schema::{Attribute, AttributeKind, Mode, Nesting, Schema};
use crate::value::Type;

const WRITE_ONLY: &str =
    "https://developer.hashicorp.com/terraform/language/resources/ephemeral#write-only-arguments";

/// Who sets the attributes of a group, in the order of groups.
const GROUPS: &[(&str, &[Mode])] = &[
    ("Required", &[Mode::Required]),
    ("Optional", &[Mode::Optional, Mode::OptionalComputed]),
    ("Read-Only", &[Mode::Computed]),
];

/// The section of a schema.
pub(super) fn of(schema: &Schema) -> String {
    let mut text = String::from("<!-- generated from the schema -->\n## Schema\n");
    members(&schema.attributes, &[], &mut text);
    text
}

/// The section of an identity; empty where the type has none.
pub(super) fn identity(schema: &Schema) -> String {
    let mut text = String::from("<!-- generated from the schema -->\n### Identity Schema\n");
    for (title, is_required) in [("Required", true), ("Optional", false)] {
        let mut group: Vec<_> =
            identity::attributes(schema).filter(|one| identity::is_required(one) == is_required).collect();
        group.sort_by(|a, b| a.name.cmp(&b.name));
        if !group.is_empty() {
            text.push_str(&format!("\n#### {title}\n\n"));
        }
        group.into_iter().for_each(|one| text.push_str(&line(one, &[])));
    }
    text.trim_end().to_owned()
}

fn members(attributes: &[Attribute], path: &[&str], text: &mut String) {
    let mut nested = Vec::new();
    for (title, modes) in GROUPS {
        let mut group: Vec<_> = attributes.iter().filter(|one| modes.contains(&one.mode)).collect();
        if group.is_empty() {
            continue;
        }
        group.sort_by(|a, b| a.name.cmp(&b.name));
        let heading = if path.is_empty() { format!("### {title}") } else { format!("{title}:") };
        text.push_str(&format!("\n{heading}\n\n"));
        if group.iter().any(|one| one.write_only) {
            text.push_str(&format!(
                "> **NOTE**: [Write-only arguments]({WRITE_ONLY}) are supported in Terraform 1.11 and later.\n\n"
            ));
        }
        for one in group {
            let place = [path, &[one.name.as_str()]].concat();
            text.push_str(&line(one, &place));
            if let AttributeKind::Nested(_, members) = &one.kind {
                nested.push((place, members));
            }
        }
    }
    for (place, of) in nested {
        let heading = format!("### Nested Schema for `{}`", place.join("."));
        text.push_str(&format!("\n<a id=\"{}\"></a>\n{heading}\n", anchor(&place)));
        members(of, &place, text);
    }
}

fn line(attribute: &Attribute, place: &[&str]) -> String {
    let of = if attribute.block.is_some() { "Block List".to_owned() } else { kind(&attribute.kind) };
    let mut text = format!("- `{}` ({of}", attribute.name);
    let write_only = format!("[Write-only]({WRITE_ONLY})");
    let marks = [
        (attribute.sensitive, "Sensitive"),
        (attribute.deprecated.is_some(), "Deprecated"),
        (attribute.write_only, write_only.as_str()),
    ];
    for (_, mark) in marks.iter().filter(|(applies, _)| *applies) {
        text.push_str(", ");
        text.push_str(mark);
    }
    text.push(')');
    let mut text = item(&text, &attribute.description);
    if matches!(attribute.kind, AttributeKind::Nested(..)) {
        text.push_str(&format!(" (see [below for nested schema](#{}))", anchor(place)));
    }
    text.push('\n');
    text
}

/// An item of a list: its start, then its text, whose further lines begin below it.
pub(super) fn item(start: &str, description: &str) -> String {
    let mut text = start.to_owned();
    let width = if start.starts_with('-') { 2 } else { 3 };
    for (number, part) in description.trim().lines().enumerate() {
        match (number, part.is_empty()) {
            (0, _) => text.push(' '),
            (_, true) => text.push('\n'),
            (_, false) => text.push_str(&format!("\n{:width$}", "")),
        }
        text.push_str(part);
    }
    text
}

fn anchor(place: &[&str]) -> String {
    format!("nestedatt--{}", place.join("--"))
}

fn kind(kind: &AttributeKind) -> String {
    match kind {
        AttributeKind::Type(plain) => type_name(plain),
        AttributeKind::Nested(Nesting::Single, _) => "Attributes".to_owned(),
        AttributeKind::Nested(Nesting::List, _) => "Attributes List".to_owned(),
        AttributeKind::Nested(Nesting::Set, _) => "Attributes Set".to_owned(),
        AttributeKind::Nested(Nesting::Map, _) => "Attributes Map".to_owned(),
    }
}

pub(super) fn type_name(plain: &Type) -> String {
    match plain {
        Type::String => "String".to_owned(),
        Type::Number => "Number".to_owned(),
        Type::Bool => "Boolean".to_owned(),
        Type::Dynamic => "Dynamic".to_owned(),
        Type::List(element) => format!("List of {}", type_name(element)),
        Type::Set(element) => format!("Set of {}", type_name(element)),
        Type::Map(element) => format!("Map of {}", type_name(element)),
        Type::Tuple(_) => "Tuple".to_owned(),
        Type::Object(_) => "Object".to_owned(),
    }
}
