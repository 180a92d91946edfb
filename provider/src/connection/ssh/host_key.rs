//! Which host key a machine showed: `ssh` logs its fingerprint, the files it checked against hold the key.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use sha2::{Digest, Sha256};
use tfplugin::types::Meaning;

/// A machine's public host key, equal by the key itself whatever stands around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostKey(String);

impl Meaning for HostKey {
    const EXPECTED: &'static str =
        "a public host key such as \"ssh-ed25519 AAAAC3Nz...\", as in /etc/ssh/ssh_host_ed25519_key.pub";

    fn parse(text: &str) -> Option<Self> {
        normalised(text).map(Self)
    }

    fn canonical(&self) -> String {
        self.0.clone()
    }
}

/// The fingerprint in `debug1: Server host key: ssh-ed25519 SHA256:...`.
pub(crate) fn fingerprint_in_log(line: &str) -> Option<&str> {
    line.split_once("Server host key: ")?.1.split_whitespace().nth(1)
}

/// The key in a `known_hosts` file that has that fingerprint, as `ssh-ed25519 AAAA...`.
pub(crate) fn find(known_hosts: &str, fingerprint: &str) -> Option<String> {
    known_hosts
        .lines()
        .filter_map(key_in_line)
        .find(|key| fingerprint_of(key).as_deref() == Some(fingerprint))
}

/// `ssh-ed25519 AAAA...` without comment; what a person pastes may be a whole line of `known_hosts` or of a `.pub` file.
pub(crate) fn normalised(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.windows(2).find_map(|pair| match pair {
        [kind, key] if fingerprint_of(&format!("{kind} {key}")).is_some() => Some(format!("{kind} {key}")),
        _ => None,
    })
}

fn key_in_line(line: &str) -> Option<String> {
    if line.trim_start().starts_with('#') {
        return None;
    }
    normalised(line)
}

/// `SHA256:...` of `ssh-ed25519 AAAA...`; nothing where the key does not begin with the name of its own kind.
fn fingerprint_of(key: &str) -> Option<String> {
    let (kind, encoded) = key.split_once(' ')?;
    let blob = STANDARD.decode(encoded).ok()?;
    let length = u32::try_from(kind.len()).ok()?.to_be_bytes();
    let named = blob.strip_prefix(&length)?.starts_with(kind.as_bytes());
    named.then(|| format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(&blob))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMuIx8qzvrW0Ucyas9YsrSfMqeXg5PVyqmsjRr1Pzbfm";

    #[test]
    fn the_logged_fingerprint_finds_the_key() {
        let fingerprint = fingerprint_of(KEY).unwrap();
        let line = format!("debug1: Server host key: ssh-ed25519 {fingerprint}");
        assert_eq!(fingerprint_in_log(&line), Some(fingerprint.as_str()));
        let known_hosts = format!(
            "# comment\n|1|salt|hash ssh-rsa AAAA\n@revoked cp9 ssh-rsa x\n10.0.0.11 {KEY} comment\n"
        );
        assert_eq!(find(&known_hosts, &fingerprint).as_deref(), Some(KEY));
        assert_eq!(find(&known_hosts, "SHA256:other"), None);
    }

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
