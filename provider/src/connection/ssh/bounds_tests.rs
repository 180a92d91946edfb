//! Answers without end, against a real sshd.

use super::testing::Sshd;
use super::*;
use std::path::Path;
use std::time::Instant;
use tokio::process::Command;

/// Eight MiB come within its limit on a busy machine too.
fn hurried(sshd: &Sshd) -> Settings {
    Settings { read_limit: Duration::from_secs(5), ..sshd.settings() }
}

/// Whether the process whose id is in the file has ended, or will within some seconds.
async fn ends(pid: &Path) -> bool {
    let pid = std::fs::read_to_string(pid).unwrap();
    for _ in 0..150 {
        if !Path::new("/proc").join(pid.trim()).exists() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    false
}

#[tokio::test]
async fn a_command_whose_answer_has_no_end_is_given_up_and_ends_on_the_machine() {
    const CASES: [(Script, SshErrorKind, &str); 4] = [
        (
            Script { name: "endless", text: r#"echo $$ >"$1"; exec yes"# },
            SshErrorKind::TooLong,
            "the answer is longer than 8192 KiB",
        ),
        (
            Script { name: "complain", text: r#"echo $$ >"$1"; exec yes >&2"# },
            SshErrorKind::TooLong,
            "the answer is longer than 8192 KiB",
        ),
        (
            Script { name: "dribble", text: r#"echo $$ >"$1"; while :; do echo y; sleep 1; done"# },
            SshErrorKind::Unanswered,
            "It did not end within 5 s",
        ),
        (
            Script { name: "silence", text: r#"echo $$ >"$1"; exec sleep 1000"# },
            SshErrorKind::Unanswered,
            "It did not end within 5 s",
        ),
    ];
    let sshd = Sshd::start().await;
    let host = Ssh::new(hurried(&sshd)).host("127.0.0.1");
    for (script, kind, said) in &CASES {
        let pid = sshd.directory.path().join(script.name);
        let began = Instant::now();
        let error = host.ask(script, &[pid.to_str().unwrap()]).await.unwrap_err();
        assert_eq!(error.kind(), *kind, "{}: {error}", script.name);
        assert!(error.to_string().contains(said), "{}: {error}", script.name);
        assert!(began.elapsed() < Duration::from_secs(15), "{}: {:?}", script.name, began.elapsed());
        assert!(ends(&pid).await, "{} goes on", script.name);
    }
    // One that changes something is let end.
    const LONG: Script = Script { name: "long", text: r#"head -c 9000000 /dev/zero; echo $$ >"$1""# };
    let change = sshd.directory.path().join("change");
    let error = host.change(&LONG, &[change.to_str().unwrap()], None).await.unwrap_err();
    assert_eq!(error.kind(), SshErrorKind::TooLong, "{error}");
    assert!(change.exists());
    assert!(host.run(&["true"], None).await.unwrap().succeeded(), "the connection is as it was");
}

#[tokio::test]
async fn whoever_stops_waiting_ends_what_reads_and_not_what_changes_the_machine() {
    const LATER: Script =
        Script { name: "later", text: r#"echo $$ >"$1.pid"; sleep 2; echo y; sleep 1; echo done >"$1""# };
    let sshd = Sshd::start().await;
    let host = Ssh::new(sshd.settings()).host("127.0.0.1");
    let file = |name: &str| sshd.directory.path().join(name).display().to_string();
    let (read, change) = (file("read"), file("change"));
    let waited = Duration::from_millis(1500);
    host.ask(&LATER, &[&read]).await.unwrap();
    assert!(Path::new(&read).exists(), "it ends in time where somebody waits");
    std::fs::remove_file(&read).unwrap();
    assert!(tokio::time::timeout(waited, host.ask(&LATER, &[&read])).await.is_err());
    assert!(tokio::time::timeout(waited, host.change(&LATER, &[&change], None)).await.is_err());
    assert!(ends(Path::new(&format!("{change}.pid"))).await);
    assert!(Path::new(&change).exists(), "what changes the machine goes on to its end");
    assert!(ends(Path::new(&format!("{read}.pid"))).await);
    assert!(!Path::new(&read).exists(), "what reads ends when nobody reads it");
}

#[tokio::test]
async fn a_probe_without_an_answer_is_waited_for_once_by_all() {
    static SILENT: Script = Script { name: "silent", text: "exec sleep 1000" };
    let sshd = Sshd::start().await;
    let host = Ssh::new(hurried(&sshd)).host("127.0.0.1");
    host.run(&["true"], None).await.unwrap();
    let began = Instant::now();
    let all = tokio::join!(host.probe(&SILENT), host.probe(&SILENT), host.probe(&SILENT));
    for one in [all.0, all.1, all.2] {
        assert_eq!(one.unwrap_err().kind(), SshErrorKind::Unanswered);
    }
    // One after the other they would take three times as long.
    assert!(began.elapsed() < Duration::from_secs(9), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_login_that_talks_without_end_is_no_connection() {
    let sshd =
        Sshd::start_in(super::testing::directory().await, &[], vec!["ForceCommand=yes".to_owned()]).await;
    let error = Ssh::new(sshd.settings()).host("127.0.0.1").run(&["true"], None).await.unwrap_err();
    assert_eq!(error.kind(), SshErrorKind::CommandNotRun, "{error}");
    assert!(error.to_string().contains("no shell answered"), "{error}");
}

/// What a node writes beside its answers lands in the log of `ssh`, for as long as the connection stands.
#[tokio::test]
async fn a_log_that_a_node_floods_is_closed_and_the_connection_works() {
    let flood = r#"case $SSH_ORIGINAL_COMMAND in *microk8s-connected*) yes >&2 & esac; exec sh -c "$SSH_ORIGINAL_COMMAND""#;
    let directory = super::testing::directory().await;
    std::fs::write(directory.path().join("flood"), flood).unwrap();
    let option = format!("ForceCommand=sh {}", directory.path().join("flood").display());
    let sshd = Sshd::start_in(directory, &[], vec![option]).await;
    let host = Ssh::new(sshd.settings()).host("127.0.0.1");
    for _ in 0..5 {
        assert!(host.run(&["sleep", "0.2"], None).await.unwrap().succeeded());
    }
    assert_eq!(host.host_key().await.unwrap(), Some(sshd.host_key()));
}

const IN_A_PROCESS_OF_ITS_OWN: &str = "connection::ssh::bounds_tests::endless_answers_of_many_commands";

/// Run by the test below: the memory of a process that runs other tests too says nothing.
#[tokio::test]
#[ignore = "run in a process of its own by the_plugin_stays_small_whatever_nodes_print"]
async fn endless_answers_of_many_commands() {
    let more = [2, 3, 4].map(|number| format!("ListenAddress=127.0.0.{number}"));
    let sshd = Sshd::start_in(super::testing::directory().await, &[], more.to_vec()).await;
    let ssh = Ssh::new(sshd.settings());
    let mut running = tokio::task::JoinSet::new();
    for number in 0..48 {
        let host = ssh.host(&format!("127.0.0.{}", 1 + number % 4));
        running.spawn(async move { host.run(&["yes"], None).await.unwrap_err().kind() });
    }
    let kinds = running.join_all().await;
    assert!(kinds.iter().all(|kind| *kind == SshErrorKind::TooLong), "{kinds:?}");
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
    assert!(most.unwrap().parse::<u32>().unwrap() < 256 << 10, "{most:?} KiB");
    eprintln!("at most {} KiB", most.unwrap());
}

#[tokio::test]
async fn the_plugin_stays_small_whatever_nodes_print() {
    let test = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", IN_A_PROCESS_OF_ITS_OWN, "--ignored", "--nocapture"])
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&test.stderr).into_owned() + &String::from_utf8_lossy(&test.stdout);
    assert!(test.status.success() && said.contains("1 passed"), "{said}");
}
