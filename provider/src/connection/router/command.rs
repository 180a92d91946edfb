//! One line of a `/configure` request.

use super::tree::{ConfigPath, ConfigTree};
use std::fmt;

/// What a command does to its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Makes it exist; a leaf's value is the last word.
    Set,
    /// Takes it away with everything below.
    Delete,
}

/// A command on a path below the root of the write that it belongs to.
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    /// What it does.
    pub operation: Operation,
    /// Where.
    pub path: ConfigPath,
    /// Whether its owner says that the last word is never shown.
    pub hidden: bool,
}

/// Parts of the names of leaves whose value is never shown. Rather one too many than one too few.
const SECRET_LEAVES: [&str; 6] = ["password", "passphrase", "secret", "key", "psk", "token"];

/// Whether the value of a leaf of that name is never shown.
pub fn is_secret_leaf(name: &str) -> bool {
    SECRET_LEAVES.iter().any(|part| name.contains(part))
}

impl Command {
    /// Makes `path` exist.
    pub fn set(path: ConfigPath) -> Self {
        Self { operation: Operation::Set, path, hidden: false }
    }

    /// Takes `path` away.
    pub fn delete(path: ConfigPath) -> Self {
        Self { operation: Operation::Delete, path, hidden: false }
    }

    /// Does to `tree`, seen from the top, what the router would do below `root`.
    pub(super) fn apply(&self, root: &[String], tree: &mut ConfigTree) {
        let path = [root, &self.path].concat();
        match self.operation {
            Operation::Set => tree.insert(&path),
            Operation::Delete => tree.remove(&path),
        }
    }

    /// As the API wants it, below `root`.
    pub(super) fn to_json(&self, root: &[String]) -> serde_json::Value {
        let operation = match self.operation {
            Operation::Set => "set",
            Operation::Delete => "delete",
        };
        let path = [root, &self.path].concat();
        serde_json::json!({"op": operation, "path": path})
    }

    /// The value, where this command carries one that is never shown.
    pub(super) fn secret(&self) -> Option<&str> {
        match self.path.as_slice() {
            [.., leaf, value] if self.hidden || is_secret_leaf(leaf) => Some(value),
            _ => None,
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operation = if self.operation == Operation::Set { "set" } else { "delete" };
        match (self.secret(), self.path.split_last()) {
            (Some(_), Some((_, before))) => write!(f, "{operation} {} (secret)", before.join(" ")),
            _ => write!(f, "{operation} {}", self.path.join(" ")),
        }
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_sent_but_not_shown() {
        let path = ["neighbor", "192.0.2.2", "password", "hunter2"].map(str::to_owned).to_vec();
        let command = Command::set(path);
        assert_eq!(command.to_string(), "set neighbor 192.0.2.2 password (secret)");
        assert_eq!(format!("{command:?}"), command.to_string());
        let json = command.to_json(&["protocols".to_owned(), "bgp".to_owned()]).to_string();
        assert!(json.contains(r#""protocols","bgp","neighbor","192.0.2.2","password","hunter2""#), "{json}");
    }
}
