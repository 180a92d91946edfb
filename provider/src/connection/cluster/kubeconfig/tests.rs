//! Kubeconfigs that a hostile node could print. A trap is laid for each field that could harm whoever runs
//! Terraform, and the same trap is shown to work on the user's own kubeconfig.

use super::*;
use crate::connection::cluster::connect::with_kubeconfig;
use crate::connection::cluster::{KubeconfigSource, KubernetesSettings};
use axum::Router;
use axum::http::HeaderMap;
use serde_json::{Value as Json, json};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

const SECRET: &str = "only-the-operator-has-this";

/// Files, a program and an API server on the machine that runs Terraform. Each leaves a trace when it is
/// used.
struct Traps {
    directory: TempDir,
    port: u16,
    heard: Arc<Mutex<String>>,
}

/// A client's configuration from what a node prints.
fn read(text: &str) -> Result<Config, String> {
    NodeKubeconfig::parse(text)?.config()
}

/// A trap's trace on the user's own kubeconfig.
#[derive(Clone, Copy, PartialEq)]
enum Trace {
    /// The program ran.
    Ran,
    /// The API server was sent this in a header.
    Sent(&'static str),
    /// The file was opened: as it is not there, the error names it.
    Opened,
    /// Not seen without a second machine or TLS.
    None,
}

impl Traps {
    async fn lay() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str| directory.path().join(name);
        let credential = json!({
            "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "from-the-program"},
        });
        let program = format!("#!/bin/sh\n: > {}\nprintf %s '{credential}'\n", file("ran").display());
        std::fs::write(file("program"), program).unwrap();
        std::fs::set_permissions(file("program"), std::fs::Permissions::from_mode(0o700)).unwrap();
        std::fs::write(file("secret"), SECRET).unwrap();
        let heard = Arc::new(Mutex::new(String::new()));
        let hears = Arc::clone(&heard);
        let router = Router::new().fallback(|headers: HeaderMap| async move {
            *hears.lock().unwrap() += &format!("{headers:?}\n");
            "{}"
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { directory, port, heard }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Every field that must not take effect: of which part, its name, its value, and its trace.
    fn fields(&self) -> Vec<(&'static str, &'static str, Json, Trace)> {
        let program = self.path("program");
        let absent = self.path("absent");
        let exec = json!({"apiVersion": "client.authentication.k8s.io/v1", "command": program, "interactiveMode": "Never"});
        vec![
            ("user", "exec", exec, Trace::Ran),
            ("user", "auth-provider", json!({"name": "gcp", "config": {"cmd-path": program}}), Trace::Ran),
            ("user", "tokenFile", json!(self.path("secret")), Trace::Sent(SECRET)),
            ("user", "client-certificate", json!(absent), Trace::Opened),
            ("user", "client-key", json!(absent), Trace::Opened),
            ("user", "username", json!("root"), Trace::None),
            ("user", "password", json!("root"), Trace::None),
            ("user", "as", json!("system:admin"), Trace::Sent("system:admin")),
            ("user", "as-uid", json!("4711"), Trace::Sent("4711")),
            ("user", "as-groups", json!(["system:masters"]), Trace::Sent("system:masters")),
            ("user", "as-user-extra", json!({"scopes": ["all"]}), Trace::Sent("scopes")),
            ("cluster", "certificate-authority", json!(absent), Trace::Opened),
            ("cluster", "insecure-skip-tls-verify", json!(true), Trace::None),
            ("cluster", "proxy-url", json!("http://127.0.0.1:1"), Trace::None),
            ("cluster", "tls-server-name", json!("elsewhere.example"), Trace::None),
        ]
    }

    /// What the field's trap has seen since the last time.
    fn trace(&self) -> (bool, String) {
        let ran = std::fs::remove_file(self.path("ran")).is_ok();
        (ran, std::mem::take(&mut *self.heard.lock().unwrap()))
    }

    /// What the user's own kubeconfig makes of it.
    async fn of_user(&self, kubeconfig: &Json) -> Result<(), String> {
        let path = self.path("kubeconfig");
        std::fs::write(&path, kubeconfig.to_string()).unwrap();
        let source = KubeconfigSource::File(path.display().to_string());
        let settings = KubernetesSettings { source, context: None };
        let client = with_kubeconfig(&settings).await?;
        let get = http::Request::get("/version").body(Vec::new()).unwrap();
        client.request_text(get).await.map(drop).map_err(|error| error.to_string())
    }
}

fn base64(text: &str) -> String {
    STANDARD.encode(text)
}

/// As MicroK8s prints it.
fn kubeconfig() -> Json {
    let pair = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    json!({
        "apiVersion": "v1", "kind": "Config", "preferences": {}, "current-context": "microk8s",
        "clusters": [{"name": "microk8s-cluster", "cluster": {
            "server": "https://127.0.0.1:16443", "certificate-authority-data": base64(&pair.cert.pem()),
        }}],
        "contexts": [{"name": "microk8s", "context": {"cluster": "microk8s-cluster", "user": "admin"}}],
        "users": [{"name": "admin", "user": {
            "client-certificate-data": base64(&pair.cert.pem()),
            "client-key-data": base64(&pair.signing_key.serialize_pem()),
        }}],
    })
}

fn part<'a>(kubeconfig: &'a mut Json, of: &str) -> &'a mut Json {
    &mut kubeconfig[format!("{of}s")][0][of]
}

fn fault(kubeconfig: &Json) -> String {
    read(&kubeconfig.to_string()).err().unwrap_or_else(|| panic!("taken: {kubeconfig}"))
}

#[tokio::test]
async fn no_field_of_a_nodes_kubeconfig_takes_effect_on_the_operators_machine() {
    let traps = Traps::lay().await;
    for (of, field, value, trace) in traps.fields() {
        // The trap works: this is what the user's own kubeconfig may do.
        let mut own = kubeconfig();
        part(&mut own, "user").as_object_mut().unwrap().clear();
        let plain = json!({"server": format!("http://127.0.0.1:{}", traps.port)});
        *part(&mut own, "cluster") = plain;
        part(&mut own, of)[field] = value.clone();
        let answer = traps.of_user(&own).await;
        let (ran, heard) = traps.trace();
        match trace {
            Trace::Ran => assert!(ran, "{field}: {answer:?}"),
            Trace::Sent(text) => assert!(heard.contains(text), "{field}: {answer:?}, {heard}"),
            Trace::Opened => {
                assert!(answer.as_ref().is_err_and(|error| error.contains("absent")), "{field}: {answer:?}")
            }
            Trace::None => {}
        }

        // The node's may not, beside credentials that would do and in their place.
        for alone in [false, true] {
            let mut theirs = kubeconfig();
            if alone && of == "user" {
                part(&mut theirs, of).as_object_mut().unwrap().clear();
            }
            part(&mut theirs, of)[field] = value.clone();
            let fault = fault(&theirs);
            assert!(fault.contains(&format!("`{of}s[].{of}.{field}`")), "{field}: {fault}");
            assert_eq!(traps.trace(), (false, String::new()), "{field}");
            part(&mut theirs, of)[field] = Json::Null;
            assert_eq!(read(&theirs.to_string()).is_ok(), !(alone && of == "user"), "{field}: null");
        }
    }
}

#[test]
fn only_the_port_and_what_is_in_the_file_is_taken() {
    let mut printed = kubeconfig();
    part(&mut printed, "cluster")["server"] = json!("https://attacker:secret@192.0.2.1:17443/api?x#y");
    part(&mut printed, "cluster")["tls-server-name"] = json!("127.0.0.1");
    part(&mut printed, "cluster")["insecure-skip-tls-verify"] = json!(false);
    for of in ["user", "cluster", "context"] {
        part(&mut printed, of)["extensions"] =
            json!([{"name": "client.authentication.k8s.io/exec", "extension": {"exec": 1}}]);
        printed[format!("{of}s")][0]["exec"] = json!({"command": "id"});
    }
    part(&mut printed, "context")["namespace"] = json!("kube-system");
    printed["exec"] = json!({"command": "id"});
    // What the current context does not lead to is as if it were not there.
    printed["users"]
        .as_array_mut()
        .unwrap()
        .push(json!({"name": "other", "user": {"exec": {"command": "id"}}}));
    printed["clusters"]
        .as_array_mut()
        .unwrap()
        .push(json!({"name": "other", "cluster": {"proxy-url": "http://192.0.2.1"}}));
    let config = read(&printed.to_string()).unwrap();
    assert_eq!(config.cluster_url, "https://127.0.0.1:17443/");
    assert_eq!((config.proxy_url, config.tls_server_name, config.accept_invalid_certs), (None, None, false));
    assert_eq!((config.root_cert.unwrap().len(), config.default_namespace.as_str()), (1, "default"));
    assert!(config.auth_info.exec.is_none() && config.auth_info.token.is_none());
    assert!(config.auth_info.client_key_data.is_some());

    part(&mut printed, "cluster")["server"] = json!("https://[::1]");
    *part(&mut printed, "user") = json!({"token": "abc"});
    let config = read(&printed.to_string()).unwrap();
    assert_eq!(config.cluster_url, "https://127.0.0.1:443/");
    assert!(config.auth_info.token.is_some());
}

#[test]
fn what_microk8s_prints_is_read() {
    let made = kubeconfig();
    let text = |pointer: &str| made.pointer(pointer).unwrap().as_str().unwrap().to_owned();
    let printed = format!(
        "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: {}\n    server: https://127.0.0.1:16443\n  \
         name: microk8s-cluster\ncontexts:\n- context:\n    cluster: microk8s-cluster\n    user: admin\n  name: microk8s\n\
         current-context: microk8s\nkind: Config\npreferences: {{}}\nusers:\n- name: admin\n  user:\n    \
         client-certificate-data: {}\n    client-key-data: {}\n\n",
        text("/clusters/0/cluster/certificate-authority-data"),
        text("/users/0/user/client-certificate-data"),
        text("/users/0/user/client-key-data"),
    );
    let config = read(&printed).unwrap();
    assert_eq!(config.cluster_url, "https://127.0.0.1:16443/");
    assert!(config.auth_info.client_key_data.is_some());
}

#[test]
fn what_is_made_for_other_programs_says_the_same() {
    let read = |text: &str| NodeKubeconfig::parse(text).unwrap();
    let printed = read(&kubeconfig().to_string());
    let again = read(&printed.text("https://k8s.example:6443"));
    assert_eq!(again.port, 6443);
    assert!(printed.authority().starts_with("-----BEGIN CERTIFICATE-----"));
    let (certificate, key) = printed.client_certificate().unwrap();
    assert!(certificate.starts_with("-----BEGIN") && key.contains("PRIVATE KEY-----"));
    assert_eq!(
        (again.authority(), again.client_certificate(), again.token()),
        (printed.authority(), Some((certificate, key)), None)
    );
    let mut with_token = kubeconfig();
    with_token["users"][0]["user"] = json!({"token": "t"});
    let with_token = read(&read(&with_token.to_string()).text("https://k8s.example"));
    assert_eq!(
        (with_token.token(), with_token.client_certificate(), with_token.port),
        (Some("t"), None, 443)
    );
}

#[test]
fn the_current_context_decides() {
    let mut printed = kubeconfig();
    let bad = json!({"name": "bad", "user": {"exec": {"command": "id"}}});
    printed["users"].as_array_mut().unwrap().insert(0, bad);
    printed["contexts"]
        .as_array_mut()
        .unwrap()
        .push(json!({"name": "other", "context": {"cluster": "microk8s-cluster", "user": "bad"}}));
    read(&printed.to_string()).unwrap();
    printed["current-context"] = json!("other");
    assert!(fault(&printed).contains("users[].user.exec"));
}

#[test]
fn what_is_no_kubeconfig_of_microk8s_is_an_error_that_quotes_nothing() {
    type Change = fn(&mut Json);
    let twice: Change = |all| {
        let first = all["users"][0].clone();
        all["users"].as_array_mut().unwrap().push(first);
    };
    let rows: [(Change, &str); 14] = [
        (|all| all["current-context"] = json!(""), "no `current-context`"),
        (
            |all| all["current-context"] = json!("other"),
            "`contexts` of the node's kubeconfig has no \"other\"",
        ),
        (
            |all| part(all, "context")["user"] = json!("other"),
            "`users` of the node's kubeconfig has no \"other\"",
        ),
        (|all| part(all, "context")["cluster"] = Json::Null, "no `contexts[].context.cluster`"),
        (twice, "has \"admin\" twice"),
        (|all| part(all, "cluster")["server"] = json!("http://127.0.0.1:8080"), "clusters[].cluster.server"),
        (|all| part(all, "cluster")["server"] = json!("https://127.0.0.1:0"), "clusters[].cluster.server"),
        (
            |all| part(all, "cluster")["server"] = json!("https://127.0.0.1:99999"),
            "clusters[].cluster.server",
        ),
        (|all| part(all, "cluster")["certificate-authority-data"] = Json::Null, "certificate-authority-data"),
        (|all| part(all, "cluster")["certificate-authority-data"] = json!("%%PRIVATE"), "is not base64"),
        (|all| part(all, "user")["client-key-data"] = json!("%%PRIVATE"), "is not base64"),
        (|all| *part(all, "user") = json!({"token": "PRIVATE\nx"}), "is no token"),
        (|all| *part(all, "user") = json!({}), "neither a token nor a client certificate"),
        (|all| *part(all, "user") = json!("PRIVATE"), "cannot be read: its fields"),
    ];
    for (change, words) in rows {
        let mut printed = kubeconfig();
        change(&mut printed);
        let fault = fault(&printed);
        assert!(fault.contains(words) && !fault.contains("PRIVATE"), "{words}: {fault}");
    }
}

#[test]
fn yaml_cannot_be_used_against_the_reader() {
    let good = kubeconfig().to_string();
    let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let bomb: String =
        (1..9).map(|n| format!("a{n}: &a{n} [{}]\n", format!("*a{},", n - 1).repeat(9))).collect();
    for text in [
        format!("{good}\n---\n{good}"),
        good.replacen("\"kind\"", "\"users\":[],\"users\"", 1),
        good.replacen("\"Config\"", &nested, 1),
        format!("a0: &a0 [x,x,x,x,x,x,x,x,x]\n{bomb}users: []\nclusters: []\n"),
        "users: &all []\nclusters: *all\n".to_owned(),
        format!("{good}{}", " ".repeat(SIZE)),
        "token: PRIVATE: x".to_owned(),
    ] {
        let fault = read(&text).err().unwrap();
        assert!(fault.len() < 200 && !fault.contains("PRIVATE"), "{fault}");
    }
}

#[tokio::test]
async fn what_the_users_own_program_prints_is_not_repeated() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("kubeconfig");
    let settings =
        KubernetesSettings { source: KubeconfigSource::File(path.display().to_string()), context: None };
    for script in [
        "echo PRIVATE; echo PRIVATE >&2; exit 3",
        "echo PRIVATE",
        "echo '{\"status\": {\"token\": \"PRIVATE\", \"expirationTimestamp\": \"PRIVATE\"}}'",
        "echo '{\"status\": \"PRIVATE\"}'",
    ] {
        let mut own = kubeconfig();
        *part(&mut own, "user") = json!({"exec": {
            "apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "args": ["-c", script],
        }});
        std::fs::write(&path, own.to_string()).unwrap();
        let error = with_kubeconfig(&settings).await.err().unwrap();
        assert!(error.contains("run it by hand") && !error.contains("PRIVATE"), "{script}: {error}");
    }
    std::fs::write(&path, "users: PRIVATE").unwrap();
    let error = with_kubeconfig(&settings).await.err().unwrap();
    assert!(error.contains("no kubeconfig, line 1") && !error.contains("PRIVATE"), "{error}");
}
