//! What is run on a host, and what came back.

use crate::connection::masking::Mask;
use std::fmt;
use std::time::Duration;

/// A fixed script for `sh`. Data reaches it as arguments or on stdin, never as part of its text.
#[derive(Clone, Copy, Debug)]
pub struct Script {
    /// What it does, for messages and as the key of cached probes: `read the state of MicroK8s`.
    pub name: &'static str,
    /// Its text; `$1` and so on are its arguments.
    pub text: &'static str,
}

/// What a command left when it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Its exit code.
    pub code: i32,
    /// What it printed.
    pub stdout: String,
    /// What it complained about.
    pub stderr: String,
}

impl Output {
    /// Whether its exit code is 0. For many commands of MicroK8s that proves nothing.
    pub fn succeeded(&self) -> bool {
        self.code == 0
    }

    /// The same, without what is secret.
    pub fn without(self, secret: &Mask) -> Self {
        Self { stdout: secret.hide(self.stdout), stderr: secret.hide(self.stderr), ..self }
    }

    /// The last lines it printed, complaints first, for an error's text.
    pub fn last_lines(&self) -> String {
        let text = if self.stderr.trim().is_empty() { &self.stdout } else { &self.stderr };
        last_lines(text)
    }
}

/// The last lines that say something, at most ten.
pub(crate) fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let from = lines.len().saturating_sub(10);
    lines.get(from..).unwrap_or_default().join("\n")
}

/// A command as one person would tell another: the script's name, or the words.
pub(crate) enum Command<'a> {
    /// A program and its arguments.
    Program(&'a [&'a str]),
    /// A script and its arguments.
    Script(&'a Script, &'a [&'a str]),
}

/// Root, through a `sudo` that never asks. Who logs in as root may have none and needs none. All that runs
/// says what it says in English, whatever the language of the machine is: it is read here.
const AS_ROOT: [&str; 4] = [
    "sh",
    "-c",
    r#"export LC_ALL=C; unset LANGUAGE; [ "$(id -u)" = 0 ] && exec "$@"; exec sudo -n -- "$@""#,
    "sh",
];

/// What `sudo` says when it does not run the command at all, with what to do about it. It has other things to
/// say besides, such as that it cannot resolve the host's name.
const SUDO_REFUSALS: [(&str, &str); 9] = [
    ("password is required", NO_PASSWORD),
    // What sudo-rs says.
    ("authentication is required", NO_PASSWORD),
    ("must have a tty", NO_TTY),
    ("not in the sudoers", NO_RIGHT),
    ("is not allowed to", NO_RIGHT),
    ("may not run sudo", NO_RIGHT),
    ("I'm afraid I can't do that", NO_RIGHT),
    ("no new privileges", ""),
    ("not found", "The machine has no `sudo`: install it there, or log in as root (`ssh.user`)."),
];

const NO_PASSWORD: &str = "sudo asks for a password there. Let the user do without: a file in /etc/sudoers.d with `<user> ALL=(ALL) \
                           NOPASSWD: ALL`, written by `sudo visudo -f`.";
const NO_TTY: &str = "sudo wants a terminal there. Take `requiretty` out of /etc/sudoers, or add `Defaults:<user> !requiretty` to it \
                      (`sudo visudo`).";
const NO_RIGHT: &str = "The user may not become root there. Give another one as `ssh.user`, or let this one: a file in /etc/sudoers.d with \
                        `<user> ALL=(ALL) NOPASSWD: ALL`.";

/// Why the command was not run as root, if it was not, and what to do about it.
pub(crate) fn refusal(output: &Output) -> Option<(&str, &'static str)> {
    let refused = |line: &str| {
        let found = SUDO_REFUSALS.iter().find(|(words, _)| line.contains(words));
        found.map(|(_, cure)| *cure).filter(|_| line.contains("sudo:"))
    };
    let mut lines = output.stderr.lines().filter(|_| [1, 127].contains(&output.code));
    lines.find_map(|line| Some((line, refused(line)?)))
}

/// A command that is ended after `$0` seconds, where there is `timeout`; without it, one must not be taken
/// for missing.
const WITHIN: &str = r#"command -v timeout >/dev/null && exec timeout -k 5 "$0" "$@"; exec "$@""#;

/// What the machine adds to the limit of a command that only reads: whoever waits here says first that the
/// time is up.
const BEYOND: Duration = Duration::from_secs(5);

impl Command<'_> {
    /// The argument vector for the remote machine.
    pub(crate) fn words(&self, root: bool) -> Vec<String> {
        self.words_behind(root, &[])
    }

    /// The same for a command that is ended after a while, by the machine too: one that is silent notices by
    /// nothing else that nobody reads it any more.
    pub(crate) fn words_within(&self, root: bool, limit: Duration) -> Vec<String> {
        let seconds = limit.saturating_add(BEYOND).as_secs().to_string();
        self.words_behind(root, &["sh", "-c", WITHIN, &seconds])
    }

    fn words_behind(&self, root: bool, before: &[&str]) -> Vec<String> {
        let sudo = AS_ROOT.iter().filter(|_| root).copied();
        let all = sudo.chain(before.iter().copied());
        match self {
            Self::Program(words) => all.chain(words.iter().copied()).map(str::to_owned).collect(),
            Self::Script(script, arguments) => {
                let shell = ["sh", "-c", script.text, "sh"];
                all.chain(shell).chain(arguments.iter().copied()).map(str::to_owned).collect()
            }
        }
    }
}

impl fmt::Display for Command<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Program(words) => f.write_str(&words.join(" ")),
            Self::Script(script, _) => f.write_str(script.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_sudo_that_never_asks() {
        let words = Command::Program(&["snap", "list"]).words(true);
        assert!(words.get(2).is_some_and(|script| script.ends_with("exec sudo -n -- \"$@\"")), "{words:?}");
        assert_eq!(words.get(4..), Some(["snap".to_owned(), "list".to_owned()].as_slice()));
        assert_eq!(Command::Program(&["snap", "list"]).words(false), ["snap", "list"]);
    }

    #[test]
    fn a_refusal_of_sudo_is_told_from_what_else_it_says() {
        let output = |code, stderr: &str| Output { code, stdout: String::new(), stderr: stderr.to_owned() };
        for refused in [
            "sudo: a password is required\n",
            "ubuntu is not in the sudoers file.\nsudo: ubuntu is not in the sudoers file",
            "sudo: sorry, you must have a tty to run sudo\n",
            "sudo: interactive authentication is required\n",
            "sudo: I'm sorry ubuntu. I'm afraid I can't do that\n",
        ] {
            assert!(refusal(&output(1, refused)).is_some(), "{refused}");
        }
        assert!(refusal(&output(127, "sh: 1: exec: sudo: not found\n")).is_some());
        let chatter = "sudo: unable to resolve host cp1: Name or service not known\nerror: no matching snaps installed\n";
        assert_eq!(refusal(&output(1, chatter)), None);
        assert_eq!(refusal(&output(127, "sh: 1: exec: snap: not found\n")), None);
    }

    #[test]
    fn data_is_an_argument_of_a_script_and_not_its_text() {
        let script = Script { name: "greet", text: "echo \"$1\"" };
        let words = Command::Script(&script, &["$(reboot)"]).words(false);
        assert_eq!(words, ["sh", "-c", "echo \"$1\"", "sh", "$(reboot)"]);
    }

    #[test]
    fn complaints_come_before_what_was_printed() {
        let output = Output { code: 1, stdout: "working\n".into(), stderr: "\nerror: no\n\n".into() };
        assert_eq!(output.last_lines(), "error: no");
        let output = Output { code: 1, stdout: "working\n".into(), stderr: "\n".into() };
        assert_eq!(output.last_lines(), "working");
    }
}
