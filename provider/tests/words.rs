//! What users read says things in the field's own words: no phrase of a list stands in the documentation, in
//! a schema (whose pages are generated) or in a text that the provider may print.
#![expect(clippy::unwrap_used, reason = "a test's helpers fail as the test does")]

use std::path::{Path, PathBuf};

/// Phrases, and what to write in their place.
const PHRASES: [(&str, &str); 21] = [
    ("told", "reported"),
    ("tells", "reports"),
    ("carry on", "resume"),
    ("carries on", "resumes"),
    ("carried on", "resumed"),
    ("taken for", "treated as"),
    ("takes it for", "treats it as"),
    ("speaks of", "covers"),
    ("look", "read, check, find out"),
    ("looks", "reads, checks, finds out"),
    ("stands", "is"),
    ("goes", "is sent, is removed, leads"),
    ("nobody", "no one, with who is meant"),
    ("somebody", "another client, another user"),
    ("by itself", "what does it, and when"),
    ("by themselves", "what does it, and when"),
    ("is none of", "is not one of"),
    ("are none of", "are not among"),
    ("without a word", "silently"),
    ("a person", "you"),
    ("on a bad day", "what happens then"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Files below a folder, by how their names end.
fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files(&path, extension, found),
            false if path.extension().is_some_and(|own| own == extension) => found.push(path),
            false => {}
        }
    }
}

/// Whether users read texts of the file: not those of tests and of decisions.
fn is_read(path: &Path) -> bool {
    let unread = ["adr", "tests", "testing", "extremes", "samples", "words"];
    let below_root = path.strip_prefix(root()).unwrap().with_extension("");
    below_root
        .iter()
        .map(|part| part.to_string_lossy())
        .all(|part| !unread.contains(&&*part) && !part.ends_with("_tests"))
}

/// The texts between quotes in the code of a file, without what is put in when they are printed.
fn texts(code: &str) -> Vec<String> {
    let code = code.split("mod tests {\n").next().unwrap_or_default();
    let (mut found, mut letters) = (Vec::new(), code.chars().peekable());
    let mut before = ' ';
    while let Some(letter) = letters.next() {
        match letter {
            '/' if letters.peek() == Some(&'/') => letters.by_ref().find(|one| *one == '\n').map_or((), drop),
            '"' if before != '\'' => {
                let (mut text, mut depth) = (String::new(), 0_u8);
                while let Some(one) = letters.next().filter(|one| *one != '"') {
                    match one {
                        '\\' => match letters.next() {
                            Some('\n') => while letters.next_if(|one| one.is_whitespace()).is_some() {},
                            _ => text.push('\n'),
                        },
                        '{' => depth += 1,
                        '}' => depth = depth.saturating_sub(1),
                        one if depth == 0 => text.push(one),
                        _ => {}
                    }
                }
                found.push(text);
            }
            _ => {}
        }
        before = letter;
    }
    found
}

/// The phrases of the list in a text.
fn phrases(text: &str) -> Vec<&'static str> {
    let words: Vec<_> = text.split(|one: char| !one.is_alphanumeric() && one != '_' && one != '-').collect();
    let words: Vec<_> = words.into_iter().filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    let is_in = |phrase: &str| {
        let phrase: Vec<_> = phrase.split(' ').collect();
        words.windows(phrase.len()).any(|some| some.iter().eq(phrase.iter().copied()))
    };
    PHRASES.iter().map(|(phrase, _)| *phrase).filter(|phrase| is_in(phrase)).collect()
}

#[test]
fn what_users_read_is_in_the_words_of_the_field() {
    let (mut pages, mut sources) = (Vec::new(), Vec::new());
    for folder in ["docs", "examples"] {
        files(&root().join(folder), "md", &mut pages);
    }
    pages.extend(["README.md", "CONTRIBUTING.md", "SECURITY.md"].map(|name| root().join(name)));
    for folder in ["provider/src", "proto/src", "proto/derive/src"] {
        files(&root().join(folder), "rs", &mut sources);
    }
    pages.retain(|path| is_read(path));
    sources.retain(|path| is_read(path));
    assert!(pages.len() > 30 && sources.len() > 150, "{} and {}", pages.len(), sources.len());
    let read = |path: &PathBuf| std::fs::read_to_string(path).unwrap();
    let in_pages = pages.iter().flat_map(|path| {
        let lines = read(path).lines().map(str::to_owned).collect::<Vec<_>>();
        lines.into_iter().map(move |line| (path, line))
    });
    let in_sources =
        sources.iter().flat_map(|path| texts(&read(path)).into_iter().map(move |text| (path, text)));
    let found: Vec<_> = in_pages
        .chain(in_sources)
        .flat_map(|(path, text)| phrases(&text).into_iter().map(move |phrase| (path, phrase, text.clone())))
        .map(|(path, phrase, text)| format!("{}: {phrase:?} in {text:?}", path.display()))
        .collect();
    assert!(found.is_empty(), "PHRASES has other words for these:\n{}", found.join("\n"));
}

/// Whether blanks stand in a line of a text as they do where a line of the source was broken without `\\`.
fn has_a_gap(text: &str) -> bool {
    text.lines().any(|line| line.trim_start().contains("    "))
}

#[test]
fn no_text_has_the_blanks_of_a_line_that_was_broken_in_the_source() {
    let mut sources = Vec::new();
    for folder in ["provider/src", "proto/src", "proto/derive/src"] {
        files(&root().join(folder), "rs", &mut sources);
    }
    sources.retain(|path| is_read(path));
    let gaps = |path: &PathBuf| {
        let all = texts(&std::fs::read_to_string(path).unwrap());
        all.into_iter()
            .filter(|text| has_a_gap(text))
            .map(|text| format!("{}: {text:?}", path.display()))
            .collect::<Vec<_>>()
    };
    let found: Vec<_> = sources.iter().flat_map(gaps).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    let code = "a(\"Broken              here\"); b(\"rightly \\\n        broken\"); c(\"a:\\n    b\");";
    let gaps: Vec<_> = texts(code).into_iter().map(|text| has_a_gap(&text)).collect();
    assert_eq!(gaps, [true, false, false]);
}

#[test]
fn a_line_of_a_comment_has_110_columns_at_most() {
    // rustfmt holds code to its `max_width`, and leaves comments as they are.
    let mut sources = Vec::new();
    for folder in ["provider", "proto", "tests"] {
        files(&root().join(folder), "rs", &mut sources);
    }
    assert!(sources.len() > 500, "{}", sources.len());
    let found: Vec<_> = sources
        .iter()
        .flat_map(|path| {
            let code = std::fs::read_to_string(path).unwrap();
            let long = code.lines().map(str::to_owned).enumerate().filter(|(_, line)| is_too_long(line));
            long.map(|(number, _)| format!("{}:{}", path.display(), number + 1)).collect::<Vec<_>>()
        })
        .collect();
    assert!(found.is_empty(), "these comments are wider than 110 columns:\n{}", found.join("\n"));
}

/// Whether the line is one of a comment and too long; a row of a table cannot be broken.
fn is_too_long(line: &str) -> bool {
    let text = line.trim_start();
    text.starts_with("//") && !text.starts_with("//! |") && line.chars().count() > 110
}

#[test]
fn a_comment_that_is_too_long_is_found() {
    assert!(is_too_long(&format!("    // {}", "word ".repeat(21))));
    assert!(!is_too_long(&format!("//! | {}", "word ".repeat(30))) && !is_too_long("// short"));
}

#[test]
fn a_phrase_is_found_in_any_text_and_nowhere_else() {
    let code = "let a = \"It was \\\n         told, {told}\"; // \"tells\"\nlet b = '\"'; let c = \"looks\";";
    assert_eq!(texts(code), ["It was told, ", "looks"]);
    assert_eq!(phrases("Nobody carries on\nBy itself"), ["carries on", "nobody", "by itself"]);
    assert_eq!(phrases("overlook, told_you, looking"), Vec::<&str>::new());
}
