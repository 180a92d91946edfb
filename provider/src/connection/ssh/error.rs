//! What can go wrong on the way to a host: what may pass is told apart from what never will.

use super::command::last_lines;
use crate::connection::{ConnectionError, ErrorClass};
use std::fmt;

/// What kind of failure it is, and so what helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SshErrorKind {
    /// Nobody answers, or not yet: refused, timed out, no route, booting, connection lost.
    NotReachable,
    /// The machine answers and refuses our key.
    KeyRefused,
    /// The machine shows another host key than it should.
    HostKeyRefused,
    /// The machine was reached; the command could not be run there.
    CommandNotRun,
    /// The machine was reached and the command was begun; it did not end in time.
    Unanswered,
    /// The machine was reached and the command ran; what it printed came to no end.
    TooLong,
    /// The machine was reached; what another run of Terraform began there goes on.
    Busy,
    /// The machine was reached and the command was begun; a reboot or a kill ended it.
    BrokenOff,
    /// The SSH client of this machine does not work.
    Client,
}

/// A failure on the way to a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SshError {
    kind: SshErrorKind,
    host: String,
    stage: String,
    lines: String,
    /// What to do, where more is known than its kind.
    cure: Option<&'static str>,
}

impl std::error::Error for SshError {}

impl SshError {
    /// `stage` is what was tried, as in `connecting`; `lines` what came back.
    pub(crate) fn new(kind: SshErrorKind, host: &str, stage: impl Into<String>, lines: &str) -> Self {
        Self { kind, host: host.to_owned(), stage: stage.into(), lines: last_lines(lines), cure: None }
    }

    /// A failure to connect, judged by what `ssh` said.
    pub(crate) fn connecting(host: &str, said: &str) -> Self {
        let found = MESSAGE_PATTERNS.iter().find(|(pattern, ..)| said.contains(pattern));
        let (kind, cure) = found.map_or((SshErrorKind::NotReachable, ""), |(_, kind, cure)| (*kind, *cure));
        Self::new(kind, host, "connecting", said).with_cure(cure)
    }

    /// What to do about it, in place of what its kind says; nothing where that is empty.
    #[must_use]
    pub(crate) fn with_cure(self, cure: &'static str) -> Self {
        Self { cure: Some(cure).filter(|cure| !cure.is_empty()).or(self.cure), ..self }
    }

    /// Whether the name of the host leads to no address.
    pub(super) fn is_unresolved(&self) -> bool {
        self.cure == Some(UNRESOLVED)
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> SshErrorKind {
        self.kind
    }

    /// The last lines that came back.
    pub fn lines(&self) -> &str {
        &self.lines
    }
}

impl ConnectionError for SshError {
    fn class(&self) -> ErrorClass {
        match self.kind {
            SshErrorKind::NotReachable => ErrorClass::Unreachable,
            SshErrorKind::KeyRefused | SshErrorKind::HostKeyRefused => ErrorClass::Unauthorized,
            SshErrorKind::Unanswered | SshErrorKind::Busy | SshErrorKind::BrokenOff => ErrorClass::Transient,
            SshErrorKind::CommandNotRun | SshErrorKind::TooLong | SshErrorKind::Client => {
                ErrorClass::Permanent
            }
        }
    }

    fn target(&self) -> &str {
        &self.host
    }

    fn hint(&self) -> &'static str {
        if let Some(cure) = self.cure {
            return cure;
        }
        match self.kind {
            SshErrorKind::NotReachable => {
                "The address does not respond. Check the address, that the machine runs, and that port 22 (or the one that is \
                 configured) is open from here."
            }
            SshErrorKind::KeyRefused => {
                "The machine answers and refuses this key. Check `ssh.user` and `ssh.private_key` of the provider, or \
                 the agent, against the machine's authorized_keys."
            }
            SshErrorKind::HostKeyRefused => {
                "The machine presents another host key than the recorded one. If the machine was rebuilt on purpose, \
                 replace the node (-replace), give its new key as `host_key`, or remove the old one from known_hosts \
                 (ssh-keygen -R). If not, another machine may be answering."
            }
            SshErrorKind::CommandNotRun => {
                "The machine was reached, the command was not run. The user needs a shell there and sudo without a password."
            }
            SshErrorKind::Unanswered => {
                "The machine was reached, and a command that should end soon did not. Run it on the machine to see what it waits \
                 for."
            }
            SshErrorKind::TooLong => {
                "The output is far longer than that of any working machine. Run the command on the machine to see what it prints; \
                 if nothing is wrong there, another machine may be answering."
            }
            SshErrorKind::Busy => {
                "Wait until it has ended and apply again. On the machine, the folders below /var/lib/terraform-provider-microk8s show \
                 what runs."
            }
            SshErrorKind::BrokenOff => {
                "Apply again: what it left half done is recognised and completed or taken back."
            }
            SshErrorKind::Client => {
                "The OpenSSH client of this machine did not work. It must be installed, in version 8.5 or later, and \
                 its configuration valid."
            }
        }
    }
}

impl fmt::Display for SshError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}) failed.", self.host, self.stage)?;
        if !self.lines.is_empty() {
            write!(f, " What came back:\n{}\n", self.lines)?;
        }
        write!(f, "\n{}", self.hint())
    }
}

/// What `ssh` says on the way to a host, and what that means. The first line of this table that is found
/// decides. Where the cure is empty, it is that of the kind.
const MESSAGE_PATTERNS: [(&str, SshErrorKind, &str); 14] = [
    ("System is booting up", SshErrorKind::NotReachable, ""),
    ("Could not resolve hostname", SshErrorKind::NotReachable, UNRESOLVED),
    (super::master::ANOTHER_USER, SshErrorKind::CommandNotRun, ANOTHER_USER),
    ("REMOTE HOST IDENTIFICATION HAS CHANGED", SshErrorKind::HostKeyRefused, ""),
    ("Host key verification failed", SshErrorKind::HostKeyRefused, ""),
    ("host key is known for", SshErrorKind::HostKeyRefused, ""),
    ("UNPROTECTED PRIVATE KEY FILE", SshErrorKind::Client, UNPROTECTED),
    ("error in libcrypto", SshErrorKind::KeyRefused, UNREADABLE),
    ("Permission denied (", SshErrorKind::KeyRefused, ""),
    ("Too many authentication failures", SshErrorKind::KeyRefused, ""),
    ("Bad configuration option", SshErrorKind::Client, ""),
    ("Can't open user config file", SshErrorKind::Client, ""),
    ("terminating, ", SshErrorKind::Client, ""),
    ("Bad owner or permissions on", SshErrorKind::Client, ""),
];

const UNRESOLVED: &str = "The name does not resolve on the machine that runs Terraform. Check its spelling and the DNS; a machine whose \
                          name is registered only after its boot has 2 minutes for it.";
const ANOTHER_USER: &str = "Cloud images let this user in only to print that sentence: set `ssh.user` of the provider to the user that \
                            it names.";
const UNPROTECTED: &str = "OpenSSH ignores a private key that other users can read: `chmod 600` the file.";
const UNREADABLE: &str = "The private key cannot be read: the file is damaged, or not a private key. Check `ssh.private_key` or \
                          `ssh.private_key_file` of the provider.";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::bounds::{NODE_ANSWER, TooLong};

    #[test]
    fn what_may_pass_is_told_from_what_never_will() {
        let cases = [
            ("ssh: connect to host 10.0.0.11 port 22: Connection refused", SshErrorKind::NotReachable),
            ("ssh: connect to host 10.0.0.11 port 22: No route to host", SshErrorKind::NotReachable),
            ("kex_exchange_identification: Connection closed by remote host", SshErrorKind::NotReachable),
            (
                "\"System is booting up. Unprivileged users are not permitted\"\nPermission denied (x)",
                SshErrorKind::NotReachable,
            ),
            ("ubuntu@10.0.0.11: Permission denied (publickey).", SshErrorKind::KeyRefused),
            ("ssh: Could not resolve hostname cp1: Name or service not known", SshErrorKind::NotReachable),
            (
                "No ED25519 host key is known for cp1 and you have requested strict checking.",
                SshErrorKind::HostKeyRefused,
            ),
            ("Host key verification failed.", SshErrorKind::HostKeyRefused),
            ("/root/.ssh/config: line 1: Bad configuration option: hots", SshErrorKind::Client),
        ];
        for (said, kind) in cases {
            assert_eq!(SshError::connecting("10.0.0.11", said).kind(), kind, "{said}");
        }
    }

    #[test]
    fn the_text_says_where_what_came_back_and_what_to_do() {
        let cases = [
            ("nobody_answers", "ssh: connect to host 10.0.0.11 port 22: Connection refused"),
            ("a_refused_key", "ubuntu@10.0.0.11: Permission denied (publickey)."),
            ("another_host_key", "Host key verification failed."),
            ("a_broken_configuration", "/root/.ssh/config: line 1: Bad configuration option: hots"),
        ];
        for (name, said) in cases {
            insta::assert_snapshot!(name, SshError::connecting("10.0.0.11", said).to_string());
        }
        let command = "running \"microk8s status\"";
        let (late, long) = ("It did not end within 60 s.", TooLong { limit: NODE_ANSWER }.to_string());
        let ran = |kind, said| SshError::new(kind, "10.0.0.11", command, said).to_string();
        insta::assert_snapshot!("no_answer_in_time", ran(SshErrorKind::Unanswered, late));
        insta::assert_snapshot!("an_answer_without_end", ran(SshErrorKind::TooLong, &long));
    }
}
