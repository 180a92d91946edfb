//! Public host keys as text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tfplugin::types::SemanticValue;

/// A machine's public host key, equal by the key itself whatever stands around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostKey(String);

impl SemanticValue for HostKey {
    const EXPECTED: &'static str =
        "a public host key such as \"ssh-ed25519 AAAAC3Nz...\", as in /etc/ssh/ssh_host_ed25519_key.pub";

    fn parse(text: &str) -> Option<Self> {
        normalised(text).map(Self)
    }

    fn canonical(&self) -> String {
        self.0.clone()
    }
}

/// `ssh-ed25519 AAAA...` without comment; what a person pastes may be a whole line of `known_hosts` or of a
/// `.pub` file.
pub(crate) fn normalised(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.windows(2).find_map(|pair| match pair {
        [kind, key] if is_key(kind, key) => Some(format!("{kind} {key}")),
        _ => None,
    })
}

/// Whether `encoded` begins with the name of its own kind, as every encoded key does.
fn is_key(kind: &str, encoded: &str) -> bool {
    let named = || {
        let blob = STANDARD.decode(encoded).ok()?;
        let length = u32::try_from(kind.len()).ok()?.to_be_bytes();
        Some(blob.strip_prefix(&length)?.starts_with(kind.as_bytes()))
    };
    named().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMuIx8qzvrW0Ucyas9YsrSfMqeXg5PVyqmsjRr1Pzbfm";

    #[test]
    fn whatever_is_pasted_becomes_the_same_key() {
        for pasted in [KEY.to_owned(), format!("{KEY} root@cp1\n"), format!("10.0.0.11 {KEY}")] {
            assert_eq!(normalised(&pasted).as_deref(), Some(KEY));
        }
        for wrong in ["", "ssh-ed25519", "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIMuIx8qz", "SHA256:abc"] {
            assert_eq!(normalised(wrong), None, "{wrong}");
        }
    }
}
