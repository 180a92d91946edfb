//! The two ways in which MicroK8s reads its args files: kubelite's own, and bash's.

use crate::failure::{Failure, Result};

type Environment = [(String, String)];

/// kubelite's reader: line by line, quotation marks dropped, split on single spaces, variables expanded.
pub(crate) fn kubelite(text: &str, environment: &Environment) -> Vec<String> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .flat_map(|line| {
            let bare = line.replace(['"', '\''], "");
            bare.split(' ').map(|word| expand(word, environment)).collect::<Vec<_>>()
        })
        .collect()
}

/// Bash's reader of an array literal: words, quotes, variables and comments. What a lab must not run is an
/// error.
pub(crate) fn shell(text: &str, environment: &Environment) -> Result<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '#' if word.is_none() => while characters.next_if(|&next| next != '\n').is_some() {},
            '\'' => {
                let word = word.get_or_insert_default();
                for inner in characters.by_ref().take_while(|&inner| inner != '\'') {
                    word.push(inner);
                }
            }
            '"' => {
                let quoted: String = characters.by_ref().take_while(|&inner| inner != '"').collect();
                word.get_or_insert_default().push_str(&expand(&quoted, environment));
            }
            '\\' => word.get_or_insert_default().extend(characters.next()),
            '`' => return Err(substitution()),
            '$' if characters.peek() == Some(&'(') => return Err(substitution()),
            '$' => {
                let mut name = String::from('$');
                let braced = characters.peek() == Some(&'{');
                while let Some(next) = characters.next_if(|&next| {
                    next.is_ascii_alphanumeric() || next == '_' || (braced && "{}".contains(next))
                }) {
                    name.push(next);
                    if next == '}' {
                        break;
                    }
                }
                word.get_or_insert_default().push_str(&expand(&name, environment));
            }
            space if space.is_whitespace() => words.extend(word.take()),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Ok(words)
}

fn substitution() -> Failure {
    Failure::new("the stand-in does not run command substitutions of an args file")
}

/// `$NAME` and `${NAME}`; what is not known expands to nothing.
pub(crate) fn expand(text: &str, environment: &Environment) -> String {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        expanded.push_str(before);
        let (name, remainder) = match after.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
            Some(braced) => braced,
            None => {
                let end = after
                    .find(|next: char| !next.is_ascii_alphanumeric() && next != '_')
                    .unwrap_or(after.len());
                after.split_at(end)
            }
        };
        let value = environment.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        expanded.push_str(value.unwrap_or_default());
        rest = remainder;
    }
    expanded.push_str(rest);
    expanded
}

/// The value of a flag in an argument vector, in either form; the last one counts.
pub(crate) fn value_of(arguments: &[String], flag: &str) -> Option<String> {
    let mut found = None;
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if word == flag {
            found = words.next().cloned();
        } else if let Some(value) = word.strip_prefix(flag).and_then(|rest| rest.strip_prefix('=')) {
            found = Some(value.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment() -> Vec<(String, String)> {
        vec![("SNAP_DATA".into(), "/data".into())]
    }

    #[test]
    fn kubelite_drops_quotes_and_splits_on_single_spaces() {
        let text =
            "  # a comment\n\n--a=\"$SNAP_DATA/x\"\n--b 'two'\n--c=1  # not a comment\n--d=${UNKNOWN}y\n";
        let expected = ["--a=/data/x", "--b", "two", "--c=1", "", "#", "not", "a", "comment", "--d=y"];
        assert_eq!(kubelite(text, &environment()), expected);
    }

    #[test]
    fn bash_knows_quotes_comments_and_variables() {
        let text = "--bind 0.0.0.0:1 # why\n--key \"${SNAP_DATA}/a b\" '--raw=$SNAP_DATA' --x=$SNAP_DATA/y\n";
        let expected = ["--bind", "0.0.0.0:1", "--key", "/data/a b", "--raw=$SNAP_DATA", "--x=/data/y"];
        assert_eq!(shell(text, &environment()).unwrap(), expected);
        assert!(shell("--a=$(id)", &environment()).is_err());
        assert!(shell("--a=`id`", &environment()).is_err());
    }

    #[test]
    fn the_last_value_of_a_flag_counts() {
        let arguments = ["--a=1", "--b", "2", "--a", "3"].map(str::to_owned);
        assert_eq!(value_of(&arguments, "--a").as_deref(), Some("3"));
        assert_eq!(value_of(&arguments, "--b").as_deref(), Some("2"));
        assert_eq!(value_of(&arguments, "--c"), None);
    }
}
