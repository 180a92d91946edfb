//! Jobs by both shells that are `sh` on machines, and over a real sshd.

use super::scripts::{BEGIN, CLEAR, FOLLOW};
use super::*;
use crate::connection::ConnectionError;
use crate::connection::ssh::testing::Sshd;
use crate::connection::ssh::{Settings, Ssh};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::process::Command as Process;

/// The shells.
const SHELLS: [&str; 2] = ["dash", "bash"];

/// A machine's folders, and the shell that its scripts are run by.
struct Machine {
    folder: TempDir,
    shell: &'static str,
}

impl Machine {
    fn new(shell: &'static str) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), shell }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn run(&self, script: &str, id: &str, owner: &str, more: &[&str], input: &str) -> (String, String) {
        let mut process = Process::new(self.shell)
            .args(["-c", script, "sh"])
            .args([self.path("kept"), self.path("volatile")])
            .args([id, owner, "5"])
            .args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        process.stdin.take().unwrap().write_all(input.as_bytes()).await.unwrap();
        let output = process.wait_with_output().await.unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (text(&output.stdout).replace('\u{1e}', "§"), text(&output.stderr))
    }

    /// Begins a job that reads `input`, within `limit` seconds.
    async fn begin(
        &self,
        id: &str,
        owner: &str,
        limit: &str,
        script: &str,
        input: Option<&str>,
    ) -> (String, String) {
        let length = input.map_or_else(|| "-".to_owned(), |text| text.len().to_string());
        let more = ["100", limit, id, &length, "sh", "-c", script];
        self.run(BEGIN, id, owner, &more, input.unwrap_or_default()).await
    }

    /// What lies in its folders.
    fn entries(&self) -> Vec<String> {
        let names = ["kept", "volatile"].map(|name| self.path(name));
        let all = names.iter().flat_map(|folder| std::fs::read_dir(folder).into_iter().flatten());
        all.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

#[tokio::test]
async fn a_job_gets_its_input_and_its_result_is_kept_until_it_was_read() {
    for shell in SHELLS {
        let machine = Machine::new(shell);
        let script = "umask; cat; echo wrong >&2; exit 3";
        let said = ("§job ended 3\n0022\nsecret".to_owned(), "wrong\n".to_owned());
        assert_eq!(machine.begin("one", "me", "60", script, Some("secret")).await, said, "{shell}");
        // Asked again, as after an answer that was lost, it is not begun again.
        assert_eq!(machine.begin("one", "me", "60", "echo twice", Some("secret")).await, said, "{shell}");
        assert_eq!(machine.run(FOLLOW, "one", "me", &[], "").await, said, "{shell}");
        // What came in is in no file that a disk keeps.
        for entry in std::fs::read_dir(machine.path("kept/one")).unwrap() {
            let path = entry.unwrap().path();
            assert!(!std::fs::read_to_string(&path).unwrap().contains("secret"), "{shell}: {path:?}");
        }
        assert!(machine.path("volatile/one/out").exists(), "{shell}");
        machine.run(CLEAR, "one", "another", &[], "").await;
        assert_eq!(machine.entries(), ["one", "one"], "{shell}: it is no other's to take away");
        machine.run(CLEAR, "one", "me", &[], "").await;
        assert!(!machine.path("kept").exists() && !machine.path("volatile").exists(), "{shell}");
        assert_eq!(machine.run(FOLLOW, "one", "me", &[], "").await.0, "§job gone\n", "{shell}");
    }
}

/// Several at once, which take the folders away between each other, while somebody looks for jobs that were
/// broken off, as a snapshot of the machine does.
#[tokio::test]
async fn jobs_begin_and_end_beside_each_other_and_those_who_look() {
    const LOOK: &str = r#"while [ ! -e "$1/stop" ]; do for job in "$1"/kept/*/; do
        [ -e "$job/name" ] && flock -n -s "$job/lock" true && [ ! -e "$job/code" ] && cat "$job/name" && echo
    done; done 2>/dev/null"#;
    for shell in SHELLS {
        let machine = std::sync::Arc::new(Machine::new(shell));
        let looking = Process::new(shell)
            .args(["-c", LOOK, "sh"])
            .arg(machine.folder.path())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut all = tokio::task::JoinSet::new();
        for one in ["one", "two", "three"] {
            let machine = std::sync::Arc::clone(&machine);
            all.spawn(async move {
                for round in 0..20 {
                    let input = (round % 2 == 0).then_some("x");
                    let (said, complaint) = machine.begin(one, "me", "60", "cat", input).await;
                    let expected = format!("§job ended 0\n{}", input.unwrap_or_default());
                    assert_eq!((said, complaint.as_str()), (expected, ""), "{shell}: {one}, {round}");
                    machine.run(CLEAR, one, "me", &[], "").await;
                }
            });
        }
        all.join_all().await;
        std::fs::write(machine.path("stop"), "").unwrap();
        let looked = looking.wait_with_output().await.unwrap();
        assert_eq!(String::from_utf8_lossy(&looked.stdout), "", "{shell}: none was broken off");
        assert!(machine.entries().is_empty(), "{shell}: {:?}", machine.entries());
    }
}

#[tokio::test]
async fn only_root_can_look_into_the_folders() {
    use std::os::unix::fs::PermissionsExt;
    let machine = Machine::new("dash");
    machine.begin("one", "me", "60", "cat", Some("x")).await;
    for name in ["kept", "volatile", "kept/one", "volatile/one"] {
        let mode = std::fs::metadata(machine.path(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{name}");
    }
}

#[tokio::test]
async fn what_is_sent_and_breaks_off_begins_nothing() {
    for shell in SHELLS {
        let machine = Machine::new(shell);
        let more =
            ["100", "60", "one", "100", "touch", machine.path("begun").to_str().unwrap()].map(str::to_owned);
        let more: Vec<&str> = more.iter().map(String::as_str).collect();
        let (said, complaint) = machine.run(BEGIN, "one", "me", &more, "half of it").await;
        assert_eq!((said.as_str(), complaint.as_str()), ("", "what was sent to the machine broke off\n"));
        assert!(machine.entries().is_empty(), "{shell}: {:?}", machine.entries());
        assert!(!machine.path("begun").exists(), "{shell}");
    }
}

#[tokio::test]
async fn a_job_of_another_run_is_waited_for_and_its_end_is_said_once() {
    for shell in SHELLS {
        let machine = Machine::new(shell);
        let other = machine.begin("one", "other", "60", "sleep 7", None).await;
        assert_eq!(other.0, "§job running\n", "{shell}");
        let busy = |name: &str| (format!("§job busy {name}\n"), String::new());
        assert_eq!(machine.begin("two", "me", "60", "echo", None).await, busy("one"), "{shell}");
        assert!(!machine.path("kept/two").exists(), "{shell}");
        // The same command has ended since this run began, and nobody saw it.
        assert_eq!(machine.begin("one", "me", "60", "echo mine", None).await, busy("one"), "{shell}");
        assert_eq!(
            machine.begin("one", "me", "60", "echo mine", None).await.0,
            "§job ended 0\nmine\n",
            "{shell}"
        );
        assert_eq!(machine.run(FOLLOW, "one", "other", &[], "").await.0, "§job ended 0\nmine\n", "{shell}");
    }
}

#[tokio::test]
async fn a_result_of_long_ago_does_not_count() {
    let machine = Machine::new("dash");
    machine.begin("one", "other", "60", "exit 6", None).await;
    let code = machine.path("kept/one/code");
    let long_ago = std::time::SystemTime::now() - Duration::from_secs(1000);
    std::fs::File::options().write(true).open(&code).unwrap().set_modified(long_ago).unwrap();
    assert_eq!(machine.begin("one", "me", "60", "echo mine", None).await.0, "§job ended 0\nmine\n");
}

#[tokio::test]
async fn a_job_ends_at_its_time_limit_with_all_that_it_started() {
    for shell in SHELLS {
        let machine = Machine::new(shell);
        let script = format!("sleep 1000 & echo $! >{}; wait", machine.path("pid").display());
        let ended = machine.begin("one", "me", "1", &script, None).await;
        assert_eq!(ended.0, "§job ended 124\n", "{shell}");
        let pid = std::fs::read_to_string(machine.path("pid")).unwrap();
        let state =
            std::fs::read_to_string(Path::new("/proc").join(pid.trim()).join("stat")).unwrap_or_default();
        assert!(state.is_empty() || state.contains(") Z "), "{shell}: {state}");
    }
}

#[tokio::test]
async fn what_was_broken_off_is_told_from_what_ended_and_a_reboot_from_a_kill() {
    for shell in SHELLS {
        let machine = Machine::new(shell);
        // The job's first process is the leader of its session.
        let script = r#"set -- $(cat /proc/$PPID/stat); kill -9 "-$6"; kill -9 $PPID $$"#;
        let killed = machine.begin("one", "me", "60", script, None).await;
        assert!(killed.0.starts_with("§job broken killed\n"), "{shell}: {killed:?}");
        std::fs::write(machine.path("kept/one/boot"), "another\n").unwrap();
        let rebooted = machine.run(FOLLOW, "one", "me", &[], "").await;
        assert!(rebooted.0.starts_with("§job broken rebooted\n"), "{shell}: {rebooted:?}");
        // Another run begins it anew.
        assert_eq!(
            machine.begin("one", "next", "60", "echo anew", None).await.0,
            "§job ended 0\nanew\n",
            "{shell}"
        );
    }
}

#[tokio::test]
async fn what_a_job_prints_has_a_limit_and_it_is_not_ended_by_it() {
    for shell in SHELLS {
        let machine = Machine::new(shell);
        let script = "head -c 9000000 /dev/zero; head -c 9000000 /dev/zero >&2; exit 5";
        let (said, complaints) = machine.begin("one", "me", "60", script, None).await;
        assert!(said.starts_with("§job ended 5\n"), "{shell}");
        assert_eq!((said.len() - "§job ended 5\n".len(), complaints.len()), (8 << 20, 8 << 20), "{shell}");
    }
}

/// A machine behind an sshd, and a script that counts how often it was begun.
struct Reached {
    sshd: Sshd,
}

const COUNT: Script =
    Script { name: "count slowly", text: r#"echo begun >>"$1"; sleep "$2"; echo said; exit 3"# };

impl Reached {
    async fn new() -> Self {
        Self { sshd: Sshd::start().await }
    }

    /// A run of the provider of its own.
    fn host(&self) -> Arc<Host> {
        Ssh::new(Settings { read_limit: Duration::from_secs(20), ..self.sshd.settings() }).host("127.0.0.1")
    }

    fn counter(&self) -> String {
        self.sshd.directory.path().join("counter").display().to_string()
    }

    fn count(&self) -> usize {
        std::fs::read_to_string(self.counter()).unwrap_or_default().lines().count()
    }

    async fn begun(&self) {
        while self.count() == 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn left(&self) -> bool {
        Path::new(&self.sshd.job_folders().kept).exists()
    }

    async fn slowly(&self, host: &Host, seconds: &str) -> Result<Output, SshError> {
        host.change(&COUNT, &[&self.counter(), seconds], None).await
    }
}

#[tokio::test]
async fn a_link_that_breaks_ends_the_following_and_never_the_command() {
    let machine = Reached::new().await;
    let host = machine.host();
    let parent = host.run(&["sh", "-c", "echo $PPID"], None).await.unwrap().stdout;
    let cut = async {
        machine.begun().await;
        // The session's sshd ends itself.
        let _ = host.run(&["kill", "-9", parent.trim()], None).await;
    };
    let (broken, ()) = tokio::join!(machine.slowly(&host, "3"), cut);
    let broken = broken.unwrap_err();
    assert!(broken.kind() == SshErrorKind::NotReachable && broken.is_transient(), "{broken}");
    let output = machine.slowly(&host, "3").await.unwrap();
    assert_eq!((output.code, output.stdout.as_str(), machine.count()), (3, "said\n", 1));
    assert!(!machine.left());
}

#[tokio::test]
async fn another_run_waits_for_what_a_killed_one_began() {
    let machine = Reached::new().await;
    let killed = machine.host();
    tokio::select! {
        ended = machine.slowly(&killed, "8") => panic!("{ended:?}"),
        () = machine.begun() => {}
    }
    drop(killed);
    let next = machine.host();
    let busy = machine.slowly(&next, "8").await.unwrap_err();
    assert!(busy.kind() == SshErrorKind::Busy && busy.is_transient(), "{busy}");
    assert!(busy.to_string().contains("`count slowly` is still running there"), "{busy}");
    assert_eq!(machine.count(), 1);
    // What was seen before may be out of date: now it is known that nothing goes on.
    let output = next.change(&COUNT, &[&machine.counter(), "0"], None).await.unwrap();
    assert_eq!((output.code, machine.count()), (3, 2));
}

#[tokio::test]
async fn the_same_command_twice_at_a_time_is_run_twice_one_after_another() {
    let machine = Reached::new().await;
    let host = machine.host();
    let both = tokio::join!(machine.slowly(&host, "1"), machine.slowly(&host, "1"));
    assert_eq!((both.0.unwrap().code, both.1.unwrap().code, machine.count()), (3, 3, 2));
    assert!(!machine.left());
}

#[tokio::test]
async fn a_reboot_is_told_and_may_be_tried_again() {
    let machine = Reached::new().await;
    let host = machine.host();
    let job = Path::new(&machine.sshd.job_folders().kept).join(id(&COUNT, &[&machine.counter(), "4"]));
    let reboot = async {
        machine.begun().await;
        std::fs::write(job.join("boot"), "another\n").unwrap();
        // Whoever holds the job's lock ends.
        let lock = job.join("lock").display().to_string();
        let kill = r#"for fd in /proc/[0-9]*/fd/9; do [ "$(readlink "$fd")" != "$0" ] || { fd=${fd#/proc/}; kill -9 "${fd%%/*}"; }; done"#;
        Process::new("sh").args(["-c", kill, &lock]).status().await.unwrap();
    };
    let (broken, ()) = tokio::join!(machine.slowly(&host, "4"), reboot);
    let broken = broken.unwrap_err();
    assert!(broken.kind() == SshErrorKind::BrokenOff && broken.is_transient(), "{broken}");
    assert!(broken.to_string().contains("The machine was rebooted while it ran."), "{broken}");
    // It is known to whoever repairs what it left, and to be begun again.
    assert_eq!(std::fs::read_to_string(job.join("name")).unwrap(), COUNT.name);
    assert_eq!(machine.slowly(&host, "4").await.unwrap().code, 3);
    assert!(machine.count() == 2 && !machine.left());
}

#[test]
fn a_job_is_known_by_what_it_does() {
    let script = Script { name: "snap install microk8s --classic --channel", text: "true" };
    assert!(id(&script, &["1.35/stable"]).starts_with("snap-install-microk8s-classic-"));
    assert_eq!(id(&script, &["1.35/stable"]), id(&script, &["1.35/stable"]));
    assert_ne!(id(&script, &["1.35/stable"]), id(&script, &["1.36/stable"]));
}

#[test]
fn a_report_is_found_behind_what_a_login_script_prints() {
    let read = |text: &str| report(&text.replace('§', "\u{1e}"));
    assert_eq!(read("hello\n§job ended 0\nsaid\n"), Some((Report::Ended(0), "said\n".to_owned())));
    assert_eq!(read("§job broken rebooted\n"), Some((Report::Broken("rebooted".to_owned()), String::new())));
    assert_eq!(read("§job busy a b\n"), Some((Report::Busy("a b".to_owned()), String::new())));
    assert_eq!((read("hello\n"), read("§job odd\n"), read("§job ended")), (None, None, None));
}
