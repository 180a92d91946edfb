//! A node that is somebody else's by now: what it answers does nothing on the machine that runs terraform,
//! shows no secret and moves no terminal's cursor.

use crate::by_hand::shell;
use acceptance::Workspace;
use lab::{Lab, LabOptions};
use std::time::{Duration, Instant};

const PASSWORD: &str = "planted-peer-password";

const CONFIGURATION: &str = r#"
resource "microk8s_node" "cp1" {
  host    = "10.0.0.11"
  channel = "1.35/stable"
}

resource "metallb_bgp_peer" "edge" {
  provider     = microk8s
  cluster      = microk8s_node.cp1.host
  name         = "edge"
  my_asn       = 64512
  peer_asn     = 64513
  peer_address = "10.0.0.1"
  password     = "planted-peer-password"
}
"#;

/// A refresh of a cluster that does not answer in time ends within its own limits.
const LONGEST: Duration = Duration::from_secs(150);

/// What the node's `microk8s` does in place of its work.
struct Attack {
    name: &'static str,
    /// Runs where `microk8s config` is asked for. `$mark` is a file on the machine that runs terraform which
    /// must not come to be, and `genuine` prints the true kubeconfig.
    config: &'static str,
    /// What terraform says of it.
    told: &'static str,
}

/// A new attack joins the test by its line here.
const ATTACKS: [Attack; 8] = [
    Attack {
        name: "a program for the operator's machine",
        config: r#"genuine | sed "s|^  user:|  user:\n    exec: {apiVersion: client.authentication.k8s.io/v1, command: touch, args: [$mark]}|""#,
        told: "users[].user.exec",
    },
    Attack {
        name: "a file of the operator's as token",
        config: r#"genuine | sed "s|^  user:|  user:\n    tokenFile: /etc/hostname|""#,
        told: "users[].user.tokenFile",
    },
    Attack {
        name: "a file of the operator's as key",
        config: r#"genuine | sed "s|^  user:|  user:\n    client-key: /etc/hostname|""#,
        told: "users[].user.client-key",
    },
    Attack {
        name: "another machine in between",
        config: r#"genuine | sed "s|^- cluster:|- cluster:\n    proxy-url: http://10.0.0.11:3128|""#,
        told: "clusters[].cluster.proxy-url",
    },
    Attack {
        name: "anybody's certificate",
        config: r#"genuine | sed "s|^- cluster:|- cluster:\n    insecure-skip-tls-verify: true|""#,
        told: "clusters[].cluster.insecure-skip-tls-verify",
    },
    Attack {
        name: "escapes for the terminal",
        config: r#"printf '\033]0;planted-title\007\033[2J\r%s\n' planted-text >&2; exit 1"#,
        told: "planted-text",
    },
    Attack { name: "no end", config: "yes planted-line", told: "10.0.0.11" },
    Attack { name: "nothing", config: "exec sleep 3600", told: "10.0.0.11" },
];

/// Puts the attack in the place of the node's `microk8s`, whose every run it notes in `/attacked`.
fn installed(attack: &Attack, mark: &str) -> String {
    let Attack { config, .. } = attack;
    format!(
        "set -e\n\
         mkdir -p /genuine\n\
         [ -e /genuine/microk8s ] || ln -s \"$(readlink -f /snap/bin/microk8s)\" /genuine/microk8s\n\
         [ -e /genuine/link ] || cp -P /snap/bin/microk8s /genuine/link\n\
         rm -f /snap/bin/microk8s /attacked\n\
         cat >/snap/bin/microk8s <<'ATTACK'\n\
         #!/bin/sh\n\
         [ \"$1\" = config ] || exec /genuine/microk8s \"$@\"\n\
         echo ran >>/attacked\n\
         mark={mark}\n\
         genuine() {{ /genuine/microk8s config --use-loopback; }}\n\
         {config}\n\
         ATTACK\n\
         chmod 755 /snap/bin/microk8s\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_node_reaches_nothing() {
    let lab = Lab::start(LabOptions::with_nodes(1, false)).await.unwrap();
    let node = lab.nodes().first().unwrap();
    let workspace = Workspace::new(&lab, CONFIGURATION).await.unwrap();
    workspace.apply().await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();
    let key = shell(node, "/snap/bin/microk8s config | sed -n 's/^ *client-key-data: //p'").await;
    let key = key.trim();
    assert!(key.len() > 40, "the kubeconfig has no key to look for");

    for attack in &ATTACKS {
        let name = attack.name;
        let mark = workspace.path().join("PWNED");
        shell(node, &installed(attack, &mark.display().to_string())).await;
        let log = workspace.path().join("plugin.log");
        let mut command = workspace.command(["plan", "-no-color"]);
        command.env("TF_LOG_PROVIDER", "TRACE").env("TF_LOG_PATH", &log);
        let begin = Instant::now();
        let output = tokio::time::timeout(LONGEST, command.output()).await.unwrap().unwrap();
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8(text).unwrap();
        let logged = std::fs::read_to_string(&log).unwrap();

        // The control: the attack was met.
        assert!(shell(node, "cat /attacked").await.contains("ran"), "{name}: was not asked for a kubeconfig");
        assert!(text.contains(attack.told), "{name}: terraform does not say {:?}:\n{text}", attack.told);
        assert!(!mark.exists(), "{name}: a program of the node's ran here");
        for secret in [PASSWORD, key] {
            assert!(!text.contains(secret) && !logged.contains(secret), "{name}: {secret} shows");
        }
        let moves = |one: char| one.is_control() && one != '\n';
        assert_eq!(text.lines().find(|line| line.contains(moves)), None, "{name}");
        eprintln!("{name}: {:?}", begin.elapsed());
    }

    shell(node, "rm -f /snap/bin/microk8s && cp -P /genuine/link /snap/bin/microk8s").await;
    workspace.plan().await.unwrap().plans_nothing();
}
