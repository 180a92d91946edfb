//! Line breaks as Python's `textwrap.fill` sets them, because VyOS prints every message through it.

/// Breaks a message into lines of at most `width` letters, at blanks and inside hyphenated words.
pub(super) fn wrapped(message: &str, width: usize) -> String {
    let mut lines = String::new();
    let mut line = String::new();
    for chunk in chunks(message) {
        let blank = chunk.starts_with(' ');
        if line.is_empty() && blank && !lines.is_empty() {
            continue;
        }
        if line.chars().count() + chunk.chars().count() > width && !line.is_empty() {
            lines.push_str(line.trim_end_matches(' '));
            lines.push('\n');
            line.clear();
            if blank {
                continue;
            }
        }
        line.push_str(&chunk);
    }
    lines + line.trim_end_matches(' ')
}

/// Words, runs of blanks, and the parts of hyphenated words.
fn chunks(message: &str) -> Vec<String> {
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
    chunks.retain(|chunk| !chunk.is_empty());
    chunks
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
    fn hyphenated_words_are_taken_apart() {
        assert_eq!(wrapped("one remote-as two", 12), "one remote-\nas two");
        assert_eq!(wrapped("one 10-20 two", 8), "one\n10-20\ntwo");
    }
}
