//! The walk through a type in CONTRIBUTING.md is that of the repository: each line that it shows is in its
//! file.

use std::fs;
use std::path::Path;

/// The parts of a block that are shown, each as it is in the file; `...` stands for what is left out.
fn parts(diff: &str) -> Vec<String> {
    let parts = diff.split("...\n").map(|part| {
        part.lines().map(|line| format!("{}\n", line.strip_prefix('+').unwrap_or(line))).collect::<String>()
    });
    parts.filter(|part| !part.trim().is_empty()).collect()
}

#[test]
fn each_line_of_the_walk_is_in_its_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let guide = fs::read_to_string(root.join("CONTRIBUTING.md")).unwrap();
    let blocks: Vec<_> =
        guide.split("```diff\n+++ ").skip(1).filter_map(|rest| rest.split_once('\n')).collect();
    assert!(blocks.len() >= 9, "the walk has {} files", blocks.len());
    assert_eq!(blocks.len(), guide.matches("```diff").count(), "a block names no file");
    let mut wrong = Vec::new();
    for (file, rest) in blocks {
        let whole = fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let mut from = 0;
        for part in parts(rest.split("```").next().unwrap_or_default()) {
            match whole[from..].find(&part) {
                Some(at) => from += at + part.len(),
                None => wrong.push(format!("{file} has not, in this order:\n{part}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
