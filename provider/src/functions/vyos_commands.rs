//! Function `vyos_commands`.

use crate::connection::router::ConfigTree;
use crate::engine::router_config::Subtree;
use tfplugin::Parameters;
use tfplugin::function::{Function, FunctionError};
use tfplugin::types::Lines;

/// Turns the text of `set` commands into the `config` of a `vyos_config`.
///
/// The text is what `show configuration commands` prints, or what is typed on the router: a command a line,
/// values with blanks in quotes; empty lines and comments (`#`) are left out. `vyos_set_commands` is the way
/// back.
#[derive(Parameters)]
#[function(name = "vyos_commands")]
pub(super) struct VyosCommands {
    /// The `path` of the `vyos_config`, such as `service ntp`: every command has to be about something below
    /// it.
    path: String,
    /// The commands.
    text: Lines,
}

impl Function for VyosCommands {
    type Return = Subtree;

    fn call(self) -> Result<Subtree, FunctionError> {
        let path: Vec<&str> = self.path.split_ascii_whitespace().collect();
        let mut tree = ConfigTree::default();
        for (number, line) in (1..).zip(self.text.0.lines()) {
            let refused = |why: &str| FunctionError::at(Self::TEXT, format!("line {number} {why}"));
            let Some(words) = shlex::split(line) else {
                return Err(refused("has a quote that is not closed"));
            };
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let below = match words.split_first() {
                None => continue,
                Some((&"set", words)) => words.strip_prefix(&path[..]),
                Some(_) => return Err(refused("is no `set` command")),
            };
            match below {
                None => return Err(refused(&format!("is not about `{}`", path.join(" ")))),
                Some([]) => {}
                Some(below) => tree.insert(below),
            }
        }
        Ok(Subtree::of(&tree))
    }
}
