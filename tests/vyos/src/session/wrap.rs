//! Line breaks as Python's `textwrap.fill` sets them, because VyOS prints every message through it.

use std::collections::VecDeque;

/// Breaks a message into lines of at most `width` letters, at blanks and inside hyphenated words; a word that
/// is longer than a line is cut.
pub(super) fn wrapped(message: &str, width: usize) -> String {
    let mut chunks = chunks(message);
    let mut lines: Vec<String> = Vec::new();
    while !chunks.is_empty() {
        let mut line = String::new();
        if !lines.is_empty() && chunks.front().is_some_and(|chunk| chunk.starts_with(' ')) {
            chunks.pop_front();
        }
        while let Some(chunk) = chunks.front() {
            if length(&line) + length(chunk) > width {
                break;
            }
            line.push_str(chunk);
            chunks.pop_front();
        }
        if let Some(chunk) = chunks.front_mut()
            && length(chunk) > width
        {
            let room = width - length(&line);
            line.extend(chunk.chars().take(room));
            *chunk = chunk.chars().skip(room).collect();
        }
        lines.push(line.trim_end_matches(' ').to_owned());
    }
    lines.join("\n")
}

fn length(text: &str) -> usize {
    text.chars().count()
}

/// Words, runs of blanks, and the parts of hyphenated words.
fn chunks(message: &str) -> VecDeque<String> {
    let letters: Vec<char> =
        message.chars().map(|letter| if letter.is_whitespace() { ' ' } else { letter }).collect();
    let mut chunks: Vec<String> = Vec::new();
    let mut chunk = String::new();
    for (index, letter) in letters.iter().enumerate() {
        if chunk.ends_with(' ') != (*letter == ' ') && !chunk.is_empty() {
            chunks.push(std::mem::take(&mut chunk));
        }
        chunk.push(*letter);
        if *letter == '-' && is_hyphen(&letters, index) {
            chunks.push(std::mem::take(&mut chunk));
        }
    }
    chunks.push(chunk);
    chunks.into_iter().filter(|chunk| !chunk.is_empty()).collect()
}

/// A hyphen joins words if at least two letters stand on both sides.
fn is_hyphen(letters: &[char], index: usize) -> bool {
    let word = |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(|letter| is_word(*letter));
    let alphabetic =
        |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(|letter| letter.is_alphabetic());
    word(index.checked_sub(2))
        && alphabetic(index.checked_sub(1))
        && word(Some(index + 1))
        && alphabetic(Some(index + 2))
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn breaks_where_the_router_breaks() {
        let message = "Peer-group member \"192.0.2.2\" cannot override remote-as of peer-group \"PG\"!";
        assert_eq!(
            wrapped(message, 72),
            "Peer-group member \"192.0.2.2\" cannot override remote-as of peer-group\n\"PG\"!"
        );
    }

    #[test]
    fn a_word_longer_than_a_line_is_cut() {
        assert_eq!(wrapped("say abcdefghijkl now", 8), "say abcd\nefghijkl\nnow");
        assert_eq!(wrapped("", 8), "");
    }

    #[test]
    fn hyphenated_words_are_taken_apart() {
        assert_eq!(wrapped("one remote-as two", 12), "one remote-\nas two");
        assert_eq!(wrapped("one 10-20 two", 8), "one\n10-20\ntwo");
    }
}
