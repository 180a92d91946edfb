//! Takes connections, ends them when they are to be cut, and turns the router off and on.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::api::Api;
use crate::session::Session;

/// A client that does not finish its handshake is let go.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Serves until the process ends.
pub(crate) async fn serve(listener: TcpListener, acceptor: TlsAcceptor, session: Arc<Session>) {
    let api = Arc::new(Api::new(Arc::clone(&session)));
    loop {
        tokio::select! {
            () = session.switches.powered() => reboot(&session).await,
            connection = listener.accept() => match connection {
                Ok(_) if session.switches.drops_connections() => {}
                Ok((stream, _)) => {
                    drop(tokio::spawn(converse(stream, acceptor.clone(), Arc::clone(&api), Arc::clone(&session))));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection to the API failed");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
        }
    }
}

/// Everything that was not saved is gone; sessions of the routing daemons end.
async fn reboot(session: &Arc<Session>) {
    session.switches.cut_connections();
    session.stop_frr().await;
    if let Err(error) = session.start_frr().await {
        tracing::error!(%error, "the router came up without its routing daemons");
    }
    if let Err(error) = session.boot().await {
        tracing::error!(%error, "the router came up without its configuration");
    }
    session.switches.count_boot();
}

async fn converse(stream: TcpStream, acceptor: TlsAcceptor, api: Arc<Api>, session: Arc<Session>) {
    let mut cuts = session.switches.cuts();
    let talk = async {
        let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await else { return };
        let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            let api = Arc::clone(&api);
            async move { Ok::<_, Infallible>(api.answer(request.map(Body::new)).await) }
        });
        if let Err(error) =
            Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await
        {
            tracing::debug!(error, "a connection ended early");
        }
    };
    tokio::select! {
        () = talk => {}
        _ = cuts.changed() => {}
    }
}
