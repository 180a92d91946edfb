//! How a client for a cluster is made: through a node, or with a kubeconfig file.

use super::answer::Sent;
use super::error::{ClusterError, ClusterErrorKind, whole};
use super::socket::Socket;
use super::{Address, KubeconfigSource, KubernetesSettings, NodeKubeconfig};
use crate::connection::ssh::{Host, Script, Ssh, SshError, SshErrorKind};
use crate::connection::{ConnectionError, ErrorClass, expand_home};
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connection, HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioIo};
use kube::client::{Body, ConfigExt};
use kube::config::{ExecInteractiveMode, KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tower::util::BoxCloneSyncService;

/// Prints the administrator's kubeconfig with the loopback address, which the server's certificate always
/// names.
const KUBECONFIG: Script =
    Script { name: "microk8s config", text: "exec /snap/bin/microk8s config --use-loopback" };

/// How long a program of the operator's own kubeconfig may take for credentials. Those that ask nobody take
/// seconds.
const CREDENTIALS: Duration = Duration::from_secs(60);

/// Makes a client. The kubeconfig of a node stays in this process's memory.
pub(super) async fn connect(address: &Address, ssh: &Ssh) -> Result<Client, ClusterError> {
    match address {
        Address::Node(host) => through_node(host, &ssh.host(host)).await,
        Address::Kubeconfig(settings) => with_kubeconfig(settings).await.map_err(|answer| {
            ClusterError::new(
                ClusterErrorKind::Unauthenticated,
                "Reading the kubeconfig",
                address.to_string(),
                answer,
            )
        }),
        Address::Nowhere => Err(ClusterError::new(
            ClusterErrorKind::NotConfigured,
            "Looking for the cluster",
            address.to_string(),
            "the resource has no `cluster` and the provider no `kubernetes` block, or they are not known yet",
        )),
    }
}

async fn through_node(address: &str, host: &Arc<Host>) -> Result<Client, ClusterError> {
    let fail = |kind, attempt: &str, answer: String| ClusterError::new(kind, attempt, address, answer);
    let unreached = |attempt: &'static str| move |error: SshError| on_the_way(attempt, address, &error);
    let kubeconfig = of_node(address, host).await?;
    const PREPARING: &str = "Preparing a client for the API server";
    let config =
        kubeconfig.config().map_err(|fault| fail(ClusterErrorKind::KubeconfigRefused, PREPARING, fault))?;
    let socket =
        host.forward(kubeconfig.port).await.map_err(unreached("Opening a tunnel to the API server"))?;
    client(config, Socket::new(socket))
        .map_err(|error| fail(ClusterErrorKind::Unreachable, PREPARING, whole(&error)))
}

/// The kubeconfig that a control plane prints.
pub(super) async fn of_node(address: &str, host: &Arc<Host>) -> Result<NodeKubeconfig, ClusterError> {
    let fail = |kind, attempt: &str, answer: String| ClusterError::new(kind, attempt, address, answer);
    let unreached = |attempt: &'static str| move |error: SshError| on_the_way(attempt, address, &error);
    const READING: &str = "Reading the cluster's kubeconfig on the node";
    let mut output = host.ask(&KUBECONFIG, &[]).await.map_err(unreached(READING))?;
    if !output.succeeded() {
        // A kubeconfig that came nevertheless has the administrator's key in it.
        if output.stdout.contains("apiVersion") {
            output.stdout.clear();
        }
        let answer =
            format!("`sudo microk8s config` ended with code {}: {}", output.code, output.last_lines());
        return Err(fail(ClusterErrorKind::Unreachable, READING, answer));
    }
    // A worker answers with a notice instead.
    if !output.stdout.contains("clusters") {
        let answer =
            "`microk8s config` printed no kubeconfig there; a worker has none, so name a control-plane node";
        return Err(fail(ClusterErrorKind::Unreachable, READING, answer.to_owned()));
    }
    NodeKubeconfig::parse(&output.stdout)
        .map_err(|fault| fail(ClusterErrorKind::KubeconfigRefused, READING, fault))
}

/// A failure on the way through a node.
pub(super) fn on_the_way(attempt: &str, address: &str, error: &SshError) -> ClusterError {
    ClusterError::new(kind_of(error), attempt, address, error.to_string())
}

/// What a failure on the node means for its cluster.
fn kind_of(error: &SshError) -> ClusterErrorKind {
    match error.class() {
        ErrorClass::Unreachable | ErrorClass::Transient => ClusterErrorKind::Unreachable,
        ErrorClass::Permanent if error.kind() == SshErrorKind::TooLong => ClusterErrorKind::TooMuch,
        ErrorClass::Unauthorized | ErrorClass::Permanent => ClusterErrorKind::Unauthenticated,
    }
}

pub(super) async fn with_kubeconfig(settings: &KubernetesSettings) -> Result<Client, String> {
    let kubeconfig = match &settings.source {
        KubeconfigSource::Default => Kubeconfig::read(),
        KubeconfigSource::File(path) => Kubeconfig::read_from(expand_home(path)),
        KubeconfigSource::Given { kubeconfig, .. } => Ok(Kubeconfig::clone(kubeconfig)),
    }
    .map_err(|error| whole(&error))?;
    let context = settings.context.as_ref().or(kubeconfig.current_context.as_ref());
    let proxy = proxy(&kubeconfig, context.map(String::as_str)).map(str::to_owned);
    let options = KubeConfigOptions { context: settings.context.clone(), ..KubeConfigOptions::default() };
    let mut config =
        Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(|error| whole(&error))?;
    // As `kubectl` without a terminal: the program neither asks, nor writes among Terraform's own messages.
    if let Some(exec) = &mut config.auth_info.exec
        && exec.interactive_mode != Some(ExecInteractiveMode::Always)
    {
        exec.interactive_mode = Some(ExecInteractiveMode::Never);
    }
    let program = config.auth_info.exec.as_ref().and_then(|exec| exec.command.clone());
    aside(program, move || through(config, proxy.as_deref())).await
}

/// Makes the client on a thread of its own, as kube waits there for the program that gives the credentials,
/// and panics on credentials that no header can hold. A program that hangs does not hold up Ctrl-C, a
/// deadline or the end of the process.
async fn aside(
    program: Option<String>,
    work: impl FnOnce() -> Result<Client, String> + Send + 'static,
) -> Result<Client, String> {
    let (done, answer) = tokio::sync::oneshot::channel();
    let runtime = tokio::runtime::Handle::current();
    std::thread::spawn(move || {
        let _runtime = runtime.enter();
        // Whoever waited may be gone.
        done.send(work()).ok();
    });
    match (tokio::time::timeout(CREDENTIALS, answer).await, program) {
        (Ok(Ok(client)), _) => client,
        (Ok(Err(_)), _) => {
            Err("its credentials cannot be sent: a token is one line of visible characters".to_owned())
        }
        (Err(_), Some(program)) => Err(format!(
            "the program `{program}` of its `users[].user.exec` gave no credentials within {} s",
            CREDENTIALS.as_secs()
        )),
        (Err(_), None) => Err(format!("its credentials were not there within {} s", CREDENTIALS.as_secs())),
    }
}

/// The proxy that the context's cluster names, as for `kubectl`.
fn proxy<'a>(kubeconfig: &'a Kubeconfig, context: Option<&str>) -> Option<&'a str> {
    let context =
        kubeconfig.contexts.iter().find(|one| Some(one.name.as_str()) == context)?.context.as_ref()?;
    let cluster = kubeconfig.clusters.iter().find(|one| one.name == context.cluster)?.cluster.as_ref()?;
    cluster.proxy_url.as_deref().filter(|proxy| !proxy.is_empty())
}

fn through(config: Config, proxy: Option<&str>) -> Result<Client, String> {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    let Some(proxy) = proxy else { return over_tcp(config, connector) };
    let uri = proxy
        .parse::<http::Uri>()
        .ok()
        .filter(|uri| uri.authority().is_some_and(|all| !all.as_str().contains('@')));
    match uri.as_ref().and_then(http::Uri::scheme_str) {
        Some("http") => over_tcp(config, Tunnel::new(uri.unwrap_or_default(), connector)),
        Some("socks5") => over_tcp(config, SocksV5::new(uri.unwrap_or_default(), connector)),
        _ => Err("its `clusters[].cluster.proxy-url` is of another kind than http://host:port and \
                  socks5://host:port, or has a name and a password: these are not supported"
            .to_owned()),
    }
}

/// The ways over TCP are one type: each type of connector is an HTTP client of its own in the binary.
fn over_tcp<C>(config: Config, connector: C) -> Result<Client, String>
where
    C: tower::Service<http::Uri, Response = TokioIo<TcpStream>> + Clone + Send + Sync + 'static,
    C::Future: Send + 'static,
    C::Error: Into<tower::BoxError>,
{
    let boxed = |error: C::Error| -> tower::BoxError { error.into() };
    let connector = tower::ServiceBuilder::new().map_err(boxed).service(connector);
    client(config, BoxCloneSyncService::new(connector)).map_err(|error| whole(&error))
}

/// A client that never tries again by itself: what is worth another try is decided by whoever has a deadline.
fn client<C>(config: Config, connector: C) -> Result<Client, kube::Error>
where
    C: tower::Service<http::Uri> + Clone + Send + Sync + 'static,
    C::Response: Connection + hyper::rt::Read + hyper::rt::Write + Send + Unpin + 'static,
    C::Future: Send + 'static,
    C::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    // An error only says that there is one already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let https = config.rustls_https_connector_with_connector(connector)?;
    let hyper = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build(https);
    let service = tower::ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .layer(config.extra_headers_layer()?)
        .option_layer(config.auth_layer()?)
        .map_err(tower::BoxError::from)
        .service(tower::service_fn(move |request: http::Request<Body>| {
            let sent = Sent::with(&request);
            let answer = hyper.request(request);
            async move {
                let mut answer = answer.await?;
                if let Some(sent) = sent {
                    answer.extensions_mut().insert(sent);
                }
                Ok::<_, tower::BoxError>(answer)
            }
        }));
    Ok(Client::new(service, config.default_namespace))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::cluster::Clusters;
    use axum::Router;

    #[test]
    fn what_a_node_will_never_do_is_not_waited_for() {
        for (ssh, cluster, is_transient) in [
            (SshErrorKind::NotReachable, ClusterErrorKind::Unreachable, true),
            (SshErrorKind::Unanswered, ClusterErrorKind::Unreachable, true),
            (SshErrorKind::KeyRefused, ClusterErrorKind::Unauthenticated, false),
            (SshErrorKind::HostKeyRefused, ClusterErrorKind::Unauthenticated, false),
            (SshErrorKind::CommandNotRun, ClusterErrorKind::Unauthenticated, false),
            (SshErrorKind::Client, ClusterErrorKind::Unauthenticated, false),
            (SshErrorKind::TooLong, ClusterErrorKind::TooMuch, false),
        ] {
            let kind = kind_of(&SshError::new(ssh, "10.0.0.11", "running \"microk8s config\"", "no"));
            assert_eq!(kind, cluster, "{ssh:?}");
            assert_eq!(ClusterError::new(kind, "Reading", "x", "no").is_transient(), is_transient, "{ssh:?}");
        }
    }

    #[tokio::test]
    async fn calls_go_through_the_near_end_of_a_tunnel() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("api");
        let listener = tokio::net::UnixListener::bind(&path).unwrap();
        let router = Router::new().fallback(|uri: http::Uri| async move { uri.to_string() });
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        let config = Config::new("http://127.0.0.1:16443".parse().unwrap());
        let client = client(config, Socket::new(path)).unwrap();
        let answer =
            client.request_text(http::Request::get("/readyz").body(Vec::new()).unwrap()).await.unwrap();
        assert_eq!(answer, "/readyz");
        server.abort();
    }

    /// A kubeconfig of the operator's own, and what comes of it.
    async fn with(cluster: serde_json::Value, user: serde_json::Value) -> Result<Client, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut cluster = cluster;
        cluster["server"] = "http://cluster.example:16443".into();
        let kubeconfig = serde_json::json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "lab",
            "clusters": [{"name": "lab", "cluster": cluster}, {"name": "other", "cluster": {"server": "http://192.0.2.1"}}],
            "users": [{"name": "lab", "user": user}],
            "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "lab"}}],
        });
        std::fs::write(file.path(), kubeconfig.to_string()).unwrap();
        let path = file.path().display().to_string();
        with_kubeconfig(&KubernetesSettings { source: KubeconfigSource::File(path), context: None }).await
    }

    #[tokio::test]
    async fn the_proxy_of_the_operators_own_kubeconfig_is_used() {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        for (scheme, greets) in [("http", "CONNECT cluster.example:16443"), ("socks5", "\u{5}")] {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("{scheme}://{}", listener.local_addr().unwrap());
            let client = with(serde_json::json!({"proxy-url": url}), serde_json::json!({})).await.unwrap();
            let proxy = async {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut said = vec![0; 1024];
                let length = stream.read(&mut said).await.unwrap();
                stream.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n").await.unwrap();
                String::from_utf8_lossy(&said[..length]).into_owned()
            };
            let call = client.request_text(http::Request::get("/readyz").body(Vec::new()).unwrap());
            let (said, answer) = tokio::join!(proxy, call);
            assert!(said.starts_with(greets), "{scheme}: {said:?}");
            assert!(answer.is_err(), "{scheme}");
        }
    }

    #[tokio::test]
    async fn a_proxy_that_cannot_be_used_is_no_reason_to_go_without() {
        for url in ["https://192.0.2.1:3128", "http://name:password@192.0.2.1:3128", "proxy", "http://"] {
            let refused = with(serde_json::json!({"proxy-url": url}), serde_json::json!({})).await.err();
            let refused = refused.unwrap_or_else(|| panic!("{url} was ignored"));
            assert!(refused.contains("proxy") && !refused.contains("password@"), "{url}: {refused}");
        }
    }

    #[tokio::test]
    async fn credentials_that_no_header_holds_are_an_error() {
        let refused =
            with(serde_json::json!({}), serde_json::json!({"token": "planted\ntoken"})).await.err().unwrap();
        assert!(refused.contains("token") && !refused.contains("planted"), "{refused}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_program_that_hangs_is_waited_for_within_a_limit() {
        let exec = serde_json::json!({
            "apiVersion": "client.authentication.k8s.io/v1", "command": "sleep", "args": ["20"], "interactiveMode": "Never"
        });
        let begin = std::time::Instant::now();
        let refused = with(serde_json::json!({}), serde_json::json!({"exec": exec})).await.err().unwrap();
        assert!(refused.contains("`sleep`") && refused.contains("60 s"), "{refused}");
        assert!(begin.elapsed() < Duration::from_secs(15), "{:?}", begin.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn all_who_ask_at_one_time_wait_for_one_attempt() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let exec = serde_json::json!({
            "apiVersion": "client.authentication.k8s.io/v1", "command": "sleep", "args": ["90"], "interactiveMode": "Never"
        });
        let kubeconfig = serde_json::json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "lab",
            "clusters": [{"name": "lab", "cluster": {"server": "http://192.0.2.1"}}],
            "users": [{"name": "lab", "user": {"exec": exec}}],
            "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "lab"}}],
        });
        std::fs::write(file.path(), kubeconfig.to_string()).unwrap();
        let source = KubeconfigSource::File(file.path().display().to_string());
        let settings = KubernetesSettings { source, context: None };
        let cluster =
            Clusters::new(Arc::new(Ssh::new(Default::default())), Some(settings), Arc::default()).get(None);
        let began = tokio::time::Instant::now();
        let asked = tokio::join!(cluster.connected(), cluster.connected(), cluster.connected());
        let errors = [asked.0.err(), asked.1.err(), asked.2.err()].map(|error| error.unwrap().to_string());
        assert!(errors.iter().all(|error| error.contains("no connection within 50 s")), "{errors:?}");
        assert!(began.elapsed() < Duration::from_secs(70), "{:?}", began.elapsed());
        let later = cluster.connected().await.err().unwrap();
        assert!(began.elapsed() > Duration::from_secs(70), "a new attempt was made: {later}");
    }

    #[tokio::test]
    async fn a_kubeconfig_that_is_not_there_is_named() {
        let source = KubeconfigSource::File("/nowhere/kubeconfig".into());
        let settings = KubernetesSettings { source, context: None };
        let error =
            connect(&Address::Kubeconfig(settings), &Ssh::new(Default::default())).await.err().unwrap();
        assert_eq!(error.kind(), ClusterErrorKind::Unauthenticated);
        assert!(error.to_string().contains("/nowhere/kubeconfig"), "{error}");
    }
}
