//! The tree as `set` commands.

use super::Node;

/// One line a value, leaf without a value or empty node; values in single quotes.
pub(crate) fn commands(root: &Node) -> String {
    let mut lines = String::new();
    walk(root, "set", &mut lines);
    lines
}

fn walk(node: &Node, line: &str, lines: &mut String) {
    for (name, child) in node.children() {
        let line = if name.contains(' ') { format!("{line} '{name}'") } else { format!("{line} {name}") };
        for value in &child.values {
            lines.push_str(&format!("{line} '{value}'\n"));
        }
        if child.is_empty() {
            lines.push_str(&format!("{line}\n"));
        }
        walk(child, &line, lines);
    }
}
