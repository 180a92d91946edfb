//! Reads the notation in which the trees under `schema/` are written.
//!
//! One node a line, children indented by two spaces, `#` starts a comment line:
//!
//! ```text
//! type NAME = CHECKS        a name for a type, see `types.rs`
//! fragment NAME             children that other nodes take in with `use NAME`
//! node                      a container
//! node flag                 a leaf without a value
//! node = CHECKS             a leaf with one value
//! node += CHECKS            a leaf with any number of values
//! node * CHECKS             a tag node: its children are keyed by values of that type
//! ... -> PATH               names an object of that node; `set` does not look whether it is there
//! ... @1.4  ... @1.5        only in that release
//! ... @priority=N           a component: committed as a whole, at this place in the order
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use super::types::Type;
use super::{Kind, SchemaNode};
use crate::config::Version;

/// What is wrong with the text of a tree.
#[derive(Debug, thiserror::Error)]
#[error("schema line {line:?}: {problem}")]
pub struct NotationError {
    line: String,
    problem: String,
}

/// A line with the lines below it.
#[derive(Default)]
struct Block<'text> {
    line: &'text str,
    children: Vec<Block<'text>>,
}

/// All trees merged into one root.
pub(super) fn parse(texts: &[&str], version: Version) -> Result<SchemaNode, NotationError> {
    let mut reader = Reader { version, types: BTreeMap::new(), fragments: BTreeMap::new() };
    let blocks: Vec<Block<'_>> = texts.iter().flat_map(|text| blocks(text)).collect();
    let mut nodes = Vec::new();
    for block in &blocks {
        if let Some(definition) = block.line.strip_prefix("type ") {
            let (name, checks) =
                definition.split_once(" = ").ok_or_else(|| problem(block.line, "lacks ` = `"))?;
            let parsed = reader.checks(checks)?;
            reader.types.insert(name.to_owned(), parsed);
        } else if let Some(name) = block.line.strip_prefix("fragment ") {
            reader.fragments.insert(name, &block.children);
        } else {
            nodes.push(block);
        }
    }
    let mut root = SchemaNode::container();
    for block in nodes {
        reader.add(&mut root, block)?;
    }
    Ok(root)
}

/// Cuts a text into nested blocks by indentation.
fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut open: Vec<Block<'_>> = vec![Block::default()];
    for raw in text.lines() {
        let line = raw.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let depth = (raw.len() - raw.trim_start().len()) / 2 + 1;
        while open.len() > depth {
            close(&mut open);
        }
        open.push(Block { line, children: Vec::new() });
    }
    while open.len() > 1 {
        close(&mut open);
    }
    open.pop().map(|root| root.children).unwrap_or_default()
}

fn close<'text>(open: &mut Vec<Block<'text>>) {
    if let Some(done) = open.pop()
        && let Some(parent) = open.last_mut()
    {
        parent.children.push(done);
    }
}

fn problem(line: &str, problem: impl Into<String>) -> NotationError {
    NotationError { line: line.to_owned(), problem: problem.into() }
}

struct Reader<'text> {
    version: Version,
    types: BTreeMap<String, Arc<Type>>,
    fragments: BTreeMap<&'text str, &'text [Block<'text>]>,
}

impl Reader<'_> {
    fn checks(&self, text: &str) -> Result<Arc<Type>, NotationError> {
        if let Some(named) = self.types.get(text) {
            return Ok(Arc::clone(named));
        }
        Type::parse(text).map(Arc::new).map_err(|message| problem(text, message))
    }

    fn add(&self, parent: &mut SchemaNode, block: &Block<'_>) -> Result<(), NotationError> {
        if let Some(name) = block.line.strip_prefix("use ") {
            let fragment = self.fragments.get(name).ok_or_else(|| problem(block.line, "no such fragment"))?;
            for child in fragment.iter() {
                self.add(parent, child)?;
            }
            return Ok(());
        }
        let mut line = block.line;
        let mut priority = None;
        while let Some((rest, mark)) = line.rsplit_once(" @") {
            match mark.strip_prefix("priority=") {
                Some(number) => {
                    priority =
                        Some(number.parse().map_err(|_| problem(block.line, "priority is not a number"))?);
                }
                None if mark == self.version.number() => {}
                None => return Ok(()),
            }
            line = rest;
        }
        let (line, refers) = match line.rsplit_once(" -> ") {
            Some((line, node)) => (line, Some(node.to_owned())),
            None => (line, None),
        };
        let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
        let kind = match rest.split_once(' ') {
            None if rest.is_empty() => Kind::Container,
            None if rest == "flag" => Kind::Flag,
            Some(("=", checks)) => Kind::Leaf(self.checks(checks)?),
            Some(("+=", checks)) => Kind::Multi(self.checks(checks)?),
            Some(("*", checks)) => Kind::Tag(self.checks(checks)?),
            _ => return Err(problem(block.line, "is no node")),
        };
        // The same container may be opened in several files.
        let node = parent.children.entry(name.to_owned()).or_insert_with(|| SchemaNode {
            kind,
            priority,
            refers,
            children: BTreeMap::new(),
        });
        for child in &block.children {
            self.add(node, child)?;
        }
        Ok(())
    }
}
