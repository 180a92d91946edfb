//! The way from a node's commands to its daemon: one line of JSON each way over a Unix socket.

use crate::failure::{Failure, Result, Tried};
use crate::outcome::Outcome;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

const SOCKET: &str = "/run/snapd-stand-in.socket";

/// A `snap` command line, as the daemon gets it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) arguments: Vec<String>,
    /// Whether the caller is root; anyone may ask, only root may change.
    pub(crate) root: bool,
}

/// Has the daemon carry out a `snap` command line.
pub(crate) async fn ask(arguments: &[&str]) -> Result<Outcome> {
    let request = Request {
        arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
        root: nix::unistd::geteuid().is_root(),
    };
    let stream = UnixStream::connect(SOCKET)
        .await
        .tried(|| format!("cannot communicate with server: dial unix {SOCKET}"))?;
    let (reader, mut writer) = stream.into_split();
    let mut line = serde_json::to_string(&request).tried(|| "Cannot write the request".into())?;
    line.push('\n');
    writer.write_all(line.as_bytes()).await.tried(|| format!("Cannot write to {SOCKET}"))?;
    let mut answer = String::new();
    BufReader::new(reader).read_line(&mut answer).await.tried(|| format!("Cannot read from {SOCKET}"))?;
    serde_json::from_str(&answer).tried(|| "The node's daemon ended in the middle of an answer".into())
}

/// As [`ask`], with anything but success as an error.
pub(crate) async fn demand(arguments: &[&str]) -> Result<()> {
    let outcome = ask(arguments).await?;
    if outcome.code == 0 {
        return Ok(());
    }
    Err(Failure::new(format!(
        "snap {} ended with {}: {}",
        arguments.join(" "),
        outcome.code,
        outcome.stderr.trim()
    )))
}

/// Answers requests until the process ends.
pub(crate) async fn serve<Answer, Answering>(answer: Answer) -> Result<()>
where
    Answer: Fn(Request) -> Answering + Send + Sync + 'static,
    Answering: Future<Output = Outcome> + Send,
{
    use std::os::unix::fs::PermissionsExt;
    crate::layout::remove(Path::new(SOCKET))?;
    let listener = UnixListener::bind(SOCKET).tried(|| format!("Cannot listen on {SOCKET}"))?;
    std::fs::set_permissions(SOCKET, std::fs::Permissions::from_mode(0o666))
        .tried(|| format!("Cannot open {SOCKET} to everyone"))?;
    let answer = Arc::new(answer);
    loop {
        let (stream, _) = listener.accept().await.tried(|| format!("Cannot accept on {SOCKET}"))?;
        let answer = Arc::clone(&answer);
        tokio::spawn(async move {
            let (reader, mut writer) = stream.into_split();
            let mut line = String::new();
            if BufReader::new(reader).read_line(&mut line).await.is_err() {
                return;
            }
            let Ok(request) = serde_json::from_str(&line) else { return };
            let outcome = answer(request).await;
            if let Ok(text) = serde_json::to_string(&outcome) {
                // The caller may have gone; the change stands all the same.
                let _ = writer.write_all(format!("{text}\n").as_bytes()).await;
            }
        });
    }
}
