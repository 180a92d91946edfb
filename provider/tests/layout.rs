//! How the files of the provider depend on each other: imports go from `provider` down, and circles stay
//! small.
#![expect(clippy::unwrap_used, reason = "a test's helpers fail as the test does")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The most files that may import each other in a circle.
const LARGEST_CIRCLE: usize = 6;

/// The most files in a folder.
const LARGEST_FOLDER: usize = 16;

/// A file's text and the paths that it imports, absolute, by the path of its module.
struct Sources {
    texts: BTreeMap<String, String>,
    imports: BTreeMap<String, Vec<String>>,
    /// What a module hands on under its own path: its path and name, and where that comes from.
    handed_on: BTreeMap<String, String>,
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files(&path, found),
            false if path.extension().is_some_and(|extension| extension == "rs") => found.push(path),
            false => {}
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// All files, by their paths below `src`.
fn all_files() -> BTreeMap<String, String> {
    let mut found = Vec::new();
    files(&root(), &mut found);
    let named = |path: PathBuf| {
        let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        (name, std::fs::read_to_string(path).unwrap())
    };
    found.into_iter().map(named).collect()
}

fn is_of_tests(file: &str) -> bool {
    let of_provider = ["provider/extremes.rs", "provider/samples.rs", "provider/words.rs"];
    let mut parts = file.trim_end_matches(".rs").split('/');
    of_provider.contains(&file)
        || parts.any(|part| matches!(part, "tests" | "testing") || part.ends_with("_tests"))
}

fn module(file: &str) -> String {
    let path = file.trim_end_matches(".rs").trim_end_matches("/mod").replace('/', "::");
    if path == "lib" { "crate".to_owned() } else { format!("crate::{path}") }
}

/// The text without comments and its tests.
fn code(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    code.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// The single paths of a tree such as `a::{b, c::{d, e}}`.
fn paths(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((prefix, group)) = tree.split_once('{') else {
        return vec![tree.split(" as ").next().unwrap_or_default().trim().to_owned()];
    };
    let (mut depth, mut parts) = (0_i32, vec![String::new()]);
    for letter in group.strip_suffix('}').unwrap_or(group).chars() {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        match (letter, depth, parts.last_mut()) {
            (',', 0, _) => parts.push(String::new()),
            (letter, _, Some(part)) => part.push(letter),
            (_, _, None) => {}
        }
    }
    let parts = parts.iter().filter(|part| !part.trim().is_empty());
    parts.flat_map(|part| paths(part)).map(|path| format!("{prefix}{path}")).collect()
}

impl Sources {
    fn read() -> Self {
        let files = all_files();
        let texts: BTreeMap<_, _> = files
            .iter()
            .filter(|(file, _)| !is_of_tests(file) && *file != "main.rs")
            .map(|(file, text)| (module(file), code(text)))
            .collect();
        let mut sources = Self { texts, imports: BTreeMap::new(), handed_on: BTreeMap::new() };
        for (module, text) in &sources.texts {
            for statement in text.split(';') {
                let Some((before, tree)) = statement.rsplit_once("use ") else { continue };
                let tree = tree.split_whitespace().collect::<Vec<_>>().join(" ");
                let is_handed_on =
                    before.lines().last().is_some_and(|line| line.trim_start().starts_with("pub"));
                for path in paths(&tree) {
                    let Some(path) = sources.absolute(module, &path) else { continue };
                    let name = path.rsplit("::").next().unwrap_or_default();
                    match is_handed_on {
                        true => drop(sources.handed_on.insert(format!("{module}::{name}"), path)),
                        false => sources.imports.entry(module.clone()).or_default().push(path),
                    }
                }
            }
        }
        sources
    }

    fn absolute(&self, module: &str, path: &str) -> Option<String> {
        let (mut base, mut rest) = (module, path);
        if path.starts_with("crate::") {
            return Some(path.to_owned());
        }
        while let Some(after) = rest.strip_prefix("super::") {
            (base, rest) = (base.rsplit_once("::").map_or("crate", |(parent, _)| parent), after);
        }
        let rest = rest.strip_prefix("self::").unwrap_or(rest);
        let child = format!("{base}::{}", rest.split("::").next().unwrap_or_default());
        (rest != path || self.texts.contains_key(&child)).then(|| format!("{base}::{rest}"))
    }

    /// The module that a path leads into.
    fn defining(&self, path: &str) -> Option<&str> {
        let mut path = path.to_owned();
        // No name is handed on more often than this.
        for _ in 0..8 {
            let ends = path.match_indices("::").map(|(at, _)| at).chain([path.len()]);
            let handed_on = ends.clone().find_map(|end| Some((end, self.handed_on.get(path.get(..end)?)?)));
            match handed_on {
                Some((end, from)) => path = format!("{from}{}", path.get(end..).unwrap_or_default()),
                None => {
                    let modules = ends.filter_map(|end| self.texts.get_key_value(path.get(..end)?));
                    return modules.last().map(|(module, _)| module.as_str());
                }
            }
        }
        None
    }

    /// All that a module leads to.
    fn reached<'a>(&'a self, from: &'a str) -> BTreeSet<&'a str> {
        let (mut reached, mut left) = (BTreeSet::new(), vec![from]);
        while let Some(module) = left.pop() {
            let imported = self.imports.get(module).into_iter().flatten();
            for other in imported.filter_map(|path| self.defining(path)).filter(|other| *other != module) {
                if reached.insert(other) {
                    left.push(other);
                }
            }
        }
        reached
    }
}

#[test]
fn nothing_below_imports_the_provider() {
    // `adopt` is a command of its own, beside the plugin.
    let above = ["provider/", "adopt/", "main.rs"];
    let importing = |(file, text): &(String, String)| {
        !above.iter().any(|one| file.starts_with(one)) && text.contains("crate::provider")
    };
    let importing: Vec<_> = all_files().into_iter().filter(importing).map(|(file, _)| file).collect();
    assert!(importing.is_empty(), "{importing:?}");
}

#[test]
fn circles_of_imports_are_small() {
    let sources = Sources::read();
    assert!(sources.imports.len() > 100, "{} files import something", sources.imports.len());
    let reached: BTreeMap<_, _> =
        sources.texts.keys().map(|module| (module.as_str(), sources.reached(module))).collect();
    for (module, from_here) in &reached {
        let circle: Vec<_> = from_here.iter().filter(|other| reached[*other].contains(module)).collect();
        assert!(circle.len() <= LARGEST_CIRCLE, "{} files import each other: {circle:#?}", circle.len());
    }
}

/// Where time is waited for elsewhere than in `connection/retry.rs`, and why.
const PAUSES: [(&str, &str); 3] = [
    ("calico/blocks.rs", "once, for what a reading of a moment ago may have missed"),
    (
        "connection/router/commit/mod.rs",
        "what waits is planned anew for every commit, so no closure can be tried again",
    ),
    ("connection/ssh/run.rs", "sshd has no room for another session yet, and the command is the caller's"),
];

#[test]
fn what_waits_for_a_time_does_so_in_one_place() {
    let waits = |file: &str, text: &str, calls: &[&str]| {
        let code = code(text).replace("fn pause(", "");
        let found = code.split(|letter: char| !(letter.is_alphanumeric() || "_(.".contains(letter)));
        let called = found.flat_map(|word| word.split_inclusive('(')).any(|word| calls.contains(&word));
        called && !is_of_tests(file)
    };
    let calls = ["sleep(", "sleep_until(", "interval_at("];
    assert!(waits("retry.rs", "loop { tokio::time::sleep(time).await; }", &calls), "it would be seen");
    let files = all_files();
    let waiting = |calls: &[&str]| -> Vec<&str> {
        files.iter().filter(|(file, text)| waits(file, text, calls)).map(|(file, _)| file.as_str()).collect()
    };
    assert_eq!(waiting(&calls), ["connection/retry.rs"]);
    let mut pausing = waiting(&["pause("]);
    pausing.retain(|file| *file != "connection/retry.rs");
    assert_eq!(pausing, PAUSES.map(|(file, _)| file));
}

#[test]
fn every_error_says_what_could_not_be_done() {
    for (file, text) in all_files() {
        assert!(
            !text.contains("Diagnostic::error(\"\""),
            "{file}: pass a `Veto` where the summary comes later"
        );
    }
}

#[test]
fn folders_are_seen_at_one_glance() {
    let mut found = Vec::new();
    for folder in ["../provider", "../proto", "../tests"] {
        files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut found);
    }
    let mut folders: BTreeMap<_, usize> = BTreeMap::new();
    for path in found {
        *folders.entry(path.parent().unwrap().to_owned()).or_default() += 1;
    }
    assert!(folders.len() > 40, "{} folders", folders.len());
    folders.retain(|_, count| *count > LARGEST_FOLDER);
    assert!(folders.is_empty(), "{folders:?}");
}

#[test]
fn a_tree_of_imports_is_read_as_its_paths() {
    assert_eq!(paths("a::{b, c::{d, e as f}, g}"), ["a::b", "a::c::d", "a::c::e", "a::g"]);
    assert_eq!(paths("a::b"), ["a::b"]);
    assert_eq!(paths("{a, b::{c::{d, e}}}"), ["a", "b::c::d", "b::c::e"]);
}
