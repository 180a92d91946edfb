//! Secrets that come back. What a node, an API server or a router says about something that it was sent often
//! repeats a part of it, and seldom as it was: quoted once or twice, as a form or an address has it, or in
//! base64.

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::NO_PAD;
use std::collections::BTreeSet;
use std::fmt::Write;

/// What stands in a secret's place.
const MASK: &str = "(secret)";

/// Shorter runs of base64 would be found in common words.
const BASE64_RUN: usize = 8;

/// A shorter line of a secret is found in texts that have nothing to do with it: `-----` of a key's armour is
/// longer, and no secret.
const LINE: usize = 12;

/// Bytes of all forms together. Finding them takes about forty times as much memory; a Secret's 64 KiB fit.
const FORMS: usize = 1 << 20;

/// Finds secrets in texts.
#[derive(Clone, Debug)]
pub struct Mask(Finder);

#[derive(Clone, Debug)]
enum Finder {
    Nothing,
    Forms(AhoCorasick),
    /// There is too much that is secret to tell it from the rest.
    Everything,
}

impl Mask {
    /// For these secrets; empty ones are none.
    pub fn of<S: AsRef<str>>(secrets: impl IntoIterator<Item = S>) -> Self {
        let mut forms = BTreeSet::new();
        for secret in secrets {
            let secret = secret.as_ref();
            if secret.len() > FORMS {
                return Self(Finder::Everything);
            }
            every_form(secret, &mut forms);
            // A key or a file is often repeated a line at a time, or without its last line end.
            for line in secret.lines().map(str::trim).filter(|line| line.len() >= LINE && !is_armour(line)) {
                every_form(line, &mut forms);
            }
        }
        forms.remove("");
        let bytes: usize = forms.iter().map(String::len).sum();
        if forms.is_empty() {
            return Self(Finder::Nothing);
        }
        let finder = (bytes <= FORMS)
            .then(|| AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&forms).ok());
        Self(finder.flatten().map_or(Finder::Everything, Finder::Forms))
    }

    /// The text without any of them.
    pub fn hide(&self, text: String) -> String {
        match &self.0 {
            Finder::Nothing => text,
            Finder::Forms(finder) if finder.is_match(&text) => {
                let mut shown = String::with_capacity(text.len());
                finder.replace_all_with(&text, &mut shown, |_, _, shown| {
                    shown.push_str(MASK);
                    true
                });
                shown
            }
            Finder::Forms(_) => text,
            Finder::Everything => "(withheld, as it may repeat one of many secrets)".to_owned(),
        }
    }
}

fn is_armour(line: &str) -> bool {
    line.starts_with("-----") && line.ends_with("-----")
}

fn every_form(secret: &str, forms: &mut BTreeSet<String>) {
    let quoted: BTreeSet<String> = QUOTES.iter().map(|quote| quote(secret)).collect();
    // A text within a text: the JSON of an object, quoted in a message.
    let twice = quoted.iter().flat_map(|once| QUOTES.iter().map(|quote| quote(once))).collect::<Vec<_>>();
    forms.extend(twice);
    forms.extend(quoted);
    forms.extend([true, false].into_iter().flat_map(|capitals| percent(secret, capitals)));
    forms.extend(base64(secret));
    forms.insert(secret.to_owned());
}

/// How programs write a text between quotes.
const QUOTES: [fn(&str) -> String; 7] = [json, json_of_ascii, json_of_go, go, python, shell, html];

/// JSON, without the quotes around it.
fn json(text: &str) -> String {
    escaped(text, |one, out| match one {
        '"' | '\\' => out.extend(['\\', one]),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        one if one < ' ' => utf16(one, out),
        one => out.push(one),
    })
}

/// JSON as Python's `json.dumps` writes it.
fn json_of_ascii(text: &str) -> String {
    escaped(&json(text), |one, out| if one.is_ascii() { out.push(one) } else { utf16(one, out) })
}

/// JSON as Go's `json.Marshal` writes it, safe within HTML.
fn json_of_go(text: &str) -> String {
    escaped(&json(text), |one, out| match one {
        '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => utf16(one, out),
        one => out.push(one),
    })
}

/// `%q` of Go.
fn go(text: &str) -> String {
    escaped(text, |one, out| match one {
        '"' | '\\' => out.extend(['\\', one]),
        '\u{7}' => out.push_str("\\a"),
        '\u{8}' => out.push_str("\\b"),
        '\u{b}' => out.push_str("\\v"),
        '\u{c}' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        one if one < ' ' || one == '\u{7f}' => put(out, format_args!("\\x{:02x}", u32::from(one))),
        one => out.push(one),
    })
}

/// `repr` of Python, where it takes single quotes.
fn python(text: &str) -> String {
    escaped(text, |one, out| match one {
        '\'' | '\\' => out.extend(['\\', one]),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        one if one < ' ' || one == '\u{7f}' => put(out, format_args!("\\x{:02x}", u32::from(one))),
        one => out.push(one),
    })
}

/// Between single quotes of a shell.
fn shell(text: &str) -> String {
    text.replace('\'', "'\\''")
}

/// HTML, as a proxy's page of errors has it.
fn html(text: &str) -> String {
    escaped(text, |one, out| match one {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&#39;"),
        one => out.push(one),
    })
}

/// As an address and as a form have it, where that is another text.
fn percent(text: &str, capitals: bool) -> [String; 2] {
    let (mut address, mut form) = (String::new(), String::new());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                address.push(char::from(byte));
                form.push(char::from(byte));
            }
            _ => {
                let code = if capitals { format!("%{byte:02X}") } else { format!("%{byte:02x}") };
                address.push_str(&code);
                form.push_str(if byte == b' ' { "+" } else { &code });
            }
        }
    }
    [address, form]
}

/// The letters of base64 that a secret decides, wherever in a text it begins: 0, 1 or 2 bytes after a group
/// of three. The letters at its ends that it shares with its neighbours are not among them.
fn base64(secret: &str) -> impl Iterator<Item = String> {
    let alone = STANDARD_ENGINE.encode(secret);
    let padded = format!("{alone}{}", "=".repeat((4 - alone.len() % 4) % 4));
    let within = [STANDARD_ENGINE, URL_SAFE_ENGINE].into_iter().flat_map(move |engine| {
        let secret = secret.to_owned();
        (0..3_usize).filter_map(move |before| {
            let bytes: Vec<u8> = std::iter::repeat_n(0, before).chain(secret.bytes()).collect();
            let text = engine.encode(&bytes);
            let (from, to) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
            text.get(from..to).filter(|run| run.len() >= BASE64_RUN).map(str::to_owned)
        })
    });
    // The whole of it is known also where it is short, as the value of a Secret's entry.
    within.chain([alone, padded].into_iter().filter(|alone| alone.len() >= BASE64_RUN / 2))
}

const STANDARD_ENGINE: GeneralPurpose = GeneralPurpose::new(&STANDARD, NO_PAD);
const URL_SAFE_ENGINE: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, NO_PAD);

fn escaped(text: &str, escape: impl Fn(char, &mut String)) -> String {
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|one| escape(one, &mut out));
    out
}

fn utf16(one: char, out: &mut String) {
    for unit in one.encode_utf16(&mut [0; 2]) {
        put(out, format_args!("\\u{unit:04x}"));
    }
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = out.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};

    /// Has what every form turns into something else.
    const SECRET: &str = "pa'ss\"w<o>r&d\\ größe\t7$(id)`x`";

    #[test]
    fn a_secret_is_found_in_every_form_in_which_it_comes_back() {
        let json = serde_json::to_string(SECRET).unwrap();
        let forms = [
            ("plain", SECRET.to_owned()),
            ("JSON", json.clone()),
            ("JSON in JSON", serde_json::to_string(&json).unwrap()),
            ("JSON of Python", r#""pa'ss\"w<o>r&d\\ gr\u00f6\u00dfe\t7$(id)`x`""#.to_owned()),
            ("JSON of Go", r#""pa'ss\"w\u003co\u003er\u0026d\\ größe\t7$(id)`x`""#.to_owned()),
            ("%q of Go", r#""pa'ss\"w<o>r&d\\ größe\t7$(id)`x`""#.to_owned()),
            ("JSON of Go, %q", r#""pa'ss\\\"w\\u003co\\u003er\\u0026d\\\\ größe\\t7$(id)`x`""#.to_owned()),
            ("Rust", format!("{SECRET:?}")),
            ("Python", r#"'pa\'ss"w<o>r&d\\ größe\t7$(id)`x`'"#.to_owned()),
            ("shell", format!("'{}'", SECRET.replace('\'', r"'\''"))),
            ("HTML", "pa&#39;ss&quot;w&lt;o&gt;r&amp;d\\ größe\t7$(id)`x`".to_owned()),
            ("form", "pa%27ss%22w%3Co%3Er%26d%5C+gr%C3%B6%C3%9Fe%097%24%28id%29%60x%60".to_owned()),
            ("address", "pa%27ss%22w%3co%3er%26d%5c%20gr%c3%b6%c3%9fe%097%24%28id%29%60x%60".to_owned()),
        ];
        let mask = Mask::of([SECRET]);
        for (form, text) in forms {
            let shown = mask.hide(format!("refused: {text}, sorry"));
            assert!(shown.starts_with("refused: ") && shown.ends_with(", sorry"), "{form}: {shown}");
            let inner = shown.trim_start_matches("refused: ").trim_end_matches(", sorry");
            let inner = inner.trim_matches(['"', '\'', '\\']);
            assert_eq!(inner, MASK, "{form}");
        }
    }

    #[test]
    fn base64_gives_nothing_of_it_away_wherever_it_begins() {
        let mask = Mask::of(["correct horse battery"]);
        for before in ["", "x", "xy", "xyz", "user:"] {
            for after in ["", "1", "12", "123"] {
                let text = format!("{before}correct horse battery{after}");
                for encoded in [BASE64_STANDARD.encode(&text), BASE64_URL_SAFE.encode(&text)] {
                    let shown = mask.hide(encoded.clone());
                    assert!(shown.contains(MASK), "{text}: {shown}");
                    // One letter at each end is shared with the neighbours, and says less than a byte.
                    let left = shown.replace(MASK, "").len();
                    assert!(left <= (before.len() + after.len()) * 2 + 4, "{text}: {encoded} {shown}");
                }
            }
        }
        assert_eq!(Mask::of(["abc"]).hide("YWJj".into()), MASK);
    }

    #[test]
    fn a_key_is_found_a_line_at_a_time() {
        let key =
            "-----BEGIN KEY-----\nMC4CAQAwBQYDK2VwBCIEIAbc\nMC4CAQAwBQYDK2VwBCIEIDef\n-----END KEY-----\n";
        let shown =
            Mask::of([key]).hide("line 2: MC4CAQAwBQYDK2VwBCIEIAbc, after -----BEGIN KEY-----".into());
        assert_eq!(shown, "line 2: (secret), after -----BEGIN KEY-----");
    }

    #[test]
    fn a_mask_is_not_masked_again_and_the_longest_secret_counts() {
        assert_eq!(Mask::of(["secret", "se"]).hide("a secret, se".into()), "a (secret), (secret)");
        assert_eq!(Mask::of(["word", "password"]).hide("password".into()), MASK);
        assert_eq!(Mask::of([""]).hide("as it was".into()), "as it was");
        assert_eq!(Mask::of::<&str>([]).hide("as it was".into()), "as it was");
        assert!(Mask::of(["long".repeat(1 << 20)]).hide("as it was".into()).starts_with("(withheld"));
    }

    #[test]
    fn many_secrets_and_long_texts_take_no_time() {
        let secrets: Vec<String> = (0..200).map(|n| format!("secret number {n} of many")).collect();
        let began = std::time::Instant::now();
        let mask = Mask::of(&secrets);
        let shown = mask.hide(format!("{}{}", "a".repeat(1 << 20), secrets.join(" ").repeat(10)));
        assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
        assert!(!shown.contains("number 7 of"));
    }
}
