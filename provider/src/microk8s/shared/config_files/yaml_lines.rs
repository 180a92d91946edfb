//! Which lines of a YAML file hold what, for block-style files such as Kubernetes manifests. It finds lines
//! to edit and understands no more of YAML than that takes: flow collections, anchors and tabs are simply not
//! found.

use std::ops::Range;

/// The lines of a mapping, of a list's entry or of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    /// Its lines, without blank lines and comments at the end.
    pub(crate) lines: Range<usize>,
    /// Column of its keys; of its dashes, if it is a list.
    column: usize,
}

impl Node {
    /// The lines below a key.
    pub(crate) fn key(&self, text: &[String], name: &str) -> Option<Node> {
        let (at, _) = self.find(text, name)?;
        let below = at + 1..self.lines.end;
        let ends = |line: &String| {
            let column = indent(line);
            // A list may stand at the column of its key.
            !is_remark(line) && (column < self.column || (column == self.column && !is_entry(line)))
        };
        let end =
            text.get(below.clone())?.iter().position(ends).map_or(below.end, |length| below.start + length);
        Some(node(text, below.start..end))
    }

    /// The value that stands on the key's own line, without quotes.
    pub(crate) fn value(&self, text: &[String], name: &str) -> Option<String> {
        self.find(text, name).map(|(_, rest)| scalar(rest)).filter(|value| !value.is_empty())
    }

    /// The entries of a list.
    pub(crate) fn entries(&self, text: &[String]) -> Vec<Node> {
        let dashes: Vec<usize> = self
            .lines
            .clone()
            .filter(|at| text.get(*at).is_some_and(|line| is_entry(line) && indent(line) == self.column))
            .collect();
        let ends = dashes.iter().skip(1).copied().chain([self.lines.end]);
        let entry = |(start, end): (&usize, usize)| Node {
            lines: trimmed(text, *start..end),
            column: self.column + 2,
        };
        dashes.iter().zip(ends).map(entry).collect()
    }

    /// Column of the dash of a list's entry.
    pub(crate) fn dash(&self) -> usize {
        self.column.saturating_sub(2)
    }

    /// The line of a key, and what stands behind its colon.
    fn find<'a>(&self, text: &'a [String], name: &str) -> Option<(usize, &'a str)> {
        let lines = text.get(self.lines.clone())?;
        lines.iter().enumerate().find_map(|(offset, line)| {
            let (column, content) = if is_entry(line) {
                (indent(line) + 2, line.trim_start().get(2..)?)
            } else {
                (indent(line), line.trim_start())
            };
            let rest = content.strip_prefix(name)?.strip_prefix(':')?;
            let separate = rest.is_empty() || rest.starts_with(' ');
            (column == self.column && separate).then_some((self.lines.start + offset, rest))
        })
    }
}

/// The document that is the Kubernetes object of this kind and name.
pub(crate) fn object(text: &[String], kind: &str, name: &str) -> Option<Node> {
    let starts: Vec<usize> =
        text.iter().enumerate().filter(|(_, line)| line.trim_end() == "---").map(|(at, _)| at + 1).collect();
    let ends = starts.iter().map(|start| start - 1).chain([text.len()]);
    [0].into_iter().chain(starts.iter().copied()).zip(ends).map(|(start, end)| node(text, start..end)).find(
        |document| {
            let named = |metadata: Node| metadata.value(text, "name").as_deref() == Some(name);
            document.value(text, "kind").as_deref() == Some(kind)
                && document.key(text, "metadata").is_some_and(named)
        },
    )
}

/// The lines with the column of their first content.
fn node(text: &[String], lines: Range<usize>) -> Node {
    let lines = trimmed(text, lines);
    let first = text.get(lines.clone()).unwrap_or_default().iter().find(|line| !is_remark(line));
    Node { lines, column: first.map_or(0, |line| indent(line)) }
}

fn trimmed(text: &[String], lines: Range<usize>) -> Range<usize> {
    let used = text.get(lines.clone()).unwrap_or_default().iter().rposition(|line| !is_remark(line));
    lines.start..used.map_or(lines.start, |last| lines.start + last + 1)
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn is_entry(line: &str) -> bool {
    line.trim_start().starts_with("- ")
}

fn is_remark(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#')
}

/// A plain or quoted scalar without the comment behind it.
fn scalar(text: &str) -> String {
    let text = text.trim();
    for quote in ['"', '\''] {
        if let Some((inside, _)) = text.strip_prefix(quote).and_then(|rest| rest.rsplit_once(quote)) {
            return inside.to_owned();
        }
    }
    text.split(" #").next().unwrap_or_default().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "\
# top
kind: ConfigMap
metadata:
  name: other
---
apiVersion: v1
kind: DaemonSet
metadata:
  labels:
    name: not-this
  name: calico-node
spec:
  containers:
  - name: first   # a remark
    args:
    - a
    - b

  # about the second
  - image: x
    name: \"second\"
";

    fn lines() -> Vec<String> {
        MANIFEST.lines().map(str::to_owned).collect()
    }

    #[test]
    fn an_object_is_found_by_kind_and_name() {
        let text = lines();
        let found = object(&text, "DaemonSet", "calico-node").unwrap();
        assert_eq!(found.lines, 5..text.len());
        assert_eq!(object(&text, "ConfigMap", "other").unwrap().lines, 0..4);
        assert_eq!(object(&text, "DaemonSet", "not-this"), None);
        assert_eq!(object(&text, "ConfigMap", "calico-node"), None);
    }

    #[test]
    fn entries_end_where_the_next_begins_whatever_stands_between() {
        let text = lines();
        let containers = object(&text, "DaemonSet", "calico-node")
            .unwrap()
            .key(&text, "spec")
            .unwrap()
            .key(&text, "containers")
            .unwrap();
        let entries = containers.entries(&text);
        assert_eq!(entries.iter().map(|entry| entry.lines.clone()).collect::<Vec<_>>(), [13..17, 19..21]);
        assert_eq!(entries[0].value(&text, "name").as_deref(), Some("first"));
        assert_eq!(entries[1].value(&text, "name").as_deref(), Some("second"));
        assert_eq!(entries[0].key(&text, "args").unwrap().entries(&text).len(), 2);
        assert_eq!(entries[0].value(&text, "args"), None);
        assert_eq!((entries[1].dash(), entries[1].key(&text, "args")), (2, None));
    }
}
