//! The one task that talks to a router. It owns all reads and writes, one after the other, so that nothing is read
//! while a commit runs; what waits when the router becomes idle is answered together.

use super::api::Api;
use super::batch::Claims;
use super::commit::{Committer, read};
use super::error::RouterError;
use super::pace::Pace;
use super::tree::{ConfigPath, ConfigTree};
use super::write::{Pending, Purpose};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tfplugin::Diagnostic;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout};

/// What a caller wants.
pub(super) enum Request {
    /// The configuration below a container.
    Read(ConfigPath, oneshot::Sender<Read>),
    /// What an operational command prints.
    Show(Vec<String>, oneshot::Sender<Shown>),
    /// A change.
    Write(Pending),
}

type Read = Result<Arc<ConfigTree>, RouterError>;
type Shown = Result<String, RouterError>;

/// The task's state.
pub(super) struct Actor {
    api: Api,
    pace: Pace,
    requests: mpsc::UnboundedReceiver<Request>,
    known: HashMap<ConfigPath, (Instant, Read)>,
    claims: Claims,
    declined: Vec<(Pending, Box<Diagnostic>)>,
}

#[derive(Default)]
struct Waiting {
    reads: BTreeMap<ConfigPath, Vec<oneshot::Sender<Read>>>,
    shows: BTreeMap<Vec<String>, Vec<oneshot::Sender<Shown>>>,
    writes: Vec<Pending>,
}

impl Waiting {
    fn add(&mut self, request: Request) {
        match request {
            Request::Read(root, reply) => self.reads.entry(root).or_default().push(reply),
            Request::Show(words, reply) => self.shows.entry(words).or_default().push(reply),
            Request::Write(pending) => self.writes.push(pending),
        }
    }
}

impl Actor {
    /// An actor that works for as long as somebody can send to it.
    pub(super) fn start(api: Api, pace: Pace) -> mpsc::UnboundedSender<Request> {
        let (sender, requests) = mpsc::unbounded_channel();
        let (known, claims, declined) = (HashMap::new(), Claims::new(), Vec::new());
        tokio::spawn(Self { api, pace, requests, known, claims, declined }.run());
        sender
    }

    async fn run(mut self) {
        loop {
            let first = if self.declined.is_empty() {
                self.requests.recv().await
            } else {
                match timeout(self.pace.decline_patience, self.requests.recv()).await {
                    Ok(first) => first,
                    Err(_) => {
                        self.refuse_declined();
                        continue;
                    }
                }
            };
            let Some(first) = first else { return self.refuse_declined() };
            let waiting = self.gather(first).await;
            self.read(waiting.reads).await;
            self.show(waiting.shows).await;
            self.write(waiting.writes).await;
        }
    }

    /// The first request and all that arrive close to it.
    async fn gather(&mut self, first: Request) -> Waiting {
        let mut waiting = Waiting::default();
        waiting.add(first);
        // Every caller waits for its answer, so this ends with the last of them.
        loop {
            let removes = waiting.writes.iter().any(|one| one.write.purpose == Purpose::Remove);
            let pause = match (waiting.writes.is_empty(), removes) {
                (true, _) => Duration::ZERO,
                (false, false) => self.pace.gather,
                (false, true) => self.pace.gather_removals,
            };
            match timeout(pause, self.requests.recv()).await {
                Ok(Some(next)) => waiting.add(next),
                Ok(None) | Err(_) => return waiting,
            }
        }
    }

    async fn read(&mut self, reads: BTreeMap<ConfigPath, Vec<oneshot::Sender<Read>>>) {
        for (root, replies) in reads {
            let fresh = |(at, _): &&(Instant, Read)| at.elapsed() < self.pace.refresh;
            let found = match self.known.get(&root).filter(fresh) {
                Some((_, found)) => found.clone(),
                None => {
                    let at = Instant::now();
                    // A busy router is waited for, one that is away is not: a plan must not hang on it.
                    let found = match self.api.show_config(&root).await {
                        Err(RouterError::Internal { .. }) => {
                            read(&self.api, &root, self.pace.reach_patience).await
                        }
                        found => found,
                    };
                    let found = found.map(Arc::new);
                    // Finding out that nobody answers may itself take longer than a refresh's answer serves.
                    let at = if found.is_ok() { at } else { Instant::now() };
                    self.known.insert(root, (at, found.clone()));
                    found
                }
            };
            for reply in replies {
                drop(reply.send(found.clone()));
            }
        }
    }

    async fn show(&self, shows: BTreeMap<Vec<String>, Vec<oneshot::Sender<Shown>>>) {
        for (words, replies) in shows {
            let shown = self.api.show(&words).await;
            for reply in replies {
                drop(reply.send(shown.clone()));
            }
        }
    }

    async fn write(&mut self, mut writes: Vec<Pending>) {
        if writes.is_empty() {
            return;
        }
        self.known.clear();
        writes.extend(self.declined.drain(..).map(|(one, _)| one));
        let mut committer =
            Committer { api: &self.api, pace: &self.pace, claims: &mut self.claims, halvings: 0 };
        self.declined = committer.settle(writes).await;
    }

    fn refuse_declined(&mut self) {
        for (one, reason) in self.declined.drain(..) {
            one.answer(Err(RouterError::Declined(reason)));
        }
    }
}
