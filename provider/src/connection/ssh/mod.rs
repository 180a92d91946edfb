//! Nodes over SSH, by the user's own OpenSSH client: `~/.ssh/config`, agents, certificates, jump hosts and
//! hardware keys apply. One multiplexed connection per host for the life of the process.

#[cfg(test)]
mod bounds_tests;
mod command;
mod detached;
mod directory;
mod error;
mod host;
mod host_key;
mod log;
mod marked;
mod master;
mod run;
mod shell;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod trust;
#[cfg(test)]
mod trust_tests;

pub use command::{Output, Script};
pub use detached::JobFolders;
use detached::Jobs;
pub use error::{SshError, SshErrorKind};
pub use host::Host;
pub use host_key::HostKey;
pub use shell::Shell;

use directory::PrivateDirectory;
use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tfplugin::types::Secret;

/// How hosts are reached. What is not given here is left to the SSH client's own configuration.
#[derive(Clone, Debug)]
pub struct Settings {
    /// User to log in as.
    pub user: Option<String>,
    /// TCP port.
    pub port: Option<u16>,
    /// Private key in OpenSSH or PEM form. On disk only while a connection is made, in a private directory.
    pub private_key: Option<Secret>,
    /// File with the private key.
    pub private_key_file: Option<String>,
    /// The client's configuration file.
    pub config_file: Option<String>,
    /// What to do about a host key that is not known yet.
    pub host_key_check: HostKeyCheck,
    /// How long a command may take that only reads.
    pub read_limit: Duration,
    /// How long a name may not resolve while a machine is waited for.
    pub resolve_limit: Duration,
    /// Where machines keep what runs there detached from the connection.
    pub job_folders: JobFolders,
}

/// How long a command may take that only reads. `microk8s status` is the slowest: without its datastore it
/// needs up to 50 s to say so.
pub const READ_LIMIT: Duration = Duration::from_secs(60);

/// How long a name may not resolve while a machine is waited for: one that gets its address by DHCP may be
/// registered only after its boot.
pub const RESOLVE_LIMIT: Duration = Duration::from_secs(120);

impl Default for Settings {
    fn default() -> Self {
        Self {
            user: None,
            port: None,
            private_key: None,
            private_key_file: None,
            config_file: None,
            host_key_check: HostKeyCheck::default(),
            read_limit: READ_LIMIT,
            resolve_limit: RESOLVE_LIMIT,
            job_folders: JobFolders::default(),
        }
    }
}

/// What to do about a host key that nobody pinned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HostKeyCheck {
    /// Trust the first one that is seen, refuse one that contradicts `known_hosts`.
    #[default]
    AcceptNew,
    /// Trust only what `known_hosts` has.
    Strict,
    /// Trust whoever answers.
    InsecureAcceptAnyHostKey,
}

impl HostKeyCheck {
    /// The words in configurations, and what they stand for.
    const WORDS: [(&'static str, Self); 3] = [
        ("accept-new", Self::AcceptNew),
        ("strict", Self::Strict),
        ("insecure-accept-any-host-key", Self::InsecureAcceptAnyHostKey),
    ];
}

impl FromStr for HostKeyCheck {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let found = Self::WORDS.iter().find(|(known, _)| *known == word);
        found.map(|(_, check)| *check).ok_or_else(|| {
            let words = Self::WORDS.map(|(known, _)| known).join(", ");
            format!("{word:?} is not a way to check host keys; these are: {words}")
        })
    }
}

/// All hosts of this process, connected when first needed.
pub struct Ssh {
    context: Arc<SshContext>,
    hosts: Mutex<BTreeMap<String, Arc<Host>>>,
}

/// What the hosts share.
pub(crate) struct SshContext {
    pub(crate) settings: Settings,
    jobs: Jobs,
    directory: Mutex<Option<PrivateDirectory>>,
}

impl Ssh {
    /// Connects to nothing yet.
    pub fn new(settings: Settings) -> Self {
        let context = SshContext { settings, jobs: Jobs::default(), directory: Mutex::default() };
        Self { context: Arc::new(context), hosts: Mutex::default() }
    }

    /// How long a command may take that only reads.
    pub fn read_limit(&self) -> Duration {
        self.context.settings.read_limit
    }

    /// The host of that address: a name, an IPv4 or an IPv6 address, or an alias of `~/.ssh/config`.
    pub fn host(&self, address: &str) -> Arc<Host> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(
            hosts
                .entry(address.to_owned())
                .or_insert_with(|| Host::new(address.to_owned(), Arc::clone(&self.context))),
        )
    }
}

impl SshContext {
    /// A new directory for one connection, inside the private one of this process.
    fn connection_directory(&self) -> io::Result<PathBuf> {
        let mut made = self.directory.lock().unwrap_or_else(PoisonError::into_inner);
        let directory = match &mut *made {
            Some(directory) => directory,
            none => none.insert(PrivateDirectory::new()?),
        };
        directory.next()
    }
}

/// Whether `address` can be the address of a host; for `#[attribute(validate = ...)]`.
pub fn check_address(address: &str) -> Result<(), String> {
    let allowed = |character: char| character.is_ascii_alphanumeric() || ".:-_%".contains(character);
    // 253 is what DNS holds, and 64 leaves room for the zone of a link-local address, which is an interface's
    // name.
    let fits = address.len() <= 253 + 64 && !address.is_empty() && !address.starts_with('-');
    if !fits || !address.chars().all(allowed) {
        let shown: String = address.chars().take(80).collect();
        return Err(format!(
            "{shown:?} is not an address of a machine: give a host name, an IPv4 or an IPv6 address, without user, port or \
             prefix length"
        ));
    }
    let (ip, zone) = address.split_once('%').map_or((address, None), |(ip, zone)| (ip, Some(zone)));
    let colons = address.matches(':').count();
    let is_ipv6 = ip.parse::<Ipv6Addr>().is_ok() && zone.is_none_or(|zone| !zone.is_empty());
    if colons == 1 {
        return Err(format!(
            "{address:?} has a port; the provider's `ssh.port`, or `~/.ssh/config`, says the port"
        ));
    }
    if (colons > 0 || zone.is_some()) && !is_ipv6 {
        return Err(format!("{address:?} is not an IPv6 address such as fd00:10::11 or fe80::1%eth0"));
    }
    let looks_ipv4 = address.chars().all(|one| one.is_ascii_digit() || one == '.');
    if looks_ipv4 && address.parse::<Ipv4Addr>().is_err() {
        return Err(format!(
            "{address:?} is neither an IPv4 address, which has four numbers from 0 to 255, nor a name"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod settings_tests {
    use super::*;

    #[test]
    fn addresses_that_ssh_would_take_for_something_else_are_refused() {
        for good in ["cp1", "10.0.0.11", "fd00:10::11", "fe80::1%eth0", "cp1.example.com"] {
            assert_eq!(check_address(good), Ok(()), "{good}");
        }
        for bad in ["", "-oProxyCommand=x", "ubuntu@cp1", "10.0.0.11/24", "[fd00:10::11]", "cp1 cp2"]
            .into_iter()
            .chain(["10.0.0.11:22", "cp1:22", "10.0.0.300", "10.0.0", "fd00::10::11", "cp1%eth0", "fe80::1%"])
            .map(str::to_owned)
            .chain([
                "a".repeat(400),
                "cp1\u{1b}[2J".to_owned(),
                "ssh://cp1".to_owned(),
                "cp\u{430}1".to_owned(),
            ])
        {
            assert!(check_address(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_unknown_way_to_check_host_keys_names_the_known_ones() {
        assert_eq!("strict".parse(), Ok(HostKeyCheck::Strict));
        let refused = "no".parse::<HostKeyCheck>().unwrap_err();
        assert!(refused.contains("accept-new, strict, insecure-accept-any-host-key"), "{refused}");
    }

    #[test]
    fn one_host_per_address() {
        let ssh = Ssh::new(Settings::default());
        assert!(Arc::ptr_eq(&ssh.host("cp1"), &ssh.host("cp1")));
        assert!(!Arc::ptr_eq(&ssh.host("cp1"), &ssh.host("cp2")));
    }
}
