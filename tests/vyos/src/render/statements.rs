//! Tables that turn leaves into statements.

use crate::tree::Node;

/// One leaf and the statement for it. In the statement, `{}` stands for the value and `{x}` for whatever the
/// table is about. A leaf that is absent makes none; one with several values has them joined by blanks.
pub(super) type Row = (&'static str, &'static str);

/// The statements of a table, each indented by `indent` blanks.
pub(super) fn rows(node: &Node, table: &[Row], x: &str, indent: usize) -> String {
    let mut text = String::new();
    for (path, statement) in table {
        if let Some(leaf) = node.at(path) {
            let statement = statement.replace("{x}", x).replace("{}", &leaf.values.join(" "));
            line(&mut text, indent, &statement);
        }
    }
    text
}

/// Adds one statement.
pub(super) fn line(text: &mut String, indent: usize, statement: &str) {
    text.push_str(&" ".repeat(indent));
    text.push_str(statement.trim_end());
    text.push('\n');
}

/// The words of a table after a statement: ` metric 5 route-map R`.
pub(super) fn words(node: &Node, table: &[Row]) -> String {
    let mut text = String::new();
    for (path, words) in table {
        if let Some(leaf) = node.at(path) {
            text.push(' ');
            text.push_str(&words.replace("{}", &leaf.values.join(" ")));
        }
    }
    text
}
