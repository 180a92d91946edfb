//! Text for a terminal. Much of what a message repeats was said by another machine, and a terminal obeys
//! control characters wherever they come from: they could hide lines, forge others, or write to the
//! clipboard.

use std::borrow::Cow;
use std::fmt::Write;

/// The text with every character that a terminal would obey spelt out, `\u{1b}` for ESC; lines and tabs stay.
/// A CR before a line's end is left out.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' if characters.peek() == Some(&'\n') => {}
            // Writing to a string does not fail.
            obeyed if is_obeyed(obeyed) => drop(write!(shown, "{}", obeyed.escape_unicode())),
            plain => shown.push(plain),
        }
    }
    Cow::Owned(shown)
}

/// C0 without tab and newline, DEL and C1; the separators of lines and paragraphs; and what turns the
/// direction of writing, so that a line reads otherwise than it is.
fn is_obeyed(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        '\u{2028}' | '\u{2029}' => true,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        other => other.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_that_a_terminal_obeys() {
        let all: String = (0..=char::MAX as u32).filter_map(char::from_u32).collect();
        let shown = printable(&all);
        let left: Vec<char> = shown.chars().filter(|one| is_obeyed(*one)).collect();
        assert_eq!(left, []);
        for obeyed in
            ['\0', '\u{7}', '\u{8}', '\r', '\u{1b}', '\u{7f}', '\u{85}', '\u{9b}', '\u{202e}', '\u{2066}']
        {
            assert!(is_obeyed(obeyed), "{obeyed:?}");
            assert_eq!(printable(&format!("a{obeyed}b")), format!("a\\u{{{:x}}}b", obeyed as u32));
        }
    }

    #[test]
    fn what_is_readable_stays_as_it_is() {
        for text in ["", "a\tb\nc", "größer → 日本語 👩‍👩‍👧", "C:\\u{1b}"] {
            assert!(matches!(printable(text), Cow::Borrowed(_)), "{text}");
        }
        assert_eq!(printable("one\r\ntwo\rthree\r"), "one\ntwo\\u{d}three\\u{d}");
        assert_eq!(printable("\u{1b}[2J\u{1b}]52;c;aWQ=\u{7}"), "\\u{1b}[2J\\u{1b}]52;c;aWQ=\\u{7}");
    }
}
