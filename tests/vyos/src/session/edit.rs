//! The three commands that change the candidate: set, delete, comment.

use crate::schema::{End, Kind, Schema};
use crate::tree::{Node, Shape};

/// One command of a request; the value, if it came apart from the path, is the path's last word.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Command {
    /// Adds a node or a value.
    Set(Vec<String>),
    /// Takes a node or a value away.
    Delete(Vec<String>),
    /// Puts a comment before a node; an empty one takes it away.
    Comment(Vec<String>, String),
    /// An operation that there is not.
    Unknown(String),
}

/// Runs one command on the candidate. The error is the text of the answer.
pub(super) fn run(
    candidate: &mut Node,
    schema: &Schema,
    command: &Command,
    strict: bool,
) -> Result<(), String> {
    match command {
        Command::Set(path) => {
            let path = without_leading_blanks(path);
            schema.check_set(&path)?;
            insert(candidate, schema, &path);
            Ok(())
        }
        Command::Delete(path) => delete(candidate, schema, &without_leading_blanks(path), strict),
        Command::Comment(path, comment) => {
            let node = candidate.get_mut(path.iter().map(String::as_str)).ok_or_else(|| {
                format!("Configuration path: [{}] is not valid\n\nComment failed\n", path.join(" "))
            })?;
            node.comment = Some(comment.trim().to_owned()).filter(|comment| !comment.is_empty());
            Ok(())
        }
        Command::Unknown(op) => Err(format!("'{op}' is not a valid operation")),
    }
}

/// Adds the nodes of a path that was found valid.
pub(crate) fn insert(root: &mut Node, schema: &Schema, path: &[String]) {
    let mut node = root;
    for length in 1..=path.len() {
        let words = path.iter().take(length).map(String::as_str);
        let (Some(place), Some(word)) = (schema.place(words), path.get(length - 1)) else { return };
        match (&place.node.kind, place.end) {
            (Kind::Leaf(_), End::Value) => node.values = vec![word.clone()],
            (Kind::Multi(_), End::Value) => {
                if !node.values.contains(word) {
                    node.values.push(word.clone());
                }
            }
            (kind, end) => {
                node = node.make(word);
                node.shape = match (kind, end) {
                    (Kind::Container, _) | (Kind::Tag(_), End::TagValue) => Shape::Container,
                    (Kind::Tag(_), _) => Shape::Tag,
                    (Kind::Multi(_), _) => Shape::Values,
                    _ => Shape::Leaf,
                };
            }
        }
    }
}

/// Parents stay, even when they become empty.
fn delete(root: &mut Node, schema: &Schema, path: &[String], strict: bool) -> Result<(), String> {
    let words = || path.iter().map(String::as_str);
    let shown = path.join(" ");
    let place = schema
        .place(words())
        .ok_or_else(|| format!("Configuration path: [{shown}] is not valid\n\nDelete failed\n"))?;
    let Some((last, parents)) = path.split_last() else { return Ok(()) };
    let missing = || {
        if strict { Err(format!("Cannot delete [{shown}]: path/value does not exist")) } else { Ok(()) }
    };
    if place.end != End::Value {
        let Some(parent) = root.get_mut(parents.iter().map(String::as_str)) else { return missing() };
        if parent.child(last).is_none() {
            return missing();
        }
        parent.remove(last);
        // A tag node goes with its last key.
        let is_last_key = place.end == End::TagValue && parent.is_empty();
        return if is_last_key { delete(root, schema, parents, strict) } else { Ok(()) };
    }
    let Some(leaf) = root.get_mut(parents.iter().map(String::as_str)) else { return missing() };
    if !leaf.values.contains(last) {
        return missing();
    }
    leaf.values.retain(|value| value != last);
    if leaf.values.is_empty() {
        return delete(root, schema, parents, strict);
    }
    Ok(())
}

/// A leading blank of a word never arrives.
fn without_leading_blanks(path: &[String]) -> Vec<String> {
    path.iter().map(|word| word.trim_start_matches(' ').to_owned()).collect()
}
