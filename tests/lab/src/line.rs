//! A line with a length: what a place sends and gets passes this process, which holds frames back for a time
//! and loses some. The kernel could do it too, but not every one comes with what it takes.

use crate::LabError;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tokio_tun::Tun;

/// How far two places are from each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Distance {
    /// How long a frame takes, each way.
    pub delay: Duration,
    /// How many of the frames get lost: from 0, none, to 1, all.
    pub loss: f64,
}

/// A hardware address.
pub(crate) type Hardware = [u8; 6];

/// The distances to those that are not next door.
type Distances = BTreeMap<Hardware, Distance>;

/// The longest frame that a device makes: its 1500 bytes, with Ethernet's header.
const FRAME: usize = 1514;
/// Frames that a line holds at most in one direction. More get lost, as they do in a router's queue.
const LONGEST_QUEUE: usize = 10_000;

/// The line of one place. It is cut when this is dropped.
pub(crate) struct Line {
    distances: watch::Sender<Distances>,
    _carriers: JoinSet<()>,
}

/// Makes a device that a line can end at, in the network namespace that the calling thread is in.
pub(crate) fn end(name: &str) -> Result<Tun, LabError> {
    let made = Tun::builder().name(name).tap().up().build();
    let failed = |reason: String| LabError::failed(format!("make the line's end {name}"), reason);
    let ends = made.map_err(|error| failed(error.to_string()))?;
    ends.into_iter().next().ok_or_else(|| failed("there is none".to_owned()))
}

impl Line {
    /// Connects a place's end with the network's.
    pub(crate) fn between(place: Tun, network: Tun) -> Line {
        let (distances, known) = watch::channel(Distances::new());
        let (place, network) = (Arc::new(place), Arc::new(network));
        let mut carriers = JoinSet::new();
        carriers.spawn(carry(Arc::clone(&place), Arc::clone(&network), receiver, known.clone()));
        carriers.spawn(carry(network, place, sender, known));
        Line { distances, _carriers: carriers }
    }

    /// Sets how far the place is from the one with that address.
    pub(crate) fn set(&self, other: Hardware, distance: Distance) {
        self.distances.send_modify(|distances| {
            distances.insert(other, distance);
        });
    }
}

fn receiver(frame: &[u8]) -> Option<Hardware> {
    frame.get(..6)?.try_into().ok()
}

fn sender(frame: &[u8]) -> Option<Hardware> {
    frame.get(6..12)?.try_into().ok()
}

/// Carries frames one way until an end is gone. What goes to all, such as a question for an address, is not
/// held back; its answer is.
async fn carry(
    from: Arc<Tun>,
    to: Arc<Tun>,
    other: fn(&[u8]) -> Option<Hardware>,
    distances: watch::Receiver<Distances>,
) {
    let mut queue = Queue::default();
    let mut buffer = [0; FRAME];
    loop {
        tokio::select! {
            biased;
            frame = queue.next() => {
                // A device that is down takes nothing, as a plug that is out does.
                let _ = to.send(&frame).await;
            }
            received = from.recv(&mut buffer) => {
                let Ok(length) = received else { return };
                let frame = buffer.get(..length).unwrap_or_default();
                let known = other(frame).and_then(|other| distances.borrow().get(&other).copied());
                let distance = known.unwrap_or_default();
                if rand::random::<f64>() >= distance.loss {
                    queue.put(frame, Instant::now() + distance.delay);
                }
            }
        }
    }
}

/// Frames on their way, the next to arrive first; of two at once the first that was sent.
#[derive(Default)]
struct Queue {
    frames: BinaryHeap<Reverse<(Instant, u64, Vec<u8>)>>,
    sent: u64,
}

impl Queue {
    fn put(&mut self, frame: &[u8], due: Instant) {
        if self.frames.len() < LONGEST_QUEUE {
            self.frames.push(Reverse((due, self.sent, frame.to_vec())));
            self.sent += 1;
        }
    }

    /// The frame that arrives next, when it does; never, where none is on its way.
    async fn next(&mut self) -> Vec<u8> {
        match self.frames.peek() {
            Some(Reverse((due, ..))) => sleep_until(*due).await,
            None => std::future::pending().await,
        }
        self.frames.pop().map(|Reverse((_, _, frame))| frame).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn frames_arrive_when_they_are_due_in_the_order_they_were_sent() {
        let mut queue = Queue::default();
        let start = Instant::now();
        queue.put(b"far", start + Duration::from_millis(50));
        queue.put(b"near", start);
        queue.put(b"far too", start + Duration::from_millis(50));
        assert_eq!(queue.next().await, b"near");
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert_eq!((queue.next().await, queue.next().await), (b"far".to_vec(), b"far too".to_vec()));
        assert_eq!(start.elapsed(), Duration::from_millis(50));
    }

    #[tokio::test]
    async fn a_full_line_loses_what_is_more() {
        let mut queue = Queue::default();
        for _ in 0..=LONGEST_QUEUE {
            queue.put(b"", Instant::now());
        }
        assert_eq!(queue.frames.len(), LONGEST_QUEUE);
    }

    #[test]
    fn a_frame_tells_who_sent_it_and_who_gets_it() {
        let frame = [1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 8, 0];
        assert_eq!((receiver(&frame), sender(&frame)), (Some([1; 6]), Some([2; 6])));
        assert_eq!(sender(&frame[..8]), None);
    }
}
