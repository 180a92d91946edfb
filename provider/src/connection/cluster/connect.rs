//! How a client for a cluster is made: through a node, or with a kubeconfig file.

use super::error::{ClusterError, ClusterErrorKind, whole};
use super::socket::Socket;
use super::{Address, KubernetesSettings, kubeconfig};
use crate::connection::ssh::{Host, Ssh, SshError, SshErrorKind};
use hyper_util::client::legacy::connect::{Connection, HttpConnector};
use hyper_util::rt::TokioExecutor;
use kube::client::ConfigExt;
use kube::config::{ExecInteractiveMode, KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use std::path::PathBuf;
use std::sync::Arc;

/// Prints the administrator's kubeconfig with the loopback address, which the server's certificate always names.
const KUBECONFIG_COMMAND: [&str; 3] = ["/snap/bin/microk8s", "config", "--use-loopback"];

/// Makes a client. The kubeconfig of a node stays in this process's memory.
pub(super) async fn connect(address: &Address, ssh: &Ssh) -> Result<Client, ClusterError> {
    match address {
        Address::Node(host) => through_node(host, &ssh.host(host)).await,
        Address::Kubeconfig(settings) => with_kubeconfig(settings).await.map_err(|answer| {
            ClusterError::new(
                ClusterErrorKind::CredentialsRefused,
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
    let unreached = |attempt: &'static str| {
        move |error: SshError| {
            let kind = match error.kind() {
                SshErrorKind::NotReachable
                | SshErrorKind::CommandNotRun
                | SshErrorKind::Unanswered
                | SshErrorKind::TooLong => ClusterErrorKind::Unreachable,
                SshErrorKind::KeyRefused | SshErrorKind::HostKeyRefused | SshErrorKind::Client => {
                    ClusterErrorKind::CredentialsRefused
                }
            };
            ClusterError::new(kind, attempt, address, error.to_string())
        }
    };
    const READING: &str = "Reading the cluster's kubeconfig on the node";
    let mut output = host.root().ask_program(&KUBECONFIG_COMMAND).await.map_err(unreached(READING))?;
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
    let config = kubeconfig::of_node(&output.stdout)
        .map_err(|fault| fail(ClusterErrorKind::KubeconfigRefused, READING, fault))?;
    let port = config.cluster_url.port_u16().unwrap_or(443);
    let socket = host.forward(port).await.map_err(unreached("Opening a tunnel to the API server"))?;
    client(config, Socket::new(socket)).map_err(|error| {
        fail(ClusterErrorKind::Unreachable, "Preparing a client for the API server", whole(&error))
    })
}

pub(super) async fn with_kubeconfig(settings: &KubernetesSettings) -> Result<Client, String> {
    let options =
        KubeConfigOptions { context: settings.config_context.clone(), ..KubeConfigOptions::default() };
    let mut config = match settings.config_path.as_deref().map(expand_home) {
        Some(path) => {
            let kubeconfig = Kubeconfig::read_from(&path).map_err(|error| whole(&error))?;
            Config::from_custom_kubeconfig(kubeconfig, &options).await
        }
        None => Config::from_kubeconfig(&options).await,
    }
    .map_err(|error| whole(&error))?;
    // As `kubectl` without a terminal: the program neither asks, nor writes among Terraform's own messages.
    if let Some(exec) = &mut config.auth_info.exec
        && exec.interactive_mode != Some(ExecInteractiveMode::Always)
    {
        exec.interactive_mode = Some(ExecInteractiveMode::Never);
    }
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    client(config, connector).map_err(|error| whole(&error))
}

/// `~/` as a shell would read it.
fn expand_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
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
    let service = tower::ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .layer(config.extra_headers_layer()?)
        .option_layer(config.auth_layer()?)
        .map_err(tower::BoxError::from)
        .service(hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build(https));
    Ok(Client::new(service, config.default_namespace))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;

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

    #[tokio::test]
    async fn a_kubeconfig_that_is_not_there_is_named() {
        let settings =
            KubernetesSettings { config_path: Some("/nowhere/kubeconfig".into()), config_context: None };
        let error =
            connect(&Address::Kubeconfig(settings), &Ssh::new(Default::default())).await.err().unwrap();
        assert_eq!(error.kind(), ClusterErrorKind::CredentialsRefused);
        assert!(error.to_string().contains("/nowhere/kubeconfig"), "{error}");
    }
}
