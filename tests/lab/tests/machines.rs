//! A lab with two nodes: how they are reached, what a power cycle keeps, how they are apart.
#![expect(clippy::unwrap_used, reason = "a step that fails ends the test")]

use lab::{Lab, LabOptions, Node};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::process::{Output, Stdio};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

async fn two_nodes() -> Lab {
    Lab::start(LabOptions::with_nodes(2, false)).await.unwrap()
}

/// Runs to the end and returns exit code, standard output and standard error.
async fn run(mut command: Command) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = command.output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

/// Standard output of a program that has to succeed.
async fn succeed(command: Command) -> String {
    let (code, stdout, stderr) = run(command).await;
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    stdout
}

fn ssh(lab: &Lab, address: &str, arguments: &[&str]) -> Command {
    let mut command = lab.operator("ssh");
    command.arg("-F").arg(&lab.description().ssh_config).arg(address).args(arguments);
    command
}

fn on(node: &Node, script: &str) -> Command {
    node.exec(["sh", "-c", script])
}

#[tokio::test]
async fn the_operator_reaches_nodes_by_ssh_under_the_announced_host_key() {
    let lab = two_nodes().await;
    let [cp1, cp2] = lab.nodes() else { panic!("two nodes") };
    for address in [cp1.ipv4().to_string(), cp1.ipv6().to_string()] {
        let answer = succeed(ssh(&lab, &address, &["hostname; whoami; echo $PATH; sudo -n id -u"])).await;
        let answer: Vec<_> = answer.lines().collect();
        assert_eq!(answer[..2], ["cp1", "ubuntu"]);
        assert!(answer[2].split(':').any(|folder| folder == "/snap/bin"), "{answer:?}");
        assert_eq!(answer[3], "0");
    }
    // The same file under the name of the other node: its key is another one.
    let alias = format!("HostKeyAlias={}", cp2.ipv4());
    let (code, _, stderr) = run(ssh(&lab, &cp1.ipv4().to_string(), &["-o", &alias, "true"])).await;
    assert_eq!(code, Some(255));
    assert!(stderr.contains("Host key verification failed"), "{stderr}");
    assert_ne!(cp1.host_public_key(), cp2.host_public_key());
    lab.stop().await.unwrap();
}

#[tokio::test]
async fn a_power_cycle_keeps_the_disk_and_nothing_else() {
    let lab = two_nodes().await;
    let cp1 = lab.node("cp1").unwrap();
    let before = succeed(ssh(&lab, "cp1", &["cat /etc/machine-id; echo kept > here"])).await;
    succeed(on(cp1, "echo kept > /etc/here; echo lost > /run/here; rm /etc/debian_version; sync")).await;

    cp1.stop().await.unwrap();
    let (code, _, stderr) = run(on(cp1, "true")).await;
    assert_eq!(code, Some(1));
    assert!(stderr.contains("Unable to find what runs on cp1: it is switched off"), "{stderr}");
    let (code, _, stderr) = run(ssh(&lab, "cp1", &["-o", "ConnectTimeout=3", "true"])).await;
    assert_eq!(code, Some(255), "{stderr}");
    succeed(ssh(&lab, "cp2", &["true"])).await;

    cp1.start().await.unwrap();
    assert_eq!(succeed(ssh(&lab, "cp1", &["cat /etc/machine-id"])).await, before);
    assert_eq!(succeed(ssh(&lab, "cp1", &["cat here /etc/here"])).await, "kept\nkept\n");
    let (_, stdout, _) = run(on(cp1, "ls /run/here /etc/debian_version; hostname")).await;
    assert_eq!(stdout, "cp1\n", "memory is lost, a removed file stays removed");
    lab.stop().await.unwrap();
}

#[tokio::test]
async fn a_machine_that_went_down_by_itself_can_be_switched_on() {
    let lab = two_nodes().await;
    let cp1 = lab.node("cp1").unwrap();
    // The machine goes down with everything in it: the shell that ends sshd may or may not see its own end
    // first.
    let (code, stdout, stderr) = run(on(cp1, "kill $(cat /run/sshd.pid)")).await;
    assert!(matches!(code, Some(0 | 137)), "{code:?}: {stdout}{stderr}");
    // Until its first process has seen that sshd ended, programs can be started, and are killed.
    let mut said = String::new();
    while !said.contains("went down by itself") {
        let (code, _, stderr) = run(on(cp1, "sleep 30")).await;
        assert_ne!(code, Some(0));
        said = stderr;
    }
    assert!(said.contains("its service sshd"), "{said}");
    cp1.start().await.unwrap();
    assert_eq!(succeed(ssh(&lab, "cp1", &["hostname"])).await, "cp1\n");
    lab.stop().await.unwrap();
}

#[tokio::test]
async fn machines_do_not_see_each_other_nor_the_host() {
    let lab = two_nodes().await;
    let [cp1, cp2] = lab.nodes() else { panic!("two nodes") };
    succeed(on(cp1, "echo 1 > /etc/mark; echo 1 > /tmp/mark")).await;
    let (_, stdout, _) = run(on(cp2, "ls /etc/mark /tmp/mark")).await;
    assert_eq!(stdout, "");
    assert!(!std::path::Path::new("/etc/mark").exists());
    assert_eq!(succeed(on(cp1, "cat /proc/1/comm; hostname")).await, "lab\ncp1\n");
    let ids = [cp1, cp2].map(|node| succeed(on(node, "cat /etc/machine-id")));
    let [first, second] = ids;
    assert_ne!(first.await, second.await);
    let mut list = lab.operator("ls");
    list.arg("/proc/self/net/dev_snmp6");
    let interfaces = succeed(list).await;
    assert_eq!(interfaces, "eth0\nlo\n", "no way from the operator's network to the host's");
    lab.stop().await.unwrap();
}

#[tokio::test]
async fn a_program_of_the_operator_is_interrupted_and_killed_like_any_other() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    let script = "trap 'echo interrupted; exit 7' INT; echo ready; while :; do sleep 0.05; done";
    let start = || {
        let mut command = lab.operator("sh");
        command.args(["-c", script]).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        (child, lines)
    };
    let (child, mut lines) = start();
    assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("ready"));
    let pid = Pid::from_raw(child.id().unwrap().try_into().unwrap());
    kill(pid, Signal::SIGINT).unwrap();
    assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("interrupted"));
    assert_eq!(child.wait_with_output().await.unwrap().status.code(), Some(7));

    let (mut child, mut lines) = start();
    assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("ready"));
    child.kill().await.unwrap();
    // The pipe ends only when no process has it any more.
    assert_eq!(lines.next_line().await.unwrap(), None);
    lab.stop().await.unwrap();
}
