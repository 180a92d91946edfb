//! What `/retrieve` reads. It reads the candidate, so it sees what a request at work has not committed.

use super::Session;
use crate::schema::{End, Kind};
use crate::tree::{Node, Shape, differences};

/// Both sides of a part of the tree, wrapped as `showConfig` shows them.
pub(crate) struct Reading {
    /// What runs.
    pub(crate) running: Option<Node>,
    /// What is being edited.
    pub(crate) candidate: Option<Node>,
}

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// The path is valid and absent, or has nothing in it.
    #[error("Configuration under specified path is empty\n")]
    Empty,
    /// The schema has no such path.
    #[error("Specified configuration path is not valid\n")]
    Invalid,
    /// The path names a value: the converter fails on what it is given.
    #[error("An internal error occured. Check the logs for details.")]
    Internal,
    /// The path names one value of several.
    #[error("one value of several")]
    OneOfSeveral,
}

impl Reading {
    /// The text form, with the margin.
    pub(crate) fn text(&self) -> String {
        differences(self.running.as_ref(), self.candidate.as_ref())
    }

    /// Whether the text is free of marks, so that the JSON converter can read it.
    pub(crate) fn is_clean(&self) -> bool {
        self.running == self.candidate
    }
}

impl Session {
    /// `showConfig`.
    pub(crate) fn show_config(&self, path: &[String]) -> Result<Reading, ReadError> {
        let words = || path.iter().map(String::as_str);
        let place = self.schema.place(words()).ok_or(ReadError::Invalid)?;
        let trees = self.trees();
        if place.end == End::Value {
            let parents = path.iter().take(path.len() - 1).map(String::as_str);
            let leaf = trees.candidate.get(parents).ok_or(ReadError::Empty)?;
            let held = path.last().is_some_and(|last| leaf.values.contains(last));
            return Err(match place.node.kind {
                _ if !held => ReadError::Empty,
                Kind::Multi(_) => ReadError::OneOfSeveral,
                _ => ReadError::Internal,
            });
        }
        let side = |tree: &Node| {
            let node = tree.get(words())?;
            let Some(last) = path.last().filter(|_| node.shape != Shape::Container) else {
                return Some(node.clone());
            };
            let mut wrapper = Node::default();
            *wrapper.make(last) = node.clone();
            Some(wrapper)
        };
        let is_filled = |tree: &Node| tree.get(words()).is_some_and(|node| !node.is_empty());
        if !is_filled(&trees.candidate) && !is_filled(&trees.running) {
            return Err(ReadError::Empty);
        }
        Ok(Reading { running: side(&trees.running), candidate: side(&trees.candidate) })
    }

    /// `exists`: a node, or a leaf and one of its values.
    pub(crate) fn exists(&self, path: &[String]) -> bool {
        let words = split(path);
        let trees = self.trees();
        if trees.candidate.get(words.iter().copied()).is_some() {
            return true;
        }
        let Some((last, parents)) = words.split_last() else { return false };
        trees
            .candidate
            .get(parents.iter().copied())
            .is_some_and(|leaf| leaf.values.iter().any(|value| value == last))
    }

    /// `returnValues`.
    pub(crate) fn values(&self, path: &[String]) -> Vec<String> {
        self.trees().candidate.get(split(path)).map(|leaf| leaf.values.clone()).unwrap_or_default()
    }
}

/// These commands join the path with blanks and take it apart again, so a word with a blank never matches.
fn split(path: &[String]) -> Vec<&str> {
    path.iter().flat_map(|word| word.split_whitespace()).collect()
}
