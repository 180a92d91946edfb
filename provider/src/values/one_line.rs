//! The rule for every plain text that a user writes.

/// A line end splits a command, a router's configuration or a file; an escape sequence moves a terminal's
/// cursor.
pub fn one_line(text: &str) -> Result<(), String> {
    match text.chars().find(|one| one.is_control()) {
        Some(found) => Err(format!(
            "the text has the control character U+{:04X} in it; one line of plain text is needed here",
            u32::from(found)
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn text_without_control_characters_is_one_line() {
        for plain in ["", "a b", "größer \"als\" 'das'", "\u{a0}\u{202e}"] {
            assert_eq!(one_line(plain), Ok(()), "{plain:?}");
        }
        for (text, named) in [
            ("a\nb", "U+000A"),
            ("\rset", "U+000D"),
            ("a\tb", "U+0009"),
            ("\u{1b}[2J", "U+001B"),
            ("a\0", "U+0000"),
            ("a\u{7f}", "U+007F"),
            ("a\u{9b}b", "U+009B"),
        ] {
            let refused = one_line(text).unwrap_err();
            assert!(refused.contains(named) && !refused.contains(text), "{text:?}: {refused}");
        }
    }
}
