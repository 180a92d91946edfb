//! The tree as text in curly braces: the boot file, and the view with a margin that shows what a commit
//! would change.

use super::{Node, Shape, natural};
use crate::config::Version;

/// Versions of the parts of the configuration, which VyOS notes at the end of a saved one.
fn components(version: Version) -> &'static str {
    match version {
        Version::V1_4 => "bgp@5:https@6:ospf@2:policy@8:quagga@11",
        Version::V1_5 => "bgp@6:https@7:ospf@2:policy@9:quagga@12",
    }
}

/// The configuration as it is saved.
pub(crate) fn boot_file(root: &Node, version: Version) -> String {
    let mut writer = Writer { lines: String::new(), margin: false };
    writer.body(Some(root), Some(root), 0);
    let (components, release) = (components(version), version.release());
    let footer = format!(
        "\n\n// Warning: Do not remove the following line.\n// vyos-config-version: \"{components}\"\n// Release version: {release}\n"
    );
    writer.lines + &footer
}

/// A subtree before and after, with a margin of one column: `+` added, `-` deleted, `>` changed.
pub(crate) fn differences(before: Option<&Node>, after: Option<&Node>) -> String {
    let mut writer = Writer { lines: String::new(), margin: true };
    writer.body(before, after, 0);
    writer.lines
}

struct Writer {
    lines: String,
    margin: bool,
}

impl Writer {
    fn body(&mut self, before: Option<&Node>, after: Option<&Node>, depth: usize) {
        for name in names(before, after) {
            let old = before.and_then(|node| node.child(name));
            let new = after.and_then(|node| node.child(name));
            match new.or(old).map(|node| node.shape) {
                Some(Shape::Tag) => {
                    for key in names(old, new) {
                        let old = old.and_then(|node| node.child(key));
                        let new = new.and_then(|node| node.child(key));
                        self.block(&format!("{name} {}", quoted(key)), old, new, depth);
                    }
                }
                Some(Shape::Leaf | Shape::Values) => self.leaf(name, old, new, depth),
                Some(Shape::Container) => self.block(name, old, new, depth),
                None => {}
            }
        }
    }

    fn block(&mut self, name: &str, before: Option<&Node>, after: Option<&Node>, depth: usize) {
        self.comment(before, after, depth);
        let mark = mark(before.is_some(), after.is_some());
        self.line(mark, depth, &format!("{name} {{"));
        self.body(before, after, depth + 1);
        self.line(mark, depth, "}");
    }

    fn leaf(&mut self, name: &str, before: Option<&Node>, after: Option<&Node>, depth: usize) {
        self.comment(before, after, depth);
        let old = before.map_or(&[][..], |node| &node.values);
        let new = after.map_or(&[][..], |node| &node.values);
        match (old, new) {
            ([], []) => self.line(mark(before.is_some(), after.is_some()), depth, name),
            ([one], [two]) if one != two => self.line('>', depth, &format!("{name} {}", quoted(two))),
            _ => {
                for value in old.iter().filter(|value| !new.contains(value)) {
                    self.line('-', depth, &format!("{name} {}", quoted(value)));
                }
                for value in new {
                    let mark = mark(old.contains(value), true);
                    self.line(mark, depth, &format!("{name} {}", quoted(value)));
                }
            }
        }
    }

    fn comment(&mut self, before: Option<&Node>, after: Option<&Node>, depth: usize) {
        if let Some(comment) = after.or(before).and_then(|node| node.comment.as_ref()) {
            self.line(' ', depth, &format!("/* {comment} */"));
        }
    }

    fn line(&mut self, mark: char, depth: usize, text: &str) {
        if self.margin {
            self.lines.push(mark);
        }
        self.lines.push_str(&" ".repeat(depth * 4));
        self.lines.push_str(text);
        self.lines.push('\n');
    }
}

/// Names of both sides in natural order.
fn names<'tree>(before: Option<&'tree Node>, after: Option<&'tree Node>) -> Vec<&'tree str> {
    let sides = [before, after].into_iter().flatten();
    let mut names: Vec<&str> = sides.flat_map(Node::children).map(|(name, _)| name).collect();
    names.sort_by(|left, right| natural::compare(left, right));
    names.dedup();
    names
}

fn mark(before: bool, after: bool) -> char {
    match (before, after) {
        (true, false) => '-',
        (false, true) => '+',
        _ => ' ',
    }
}

/// Strings with anything but plain characters stand in double quotes; a backslash stays as it is.
fn quoted(value: &str) -> String {
    let plain = !value.is_empty()
        && !value
            .chars()
            .any(|letter| letter.is_whitespace() || matches!(letter, '{' | '}' | ';' | '*' | '#'));
    if plain { value.to_owned() } else { format!("\"{value}\"") }
}
