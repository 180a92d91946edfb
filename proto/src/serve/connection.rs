//! Connections as the server takes them, and whether there is one.

use super::listener::{Duplex, Listener};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{mpsc, watch};
use tokio_rustls::TlsAcceptor;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::Connected;

/// A client that sends nothing delays only itself, and is dropped after this time.
const TLS_HANDSHAKE: Duration = Duration::from_secs(10);
/// Core makes one connection.
const WAITING: usize = 4;
/// Between attempts while the process has no file descriptors left.
const PAUSE: Duration = Duration::from_millis(50);

/// How many connections there are.
#[derive(Clone, Default)]
pub(super) struct Connections(Arc<watch::Sender<usize>>);

impl Connections {
    /// Waits until there is no connection.
    pub(super) async fn none(&self) {
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }

    /// Waits until the last connection ended, or none was made within `first`.
    pub(super) async fn lost(&self, first: Duration) {
        let mut count = self.0.subscribe();
        if tokio::time::timeout(first, count.wait_for(|count| *count > 0)).await.is_ok() {
            self.none().await;
        }
    }
}

/// A connection whose client has proved who it is.
pub(super) struct Connection {
    stream: Pin<Box<dyn Duplex>>,
    connections: Connections,
}

impl Connection {
    fn new(stream: Pin<Box<dyn Duplex>>, connections: Connections) -> Self {
        connections.0.send_modify(|count| *count += 1);
        Self { stream, connections }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.connections.0.send_modify(|count| *count -= 1);
    }
}

/// Accepts connections and, where there is a certificate to ask for, lets in its holder only.
pub(super) fn accept(
    listener: Listener,
    tls: Option<TlsAcceptor>,
    connections: Connections,
) -> impl Stream<Item = io::Result<Connection>> {
    let (sender, receiver) = mpsc::channel(WAITING);
    tokio::spawn(async move {
        while !sender.is_closed() {
            let Ok(stream) = listener.accept().await else {
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            let (sender, tls, connections) = (sender.clone(), tls.clone(), connections.clone());
            // A handshake of its own for each, so that a stranger cannot keep core waiting.
            tokio::spawn(async move {
                let admitted = match tls {
                    None => Ok(stream),
                    Some(tls) => admit(tls, stream).await,
                };
                match admitted {
                    Ok(stream) => drop(sender.send(Ok(Connection::new(stream, connections))).await),
                    Err(error) => tracing::warn!("refused a connection: {error}"),
                }
            });
        }
    });
    ReceiverStream::new(receiver)
}

async fn admit(tls: TlsAcceptor, stream: Pin<Box<dyn Duplex>>) -> io::Result<Pin<Box<dyn Duplex>>> {
    let stream = tokio::time::timeout(TLS_HANDSHAKE, tls.accept(stream)).await??;
    Ok(Box::pin(stream))
}

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) -> Self::ConnectInfo {}
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stream.as_mut().poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream.as_mut().poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_shutdown(context)
    }
}
