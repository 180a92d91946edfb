//! Which host key is trusted, decided by `ssh` alone. Nothing that a server or `ssh` prints is read for it: a
//! server may print what it likes before it says who it is.
//!
//! A pinned key is the only one in a `known_hosts` of its own, and `ssh` looks it up under a name of its own,
//! whatever address, port or proxy leads to the machine. Without a pin, `ssh` checks the user's own files,
//! and hands the key that it is about to check to a command of ours (`KnownHostsCommand`), which keeps it in
//! a file. A connection that stands has proved that its server has this key. Where `ssh` trusts a server by
//! other means (a certificate, DNS, Kerberos), no key is kept.

use super::host_key::normalised;
use super::{HostKeyCheck, Settings};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The name under which a pinned key is looked up.
const PINNED_NAME: &str = "pinned";

/// Keeps the first key that is checked for the host: `$1` says what it is looked up for, `$2` and `$3` are
/// the key, `$4` the file. What follows is the user's own command, which may know more keys.
const RECORD: &str = r#"if [ "$1" = HOSTNAME ] && [ ! -e "$4" ]; then echo "$2 $3" >"$4"; fi; shift 4; [ $# = 0 ] || exec "$@""#;

/// The user's own settings that matter here, as `ssh -G` prints them.
pub(super) struct Configured(String);

impl Configured {
    pub(super) fn new(printed: String) -> Self {
        Self(printed)
    }

    fn get(&self, keyword: &str) -> Option<&str> {
        self.0.lines().find_map(|line| line.strip_prefix(keyword)?.strip_prefix(' '))
    }

    /// How long a machine may take to answer, where they say so.
    pub(super) fn connect_timeout(&self) -> Option<Duration> {
        self.get("connecttimeout")?.parse().ok().filter(|seconds| *seconds > 0).map(Duration::from_secs)
    }

    /// The files of their keys, whether or not they are there.
    pub(super) fn identity_files(&self) -> impl Iterator<Item = &str> {
        self.0.lines().filter_map(|line| line.strip_prefix("identityfile "))
    }

    /// Their `known_hosts` files, which are only read.
    fn files(&self) -> impl Iterator<Item = PathBuf> {
        self.get("userknownhostsfile").unwrap_or_default().split_whitespace().map(PathBuf::from)
    }
}

/// What `ssh` is told (as for `-o`). `directory` is the connection's own.
pub(super) fn options(
    settings: &Settings,
    pin: Option<&str>,
    configured: &Configured,
    directory: &Path,
) -> io::Result<Vec<String>> {
    let own = directory.join("known_hosts");
    let known = pin.map(|key| format!("{PINNED_NAME} {key}\n")).unwrap_or_default();
    std::fs::write(&own, known)?;
    let mut options = Vec::new();
    let mut set = |option: &str, value: &str| options.push(format!("{option}={value}"));
    let strictness = match (pin, settings.host_key_check) {
        (Some(_), _) | (None, HostKeyCheck::Strict) => "yes",
        (None, HostKeyCheck::AcceptNew) => "accept-new",
        (None, HostKeyCheck::InsecureAcceptAnyHostKey) => "no",
    };
    set("StrictHostKeyChecking", strictness);
    set("UpdateHostKeys", "no");
    let alone = pin.is_some() || settings.host_key_check == HostKeyCheck::InsecureAcceptAnyHostKey;
    // New keys go to the first file.
    let files = std::iter::once(own).chain(configured.files().filter(|_| !alone));
    let files: Vec<String> = files.map(|file| format!("\"{}\"", file.display())).collect();
    set("UserKnownHostsFile", &files.join(" "));
    if alone {
        set("GlobalKnownHostsFile", "/dev/null");
    }
    match pin {
        Some(key) => {
            set("HostKeyAlias", PINNED_NAME);
            set("HostKeyAlgorithms", algorithms(key));
            set("CheckHostIP", "no");
            set("KnownHostsCommand", "none");
            set("VerifyHostKeyDNS", "no");
            set("NoHostAuthenticationForLocalhost", "no");
            if configured.get("gssapikeyexchange").is_some() {
                // Some distributions' `ssh` would take Kerberos' word for the host; others do not know the
                // option.
                set("GSSAPIKeyExchange", "no");
            }
        }
        None => {
            let file = record(directory).display().to_string();
            let theirs = configured.get("knownhostscommand").filter(|command| *command != "none");
            let theirs = theirs.map(|command| format!(" {command}")).unwrap_or_default();
            set("KnownHostsCommand", &format!("/bin/sh -c '{RECORD}' sh %I %t %K {file}{theirs}"));
        }
    }
    Ok(options)
}

/// The key that `ssh` checked for a connection that stands and was made without a pin.
pub(super) fn checked_key(directory: &Path) -> Option<String> {
    let recorded = std::fs::read_to_string(record(directory)).ok()?;
    // Of a certificate, nothing says whether it or the key in it was trusted.
    normalised(&recorded).filter(|key| !key.contains("-cert-v"))
}

fn record(directory: &Path) -> PathBuf {
    directory.join("host_key")
}

/// The signatures that a machine may prove a key with. RSA keys have a name that says SHA-1, which proves
/// nothing any more.
fn algorithms(key: &str) -> &str {
    match key.split_whitespace().next() {
        Some("ssh-rsa") => "rsa-sha2-512,rsa-sha2-256",
        Some(kind) => kind,
        None => "none",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_rsa_key_is_proved_with_what_is_not_broken() {
        assert_eq!(algorithms("ssh-rsa AAAA"), "rsa-sha2-512,rsa-sha2-256");
        assert_eq!(algorithms("ssh-ed25519 AAAA"), "ssh-ed25519");
    }

    #[test]
    fn the_users_own_settings_are_kept_beside_ours() {
        let directory = tempfile::tempdir().unwrap();
        let configured =
            "user x\nknownhostscommand /usr/bin/keys %H\nuserknownhostsfile /a /b\ngssapikeyexchange no\n";
        let configured = Configured::new(configured.to_owned());
        let options =
            |pin| options(&Settings::default(), pin, &configured, directory.path()).unwrap().join("\n");
        let free = options(None);
        assert!(free.contains("/known_hosts\" \"/a\" \"/b\"\n"), "{free}");
        assert!(free.ends_with("/host_key /usr/bin/keys %H"), "{free}");
        let pinned = options(Some("ssh-ed25519 AAAA"));
        assert!(!pinned.contains("\"/a\"") && pinned.contains("KnownHostsCommand=none"), "{pinned}");
        assert!(pinned.contains("GSSAPIKeyExchange=no"), "{pinned}");
    }
}
