//! A file of `args/` that kubelite reads: flags of a Kubernetes component, read and edited as kubelite's own
//! parser sees them, leaving every other line as it is.
//!
//! That parser takes the file line by line, skips blank lines and lines that begin with `#`, drops every
//! quote and splits on blanks; `--flag=value` and `--flag value` mean the same and the last of several wins.
//! MicroK8s' own editors know only one `--flag=value` a line at column 0, so that is the one form written
//! here.

use std::collections::BTreeMap;
use std::fmt;

/// The lines of a file of `args/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ArgsFile {
    lines: Vec<String>,
}

/// Where a flag stands: its words, each by line and by place in the line, and the value that they give.
struct Occurrence {
    words: Vec<(usize, usize)>,
    value: String,
}

/// One word of the file.
struct Word<'a> {
    line: usize,
    place: usize,
    text: &'a str,
}

impl ArgsFile {
    /// Reads a file's text.
    pub(crate) fn parse(text: &str) -> Self {
        Self { lines: text.lines().map(str::to_owned).collect() }
    }

    /// The value of a flag such as `--cluster-cidr`, without quotes. The last one wins.
    pub(crate) fn get(&self, flag: &str) -> Option<String> {
        self.occurrences(flag).pop().map(|last| last.value)
    }

    /// All flags with their values. One without a value is a switch, and on.
    pub(crate) fn flags(&self) -> BTreeMap<String, String> {
        let mut words = self.words().map(|word| unquoted(word.text)).peekable();
        let mut flags = BTreeMap::new();
        while let Some(word) = words.next() {
            let (flag, value) = match word.split_once('=') {
                Some((flag, value)) => (flag.to_owned(), value.to_owned()),
                None => {
                    let value = words.next_if(|next| !next.starts_with("--"));
                    (word, value.unwrap_or_else(|| "true".to_owned()))
                }
            };
            if flag.starts_with("--") {
                flags.insert(flag, value);
            }
        }
        flags
    }

    /// Gives a flag one value, in one line, where it first stood or else at the end; `None` removes it.
    pub(crate) fn set(&mut self, flag: &str, value: Option<&str>) {
        let wanted = value.map(|value| format!("{flag}={value}"));
        let found = self.occurrences(flag);
        let first = found.iter().flat_map(|one| &one.words).map(|(line, _)| *line).min();
        if let (Some(line), [_], Some(wanted)) = (first, found.as_slice(), &wanted)
            && self.lines.get(line) == Some(wanted)
        {
            return;
        }
        let taken: Vec<(usize, usize)> = found.into_iter().flat_map(|one| one.words).collect();
        let mut lines = Vec::with_capacity(self.lines.len() + 1);
        for (number, line) in std::mem::take(&mut self.lines).into_iter().enumerate() {
            let kept = without(&line, number, &taken);
            // A line is dropped only if this flag was all that it held.
            lines.extend(kept);
            if Some(number) == first {
                lines.extend(wanted.clone());
            }
        }
        if first.is_none() {
            lines.extend(wanted);
        }
        self.lines = lines;
    }

    fn occurrences(&self, flag: &str) -> Vec<Occurrence> {
        let mut found = Vec::new();
        let mut words = self.words();
        while let Some(word) = words.next() {
            let text = unquoted(word.text);
            if let Some(value) = text.strip_prefix(flag).and_then(|rest| rest.strip_prefix('=')) {
                found.push(Occurrence { words: vec![(word.line, word.place)], value: value.to_owned() });
            } else if text == flag {
                // The next word is the value, whatever it looks like and wherever it stands.
                let value = words.next();
                let places = value.iter().map(|value| (value.line, value.place));
                found.push(Occurrence {
                    words: std::iter::once((word.line, word.place)).chain(places).collect(),
                    value: value.map(|value| unquoted(value.text)).unwrap_or_default(),
                });
            }
        }
        found
    }

    fn words(&self) -> impl Iterator<Item = Word<'_>> {
        let lines = self.lines.iter().enumerate().filter(|(_, line)| !is_remark(line));
        lines.flat_map(|(number, line)| {
            let words = line.split_whitespace().enumerate();
            words.map(move |(place, text)| Word { line: number, place, text })
        })
    }
}

impl fmt::Display for ArgsFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// A line that kubelite skips.
fn is_remark(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#')
}

fn unquoted(word: &str) -> String {
    word.replace(['"', '\''], "")
}

/// The line without the words that are taken from it; nothing if no word is left, the line itself if none is
/// taken.
fn without(line: &str, number: usize, taken: &[(usize, usize)]) -> Option<String> {
    if !taken.iter().any(|(line, _)| *line == number) {
        return Some(line.to_owned());
    }
    let left: Vec<&str> = line
        .split_whitespace()
        .enumerate()
        .filter(|(place, _)| !taken.contains(&(number, *place)))
        .map(|(_, word)| word)
        .collect();
    if left.is_empty() { None } else { Some(left.join(" ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLAG: &str = "--cluster-cidr";
    const DUAL: &str = "10.1.0.0/16,fd01::/64";

    #[test]
    fn a_flag_is_read_as_kubelite_reads_it() {
        let cases = [
            ("--cluster-cidr=10.1.0.0/16\n", Some("10.1.0.0/16")),
            ("--cluster-cidr 10.1.0.0/16\n", Some("10.1.0.0/16")),
            ("  --cluster-cidr=\"10.1.0.0/16\"", Some("10.1.0.0/16")),
            ("\"--cluster-cidr=10.1.0.0/16\"", Some("10.1.0.0/16")),
            ("--cluster-cidr='10.1.0.0/16'", Some("10.1.0.0/16")),
            ("--profiling=false --cluster-cidr=10.1.0.0/16 --v 2", Some("10.1.0.0/16")),
            ("--cluster-cidr=10.1.0.0/16\n--cluster-cidr=10.9.0.0/16\n", Some("10.9.0.0/16")),
            ("--cluster-cidr\n10.1.0.0/16\n", Some("10.1.0.0/16")),
            ("--cluster-cidr=a=b\n", Some("a=b")),
            ("--cluster-cidr=\n", Some("")),
            ("--cluster-cidr\n", Some("")),
            ("# --cluster-cidr=10.1.0.0/16\n\n", None),
            ("--cluster-cidr-x=10.1.0.0/16\n", None),
            ("--other --cluster-cidrs\n", None),
            ("", None),
        ];
        for (text, value) in cases {
            assert_eq!(ArgsFile::parse(text).get(FLAG).as_deref(), value, "{text:?}");
        }
    }

    #[test]
    fn a_flag_is_set_in_one_line_and_all_else_stays() {
        let cases = [
            (
                "--a=1\n--cluster-cidr=10.1.0.0/16\n--b=2\n",
                "--a=1\n--cluster-cidr=10.1.0.0/16,fd01::/64\n--b=2\n",
            ),
            (
                "--cluster-cidr 10.1.0.0/16\n# why\n\n--b \"x y\"\n",
                "--cluster-cidr=10.1.0.0/16,fd01::/64\n# why\n\n--b \"x y\"\n",
            ),
            ("--cluster-cidr=\"10.1.0.0/16\"\n", "--cluster-cidr=10.1.0.0/16,fd01::/64\n"),
            ("  --a=1\n", "  --a=1\n--cluster-cidr=10.1.0.0/16,fd01::/64\n"),
            ("--a=1", "--a=1\n--cluster-cidr=10.1.0.0/16,fd01::/64\n"),
            ("", "--cluster-cidr=10.1.0.0/16,fd01::/64\n"),
            ("--cluster-cidr=x\n--a=1\n--cluster-cidr y\n", "--cluster-cidr=10.1.0.0/16,fd01::/64\n--a=1\n"),
            (
                "--a=1 --cluster-cidr x --b='2'\n--c\n",
                "--a=1 --b='2'\n--cluster-cidr=10.1.0.0/16,fd01::/64\n--c\n",
            ),
            ("--cluster-cidr\nx --b\n", "--cluster-cidr=10.1.0.0/16,fd01::/64\n--b\n"),
            ("# --cluster-cidr=x\n", "# --cluster-cidr=x\n--cluster-cidr=10.1.0.0/16,fd01::/64\n"),
        ];
        for (before, after) in cases {
            let mut file = ArgsFile::parse(before);
            file.set(FLAG, Some(DUAL));
            assert_eq!(file.to_string(), after, "{before:?}");
            assert_eq!(file.get(FLAG).as_deref(), Some(DUAL), "{before:?}");
            let once = file.clone();
            file.set(FLAG, Some(DUAL));
            assert_eq!(file, once, "a second edit of {before:?} changed something");
        }
    }

    #[test]
    fn a_flag_is_removed_with_its_value_and_nothing_else() {
        let cases = [
            ("--a=1\n--cluster-cidr=x\n--b=2\n", "--a=1\n--b=2\n"),
            ("--a=1\n--cluster-cidr x --b=2\n", "--a=1\n--b=2\n"),
            ("--cluster-cidr\nx\n--cluster-cidr=y\n", ""),
            ("--a=1\n# --cluster-cidr=x\n", "--a=1\n# --cluster-cidr=x\n"),
        ];
        for (before, after) in cases {
            let mut file = ArgsFile::parse(before);
            file.set(FLAG, None);
            assert_eq!(file.to_string(), after, "{before:?}");
        }
    }

    #[test]
    fn setting_and_putting_back_restores_the_file() {
        let text =
            "--cluster-cidr=10.1.0.0/16\n# kept\n--etcd-servers=\"unix://${SNAP_DATA}/kine.sock:12379\"\n";
        let mut file = ArgsFile::parse(text);
        let before = file.get(FLAG);
        file.set(FLAG, Some(DUAL));
        file.set("--node-ip", Some("10.0.0.11,fd00::11"));
        assert_ne!(file.to_string(), text);
        file.set(FLAG, before.as_deref());
        file.set("--node-ip", None);
        assert_eq!(file.to_string(), text);
    }
}
