//! Function `vyos_set_commands`.

use crate::engine::router_config::Subtree;
use tfplugin::Parameters;
use tfplugin::function::{Function, FunctionError};

/// Turns the `config` of a `vyos_config` into the text of `set` commands, one a line and in order.
///
/// For a review of what a configuration says, or for a router that Terraform does not reach. Values are in
/// single quotes, as `show configuration commands` prints them. `vyos_commands` is the way back.
#[derive(Parameters)]
#[function(name = "vyos_set_commands")]
pub(super) struct VyosSetCommands {
    /// The `path` of the `vyos_config`, such as `service ntp`.
    path: String,
    /// Its `config`.
    config: Subtree,
}

impl Function for VyosSetCommands {
    type Return = String;

    fn call(self) -> Result<String, FunctionError> {
        let path: Vec<&str> = self.path.split_ascii_whitespace().collect();
        let ends = self.config.tree().ends();
        let line = |end: &Vec<String>| {
            let words = path.iter().copied().chain(end.iter().map(String::as_str));
            let words: Vec<_> = std::iter::once("set".to_owned()).chain(words.map(quoted)).collect();
            format!("{}\n", words.join(" "))
        };
        match ends.is_empty() {
            true => Ok(line(&Vec::new())),
            false => Ok(ends.iter().map(line).collect()),
        }
    }
}

/// A word as the router's shell takes it. The attribute's type lets no quote through.
fn quoted(word: &str) -> String {
    let is_plain = |one: char| one.is_ascii_alphanumeric() || "-_.:/,@+%".contains(one);
    if word.chars().all(is_plain) { word.to_owned() } else { format!("'{word}'") }
}
