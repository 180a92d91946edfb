//! The tree as JSON: the plain form, which cannot tell a tag node from a container, and the syntax tree.

use serde::ser::{Serialize, SerializeMap, SerializeStruct, Serializer};

use super::{Node, Shape};

/// The plain form: one value is a string, more are a list, nothing is `{}`.
pub(crate) struct Json<'tree> {
    pub(crate) node: &'tree Node,
    /// Whether leaves that may have several values are lists even with one, as `/show` has them.
    pub(crate) lists: bool,
}

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.node.values.as_slice() {
            [] => {
                let mut map = serializer.serialize_map(None)?;
                for (name, node) in self.node.children() {
                    map.serialize_entry(name, &Json { node, lists: self.lists })?;
                }
                map.end()
            }
            [value] if !(self.lists && self.node.shape == Shape::Values) => value.serialize(serializer),
            values => values.serialize(serializer),
        }
    }
}

/// The syntax tree, with comments and with the difference between tag nodes and containers.
pub(crate) struct Ast<'tree> {
    /// Name of the node; empty for the root.
    pub(crate) name: &'tree str,
    /// The node.
    pub(crate) node: &'tree Node,
}

impl Serialize for Ast<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Data<'tree>(&'tree Node);
        impl Serialize for Data<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut data = serializer.serialize_struct("data", 3)?;
                data.serialize_field("values", &self.0.values)?;
                data.serialize_field("comment", &self.0.comment)?;
                data.serialize_field("tag", &(self.0.shape == Shape::Tag))?;
                data.end()
            }
        }
        let mut node = serializer.serialize_struct("node", 3)?;
        node.serialize_field("name", self.name)?;
        node.serialize_field("data", &Data(self.node))?;
        let children: Vec<_> = self.node.children().map(|(name, node)| Ast { name, node }).collect();
        node.serialize_field("children", &children)?;
        node.end()
    }
}
