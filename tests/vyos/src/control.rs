//! The side channel: a Unix socket that takes one JSON request a line and answers each with one line.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

use crate::faults::{Counters, Faults};
use crate::session::Session;

/// What can be asked of the router behind its API's back.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ControlRequest {
    /// Puts these faults in the place of the ones before.
    Faults(Faults),
    /// Asks for the counters.
    Counters,
    /// Ends all connections once.
    CutConnections,
    /// Turns the router off and on: what was not saved is lost.
    PowerCycle,
}

/// What went wrong on the side channel.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// The socket could not be reached, or broke.
    #[error("unable to reach the router's control socket {path}: {source}")]
    Socket {
        /// The socket.
        path: PathBuf,
        /// What came back.
        source: std::io::Error,
    },
    /// The answer was no JSON.
    #[error("the router's control socket answered what is no answer: {0}")]
    Answer(#[from] serde_json::Error),
}

/// The caller's end of the side channel.
#[derive(Clone, Debug)]
pub struct Control {
    socket: PathBuf,
}

impl Control {
    /// A client for the socket that [`crate::RouterConfig::control`] names.
    pub fn new(socket: impl Into<PathBuf>) -> Self {
        Self { socket: socket.into() }
    }

    /// Puts these faults in the place of the ones before.
    pub async fn faults(&self, faults: Faults) -> Result<(), ControlError> {
        self.ask(&ControlRequest::Faults(faults)).await.map(drop)
    }

    /// The counters now.
    pub async fn counters(&self) -> Result<Counters, ControlError> {
        self.ask(&ControlRequest::Counters).await
    }

    /// Ends all connections once.
    pub async fn cut_connections(&self) -> Result<(), ControlError> {
        self.ask(&ControlRequest::CutConnections).await.map(drop)
    }

    /// Turns the router off and on, and waits until it is on again (or `false` if it does not come back).
    pub async fn power_cycle(&self) -> Result<bool, ControlError> {
        let before: Counters = self.ask(&ControlRequest::PowerCycle).await?;
        for _ in 0..300 {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            if self.counters().await?.boots > before.boots {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn ask(&self, request: &ControlRequest) -> Result<Counters, ControlError> {
        let failed = |source| ControlError::Socket { path: self.socket.clone(), source };
        let mut stream = UnixStream::connect(&self.socket).await.map_err(failed)?;
        let line = serde_json::to_string(request)? + "\n";
        stream.write_all(line.as_bytes()).await.map_err(failed)?;
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).await.map_err(failed)?;
        Ok(serde_json::from_str(&answer)?)
    }
}

/// Listens on the socket, in the place of one that a router before left there.
pub(crate) fn listen(socket: &Path) -> std::io::Result<UnixListener> {
    match std::fs::remove_file(socket) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => UnixListener::bind(socket),
    }
}

/// Answers until the process ends. Every answer is the counters.
pub(crate) async fn serve(listener: UnixListener, session: Arc<Session>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(converse(stream, Arc::clone(&session)));
            }
            Err(error) => {
                tracing::warn!(%error, "the control socket is broken");
                return;
            }
        }
    }
}

async fn converse(stream: UnixStream, session: Arc<Session>) {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let answer = match serde_json::from_str(&line) {
            Ok(request) => {
                let counters = session.switches.counters();
                obey(request, &session);
                serde_json::to_string(&counters)
            }
            Err(error) => serde_json::to_string(&error.to_string()),
        };
        let Ok(answer) = answer else { return };
        if writer.write_all((answer + "\n").as_bytes()).await.is_err() {
            return;
        }
    }
}

fn obey(request: ControlRequest, session: &Session) {
    match request {
        ControlRequest::Faults(faults) => session.switches.set(faults),
        ControlRequest::Counters => {}
        ControlRequest::CutConnections => session.switches.cut_connections(),
        ControlRequest::PowerCycle => session.switches.power_cycle(),
    }
}
