//! How much of a peer's answer is read. Whoever answers is not to be trusted: a node, an API server or a
//! router may send without end, and many at once. Each answer has a limit of its own, and all that are read
//! at the same time share one budget.

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Bytes that a command on a node may print. The longest real answers are the values of a Helm release, which
/// Kubernetes keeps in a Secret of 1 MiB, compressed, and the list of a cluster's nodes: about 20 KiB each
/// for the hundreds that MicroK8s can have.
pub const NODE_ANSWER: usize = 8 << 20;
/// Bytes that a command on a node may write to its standard error. apt and snap draw some 100 KiB of
/// progress.
pub const NODE_COMPLAINTS: usize = 8 << 20;
/// Bytes of a line, where answers are read line by line. No line of any known answer has more than some 10
/// KiB.
pub const LINE: usize = 1 << 20;
/// Bytes that `ssh` itself may write about one connection. It writes a few lines; what a node sends as a
/// banner comes on top.
pub const SSH_LOG: usize = 256 << 10;
/// Bytes of a list of objects from an API server. 64 MiB is some 10,000 pods; Kubernetes' own clients ask for
/// pages of 500.
pub const API_LIST: usize = 64 << 20;

/// Bytes that every answer may have without a share of the budget. Most answers are smaller.
const FREE: usize = 64 << 10;

/// A size of answers, and how many of it there may be at once.
struct Class {
    size: usize,
    places: Semaphore,
}

/// The budget: 24 MiB + 32 MiB + 64 MiB, so that the plugin stays below 256 MiB with what it needs besides.
///
/// An answer that outgrows one class waits for a place in the next. It keeps its places until it is read, and
/// waits only for larger classes than those it is in; so whoever is in the largest never waits, and all
/// others have their turn.
static CLASSES: [Class; 3] = [
    Class { size: 1 << 20, places: Semaphore::const_new(24) },
    Class { size: 8 << 20, places: Semaphore::const_new(4) },
    Class { size: 64 << 20, places: Semaphore::const_new(1) },
];

/// An answer that goes on beyond its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer is longer than {} KiB, and no more of it was read", limit >> 10)]
pub struct TooLong {
    /// The limit, in bytes.
    pub limit: usize,
}

/// An answer while it is read. Whoever reads one waits for no other answer meanwhile.
#[derive(Debug)]
pub struct Answer {
    bytes: Vec<u8>,
    limit: usize,
    room: usize,
    places: Vec<SemaphorePermit<'static>>,
}

impl Answer {
    /// An answer of at most `limit` bytes, and never more than 64 MiB.
    pub fn of_at_most(limit: usize) -> Self {
        Self { bytes: Vec::new(), limit, room: FREE, places: Vec::new() }
    }

    /// Adds the next piece. Where much is read at the same time, it waits for its turn.
    pub async fn add(&mut self, piece: &[u8]) -> Result<(), TooLong> {
        let length = self.bytes.len().saturating_add(piece.len());
        if length > self.limit {
            return Err(TooLong { limit: self.limit });
        }
        while length > self.room {
            self.grow().await?;
        }
        self.bytes.extend_from_slice(piece);
        Ok(())
    }

    async fn grow(&mut self) -> Result<(), TooLong> {
        let class = CLASSES.get(self.places.len()).ok_or(TooLong { limit: self.room })?;
        let place = class.places.acquire().await.map_err(|_| TooLong { limit: self.room })?;
        self.places.push(place);
        self.room = class.size;
        // All at once: a vector that doubles by itself would hold up to three times its bytes while it moves.
        self.bytes.reserve_exact(class.size.min(self.limit).saturating_sub(self.bytes.len()));
        Ok(())
    }

    /// Adds all that comes from a stream until it ends or breaks.
    pub async fn read(&mut self, mut stream: impl AsyncRead + Unpin) -> Result<(), TooLong> {
        let mut piece = vec![0; 16 << 10];
        loop {
            match stream.read(&mut piece).await {
                // What was read before it broke is worth having; that it broke is found elsewhere.
                Ok(0) | Err(_) => return Ok(()),
                Ok(length) => self.add(piece.get(..length).unwrap_or_default()).await?,
            }
        }
    }

    /// The bytes. They do not count to the budget any more.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The text; what is no UTF-8 is replaced.
    pub fn into_text(self) -> String {
        String::from_utf8(self.bytes)
            .unwrap_or_else(|odd| String::from_utf8_lossy(odd.as_bytes()).into_owned())
    }
}

/// The last bytes of a stream, which is read to its end or to a limit and mostly dropped.
pub(crate) async fn tail(mut stream: impl AsyncRead + Unpin, limit: usize) -> Result<String, TooLong> {
    let (mut kept, mut piece, mut length) = (Vec::new(), vec![0; 16 << 10], 0_usize);
    while let Ok(got @ 1..) = stream.read(&mut piece).await {
        length = length.saturating_add(got);
        if length > limit {
            return Err(TooLong { limit });
        }
        kept.extend_from_slice(piece.get(..got).unwrap_or_default());
        if kept.len() > FREE {
            kept.drain(..kept.len() - FREE / 2);
        }
    }
    Ok(String::from_utf8_lossy(&kept).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::io::repeat;

    #[tokio::test]
    async fn an_endless_answer_is_read_to_its_limit() {
        for limit in [10, FREE, 1 << 20, NODE_ANSWER] {
            let mut answer = Answer::of_at_most(limit);
            assert_eq!(answer.read(repeat(b'y')).await, Err(TooLong { limit }));
            assert!(answer.bytes.len() <= limit && answer.bytes.capacity() <= limit.max(2 * FREE));
            assert_eq!(tail(repeat(b'y'), limit).await, Err(TooLong { limit }));
        }
        let said = TooLong { limit: NODE_ANSWER }.to_string();
        assert_eq!(said, "the answer is longer than 8192 KiB, and no more of it was read");
    }

    #[tokio::test]
    async fn an_answer_within_its_limit_is_whole() {
        let mut answer = Answer::of_at_most(NODE_ANSWER);
        answer.read(repeat(b'y').take(3 << 20)).await.unwrap();
        assert_eq!(answer.into_text().len(), 3 << 20);
        assert_eq!(tail(&b"first\nlast\n"[..], 100).await.unwrap(), "first\nlast\n");
        let last = tail(repeat(b'y').take(1 << 20), 2 << 20).await.unwrap();
        assert!((1..=FREE).contains(&last.len()));
    }

    /// What is held at once never exceeds the budget, whoever asks, and all come to their end.
    #[tokio::test]
    async fn many_answers_at_once_share_the_budget() {
        let mut answers = tokio::task::JoinSet::new();
        for _ in 0..60 {
            answers.spawn(async { Answer::of_at_most(NODE_ANSWER).read(repeat(b'y')).await });
        }
        let ended = tokio::time::timeout(Duration::from_secs(60), answers.join_all()).await.unwrap();
        assert!(ended.iter().all(Result::is_err));
        let mut held = Vec::new();
        for _ in 0..4 {
            let mut answer = Answer::of_at_most(NODE_ANSWER);
            answer.add(&vec![0; 2 << 20]).await.unwrap();
            held.push(answer);
        }
        let mut fifth = Answer::of_at_most(NODE_ANSWER);
        let piece = vec![0; 2 << 20];
        let turn = Duration::from_millis(50);
        assert!(tokio::time::timeout(turn, fifth.add(&piece)).await.is_err());
        held.pop();
        fifth.add(&piece).await.unwrap();
    }
}
