//! Schemas as core takes them.

use super::tfplugin6 as pb;
use crate::schema::{Attribute, AttributeKind, Mode, Nesting, Schema};
use pb::schema::object::NestingMode;

/// A block's schema.
pub(crate) fn schema(schema: &Schema) -> pb::Schema {
    pb::Schema {
        version: schema.version,
        block: Some(pb::schema::Block {
            attributes: attributes(&schema.attributes),
            description: schema.description.clone(),
            description_kind: pb::StringKind::Markdown.into(),
            ..Default::default()
        }),
    }
}

fn attributes(all: &[Attribute]) -> Vec<pb::schema::Attribute> {
    all.iter().map(attribute).collect()
}

fn attribute(attribute: &Attribute) -> pb::schema::Attribute {
    // Core refuses the whole provider if an attribute has both a type and members.
    let (r#type, nested_type) = match &attribute.kind {
        AttributeKind::Type(plain) => (plain.to_json().to_string().into_bytes(), None),
        AttributeKind::Nested(nesting, members) => (Vec::new(), Some(object(*nesting, members))),
    };
    pb::schema::Attribute {
        name: attribute.name.clone(),
        r#type,
        nested_type,
        description: attribute.description.clone(),
        description_kind: pb::StringKind::Markdown.into(),
        required: attribute.mode == Mode::Required,
        optional: matches!(attribute.mode, Mode::Optional | Mode::OptionalComputed),
        computed: attribute.is_computed(),
        sensitive: attribute.sensitive,
        deprecated: attribute.deprecated.is_some(),
        write_only: attribute.write_only,
        deprecation_message: attribute.deprecated.clone().unwrap_or_default(),
    }
}

fn object(nesting: Nesting, members: &[Attribute]) -> pb::schema::Object {
    let nesting = match nesting {
        Nesting::Single => NestingMode::Single,
        Nesting::List => NestingMode::List,
        Nesting::Set => NestingMode::Set,
        Nesting::Map => NestingMode::Map,
    };
    pb::schema::Object { attributes: attributes(members), nesting: nesting.into(), ..Default::default() }
}
