//! What a script prints, told from what the user's login shell prints before it: bash on Debian and Ubuntu
//! reads `.bashrc` for every command over SSH, and a line from there would be taken for the script's.

use super::command::{Command, Output, Script};
use super::error::SshError;
use super::host::Host;

/// Prints the mark, and then is the script whose text is `$1`.
const MARKED: &str = r#"printf '\036\n'; text=$1; shift; exec sh -c "$text" sh "$@""#;

/// A record separator on a line of its own.
const MARK: &str = "\u{1e}\n";

impl Host {
    /// What a script prints that only reads, as root; nothing of what comes before it. It ends after
    /// [`Host::read_limit`] at the latest, and when the future is dropped.
    pub async fn ask(&self, script: &Script, arguments: &[&str]) -> Result<Output, SshError> {
        let marked = Script { name: script.name, text: MARKED };
        let words: Vec<&str> = std::iter::once(script.text).chain(arguments.iter().copied()).collect();
        Ok(behind_mark(self.read(Command::Script(&marked, &words), true).await?))
    }
}

/// Without a mark, nothing ran that could have printed anything.
fn behind_mark(output: Output) -> Output {
    match output.stdout.split_once(MARK) {
        Some((_, own)) => Output { stdout: own.to_owned(), ..output },
        None => output,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::ssh::Ssh;
    use crate::connection::ssh::testing::Sshd;

    #[tokio::test]
    async fn what_a_login_shell_prints_first_is_not_the_scripts() {
        static ASK: Script = Script { name: "ask", text: "printf '%s|' \"$@\"; echo said; exit 3" };
        let sshd = Sshd::start_with_answer("echo Welcome; exec sh -c \"$SSH_ORIGINAL_COMMAND\"").await;
        let host = Ssh::new(sshd.settings()).host("127.0.0.1");
        let raw = host.read(Command::Script(&ASK, &[]), true).await.unwrap();
        assert!(raw.stdout.starts_with("Welcome\n"), "{raw:?}");
        let output = host.ask(&ASK, &["a b", "$(id)"]).await.unwrap();
        assert_eq!((output.code, output.stdout.as_str()), (3, "a b|$(id)|said\n"));
        assert_eq!(host.probe(&ASK).await.unwrap().stdout, "|said\n");
    }

    #[test]
    fn what_did_not_begin_is_shown_as_it_is() {
        let refused = Output { code: 1, stdout: "Please login as ubuntu\n".into(), stderr: String::new() };
        assert_eq!(behind_mark(refused.clone()), refused);
    }
}
