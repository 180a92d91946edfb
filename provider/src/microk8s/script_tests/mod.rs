//! The scripts that read a machine, run by both shells that stand as `sh` on machines, on a folder in place
//! of its root. What in-process tests feed to the readers is what these print.

mod maintenance;

use super::node::scripts as node;
use super::shared::machine::scripts as machine;
use crate::connection::ssh::Script;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Output;
use tempfile::TempDir;
use tokio::process::Command;

const SHELLS: [&str; 2] = ["dash", "bash"];
/// The machine's own tools that scripts may use; what else they start, a test puts there.
const TOOLS: [&str; 14] = [
    "awk",
    "bash",
    "cat",
    "cp",
    "dash",
    "flock",
    "grep",
    "ls",
    "rm",
    "sha256sum",
    "stat",
    "timeout",
    "tr",
    "true",
];

/// A folder that stands for a machine's root.
struct Root(TempDir);

impl Root {
    fn new() -> Self {
        let root = Self(tempfile::tempdir().unwrap());
        fs::create_dir(root.path("bin")).unwrap();
        for tool in TOOLS {
            let path = std::env::var_os("PATH").unwrap();
            let found =
                std::env::split_paths(&path).map(|folder| folder.join(tool)).find(|file| file.is_file());
            symlink(found.unwrap_or_else(|| panic!("there is no {tool}")), root.path("bin").join(tool))
                .unwrap();
        }
        root.has("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
        root.has("etc/hosts", "127.0.0.1 localhost\n");
        root.program("bin/hostname", "echo cp1");
        root
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn has(&self, name: &str, text: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
    }

    fn program(&self, name: &str, text: &str) {
        self.has(name, &format!("#!/bin/sh\n{text}\n"));
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// The machine with the snap on it, one node of a cluster that it joined.
    fn with_microk8s() -> Self {
        let root = Self::new();
        let data = "var/snap/microk8s/current";
        root.program("bin/snap", "echo 'Name Version Rev Tracking Publisher Notes'");
        for (file, text) in [
            ("args/kube-apiserver", "--secure-port=16443\n"),
            ("args/kube-controller-manager", "--use-service-account-credentials\n"),
            ("args/kube-proxy", "--cluster-cidr=10.1.0.0/16\n"),
            ("args/kubelet", "--node-ip=10.0.0.11\n"),
            ("args/containerd", "--address ${SNAP_COMMON}/run/containerd.sock\n"),
            ("args/cni-network/cni.yaml", "kind: DaemonSet\n"),
            ("certs/ca.crt", "own\n"),
            ("certs/ca.remote.crt", "remote\n"),
            ("var/lock/ha-cluster", ""),
            ("var/kubernetes/backend/cluster.yaml", "- Address: 10.0.0.11:19001\n"),
        ] {
            root.has(&format!("{data}/{file}"), text);
        }
        root.program("bin/ip", "echo \"[$*]\"");
        root
    }

    /// The script with this folder as its root, wherever a word in it begins with a folder of the machine's.
    fn text_of(&self, script: &Script) -> String {
        let mut text = String::new();
        for (at, character) in script.text.char_indices() {
            let begins = |folder: &&str| script.text.get(at..).is_some_and(|rest| rest.starts_with(*folder));
            let a_word = script
                .text
                .get(..at)
                .is_none_or(|before| before.ends_with([' ', '\n', '"', '\'', '=', '<', '>']));
            if a_word && ["/etc/", "/lib/", "/proc/", "/run/", "/snap/", "/sys/", "/var/"].iter().any(begins)
            {
                text.push_str(self.0.path().to_str().unwrap());
            }
            text.push(character);
        }
        text
    }

    /// What both shells make of it, with the mark before a section's name as `§`.
    async fn says(&self, script: &Script, arguments: &[&str]) -> String {
        let mut answers = Vec::new();
        for shell in SHELLS {
            let mut command = Command::new(self.path("bin").join(shell));
            command.args(["-c", &self.text_of(script), "sh"]).args(arguments).env_clear();
            let output = command.env("PATH", self.path("bin")).output().await.unwrap();
            answers.push(answer(&output));
        }
        let first = answers.pop().unwrap();
        assert!(answers.iter().all(|other| *other == first), "{}: {first:?}, {answers:?}", script.name);
        first
    }
}

fn answer(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap().replace('\u{1e}', "§")
}

fn inode(file: &Path) -> u64 {
    fs::metadata(file).unwrap().ino()
}

#[tokio::test]
async fn a_bare_machine() {
    let root = Root::new();
    root.program("bin/snap", "echo 'error: no matching snaps installed' >&2; exit 1");
    let snapshot = root.says(&machine::SNAPSHOT, &[]).await;
    let expected = "§machine-id\n0123456789abcdef0123456789abcdef\n§hostname\ncp1\n§hosts\n127.0.0.1 localhost\n\
                    §snap\nerror: no matching snaps installed\ncode 1\n§mark\n§storage\n§marks\n§arguments\n§broken-off\n";
    assert_eq!(snapshot, expected);
    assert_eq!(root.says(&node::CLOUD_INIT, &[]).await, "");
    root.program("bin/cloud-init", "echo status: done; exit 2");
    assert_eq!(root.says(&node::CLOUD_INIT, &[]).await, "status: done\n");
}

#[tokio::test]
async fn a_node() {
    let root = Root::with_microk8s();
    root.has("var/lib/terraform-provider-microk8s/node", "microk8s_node\n");
    let snapshot = root.says(&machine::SNAPSHOT, &[]).await;
    for (section, text) in [
        ("snap", "Name Version Rev Tracking Publisher Notes\ncode 0"),
        ("mark", "microk8s_node"),
        ("kube-apiserver", "--secure-port=16443"),
        ("kube-controller-manager", "--use-service-account-credentials"),
        ("kube-proxy", "--cluster-cidr=10.1.0.0/16"),
        ("kubelet", "--node-ip=10.0.0.11"),
        ("containerd", "--address ${SNAP_COMMON}/run/containerd.sock"),
        ("cni-network/cni.yaml", "kind: DaemonSet"),
        ("locks", "ha-cluster"),
        ("members", "- Address: 10.0.0.11:19001"),
        // Those of `own` and of `remote`, with the line's end.
        ("ca.crt", "7e6518373b1a8cf5eed9717076284744ba44ace422c7877442aebcceecc42a23  -"),
        ("ca.remote.crt", "c81662749eb30a2c7f6b6b9b1a561a7b0be5cc115759b72442ddb476e7712751  -"),
        ("pending", "§addresses"),
        ("addresses", "[-json address show]"),
    ] {
        assert!(snapshot.contains(&format!("§{section}\n{text}\n")), "{section}: {snapshot}");
    }
    root.has("run/terraform-provider-microk8s.restart", "daemon-containerd\n");
    let pending = root.says(&machine::SNAPSHOT, &[]).await;
    assert!(pending.contains("§pending\ndaemon-containerd\n§addresses\n"), "{pending}");
}

/// One has ended, one was broken off, one was not begun by us.
#[tokio::test]
async fn what_was_broken_off_is_read() {
    let root = Root::with_microk8s();
    let jobs = "var/lib/terraform-provider-microk8s";
    for (file, text) in
        [("a/name", "snap install"), ("a/code", "0"), ("b/name", "microk8s leave"), ("packages", "x")]
    {
        root.has(&format!("{jobs}/{file}"), text);
    }
    let snapshot = root.says(&machine::SNAPSHOT, &[]).await;
    assert!(snapshot.contains("§broken-off\nmicrok8s leave\n§"), "{snapshot}");
}

/// The leave of a worker finds all that it insists on, whatever there was, and a certificate authority whose
/// key was not stored is taken back.
#[tokio::test]
async fn a_reset_puts_back_what_a_leave_insists_on() {
    const LOCKS: &str = "var/snap/microk8s/current/var/lock";
    const CERTS: &str = "var/snap/microk8s/current/certs";
    let seen = "ls \"$0.root/LOCKS\" | tr '\\n' ' '; cat \"$0.root/CERTS/ca.crt\"; [ -e \"$0.root/CERTS/ca.remote.crt\" ]";
    for locks in [
        vec!["clustered.lock"],
        vec!["join-in-progress"],
        vec!["no-k8s-dqlite", "stopped.lock"],
        vec!["no-cert-reissue"],
    ] {
        let root = Root::with_microk8s();
        fs::create_dir_all(root.path("snap/bin")).unwrap();
        symlink(root.0.path(), root.path("snap/bin/microk8s.root")).unwrap();
        root.program("snap/bin/microk8s", &seen.replace("LOCKS", LOCKS).replace("CERTS", CERTS));
        fs::remove_file(root.path(&format!("{CERTS}/ca.remote.crt"))).unwrap();
        root.has(&format!("{CERTS}/ca.key"), "old\n");
        root.has(&format!("{CERTS}/ca.crt"), "new\n");
        root.has(&format!("{CERTS}/ca.crt.backup"), "old\n");
        let hour = std::time::Duration::from_secs(3600);
        let key = fs::File::options().write(true).open(root.path(&format!("{CERTS}/ca.key"))).unwrap();
        key.set_modified(std::time::SystemTime::now() - hour).unwrap();
        for lock in locks.iter().chain(&["no-apiserver-proxy", "cni-loaded"]) {
            root.has(&format!("{LOCKS}/{lock}"), "");
        }
        root.has("var/lib/terraform-provider-microk8s/b/name", "microk8s leave");
        let found = root.says(&machine::RESET, &[]).await;
        assert_eq!(
            found, "clustered.lock cni-loaded ha-cluster no-cert-reissue no-k8s-dqlite old\n",
            "{locks:?}"
        );
        assert!(!root.path("var/lib/terraform-provider-microk8s/b").exists(), "{locks:?}");
    }
}

/// Nothing of a node that is alone is made anew.
#[tokio::test]
async fn a_reset_of_a_single_node_starts_it_and_no_more() {
    let root = Root::with_microk8s();
    root.program("bin/snap", "echo \"$*\"");
    root.program("snap/bin/microk8s", "echo made anew");
    root.has("var/snap/microk8s/current/var/lock/stopped.lock", "");
    assert_eq!(root.says(&machine::RESET, &[]).await, "start --enable microk8s\n");
    assert!(!root.path("var/snap/microk8s/current/var/lock/stopped.lock").exists());
}

#[tokio::test]
async fn a_join_keeps_the_kubelets_flags_of_before_the_first_attempt() {
    const KEPT: &str = "var/lib/terraform-provider-microk8s/kubelet-arguments";
    const LOCKS: &str = "var/snap/microk8s/current/var/lock";
    for shell in SHELLS {
        let root = Root::with_microk8s();
        root.program("snap/bin/microk8s", "printf '%s|' \"$@\"");
        root.has("endpoint", "10.0.0.1:25000/token\n");
        for program in ["mkdir", "mv"] {
            root.program(&format!("bin/{program}"), &format!("PATH=/usr/bin:/bin exec {program} \"$@\""));
        }
        let join = async || {
            let mut command = Command::new(root.path("bin").join(shell));
            command.args(["-c", &root.text_of(&machine::JOIN), "sh", "--worker"]).env_clear();
            command.stdin(fs::File::open(root.path("endpoint")).unwrap()).env("PATH", root.path("bin"));
            answer(&command.output().await.unwrap())
        };
        let kept = || fs::read_to_string(root.path(KEPT)).ok();
        root.has(&format!("{LOCKS}/join-in-progress"), "");
        assert_eq!((join().await.as_str(), kept()), ("join|10.0.0.1:25000/token|--worker|", None), "{shell}");
        fs::remove_file(root.path(&format!("{LOCKS}/join-in-progress"))).unwrap();
        join().await;
        assert_eq!(kept().as_deref(), Some("--node-ip=10.0.0.11\n"), "{shell}");
        root.has("var/snap/microk8s/current/args/kubelet", "--of-the-other=machine\n");
        join().await;
        assert_eq!(kept().as_deref(), Some("--node-ip=10.0.0.11\n"), "{shell}");
    }
}

#[tokio::test]
async fn a_leave_of_one_whose_join_was_broken_off_is_one_of_a_member() {
    const LOCKS: &str = "var/snap/microk8s/current/var/lock";
    let root = Root::with_microk8s();
    root.program("snap/bin/microk8s", "echo \"$*\"");
    root.has(&format!("{LOCKS}/join-in-progress"), "");
    assert_eq!(root.says(&machine::LEAVE, &[]).await, "leave\n");
    let locks =
        ["no-cert-reissue", "join-in-progress"].map(|lock| root.path(&format!("{LOCKS}/{lock}")).exists());
    assert_eq!(locks, [true, false]);
}

#[tokio::test]
async fn who_holds_the_lock_of_apt() {
    let root = Root::new();
    assert_eq!(root.says(&node::APT, &[]).await, "");
    root.has("var/lib/dpkg/lock-frontend", "");
    root.has("proc/4242/comm", "unattended-upgr\n");
    let lock = inode(&root.path("var/lib/dpkg/lock-frontend"));
    root.has(
        "proc/locks",
        &format!(
            "1: FLOCK ADVISORY WRITE 7 08:01:{lock} 0 EOF\n2: POSIX ADVISORY WRITE 8 08:01:1{lock} 0 EOF\n"
        ),
    );
    assert_eq!(root.says(&node::APT, &[]).await, "");
    root.has("proc/locks", &format!("1: POSIX ADVISORY WRITE 4242 08:01:{lock} 0 EOF\n"));
    assert_eq!(root.says(&node::APT, &[]).await, "4242 (unattended-upgr)\n");
}

#[tokio::test]
async fn what_a_node_needs() {
    let root = Root::new();
    root.program("bin/uname", "echo 6.8.0");
    root.program("bin/ip", "echo \"[$*]\"");
    root.has("proc/cgroups", "memory\t0\t90\t1\n");
    let seen = |kernel: &str| {
        format!("§cgroups\nmemory\t0\t90\t1\n§without-vxlan\n{kernel}§addresses\n[-json address show]\n")
    };
    assert_eq!(root.says(&node::PREFLIGHT, &[]).await, seen(""), "a container has no modules of its own");
    root.has("lib/modules/6.8.0/modules.dep", "kernel/net/ipv4/ip_gre.ko:\n");
    assert_eq!(root.says(&node::PREFLIGHT, &[]).await, seen("6.8.0\n"));
    root.has("lib/modules/6.8.0/modules.builtin", "kernel/drivers/net/vxlan/vxlan.ko\n");
    assert_eq!(root.says(&node::PREFLIGHT, &[]).await, seen(""));
}

#[tokio::test]
async fn what_storage_needs() {
    let root = Root::new();
    root.program("bin/dpkg-query", "[ \"$3\" = open-iscsi ] && echo installed || echo config-files");
    root.program("bin/systemctl", "[ \"$3\" = iscsid ]");
    root.program("bin/lsmod", "echo 'Module Size Used'; echo 'iscsi_tcp 1 0'");
    root.program("bin/uname", "echo 6.8.0");
    root.has("etc/modules-load.d/terraform-provider-microk8s.conf", "iscsi_tcp\ndm_crypt\nnfs\n");
    root.has("lib/modules/6.8.0/modules.builtin", "kernel/drivers/md/dm-crypt.ko\n");
    let arguments = ["open-iscsi nfs-common", "iscsid multipathd", "iscsi_tcp dm_crypt nfs other"];
    let said = root.says(&node::STORAGE, &arguments).await;
    let expected = "§packages\nopen-iscsi\n§services\niscsid\n§modules\niscsi_tcp\ndm_crypt\n§multipath\n";
    assert_eq!(said, expected);
    root.has("etc/multipath/conf.d/terraform-provider-microk8s.conf", "blacklist {}\n");
    assert_eq!(
        root.says(&node::STORAGE, &["", "", ""]).await,
        "§packages\n§services\n§modules\n§multipath\nblacklist {}\n"
    );
}

/// What asks MicroK8s is one command, with its words as they are meant.
#[tokio::test]
async fn what_is_asked_of_microk8s() {
    let root = Root::new();
    for program in ["snap/bin/microk8s", "bin/snap", "bin/journalctl"] {
        root.program(program, "printf '%s|' \"$@\"");
    }
    for (script, words) in [
        (&machine::READY, "kubectl|get|--raw|/readyz|"),
        (&machine::NODES, "kubectl|get|nodes|--output|json|"),
        (&machine::CLUSTER_ID, "kubectl|get|namespace|kube-system|--output|jsonpath={.metadata.uid}|"),
        (&machine::STATUS, "status|--format|yaml|"),
        (&machine::CALICO, "kubectl|--namespace|kube-system|get|daemonset|calico-node|--output|json|"),
        (
            &machine::SERVICE_RANGES,
            "kubectl|get|servicecidrs.networking.k8s.io|kubernetes|--ignore-not-found|--output|jsonpath={.spec.cidrs}|",
        ),
        (
            &machine::LOAD_BALANCER_RANGES,
            "kubectl|get|ipaddresspools.metallb.io|--all-namespaces|--output|jsonpath={.items[*].spec.addresses[*]}|",
        ),
        (&node::SEEDED, "wait|system|seed.loaded|"),
    ] {
        assert_eq!(root.says(script, &[]).await, words, "{}", script.name);
    }
}

/// Each of the services is named as the program that is asked knows it.
#[tokio::test]
async fn services_are_restarted_watched_and_heard() {
    let root = Root::new();
    for program in ["bin/snap", "bin/systemctl", "bin/journalctl"] {
        root.program(program, "printf '%s|' \"$@\"");
    }
    let services = ["daemon-kubelite", "daemon-containerd"];
    for (script, words) in [
        (
            &machine::RESTART,
            "reset-failed|snap.microk8s.daemon-kubelite|reset-failed|snap.microk8s.daemon-containerd|\
             restart|microk8s.daemon-kubelite|microk8s.daemon-containerd|",
        ),
        (
            &machine::SERVICES,
            "show|--property=ActiveState,NRestarts|snap.microk8s.daemon-kubelite|\
             show|--property=ActiveState,NRestarts|snap.microk8s.daemon-containerd|",
        ),
        (
            &machine::JOURNAL,
            "-u|snap.microk8s.daemon-kubelite|-u|snap.microk8s.daemon-containerd|-n|500|--no-pager|",
        ),
    ] {
        assert_eq!(root.says(script, &services).await, words, "{}", script.name);
    }
}

/// A control plane asks by MicroK8s, a worker by the credentials of its kubelet.
#[tokio::test]
async fn a_machine_reads_and_writes_its_own_node() {
    const DATA: &str = "var/snap/microk8s/current";
    let root = Root::with_microk8s();
    root.program("snap/bin/microk8s", "printf '%s|' microk8s \"$@\"");
    root.program("snap/microk8s/current/kubectl", "printf '%s|' \"$@\"");
    assert_eq!(root.says(&machine::OWN_NODE, &["cp1"]).await, "microk8s|kubectl|get|node|cp1|--output|json|");
    root.has(&format!("{DATA}/var/lock/clustered.lock"), "");
    let kubeconfig = root.path(&format!("{DATA}/credentials/kubelet.config"));
    let by_kubelet = format!("--kubeconfig={}|", kubeconfig.display());
    let asked = root.says(&machine::OWN_NODE, &["w1"]).await;
    assert_eq!(asked, format!("{by_kubelet}get|node|w1|--output|json|"));
    let patch = r#"{"metadata":{"labels":{"rack":"a b"}}}"#;
    for (length, expected) in [
        (patch.len(), format!("{by_kubelet}patch|node|w1|--type=merge|--patch|{patch}|")),
        (patch.len() + 1, String::new()),
    ] {
        for shell in SHELLS {
            root.has("patch", patch);
            let mut command = Command::new(root.path("bin").join(shell));
            command.args(["-c", &root.text_of(&machine::PATCH_OWN_NODE), "sh", "w1", &length.to_string()]);
            command
                .stdin(fs::File::open(root.path("patch")).unwrap())
                .env_clear()
                .env("PATH", root.path("bin"));
            let output = command.output().await.unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), expected, "{shell}");
            assert_eq!(output.status.success(), length == patch.len(), "{shell}");
        }
    }
}

/// snapd's own change is watched by its id, after those that go on already.
#[tokio::test]
async fn a_change_of_the_snap_is_watched() {
    const CHANGES: &str = r#"case $1 in
    changes) printf 'ID Status Spawn Ready Summary\n4 Done today today Install "microk8s" snap\n5 Doing today - Auto-refresh snap "microk8s"\n6 Doing today - Refresh "core22" snap\n' ;;
    watch) echo "$*" >>"$0.watched"; [ "$2" != 8 ] || { echo 'error: cannot perform' >&2; exit 1; } ;;
    install | refresh | remove) echo 7; echo "$*" >>"$0.watched" ;;
esac"#;
    for (script, change) in [
        (&node::INSTALL, "install --no-wait microk8s --classic --channel=1.35/stable"),
        (&node::REFRESH, "refresh --no-wait microk8s --channel=1.35/stable"),
        (&node::REMOVE, "remove --no-wait --purge microk8s"),
    ] {
        let root = Root::new();
        root.program("bin/snap", CHANGES);
        assert_eq!(root.says(script, &["1.35/stable"]).await, "snapd's change 7\n");
        let watched = fs::read_to_string(root.path("bin/snap.watched")).unwrap();
        let once = format!("watch 5\n{change}\nwatch 7\n");
        assert_eq!(watched, format!("{once}{once}"), "{}, by both shells", script.name);
        // Nothing to do, and refused.
        root.program("bin/snap", "exit 0");
        assert_eq!(root.says(script, &["1.35/stable"]).await, "");
    }
}
