//! Against a real sshd on this machine's loopback.

mod refusals;

use super::command::Command;
use super::testing::{Sshd, keygen};
use super::*;
use crate::connection::ConnectionError;
use crate::connection::retry::Deadline;
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UnixStream};
use tokio_util::sync::CancellationToken;

fn seconds(seconds: u64) -> Deadline {
    Deadline::after(Duration::from_secs(seconds), &CancellationToken::new())
}

const COUNT: Script = Script { name: "count", text: "cat; printf '%s|' \"$@\"; echo gone wrong >&2; exit 3" };

#[tokio::test]
async fn a_command_gets_its_words_and_stdin_untouched() {
    let sshd = Sshd::start().await;
    let host = Ssh::new(sshd.settings()).host("127.0.0.1");
    let output = host.script(&COUNT, &["a b", "$(id)", "'"], Some(b"in ")).await.unwrap();
    assert_eq!(output, Output { code: 3, stdout: "in a b|$(id)|'|".into(), stderr: "gone wrong\n".into() });
    let missing = host.run(&["no-such-program"], None).await.unwrap();
    assert_eq!(missing.code, 127);
    assert_eq!(host.host_key().await.unwrap().as_deref(), Some(sshd.host_key().as_str()));
    assert!(!sshd.directory.path().join("known_hosts").exists(), "the user's own file is only read");
}

/// Runs what follows its first argument where that is the home directory of whoever runs the tests.
const IN_A_HOME: &str = r#"[ "$(id -u)" = 0 ] || user='--user --map-current-user'
exec unshare $user --mount sh -c 'mount --bind "$0" "$(getent passwd "$(id -u)" | cut -d: -f6)"; exec "$@"' "$@""#;

#[tokio::test]
async fn what_a_testers_own_shell_reads_at_its_start_does_not_disturb_a_command() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".ssh")).unwrap();
    for file in [".bashrc", ".bash_profile", ".profile", ".zshenv", ".ssh/rc", ".ssh/environment"] {
        std::fs::write(home.path().join(file), "echo noise; echo noise >&2\n").unwrap();
    }
    let home = home.path().display().to_string();
    let sshd = Sshd::start_through(&["sh", "-c", IN_A_HOME, "sh", &home]).await;
    let host = Ssh::new(sshd.settings()).host("127.0.0.1");
    let output = host.run(&["echo", "said"], None).await.unwrap();
    assert_eq!(output, Output { code: 0, stdout: "said\n".into(), stderr: String::new() });
}

#[tokio::test]
async fn thirty_commands_at_once_pass_one_connection() {
    let sshd = Sshd::start().await;
    let host = Ssh::new(sshd.settings()).host("127.0.0.1");
    let runs = (0..30).map(|number| {
        let host = Arc::clone(&host);
        tokio::spawn(async move { host.run(&["echo", &number.to_string()], None).await.unwrap().stdout })
    });
    let mut printed = Vec::new();
    for run in runs.collect::<Vec<_>>() {
        printed.push(run.await.unwrap().trim().parse::<u32>().unwrap());
    }
    assert_eq!(printed, (0..30).collect::<Vec<_>>());
    let log = std::fs::read_to_string(sshd.directory.path().join("log")).unwrap();
    assert_eq!(log.matches("Accepted publickey").count(), 1, "{log}");
}

#[tokio::test]
async fn a_probe_is_asked_once_until_something_changed() {
    static ASK: Script = Script { name: "ask", text: "date +%s%N" };
    let sshd = Sshd::start().await;
    let host = Ssh::new(sshd.settings()).host("127.0.0.1");
    let first = tokio::join!(host.probe(&ASK), host.probe(&ASK));
    let (first, same) = (first.0.unwrap(), first.1.unwrap());
    assert_eq!(first, same);
    assert_eq!(host.probe(&ASK).await.unwrap(), first);
    host.invalidate_probes();
    assert_ne!(host.probe(&ASK).await.unwrap(), first);
}

#[tokio::test]
async fn only_the_pinned_host_key_is_accepted() {
    let sshd = Sshd::start().await;
    let host = Ssh::new(sshd.settings()).host("127.0.0.1");
    host.pin(&format!("{} root@cp1", sshd.host_key()));
    host.run(&["true"], None).await.unwrap();
    keygen(&sshd.directory.path().join("other")).await;
    host.pin(&std::fs::read_to_string(sshd.directory.path().join("other.pub")).unwrap());
    let refused = host.run(&["true"], None).await.unwrap_err();
    assert_eq!(refused.kind(), SshErrorKind::HostKeyRefused, "{refused}");
    assert!(!refused.is_transient());
    host.unpin().await;
    host.reach(&seconds(5)).await.unwrap();
}

#[tokio::test]
async fn a_contradiction_to_known_hosts_and_an_unknown_key_under_strict_are_refused() {
    let sshd = Sshd::start().await;
    let mut settings = sshd.settings();
    settings.host_key_check = HostKeyCheck::Strict;
    let refused = Ssh::new(settings.clone()).host("127.0.0.1").run(&["true"], None).await.unwrap_err();
    assert_eq!(refused.kind(), SshErrorKind::HostKeyRefused, "{refused}");
    let known = format!("[127.0.0.1]:{} {}\n", sshd.port, sshd.host_key());
    std::fs::write(sshd.directory.path().join("known_hosts"), known).unwrap();
    let host = Ssh::new(settings.clone()).host("127.0.0.1");
    assert_eq!(host.host_key().await.unwrap(), Some(sshd.host_key()));

    keygen(&sshd.directory.path().join("other")).await;
    let other = std::fs::read_to_string(sshd.directory.path().join("other.pub")).unwrap();
    std::fs::write(sshd.directory.path().join("known_hosts"), format!("[127.0.0.1]:{} {other}", sshd.port))
        .unwrap();
    settings.host_key_check = HostKeyCheck::AcceptNew;
    let refused = Ssh::new(settings.clone()).host("127.0.0.1").run(&["true"], None).await.unwrap_err();
    assert_eq!(refused.kind(), SshErrorKind::HostKeyRefused, "{refused}");
    settings.host_key_check = HostKeyCheck::InsecureAcceptAnyHostKey;
    Ssh::new(settings).host("127.0.0.1").run(&["true"], None).await.unwrap();
}

#[tokio::test]
async fn a_refused_key_is_told_from_a_machine_that_does_not_answer() {
    let mut sshd = Sshd::start().await;
    keygen(&sshd.directory.path().join("other")).await;
    let mut settings = sshd.settings();
    settings.private_key =
        Some(Secret::new(std::fs::read_to_string(sshd.directory.path().join("other")).unwrap()));
    let refused = Ssh::new(settings).host("127.0.0.1").run(&["true"], None).await.unwrap_err();
    assert_eq!(refused.kind(), SshErrorKind::KeyRefused, "{refused}");

    sshd.stop().await;
    let host = Ssh::new(sshd.settings()).host("127.0.0.1");
    let absent = host.run(&["true"], None).await.unwrap_err();
    assert_eq!(absent.kind(), SshErrorKind::NotReachable, "{absent}");
    assert!(absent.lines().contains("Connection refused"), "{absent}");
    sshd.start_again().await;
    assert_eq!(host.run(&["true"], None).await.unwrap_err(), absent, "one failure answers for all");
    host.reach(&seconds(10)).await.unwrap();
    assert!(host.run(&["true"], None).await.unwrap().succeeded());
}

#[tokio::test]
async fn the_connection_is_made_again_when_it_broke() {
    let sshd = Sshd::start().await;
    let host = Ssh::new(sshd.settings()).host("127.0.0.1");
    let parent = host.run(&["sh", "-c", "echo $PPID"], None).await.unwrap().stdout;
    let parent = parent.trim();
    // The session's sshd ends itself, as it does when the machine reboots.
    let cut = host.run(&["kill", "-9", parent], None).await.unwrap_err();
    assert_eq!(cut.kind(), SshErrorKind::NotReachable, "{cut}");
    assert!(host.run(&["true"], None).await.unwrap().succeeded());
}

#[tokio::test]
async fn a_forwarded_port_leads_to_the_hosts_loopback_and_survives_a_reconnect() {
    let sshd = Sshd::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let served = tokio::spawn(async move {
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(b"hello").await.unwrap();
        }
    });
    let host = Ssh::new(sshd.settings()).host("127.0.0.1");
    assert_eq!(hello(&host.forward(port).await.unwrap()).await, "hello");
    let parent = host.run(&["sh", "-c", "echo $PPID"], None).await.unwrap().stdout;
    let _ = host.run(&["kill", "-9", parent.trim()], None).await;
    assert_eq!(hello(&host.forward(port).await.unwrap()).await, "hello");
    served.await.unwrap();
}

async fn hello(socket: &Path) -> String {
    let mut text = String::new();
    UnixStream::connect(socket).await.unwrap().read_to_string(&mut text).await.unwrap();
    text
}

#[tokio::test]
async fn the_private_key_is_gone_once_connected_and_everything_once_dropped() {
    let sshd = Sshd::start().await;
    let ssh = Ssh::new(sshd.settings());
    let host = ssh.host("127.0.0.1");
    let socket = host.forward(1).await.unwrap();
    let directory = socket.parent().unwrap().to_owned();
    assert!(directory.join("control").exists());
    assert!(!directory.join("key").exists());
    drop(host);
    drop(ssh);
    assert!(!directory.exists());
}

#[tokio::test]
async fn the_private_key_is_gone_where_connecting_is_given_up() {
    let sshd = Sshd::start().await;
    // Takes connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let ssh = Ssh::new(Settings { port: Some(port), ..sshd.settings() });
    let host = ssh.host("127.0.0.1");
    let asking = host.read(Command::Program(&["true"]), true);
    assert!(tokio::time::timeout(Duration::from_secs(2), asking).await.is_err());
    let mut made = ssh.context.directory.lock().unwrap();
    let next = made.as_mut().unwrap().next().unwrap();
    assert!(next.ends_with("2"), "the first was used: {next:?}");
    let left: Vec<_> = std::fs::read_dir(next.parent().unwrap()).unwrap().map(Result::unwrap).collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

/// Names of this process's children, with whether the terminal counts them to the same job as this process.
fn children() -> Vec<(String, bool)> {
    let stat = |pid: &str| {
        let line = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (head, tail) = line.rsplit_once(") ")?;
        let name = head.split_once(" (")?.1.to_owned();
        let words: Vec<u32> = tail.split(' ').skip(1).take(2).map_while(|word| word.parse().ok()).collect();
        <[u32; 2]>::try_from(words).ok().map(|[parent, group]| (name, parent, group))
    };
    let (_, _, own_group) = stat("self").unwrap();
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let all = processes.filter_map(|entry| stat(&entry.file_name().into_string().ok()?));
    all.filter(|(_, parent, _)| *parent == std::process::id())
        .map(|(name, _, group)| (name, group == own_group))
        .collect()
}

/// Ctrl-C at a terminal goes to every process of the job. terraform and this plugin take it for a wish to
/// stop; ssh would die of it, and with it whatever runs on the node.
#[tokio::test]
async fn ctrl_c_at_the_terminal_does_not_reach_ssh() {
    let sshd = Sshd::start().await;
    let host = Ssh::new(sshd.settings()).host("127.0.0.1");
    host.run(&["true"], None).await.unwrap();
    let running = children();
    let of_ssh: Vec<_> = running.iter().filter(|(name, _)| name == "ssh").collect();
    assert!(!of_ssh.is_empty(), "{running:?}");
    assert!(of_ssh.iter().all(|(_, reached)| !reached), "{running:?}");
    // An ordinary child is reached, and would have been seen.
    assert!(running.contains(&("sshd".to_owned(), true)), "{running:?}");
}

#[tokio::test]
async fn known_hosts_that_cannot_be_asked_for_are_not_done_without() {
    let sshd = Sshd::start().await;
    let settings = sshd.settings();
    std::fs::write(sshd.directory.path().join("config"), "UserKnownHostsFile\n").unwrap();
    let refused = Ssh::new(settings).host("127.0.0.1").run(&["true"], None).await.unwrap_err();
    assert_eq!(refused.kind(), SshErrorKind::Client, "{refused}");
    assert!(refused.to_string().contains("`ssh -G 127.0.0.1` did not tell its settings"), "{refused}");
}
