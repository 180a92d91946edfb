//! What conf scripts change in the configuration that they commit: `system_login.py` and `service_snmp.py` of
//! 1.4 (sagitta) and 1.5 take `plaintext-password` away and put `encrypted-password` in its place.

use crate::tree::{Node, Shape};

/// What a component calls the nodes that passwords are in: below each user.
const PASSWORDS: &[(&str, &str, &[&str])] =
    &[("system login", "user", &["authentication"]), ("service snmp", "v3 user", &["auth", "privacy"])];
/// A hash of the form that `system login` asks for. Nobody logs in here, so it is of nothing.
const HASH: &str =
    "$6$standin$cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc";

/// Does that to what one component's script committed.
pub(super) fn passwords(component: &[String], outcome: &mut Node) {
    let Some((_, users, nodes)) = PASSWORDS.iter().find(|(path, ..)| component.join(" ") == *path) else {
        return;
    };
    let users: Vec<&str> = component.iter().map(String::as_str).chain(users.split(' ')).collect();
    let names: Vec<String> = outcome
        .get(users.iter().copied())
        .into_iter()
        .flat_map(Node::children)
        .map(|(name, _)| name.to_owned())
        .collect();
    for name in names {
        for node in *nodes {
            let path = users.iter().copied().chain([name.as_str(), *node]);
            let Some(node) = outcome.get_mut(path) else { continue };
            // The script looks for text: an empty password, as the installer leaves it, is none.
            if node.value("plaintext-password").is_none_or(str::is_empty) {
                continue;
            }
            node.remove("plaintext-password");
            let encrypted = node.make("encrypted-password");
            encrypted.values = vec![HASH.to_owned()];
            encrypted.shape = Shape::Leaf;
        }
    }
}
