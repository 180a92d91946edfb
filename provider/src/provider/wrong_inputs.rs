//! What is wrong is said in time: no input waits longer than a minute for what can never come, nor a name
//! that does not resolve longer than two. A wrong input joins by a row. What a cluster of several machines
//! answers has its limit where the machines are played: `shared::testing::promptly`.

use super::Microk8s;
use crate::connection::ssh::testing::{Sshd, directory};
use crate::connection::ssh::{RESOLVE_LIMIT, Settings};
use crate::session::testing::session;
use serde_json::{Value as Json, json};
use std::time::{Duration, Instant};
use tfplugin::testing::{Failure, Harness};
use tfplugin::{Diagnostic, Diagnostics};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

const MINUTE: Duration = Duration::from_secs(60);

/// A wrong input.
enum Input {
    /// The provider's block.
    Block(Json),
    /// An object that is judged before any machine is asked.
    Object(&'static str, Json),
    /// A node that is created on such a machine.
    Node(Machine),
    /// An object that is planned in a cluster behind such a machine.
    InCluster(Machine),
    /// A member that joins at a control plane which leaves.
    JoinsWhoLeaves,
}

/// Who answers behind the address.
enum Machine {
    /// A real sshd with these options.
    Sshd(&'static [&'static str]),
    /// One that turns away every key but one with a passphrase, which is the one that is given.
    LockedKey,
    /// One that is given a public key in place of a private one.
    PublicKey,
    /// One that runs this script in place of every command.
    Says(&'static str),
    /// It takes connections and says nothing.
    Silent,
    /// Its name does not resolve.
    Nameless,
}

/// A machine that is called so and says this of itself before anything is installed on it.
macro_rules! preflight {
    ($name:literal, $says:literal) => {
        Machine::Says(concat!(
            r#"case $SSH_ORIGINAL_COMMAND in
                *"section cgroups"*) printf '"#,
            $says,
            r#"' ;;
                *"section machine-id"*) printf '\036hostname\n"#,
            $name,
            r#"\n\036machine-id\n0123456789abcdef0123456789abcdef\n\036snap\nerror: no matching snaps installed\ncode 1\n' ;;
                *) exit 1 ;;
            esac"#
        ))
    };
}

/// Inputs by what is wrong, each with a part of what is said.
fn rows() -> Vec<(&'static str, Input, &'static str)> {
    let router =
        |key: &str, url: &str| Input::Block(json!({"routers": {"edge": {"api_key": key, "url": url}}}));
    let pool = |range: &str| {
        Input::Object(
            "metallb_ip_address_pool",
            json!({"cluster": "127.0.0.1", "name": "a", "addresses": [range]}),
        )
    };
    let object = |api_version: &str, kind: &str, name: &str| {
        let manifest = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name}});
        Input::Object("microk8s_object", json!({"cluster": "127.0.0.1", "manifest": manifest}))
    };
    let node =
        |host: &str, channel: &str| Input::Object("microk8s_node", json!({"host": host, "channel": channel}));
    let marked = |more: Json| {
        let mut all = json!({"host": "127.0.0.1", "channel": "1.35/stable"});
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Input::Object("microk8s_node", all)
    };
    let args = |file: &str, flag: &str| marked(json!({"args": {file: {flag: "1"}}}));
    let taint = |taint: Json| marked(json!({"taints": [taint]}));
    let addon = |config: Json| Input::Object("microk8s_addon", config);
    let calico = |config: Json| {
        let mut all = json!({"cluster": "127.0.0.1", "name": "a"});
        all.as_object_mut().unwrap().extend(config.as_object().unwrap().clone());
        Input::Object("calico_ippool", all)
    };
    let peer =
        json!({"cluster": "127.0.0.1", "name": "a", "my_asn": 1, "peer_asn": 1, "peer_address": "fe80::1"});
    vec![
        (
            "a selector that is none",
            calico(json!({"cidr": "10.9.0.0/16", "node_selector": "rack == a"})),
            "node_selector",
        ),
        ("a block of one address", calico(json!({"cidr": "fd05::/64", "block_size": 64})), "block_size"),
        ("a port in an address", node("10.0.0.1:22", "1.35/stable"), "port"),
        ("a label with a space", marked(json!({"labels": {"ra ck": "a"}})), "ra ck"),
        (
            "a label of the kubelet's",
            marked(json!({"labels": {"kubernetes.io/hostname": "a"}})),
            "choose another key",
        ),
        ("a service that has no flags", args("kubectl", "v"), "k8s-dqlite"),
        ("a flag with its hyphens", args("kubelet", "--max-pods"), "without hyphens"),
        ("a flag of microk8s_cluster_ipv6", args("kubelet", "node-ip"), "microk8s_cluster_ipv6"),
        ("a flag of an older release", args("kubelet", "keep-terminated-pod-volumes"), "1.30"),
        ("an effect that is none", taint(json!({"key": "gpu", "effect": "Never"})), "NoExecute"),
        (
            "a taint of Kubernetes itself",
            taint(json!({"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"})),
            "choose another key",
        ),
        ("a channel without a release", node("127.0.0.1", "latest/stable"), "latest"),
        ("a pool of link-local addresses", pool("fe80::/64"), "fe80::/64"),
        ("a pool of loopback addresses", pool("127.0.0.0/24"), "127.0.0.0/24"),
        ("a pool of multicast addresses", pool("224.0.0.0/24"), "224.0.0.0/24"),
        ("a pool of all addresses", pool("0.0.0.0/0"), "0.0.0.0/0"),
        ("a pool of the broadcast address", pool("255.255.255.255/32"), "255.255.255.255"),
        ("a link-local peer without interface", Input::Object("metallb_bgp_peer", peer), "interface"),
        ("no key", router("", "https://127.0.0.1"), "api_key"),
        ("an endpoint in a URL", router("key", "https://127.0.0.1/retrieve"), "/retrieve"),
        (
            "a key that is not there",
            Input::Block(json!({"ssh": {"private_key_file": "/nowhere/key"}})),
            "/nowhere/key",
        ),
        (
            "a kubeconfig that is not there",
            Input::Block(json!({"kubernetes": {"config_path": "/nowhere/config"}})),
            "/nowhere/config",
        ),
        ("no cluster", Input::Object("metallb_bfd_profile", json!({"name": "a"})), "cluster"),
        ("a kind in small letters", object("v1", "configmap", "a"), "ConfigMap"),
        ("a name in capitals", object("v1", "ConfigMap", "Shop"), "Shop"),
        (
            "a path with its operation",
            Input::Object(
                "vyos_config",
                json!({"router": "edge", "path": "set service ntp", "config": "{}"}),
            ),
            "set",
        ),
        ("an add-on that is spelt wrong", addon(json!({"host": "127.0.0.1", "name": "dsn"})), "dns"),
        ("metallb without a range", addon(json!({"host": "127.0.0.1", "name": "metallb"})), "range"),
        (
            "a URL that runs a command",
            Input::Object(
                "microk8s_addon_repository",
                json!({"host": "127.0.0.1", "name": "a", "url": "ext::sh"}),
            ),
            "Git can clone",
        ),
        (
            "a control plane that leaves",
            Input::JoinsWhoLeaves,
            "The control plane that others join is destroyed",
        ),
        (
            "a user that a cloud image turns away",
            Input::Node(Machine::Sshd(&[
                r#"ForceCommand=echo 'Please login as the user "ubuntu" rather than the user "root".';echo;sleep 10;exit 142"#,
            ])),
            "Please login as the user",
        ),
        ("a key with a passphrase", Input::Node(Machine::LockedKey), "has a passphrase"),
        ("a public key in place of a private one", Input::Node(Machine::PublicKey), "This is a public key"),
        ("a name that does not resolve", Input::Node(Machine::Nameless), "does not resolve"),
        (
            "sudo with a password",
            Input::Node(Machine::Says("echo 'sudo: a password is required' >&2; exit 1")),
            "NOPASSWD",
        ),
        (
            "sudo that wants a terminal",
            Input::Node(Machine::Says("echo 'sudo: sorry, you must have a tty to run sudo' >&2; exit 1")),
            "requiretty",
        ),
        ("a host name that is no label", Input::Node(preflight!("pi_1", "")), "pi_1"),
        (
            "no memory cgroup",
            Input::Node(preflight!("cp1", r"\036cgroups\nmemory\t0\t1\t0\n")),
            "memory cgroup",
        ),
        ("no module vxlan", Input::Node(preflight!("cp1", r"\036without-vxlan\n6.8.0-raspi\n")), "vxlan"),
        (
            "IPv6 alone",
            Input::Node(preflight!(
                "cp1",
                r#"\036addresses\n[{"ifname": "eth0", "addr_info": [{"local": "fd00::1", "scope": "global"}]}]\n"#
            )),
            "IPv6 addresses only",
        ),
        ("a cluster that says nothing", Input::InCluster(Machine::Silent), "127.0.0.1"),
    ]
}

fn texts(found: &Diagnostics) -> String {
    let place = |one: &Diagnostic| one.attribute.as_ref().map(ToString::to_string).unwrap_or_default();
    found.iter().map(|one| format!("{}: {}: {}\n", place(one), one.summary, one.detail)).collect()
}

/// What is said of an object by validation and plan.
async fn judged(type_name: &str, config: &Json) -> Result<String, Failure> {
    let run = Harness::<Microk8s>::new(&json!({"ssh": {"port": 9}})).await?;
    let validated = run.validate(type_name, config)?;
    match validated.has_errors() {
        true => Ok(texts(&validated)),
        false => Ok(texts(&validated) + &texts(&run.plan(type_name, None, config).await?.diagnostics)),
    }
}

/// A run that reaches such a machine, the machine's address, and what is behind it.
async fn run_on(machine: &Machine) -> (Harness<Microk8s>, &'static str, (Sshd, TcpListener)) {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let sshd = match machine {
        Machine::Sshd(options) => {
            let options = options.iter().map(|&option| option.to_owned()).collect();
            Sshd::start_in(directory().await, &[], options).await
        }
        Machine::Says(script) => Sshd::start_with_answer(script).await,
        _ => Sshd::start_in(directory().await, &[], vec!["PasswordAuthentication=no".to_owned()]).await,
    };
    let own = sshd.settings();
    let file = |name: &str| Some(sshd.directory.path().join(name).display().to_string());
    let settings = match machine {
        Machine::LockedKey => {
            let mut keygen = tokio::process::Command::new("ssh-keygen");
            keygen
                .args(["-q", "-t", "ed25519", "-N", "secret", "-f"])
                .arg(sshd.directory.path().join("locked"));
            assert!(keygen.status().await.unwrap().success());
            Settings { private_key: None, private_key_file: file("locked"), ..own }
        }
        Machine::PublicKey => Settings { private_key: None, private_key_file: file("user.pub"), ..own },
        Machine::Silent => Settings { port: Some(silent.local_addr().unwrap().port()), ..own },
        // The limit itself is two minutes.
        Machine::Nameless => Settings { resolve_limit: Duration::from_secs(2), ..own },
        Machine::Sshd(_) | Machine::Says(_) => own,
    };
    let host = if matches!(machine, Machine::Nameless) { "no-such-machine.invalid" } else { "127.0.0.1" };
    (Harness::of(session(settings)), host, (sshd, silent))
}

async fn created(machine: &Machine) -> Result<String, Failure> {
    let (run, host, _behind) = run_on(machine).await;
    let node = json!({"host": host, "channel": "1.35/stable"});
    run.create("microk8s_node", &node).await.map(|state| format!("created: {state:?}"))
}

async fn planned(machine: &Machine) -> Result<String, Failure> {
    let (run, host, _behind) = run_on(machine).await;
    let object = json!({"cluster": host, "name": "a"});
    Ok(texts(&run.plan("metallb_bfd_profile", None, &object).await?.diagnostics))
}

/// A plan in which one joins at the machine of another that leaves.
async fn joins_who_leaves() -> Result<String, Failure> {
    let run = Harness::<Microk8s>::of(session(Settings { port: Some(9), ..Settings::default() }));
    let member = |host: &str, cluster: &str| json!({"host": host, "cluster": cluster, "role": "worker"});
    let stored = json!({
        "host": "cp1.example", "cluster": "cp9.example", "role": "worker", "allow_quorum_loss": false, "node_name": "cp1",
        "address": "10.0.0.1", "cluster_id": "x", "drift": [],
    });
    let leaving = run.stored("microk8s_cluster_member", 0, &stored, &[])?;
    run.plan_destroy(&leaving).await?;
    let joining = run.plan("microk8s_cluster_member", None, &member("w1.example", "CP1.example")).await?;
    Ok(texts(&joining.diagnostics))
}

/// All that is said of an input.
async fn said(input: Input) -> String {
    let said = match &input {
        Input::Block(block) => Harness::<Microk8s>::new(block).await.map(|_| "taken".to_owned()),
        Input::Object(type_name, config) => judged(type_name, config).await,
        Input::Node(machine) => created(machine).await,
        Input::InCluster(machine) => planned(machine).await,
        Input::JoinsWhoLeaves => joins_who_leaves().await,
    };
    said.unwrap_or_else(|failure| format!("{}{failure}", texts(&failure.diagnostics)))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_wrong_input_waits_for_what_can_never_come() {
    assert!(RESOLVE_LIMIT <= 2 * MINUTE);
    let mut all = JoinSet::new();
    for (what, input, says) in rows() {
        all.spawn(async move {
            let began = Instant::now();
            match tokio::time::timeout(MINUTE, said(input)).await {
                Err(_) => Some(format!("{what}: nothing is said within a minute")),
                Ok(said) if said.contains(says) => None,
                Ok(said) => Some(format!("{what}: not {says:?}, after {:?}: {said}", began.elapsed())),
            }
        });
    }
    let wrong: Vec<_> = all.join_all().await.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
