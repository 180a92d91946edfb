//! What one `ssh` process says, up to a limit.

use crate::connection::bounds::SSH_LOG;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::process::ChildStderr;
use tokio::task::JoinHandle;

/// How long the end of a log is waited for when its process has ended: a proxy that it started may still hold
/// the other end.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A log. Beyond its limit it is closed: the node that floods it talks to nobody, and `ssh` does without.
pub(super) struct Log {
    text: Arc<Mutex<Vec<u8>>>,
    reading: JoinHandle<()>,
}

impl Log {
    pub(super) fn read(mut stderr: ChildStderr) -> Self {
        let text = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&text);
        let reading = tokio::spawn(async move {
            let mut piece = [0; 4096];
            while let Ok(length @ 1..) = stderr.read(&mut piece).await {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.extend_from_slice(piece.get(..length).unwrap_or_default());
                if kept.len() > SSH_LOG {
                    kept.extend_from_slice(b"\n(and so on, without end)\n");
                    return;
                }
            }
        });
        Self { text, reading }
    }

    /// Whether something was said up to now.
    pub(super) fn says(&self, words: &str) -> bool {
        let text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&text).contains(words)
    }

    /// All that was said, when the process has ended or was given up.
    pub(super) async fn whole(mut self) -> String {
        let _ = tokio::time::timeout(LAST_WORDS, &mut self.reading).await;
        let text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&text).into_owned()
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.reading.abort();
    }
}
