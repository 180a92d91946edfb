//! The first configuration of a router that cloud-init sets up: `vyos_config_commands` on top of next to
//! nothing.

use super::Session;
use crate::tree::Node;

impl Session {
    /// What cloud-init makes of its commands. What it cannot set it says in its log, and goes on.
    pub(super) fn seeded(&self) -> Node {
        let mut root = Node::default();
        let name = "set system host-name vyos".to_owned();
        for command in std::iter::once(&name).chain(&self.config.commands) {
            let path = match words(command) {
                Some(words) if words.first().is_some_and(|word| word == "set") => words,
                _ => {
                    tracing::warn!(command, "cloud-init knows no such command");
                    continue;
                }
            };
            let path: Vec<String> = path.into_iter().skip(1).collect();
            match self.schema.check_set(&path) {
                Ok(()) => super::insert(&mut root, &self.schema, &path),
                Err(reason) => tracing::warn!(?path, reason, "cloud-init cannot set this"),
            }
        }
        root
    }
}

/// The words of a command as a shell splits them, quotes of both kinds taken off; nothing where a quote is
/// open.
fn words(command: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in command.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_split_as_a_shell_does() {
        let split = |command: &str| words(command).map(|words| words.join("|"));
        assert_eq!(split("set a  'b c' \"d\"e ''").unwrap(), "set|a|b c|de|");
        assert_eq!(split("set a 'b"), None);
    }
}
