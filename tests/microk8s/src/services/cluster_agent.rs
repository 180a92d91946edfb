//! The cluster agent: port 25000 for other nodes, and the launch configurations of this one.

use super::Service;
use crate::agent;
use crate::args::parse;
use crate::daemon::Node;
use crate::failure::{Result, Tried};
use crate::faults::Fault;
use crate::journal::Journal;
use crate::launch;
use crate::layout::{Layout, read};
use axum::Extension;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

const PERIOD: Duration = Duration::from_secs(5);
const FAULTS: Duration = Duration::from_millis(300);

/// Who is at the other end of a request's connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// Runs until told to stop.
pub(crate) async fn run(node: Arc<Node>, stop: CancellationToken) -> Result<()> {
    let layout = &node.layout;
    let arguments = parse::shell(&read(&layout.args("cluster-agent"))?, &layout.environment())?;
    let flag = |flag: &str| parse::value_of(&arguments, flag);
    let bind = flag("--bind").unwrap_or_else(|| "0.0.0.0:25000".into());
    let acceptor = acceptor(flag("--certfile"), flag("--keyfile"))?;
    tokio::spawn(follow_launch_configurations(layout.clone(), stop.clone()));
    while !stop.is_cancelled() {
        if Fault::AgentUnreachable.is_on(&node.config).is_some() {
            pause(FAULTS, &stop).await;
            continue;
        }
        let listener = TcpListener::bind(&bind).await.tried(|| format!("Cannot listen on {bind}"))?;
        serve(&node, &listener, &acceptor, &stop).await;
    }
    Ok(())
}

async fn pause(time: Duration, stop: &CancellationToken) {
    tokio::select! {
        () = tokio::time::sleep(time) => {}
        () = stop.cancelled() => {}
    }
}

fn acceptor(certificate: Option<String>, key: Option<String>) -> Result<TlsAcceptor> {
    let path = |path: Option<String>, flag: &str| {
        path.map(PathBuf::from).tried(|| format!("{flag} is missing in cluster-agent"))
    };
    let (certificate, key) = (path(certificate, "--certfile")?, path(key, "--keyfile")?);
    let chain = CertificateDer::pem_file_iter(&certificate)
        .and_then(Iterator::collect::<std::result::Result<Vec<_>, _>>)
        .tried(|| format!("Cannot read {}", certificate.display()))?;
    let key = PrivateKeyDer::from_pem_file(&key).tried(|| format!("Cannot read {}", key.display()))?;
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .tried(|| format!("Cannot use {}", certificate.display()))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Answers until told to stop or until the fault closes the port.
async fn serve(node: &Arc<Node>, listener: &TcpListener, acceptor: &TlsAcceptor, stop: &CancellationToken) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return,
            () = tokio::time::sleep(FAULTS) => {
                if Fault::AgentUnreachable.is_on(&node.config).is_some() {
                    return;
                }
                continue;
            }
        };
        if let Ok((stream, peer)) = accepted {
            tokio::spawn(answer(Arc::clone(node), stream, peer, acceptor.clone()));
        }
    }
}

async fn answer(node: Arc<Node>, stream: TcpStream, peer: SocketAddr, acceptor: TlsAcceptor) {
    // Whoever does not speak TLS gets no answer, as from any such server.
    let Ok(stream) = acceptor.accept(stream).await else { return };
    let router = agent::router(node).layer(Extension(Peer(peer)));
    let served = Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .await;
    if let Err(error) = served {
        let journal = Journal::of(&Service::ClusterAgent.unit());
        journal.write(&Service::ClusterAgent.identifier(), std::process::id(), &format!("{peer}: {error}"));
    }
}

/// Applies what lies in the launcher's directory, until it works; then marks it as applied.
async fn follow_launch_configurations(layout: Layout, stop: CancellationToken) {
    let journal = Journal::of(&Service::ClusterAgent.unit());
    let say = |text: String| journal.write(&Service::ClusterAgent.identifier(), std::process::id(), &text);
    while !stop.is_cancelled() {
        pause(PERIOD, &stop).await;
        for path in waiting(&layout) {
            if stop.is_cancelled() {
                return;
            }
            let applied = match read(&path) {
                Ok(text) => launch::apply::after_start(&layout, &text).await,
                Err(failure) => Err(failure),
            };
            let shown = path.display();
            let mut target = path.clone().into_os_string();
            target.push(".applied");
            let renamed = applied
                .and_then(|()| std::fs::rename(&path, &target).tried(|| format!("Cannot rename {shown}")));
            match renamed {
                Ok(()) => say(format!("Successfully applied configuration file {shown}")),
                Err(failure) => say(format!("Failed to apply configuration file {shown}: {failure}")),
            }
        }
    }
}

fn waiting(layout: &Layout) -> Vec<PathBuf> {
    let entries =
        std::fs::read_dir(layout.launcher()).into_iter().flatten().filter_map(std::result::Result::ok);
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "yaml"))
        .collect();
    files.sort();
    files
}
