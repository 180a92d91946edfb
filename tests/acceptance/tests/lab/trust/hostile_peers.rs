//! An API server and a router that are somebody else's: what they answer shows no secret, moves no terminal's
//! cursor, sends nothing elsewhere and ends. Peers that answer slowly or not at all are in the tables of the
//! provider's own tests. What a hostile node can try is in `hostile.rs`.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers fail as the test does")]

use acceptance::{Cli, Workspace};
use lab::{Lab, LabOptions};
use nix::sched::{CloneFlags, setns};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;

const PASSWORD: &str = "planted-password";
const API_KEY: &str = "planted-api-key";
const TOKEN: &str = "planted-token";

/// Reads of a cluster or a router, and a write, each within its own limits.
const LONGEST: Duration = Duration::from_secs(200);

/// Where a redirect leads; whoever follows it says so there.
const ELSEWHERE: u16 = 7443;

/// What a request is answered with.
enum Answer {
    Once(u16, String),
    /// A header line besides, and no body.
    Elsewhere(u16),
    /// A body without end, of this.
    Endless(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Peer {
    ApiServer,
    Router,
}

/// An answer of a peer's to the requests that it is for; all others it answers as a peer that means well.
struct Attack {
    name: &'static str,
    peer: Peer,
    /// Which requests it is for, by the first words of the request.
    of: &'static str,
    answer: fn(&str) -> Answer,
    /// What terraform says of it.
    told: &'static str,
    /// Whether the request has the secret, so that it would show if the answer were printed as it is.
    has_secret: bool,
}

/// A new attack joins the test by its line here.
const ATTACKS: [Attack; 9] = [
    Attack {
        name: "escapes for the terminal",
        peer: Peer::ApiServer,
        of: "GET /api/v1 ",
        answer: |_| Answer::Once(403, status("\\u001b]0;planted-title\\u0007\\u001b[2J\\r planted-text")),
        told: "planted-text",
        has_secret: false,
    },
    Attack {
        name: "what was sent, sent back",
        peer: Peer::ApiServer,
        of: "PATCH ",
        answer: |request| Answer::Once(422, status(&format!("planted-refusal: {}", quoted(request)))),
        told: "planted-refusal",
        has_secret: true,
    },
    Attack {
        name: "the way to another server",
        peer: Peer::ApiServer,
        of: "GET /api/v1/namespaces/kube-system",
        answer: |_| Answer::Elsewhere(307),
        told: "kubeconfig",
        has_secret: false,
    },
    Attack {
        name: "no end",
        peer: Peer::ApiServer,
        of: "GET ",
        answer: |_| Answer::Endless("{\"planted\": 0},"),
        told: "kubeconfig",
        has_secret: false,
    },
    Attack {
        name: "escapes for the terminal",
        peer: Peer::Router,
        of: "POST /retrieve",
        answer: |_| Answer::Once(400, failure("\\u001b]0;planted-title\\u0007\\u001b[2J\\r planted-text")),
        told: "planted-text",
        has_secret: false,
    },
    Attack {
        name: "a refusal with what was sent",
        peer: Peer::Router,
        of: "POST /configure",
        answer: |request| Answer::Once(400, failure(&format!("planted-refusal: {}", quoted(request)))),
        told: "planted-refusal",
        has_secret: true,
    },
    Attack {
        name: "a page with what was sent",
        peer: Peer::Router,
        of: "POST /configure",
        answer: |request| Answer::Once(502, format!("<html>planted-page {}</html>", quoted(request))),
        told: "edge",
        has_secret: true,
    },
    Attack {
        name: "the way to another server",
        peer: Peer::Router,
        of: "POST /",
        answer: |_| Answer::Elsewhere(308),
        told: "edge",
        has_secret: false,
    },
    Attack {
        name: "no end",
        peer: Peer::Router,
        of: "POST /",
        answer: |_| Answer::Endless("planted-line "),
        told: "edge",
        has_secret: false,
    },
];

/// A refusal of an API server's; `message` is inside of a JSON string.
fn status(message: &str) -> String {
    format!(
        r#"{{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Invalid", "code": 422, "message": "{message}"}}"#
    )
}

/// A refusal of VyOS's; `error` is inside of a JSON string.
fn failure(error: &str) -> String {
    format!(r#"{{"success": false, "data": null, "error": "{error}"}}"#)
}

/// The request as text inside of a JSON string.
fn quoted(request: &str) -> String {
    let all = serde_json::Value::from(request).to_string();
    all.trim_matches('"').to_owned()
}

/// What a peer says that means well.
fn well_meant(peer: Peer, request: &str) -> Answer {
    let kind = r#"{"name": "secrets", "singularName": "secret", "namespaced": true, "kind": "Secret", "verbs": ["get", "list", "patch", "delete"]}"#;
    match (peer, request) {
        // The same whatever part of the configuration is asked for.
        (Peer::Router, _) => Answer::Once(
            200,
            r#"{"success": true, "data": {"system-as": "64513", "bgp": {"system-as": "64513"}, "protocols": {"bgp": {"system-as": "64513"}}}, "error": null}"#.into(),
        ),
        (_, request) if request.starts_with("GET /api/v1/namespaces/kube-system ") => {
            Answer::Once(200, r#"{"metadata": {"name": "kube-system", "uid": "planted-uid"}}"#.into())
        }
        (_, request) if request.starts_with("GET /api/v1 ") => Answer::Once(
            200,
            format!(r#"{{"kind": "APIResourceList", "groupVersion": "v1", "resources": [{kind}]}}"#),
        ),
        _ => Answer::Once(
            404,
            r#"{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404, "message": "secrets \"planted\" not found", "details": {"name": "planted", "kind": "secrets"}}"#.into(),
        ),
    }
}

/// A process on the operator's network, by which its sockets are found.
async fn on_operators_network(lab: &Lab) -> (Child, u32) {
    let mut holder = lab.operator("sh");
    holder.args(["-c", "echo there; exec sleep 3600"]).stdout(Stdio::piped()).kill_on_drop(true);
    let mut holder = holder.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(holder.stdout.take().unwrap()).read_line(&mut line).await.unwrap();
    assert_eq!(line.trim(), "there");
    let id = holder.id().unwrap();
    (holder, id)
}

/// Listens on the operator's loopback. It is a thread that is in a network namespace, so one of its own
/// enters.
fn listen(holder: u32, port: u16) -> TcpListener {
    let enter = move || {
        setns(File::open(format!("/proc/{holder}/ns/net")).unwrap(), CloneFlags::CLONE_NEWNET).unwrap();
        TcpListener::bind(("127.0.0.1", port)).unwrap()
    };
    std::thread::spawn(enter).join().unwrap()
}

/// Requests that arrived.
type Log = Arc<Mutex<Vec<String>>>;

fn tls() -> Arc<ServerConfig> {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    Arc::new(config.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap())
}

/// Answers until the test ends.
fn serve(listener: TcpListener, peer: Peer, attack: &'static Attack, log: &Log) {
    let (config, log) = (tls(), Arc::clone(log));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (config, log) = (Arc::clone(&config), Arc::clone(&log));
            // It ends with the connection.
            std::thread::spawn(move || match peer {
                Peer::ApiServer => drop(answer(stream, peer, attack, &log)),
                Peer::Router => {
                    let connection = ServerConnection::new(config).unwrap();
                    drop(answer(StreamOwned::new(connection, stream), peer, attack, &log));
                }
            });
        }
    });
}

/// Notes what comes where a redirect led.
fn serve_elsewhere(listener: TcpListener, log: &Log) {
    let log = Arc::clone(log);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut piece = [0; 4096];
            let length = stream.read(&mut piece).unwrap_or_default();
            log.lock().unwrap().push(String::from_utf8_lossy(&piece[..length]).into_owned());
        }
    });
}

fn answer(mut stream: impl Read + Write, peer: Peer, attack: &Attack, log: &Log) -> std::io::Result<()> {
    let request = request(&mut stream)?;
    log.lock().unwrap().push(request.clone());
    let answer =
        if request.starts_with(attack.of) { (attack.answer)(&request) } else { well_meant(peer, &request) };
    let head = |code: u16, more: &str| format!("HTTP/1.1 {code} Said\r\nConnection: close\r\n{more}\r\n");
    match answer {
        Answer::Once(code, body) => {
            let more = format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
            stream.write_all((head(code, &more) + &body).as_bytes())?;
        }
        Answer::Elsewhere(code) => {
            let more = format!("Location: http://127.0.0.1:{ELSEWHERE}/planted\r\nContent-Length: 0\r\n");
            stream.write_all(head(code, &more).as_bytes())?;
        }
        Answer::Endless(piece) => {
            stream.write_all(head(200, "Content-Type: application/json\r\n").as_bytes())?;
            stream.write_all(b"{\"success\": true, \"data\": [")?;
            loop {
                stream.write_all(piece.repeat(1000).as_bytes())?;
            }
        }
    }
    stream.flush()
}

/// A request with its body.
fn request(stream: &mut impl Read) -> std::io::Result<String> {
    let mut all = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let length = stream.read(&mut piece)?;
        all.extend_from_slice(&piece[..length]);
        let text = String::from_utf8_lossy(&all).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            if length == 0 {
                return Ok(text);
            }
            continue;
        };
        let head = head.to_ascii_lowercase();
        let wanted = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if length == 0 || body.len() >= wanted.map_or(0, |wanted| wanted.parse().unwrap_or_default()) {
            return Ok(text);
        }
    }
}

fn configuration(peer: Peer, port: u16, kubeconfig: &str) -> String {
    let (block, resource) = match peer {
        Peer::ApiServer => (
            format!("kubernetes = {{ config_path = {kubeconfig:?} }}"),
            format!(
                "resource \"microk8s_object\" \"this\" {{\n  manifest = {{ apiVersion = \"v1\", kind = \"Secret\", metadata = {{ name \
                 = \"planted\", namespace = \"default\" }} }}\n  secret_data_wo = {{ key = {PASSWORD:?} }}\n  \
                 secret_data_wo_version = 1\n  timeouts = {{ create = \"10s\" }}\n}}"
            ),
        ),
        Peer::Router => (
            format!(
                "routers = {{ edge = {{ url = \"https://127.0.0.1:{port}\", api_key = {API_KEY:?}, \
                 insecure_skip_certificate_verification = true }} }}"
            ),
            format!(
                "resource \"vyos_bgp_neighbor\" \"this\" {{\n  provider = microk8s\n  router = \"edge\"\n  address = \
                 \"10.0.0.11\"\n  remote_as = \"64512\"\n  password = {PASSWORD:?}\n}}"
            ),
        ),
    };
    format!(
        "terraform {{\n  required_providers {{\n    microk8s = {{ source = \"baremetal/microk8s\" }}\n  }}\n}}\n\
         provider \"microk8s\" {{\n  {block}\n}}\n{resource}\n"
    )
}

fn kubeconfig(port: u16) -> String {
    serde_json::json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "planted",
        "clusters": [{"name": "planted", "cluster": {"server": format!("http://127.0.0.1:{port}")}}],
        "users": [{"name": "planted", "user": {"token": TOKEN}}],
        "contexts": [{"name": "planted", "context": {"cluster": "planted", "user": "planted"}}],
    })
    .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_api_server_or_router_reaches_nothing() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    let (_holder, holder) = on_operators_network(&lab).await;
    let elsewhere = Log::default();
    serve_elsewhere(listen(holder, ELSEWHERE), &elsewhere);
    let workspace = Workspace::with(Cli::Terraform, &lab, &configuration(Peer::Router, 1, "")).await.unwrap();
    let secret_in_base64 = "cGxhbnRlZC1wYXNzd29yZA";

    for attack in &ATTACKS {
        let Attack { name, peer, .. } = attack;
        let listener = listen(holder, 0);
        let port = listener.local_addr().unwrap().port();
        let asked = Log::default();
        serve(listener, *peer, attack, &asked);
        let path = workspace.path().join("kubeconfig");
        std::fs::write(&path, kubeconfig(port)).unwrap();
        workspace.write("main.tf", &configuration(*peer, port, &path.display().to_string())).unwrap();
        let log = workspace.path().join("plugin.log");
        let mut command = workspace.command(["apply", "-no-color", "-auto-approve"]);
        command.env("TF_LOG_PROVIDER", "TRACE").env("TF_LOG_PATH", &log);
        let begin = Instant::now();
        let output = tokio::time::timeout(LONGEST, command.output()).await.unwrap().unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        let logged = std::fs::read_to_string(&log).unwrap();
        let asked = asked.lock().unwrap().clone();

        // The controls: the attack was met, and with the secret where it is about that.
        let met: Vec<_> = asked.iter().filter(|request| request.starts_with(attack.of)).collect();
        assert!(!met.is_empty(), "{peer:?}, {name}: nothing was asked that it is for: {asked:?}\n{text}");
        let sent = |request: &&&String| request.contains(PASSWORD) || request.contains(secret_in_base64);
        assert_eq!(met.iter().any(|one| sent(&one)), attack.has_secret, "{peer:?}, {name}: {met:?}");
        assert!(!output.status.success(), "{peer:?}, {name}: was taken for a peer\n{text}");
        assert!(text.contains(attack.told), "{peer:?}, {name}: does not say {:?}:\n{text}", attack.told);
        for secret in [PASSWORD, secret_in_base64, API_KEY, TOKEN] {
            let shows = text.contains(secret) || logged.contains(secret);
            assert!(!shows, "{peer:?}, {name}: {secret} shows:\n{text}");
        }
        let moves = |one: char| one.is_control() && one != '\n';
        assert_eq!(text.lines().find(|line| line.contains(moves)), None, "{peer:?}, {name}");
        assert_eq!(*elsewhere.lock().unwrap(), Vec::<String>::new(), "{peer:?}, {name}: went elsewhere");
        eprintln!("{peer:?}, {name}: {:?}", begin.elapsed());
    }

    // Whoever followed a redirect would have been seen.
    let mut follows = workspace.operator("bash");
    follows.args(["-c", &format!("echo planted >/dev/tcp/127.0.0.1/{ELSEWHERE}")]);
    assert!(follows.status().await.unwrap().success());
    let seen = || elsewhere.lock().unwrap().iter().any(|request| request.contains("planted"));
    let begin = Instant::now();
    while !seen() && begin.elapsed() < Duration::from_secs(10) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(seen());
}
