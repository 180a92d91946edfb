//! The command line of `snap`.

use crate::outcome::Outcome;

/// A verb, its names and its options.
#[derive(Debug, Clone, Default)]
pub(crate) struct Arguments {
    pub(crate) verb: String,
    pub(crate) names: Vec<String>,
    options: Vec<(String, Option<String>)>,
}

/// Options whose value may be the next word.
const WITH_VALUE: [&str; 4] = ["channel", "revision", "color", "unicode"];
/// Options that each verb knows, besides those above.
const KNOWN: [&str; 14] = [
    "classic",
    "hold",
    "unhold",
    "purge",
    "ignore-running",
    "disable",
    "enable",
    "all",
    "devmode",
    "dangerous",
    "no-wait",
    "stable",
    "verbose",
    "edge",
];

impl Arguments {
    pub(crate) fn parse(words: &[String]) -> Result<Self, Outcome> {
        let mut arguments = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let Some(option) = word.strip_prefix("--") else {
                if arguments.verb.is_empty() {
                    arguments.verb.clone_from(word);
                } else {
                    arguments.names.push(word.clone());
                }
                continue;
            };
            let (name, value) =
                option.split_once('=').map_or((option, None), |(name, value)| (name, Some(value.to_owned())));
            let value = if WITH_VALUE.contains(&name) {
                Some(value.or_else(|| words.next().cloned()).ok_or_else(|| {
                    Outcome::complained(1, format!("error: expected argument for flag `--{name}'"))
                })?)
            } else if KNOWN.contains(&name) {
                value
            } else {
                return Err(Outcome::complained(1, format!("error: unknown flag `{name}'")));
            };
            arguments.options.push((name.to_owned(), value));
        }
        Ok(arguments)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.options.iter().any(|(known, _)| known == name)
    }

    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.options.iter().rev().find(|(known, _)| known == name)?.1.as_deref()
    }

    /// The channel that is asked for, with the risk that a bare track means.
    pub(crate) fn channel(&self) -> Option<String> {
        if self.has("stable") || self.has("edge") {
            return Some(format!("latest/{}", if self.has("edge") { "edge" } else { "stable" }));
        }
        let channel = self.value("channel")?;
        Some(match channel {
            "stable" | "candidate" | "beta" | "edge" => format!("latest/{channel}"),
            track if !track.contains('/') => format!("{track}/stable"),
            whole => whole.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, Outcome> {
        Arguments::parse(&line.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn options_may_stand_anywhere_and_take_either_form() {
        let arguments = parse("install --classic microk8s --channel 1.35").unwrap();
        assert_eq!((arguments.verb.as_str(), arguments.names), ("install", vec!["microk8s".to_owned()]));
        assert!(parse("install microk8s --classic").unwrap().has("classic"));
        assert_eq!(parse("install x --channel=1.35/edge").unwrap().channel().as_deref(), Some("1.35/edge"));
        assert_eq!(parse("install x --channel=1.35").unwrap().channel().as_deref(), Some("1.35/stable"));
        assert_eq!(parse("refresh x --hold=72h").unwrap().value("hold"), Some("72h"));
        assert_eq!(parse("refresh x --hold").unwrap().value("hold"), None);
    }

    #[test]
    fn unknown_options_are_refused() {
        assert_eq!(parse("install --clasic x").unwrap_err().stderr, "error: unknown flag `clasic'\n");
    }
}
