//! Reads the text form back, as it stands in a boot file or in a request to load one.

use super::Node;
use crate::schema::Schema;

/// Why a text is no configuration.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {problem}")]
pub(crate) struct ParseError {
    line: usize,
    problem: String,
}

/// Reads a whole configuration. What the schema does not know is refused, as `load` does.
pub(crate) fn parse(text: &str, schema: &Schema) -> Result<Node, ParseError> {
    let mut root = Node::default();
    let mut path: Vec<String> = Vec::new();
    // How many words of the path each open brace added.
    let mut open: Vec<usize> = Vec::new();
    let mut comment = None;
    for (index, line) in text.lines().enumerate() {
        let problem = |problem: String| ParseError { line: index + 1, problem };
        let line = line.trim();
        if line.is_empty() || line.starts_with("//") {
            continue;
        }
        if let Some(text) = line.strip_prefix("/*").and_then(|rest| rest.strip_suffix("*/")) {
            comment = Some(text.trim().to_owned());
            continue;
        }
        if line == "}" {
            let added = open.pop().ok_or_else(|| problem("closes what was not opened".to_owned()))?;
            path.truncate(path.len() - added);
            continue;
        }
        let (body, opens) = match line.strip_suffix('{') {
            Some(body) => (body.trim(), true),
            None => (line, false),
        };
        let (name, value) = body.split_once(' ').map_or((body, None), |(name, value)| (name, Some(value)));
        let words = path.len();
        path.push(name.to_owned());
        path.extend(value.map(unquoted));
        schema
            .check_set(&path)
            .map_err(|said| problem(said.split_whitespace().collect::<Vec<_>>().join(" ")))?;
        crate::session::insert(&mut root, schema, &path);
        if let Some(text) = comment.take()
            && let Some(node) = root.get_mut(path.iter().map(String::as_str))
        {
            node.comment = Some(text);
        }
        if opens {
            open.push(path.len() - words);
        } else {
            path.truncate(words);
        }
    }
    if open.is_empty() {
        Ok(root)
    } else {
        Err(ParseError { line: text.lines().count(), problem: "a brace is not closed".to_owned() })
    }
}

fn unquoted(value: &str) -> String {
    let value = value.trim();
    value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value).to_owned()
}
