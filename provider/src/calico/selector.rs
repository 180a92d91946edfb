//! Calico's selector language, as far as it can be wrong.
//!
//! The grammar is that of `libcalico-go/lib/selector` (`tokenizer.go`, `parser.go`), which every part of
//! Calico reads selectors with. One selector that it cannot read stops the address management of all pods.

/// Whether Calico can read the selector; the error says where it cannot and why. An empty one selects all.
pub(super) fn check(selector: &str) -> Result<(), String> {
    let mut rest = Rest { text: selector, whole: selector };
    if rest.at_end() {
        return Ok(());
    }
    let mut open: usize = 0;
    loop {
        while rest.take("!") {}
        if rest.take("(") {
            open = open.saturating_add(1);
            continue;
        }
        rest.operand()?;
        while open > 0 && rest.take(")") {
            open = open.saturating_sub(1);
        }
        match (rest.take("&&") || rest.take("||"), rest.at_end()) {
            (true, _) => {}
            (false, true) if open == 0 => return Ok(()),
            (false, true) => return rest.expected("`)`"),
            (false, false) => return rest.expected("`&&` or `||`"),
        }
    }
}

/// What is left of a selector.
struct Rest<'a> {
    text: &'a str,
    whole: &'a str,
}

impl<'a> Rest<'a> {
    fn at_end(&mut self) -> bool {
        self.text = self.text.trim_start_matches([' ', '\t']);
        self.text.is_empty()
    }

    /// Whether these characters come next; passes them.
    fn take(&mut self, characters: &str) -> bool {
        let found = !self.at_end() && self.text.starts_with(characters);
        if found {
            self.text = self.text.get(characters.len()..).unwrap_or_default();
        }
        found
    }

    /// A function, or a label that is compared with something.
    fn operand(&mut self) -> Result<(), String> {
        if self.take("global(") {
            return Err("global() is no selector here; use all()".to_owned());
        }
        if self.take("all(") {
            return self.demand(")", "`)` after `all(`");
        }
        if self.take("has(") {
            self.label()?;
            return self.demand(")", "`)` after the label");
        }
        let label = self.label()?;
        if self.take("==") || self.take("!=") || self.take("contains") {
            return self.string();
        }
        if self.take("starts") || self.take("ends") {
            self.demand("with", "`with`")?;
            return self.string();
        }
        if self.take("not") {
            self.demand("in", "`in` after `not`")?;
            return self.strings();
        }
        if self.take("in") {
            return self.strings();
        }
        self.expected(&format!(
            "a comparison of the label {label}: `==`, `!=`, `in`, `not in`, `contains`, `starts with` or `ends with`"
        ))
    }

    fn label(&mut self) -> Result<&'a str, String> {
        self.at_end();
        let is_part = |one: char| one.is_ascii_alphanumeric() || "_./-".contains(one);
        let end = self.text.find(|one| !is_part(one)).unwrap_or(self.text.len());
        let (label, rest) = self.text.split_at(end);
        if label.is_empty() {
            return self.expected("a label, `has(label)` or `all()`");
        }
        self.text = rest;
        Ok(label)
    }

    fn string(&mut self) -> Result<(), String> {
        for quote in ['"', '\''] {
            if self.take(&quote.to_string()) {
                let Some((_, rest)) = self.text.split_once(quote) else {
                    return self.expected(&format!("a closing {quote}"));
                };
                self.text = rest;
                return Ok(());
            }
        }
        self.expected("a value in quotes")
    }

    fn strings(&mut self) -> Result<(), String> {
        self.demand("{", "a set such as `{\"a\", \"b\"}`")?;
        while !self.take("}") {
            self.string()?;
            if !self.take(",") {
                return self.demand("}", "`,` or `}`");
            }
        }
        Ok(())
    }

    fn demand(&mut self, characters: &str, shown: &str) -> Result<(), String> {
        match self.take(characters) {
            true => Ok(()),
            false => self.expected(shown),
        }
    }

    fn expected<T>(&mut self, shown: &str) -> Result<T, String> {
        let place = match self.at_end() {
            true => "at its end".to_owned(),
            false => format!("before {:?}", self.text.chars().take(20).collect::<String>()),
        };
        Err(format!("{:?} is not a selector of Calico: {place}, {shown} is missing", self.whole))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_calico_reads_is_sound() {
        for sound in [
            "",
            "all()",
            "all( )",
            "!all()",
            "rack == 'a'",
            "rack=='a'&&zone!=\"b\"",
            "!!(has(rack) || ! has( zone ))",
            "kubernetes.io/hostname in { 'cp1', \"cp2\", }",
            "rack in {}",
            "rack notin{'a'}",
            "rack not in {'a'} || ((zone contains 'x') && zone starts with 'y' && zone ends\twith '')",
            "in in {'a'}",
            "has == 'a'",
        ] {
            assert_eq!(check(sound), Ok(()), "{sound}");
        }
    }

    #[test]
    fn what_calico_cannot_read_is_refused() {
        for (wrong, why) in [
            ("rack == a", "before \"a\", a value in quotes is missing"),
            ("rack = 'a'", "a comparison of the label rack"),
            ("rack", "at its end, a comparison of the label rack"),
            ("rack == 'a", "a closing '"),
            ("rack == 'a' zone == 'b'", "`&&` or `||`"),
            ("rack == 'a' && ", "at its end, a label"),
            ("(rack == 'a'", "`)`"),
            ("rack == 'a')", "`&&` or `||`"),
            ("has(rack", "`)` after the label"),
            ("has()", "a label"),
            ("all", "a comparison of the label all"),
            ("rack in 'a'", "a set such as"),
            ("rack in {,}", "a value in quotes"),
            ("rack in {'a' 'b'}", "`,` or `}`"),
            ("rack starts 'a'", "`with`"),
            ("rack == 'a'\n|| all()", "`&&` or `||`"),
            ("ÿ == 'a'", "a label"),
            ("zone == 'a' || global()", "global() is no selector here"),
        ] {
            let refused = check(wrong).unwrap_err();
            assert!(refused.contains(why), "{wrong}: {refused}");
        }
    }

    #[test]
    fn depth_is_counted_and_not_kept() {
        let deep = |number: usize| format!("{}all(){}", "(".repeat(100_000), ")".repeat(number));
        assert_eq!(check(&deep(100_000)), Ok(()));
        assert!(check(&deep(99_999)).is_err());
    }
}
