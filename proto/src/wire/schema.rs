//! Schemas as core takes them.

use super::tfplugin6 as pb;
use crate::schema::{Attribute, AttributeKind, Mode, Nesting, Schema};
use pb::schema::object::NestingMode;

/// A block's schema.
pub(crate) fn schema(schema: &Schema) -> pb::Schema {
    pb::Schema { version: schema.version, block: Some(block(&schema.attributes, &schema.description)) }
}

/// Arguments and blocks are one thing to planning, and two to core.
fn block(all: &[Attribute], description: &str) -> pb::schema::Block {
    pb::schema::Block {
        attributes: attributes(all),
        block_types: all.iter().filter_map(nested_block).collect(),
        description: description.to_owned(),
        description_kind: pb::StringKind::Markdown.into(),
        ..Default::default()
    }
}

fn nested_block(attribute: &Attribute) -> Option<pb::schema::NestedBlock> {
    let (Some(most), AttributeKind::Nested(_, members)) = (attribute.block, &attribute.kind) else {
        return None;
    };
    Some(pb::schema::NestedBlock {
        type_name: attribute.name.clone(),
        block: Some(block(members, &attribute.description)),
        nesting: pb::schema::nested_block::NestingMode::List.into(),
        min_items: 0,
        max_items: most.into(),
    })
}

fn attributes(all: &[Attribute]) -> Vec<pb::schema::Attribute> {
    all.iter().filter(|one| one.block.is_none()).map(attribute).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Model;

    /// A guest.
    #[derive(Clone, Debug, Model)]
    struct Guest {
        /// Its name.
        #[attribute(required)]
        name: String,
        /// Its disks.
        #[attribute(block(max_items = 31))]
        disks: Vec<Disk>,
    }

    /// A disk.
    #[derive(Clone, Debug, Model)]
    struct Disk {
        /// What it begins with.
        #[attribute(required)]
        image: String,
        /// How fast it may be.
        #[attribute(block(max_items = 1))]
        speed: Vec<Speed>,
    }

    /// A bound.
    #[derive(Clone, Debug, Model)]
    struct Speed {
        /// Bytes in a second.
        #[attribute(optional)]
        read: Option<i64>,
    }

    #[test]
    fn blocks_are_beside_the_arguments_and_in_one_another() {
        let sent = block(&Guest::schema().attributes, "A guest.");
        let names = |block: &pb::schema::Block| {
            block.attributes.iter().map(|one| one.name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names(&sent), ["name"]);
        let [disks] = sent.block_types.as_slice() else { panic!("one block is needed") };
        assert_eq!((disks.type_name.as_str(), disks.max_items), ("disks", 31));
        let disk = disks.block.as_ref().unwrap();
        assert_eq!((names(disk), disk.description.as_str()), (vec!["image".to_owned()], "Its disks."));
        assert_eq!(disk.block_types[0].type_name, "speed");
    }
}
