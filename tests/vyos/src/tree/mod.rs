//! The configuration tree. It knows no schema: what may stand where is decided before it is changed.

mod commands;
mod json;
mod natural;
mod parse;
mod text;

pub(crate) use commands::commands;
pub(crate) use json::{Ast, Json};
pub(crate) use parse::{ParseError, parse};
pub(crate) use text::{boot_file, differences};

/// One node: children of a container or tag node, values of a leaf, neither for a leaf without a value.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Node {
    children: Vec<(String, Node)>,
    /// Values of a leaf in the order in which they were set.
    pub(crate) values: Vec<String>,
    /// The comment that stands before the node.
    pub(crate) comment: Option<String>,
    /// What the node was made as.
    pub(crate) shape: Shape,
}

/// What a node was made as. It decides how the node is written as text.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Shape {
    /// A container, or one key of a tag node.
    #[default]
    Container,
    /// A leaf, with or without a value.
    Leaf,
    /// A leaf with any number of values.
    Values,
    /// A tag node: its children are keyed by values.
    Tag,
}

impl Node {
    /// Children in natural order.
    pub(crate) fn children(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.children.iter().map(|(name, node)| (name.as_str(), node))
    }

    /// Whether there is neither a child nor a value.
    pub(crate) fn is_empty(&self) -> bool {
        self.children.is_empty() && self.values.is_empty()
    }

    /// The child of that name.
    pub(crate) fn child(&self, name: &str) -> Option<&Node> {
        let index = self.position(name).ok()?;
        self.children.get(index).map(|(_, node)| node)
    }

    /// The node at a path of blank-separated words, which no name in the table contains.
    pub(crate) fn at(&self, path: &str) -> Option<&Node> {
        self.get(path.split_whitespace())
    }

    /// The node at a path.
    pub(crate) fn get<'word>(&self, path: impl IntoIterator<Item = &'word str>) -> Option<&Node> {
        path.into_iter().try_fold(self, |node, word| node.child(word))
    }

    /// The first value of the leaf at a path of blank-separated words.
    pub(crate) fn value(&self, path: &str) -> Option<&str> {
        self.at(path)?.values.first().map(String::as_str)
    }

    /// Whether there is a node at a path of blank-separated words.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.at(path).is_some()
    }

    /// The children of the node at a path of blank-separated words; none if it is absent.
    pub(crate) fn each(&self, path: &str) -> impl Iterator<Item = (&str, &Node)> {
        self.at(path).into_iter().flat_map(Node::children)
    }

    /// The child of that name, made if it is absent.
    pub(crate) fn make(&mut self, name: &str) -> &mut Node {
        let index = match self.position(name) {
            Ok(index) => index,
            Err(index) => {
                self.children.insert(index, (name.to_owned(), Self::default()));
                index
            }
        };
        #[expect(clippy::indexing_slicing, reason = "the child was found or inserted at that index")]
        &mut self.children[index].1
    }

    /// The node at a path, to be changed.
    pub(crate) fn get_mut<'word>(&mut self, path: impl IntoIterator<Item = &'word str>) -> Option<&mut Node> {
        path.into_iter().try_fold(self, |node, word| {
            let index = node.position(word).ok()?;
            node.children.get_mut(index).map(|(_, child)| child)
        })
    }

    /// Removes a child.
    pub(crate) fn remove(&mut self, name: &str) {
        if let Ok(index) = self.position(name) {
            self.children.remove(index);
        }
    }

    /// Puts a subtree in the place of what is at a path, or takes that away. A tag node goes with its last
    /// key; other parents stay, even when they become empty (`UnionfsCstore::construct_commit_active` of
    /// vyatta-cfg).
    pub(crate) fn put(&mut self, path: &[String], subtree: Option<Node>) {
        match (path, subtree) {
            ([], subtree) => *self = subtree.unwrap_or_default(),
            ([last], None) => self.remove(last),
            ([first, rest @ ..], None) => {
                if let Some(child) = self.get_mut([first.as_str()]) {
                    child.put(rest, None);
                    if child.is_empty() && child.shape == Shape::Tag {
                        self.remove(first);
                    }
                }
            }
            ([first, rest @ ..], subtree) => self.make(first).put(rest, subtree),
        }
    }

    fn position(&self, name: &str) -> Result<usize, usize> {
        self.children.binary_search_by(|(known, _)| natural::compare(known, name))
    }
}
