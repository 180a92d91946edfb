//! The one task that talks to a router. It owns all reads and writes, one after the other, so that nothing is
//! read while a commit runs; what waits when the router becomes idle is answered together.

use super::api::Api;
use super::batch::Claims;
use super::commit::Committer;
use super::error::RouterErrorKind;
use super::read::{Patience, below};
use super::timing::Timing;
use super::tree::{ConfigPath, ConfigTree};
use super::write::{Pending, Purpose, Veto};
use crate::connection::outage::RecentFailure;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout};

/// What a caller wants.
pub(super) enum Request {
    /// The configuration below a container.
    Read(ConfigPath, oneshot::Sender<Read>),
    /// What an operational command prints.
    Show(Vec<String>, oneshot::Sender<Shown>),
    /// What changes no configuration.
    Task(Task, oneshot::Sender<Shown>),
    /// A change.
    Write(Pending),
}

/// What is done to a router beside its configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// The running configuration into a file; that of the next start where none is named.
    Save(Option<String>),
    /// What follows `reset` on the router.
    Reset(Vec<String>),
}

/// After so long an answer that does not come is not asked for again at once.
const LONG: Duration = Duration::from_secs(1);

type Read = Result<Arc<ConfigTree>, RouterErrorKind>;
type Shown = Result<String, RouterErrorKind>;

/// The task's state.
pub(super) struct Actor {
    api: Api,
    timing: Timing,
    requests: mpsc::UnboundedReceiver<Request>,
    known: HashMap<ConfigPath, (Instant, Read)>,
    /// How the last read ended that took long and in vain. It stands for the other reads of the same refresh.
    away: RecentFailure<RouterErrorKind>,
    /// What a busy router's commit did not end for: it is not waited for again.
    stuck: HashSet<ConfigPath>,
    claims: Claims,
    vetoed: Vec<(Pending, Veto)>,
    /// How long the last writes took that had to be committed.
    commit: Option<Duration>,
    /// How many were answered together the last time.
    answered: usize,
}

#[derive(Default)]
struct Waiting {
    reads: BTreeMap<ConfigPath, Vec<oneshot::Sender<Read>>>,
    shows: BTreeMap<Vec<String>, Vec<oneshot::Sender<Shown>>>,
    writes: Vec<Pending>,
    tasks: Vec<(Task, oneshot::Sender<Shown>)>,
}

impl Waiting {
    fn add(&mut self, request: Request) {
        match request {
            Request::Read(root, reply) => self.reads.entry(root).or_default().push(reply),
            Request::Show(words, reply) => self.shows.entry(words).or_default().push(reply),
            Request::Write(pending) => self.writes.push(pending),
            Request::Task(task, reply) => self.tasks.push((task, reply)),
        }
    }
}

impl Actor {
    /// An actor that works for as long as somebody can send to it.
    pub(super) fn start(api: Api, timing: Timing) -> mpsc::UnboundedSender<Request> {
        let (sender, requests) = mpsc::unbounded_channel();
        let (known, stuck) = (HashMap::new(), HashSet::new());
        let (claims, vetoed, away) = (Claims::new(), Vec::new(), RecentFailure::lasting(timing.refresh));
        tokio::spawn(
            Self { api, timing, requests, known, away, stuck, claims, vetoed, commit: None, answered: 0 }
                .run(),
        );
        sender
    }

    async fn run(mut self) {
        loop {
            let first = if self.vetoed.is_empty() {
                self.requests.recv().await
            } else {
                match timeout(self.timing.veto_patience, self.requests.recv()).await {
                    Ok(first) => first,
                    Err(_) => {
                        self.refuse_vetoed();
                        continue;
                    }
                }
            };
            let Some(first) = first else { return self.refuse_vetoed() };
            let waiting = self.gather(first).await;
            self.read(waiting.reads).await;
            self.show(waiting.shows).await;
            self.write(waiting.writes).await;
            self.do_tasks(waiting.tasks).await;
        }
    }

    /// The first request and all that arrive close to it.
    async fn gather(&mut self, first: Request) -> Waiting {
        let mut waiting = Waiting::default();
        waiting.add(first);
        // Every caller waits for its answer, so this ends with the last of them.
        loop {
            let removes = waiting.writes.iter().any(|one| one.write.purpose == Purpose::Remove);
            let next = self.timing.gather.pause(self.commit, waiting.writes.len() < self.answered);
            let pause = match (waiting.writes.is_empty(), removes) {
                (true, _) => Duration::ZERO,
                (false, false) => next,
                (false, true) => next.max(self.timing.gather_removals),
            };
            match timeout(pause, self.requests.recv()).await {
                Ok(Some(next)) => waiting.add(next),
                Ok(None) | Err(_) => return waiting,
            }
        }
    }

    async fn read(&mut self, reads: BTreeMap<ConfigPath, Vec<oneshot::Sender<Read>>>) {
        for (root, mut replies) in reads {
            let fresh = |(at, _): &&(Instant, Read)| at.elapsed() < self.timing.refresh;
            let found = match (self.known.get(&root).filter(fresh), self.away.get()) {
                (Some((_, found)), _) => found.clone(),
                (None, Some(error)) => Err(error),
                (None, None) => {
                    let at = Instant::now();
                    let found = tokio::select! {
                        found = below(&self.api, &root, self.timeout(&root)) => found.map(Arc::new),
                        () = all_gone(&mut replies) => continue,
                    };
                    match &found {
                        Err(RouterErrorKind::Internal { .. }) => self.stuck.insert(root.clone()),
                        _ => self.stuck.remove(&root),
                    };
                    match &found {
                        Err(error) if at.elapsed() > LONG && error.is_of_the_whole_router() => {
                            self.away.record(error);
                        }
                        _ => self.away.clear(),
                    }
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

    /// Of a read whose caller may do without: a plan must not hang on a router that is away. One that is busy
    /// is waited for as long as a lock, since only then something can be planned; but a few paths are
    /// answered with the same HTTP 500 for ever (one that ends in a leaf's value is), so each is waited for
    /// once.
    fn timeout(&self, root: &ConfigPath) -> Patience {
        let busy = if self.stuck.contains(root) { Duration::ZERO } else { self.timing.lock_patience };
        Patience { reach: Duration::ZERO, busy }
    }

    async fn show(&self, shows: BTreeMap<Vec<String>, Vec<oneshot::Sender<Shown>>>) {
        for (words, mut replies) in shows {
            let shown = tokio::select! {
                shown = self.api.show(&words) => shown,
                () = all_gone(&mut replies) => continue,
            };
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
        writes.extend(self.vetoed.drain(..).map(|(one, _)| one));
        let (begun, all) = (Instant::now(), writes.len());
        let committer = Committer::new(&self.api, &self.timing, &mut self.claims);
        let settled = committer.settle(writes).await;
        if settled.commits > 0 {
            self.commit = Some(begun.elapsed() / settled.commits);
        }
        self.vetoed = settled.vetoed;
        self.answered = all.saturating_sub(self.vetoed.len());
    }

    /// One after the other, behind the changes that came with them.
    async fn do_tasks(&self, tasks: Vec<(Task, oneshot::Sender<Shown>)>) {
        for (task, reply) in tasks.into_iter().filter(|(_, reply)| !reply.is_closed()) {
            let done = match &task {
                Task::Save(file) => self.api.save(file.as_deref()).await.map(|()| String::new()),
                Task::Reset(words) => self.api.reset(words).await,
            };
            drop(reply.send(done));
        }
    }

    fn refuse_vetoed(&mut self) {
        for (one, reason) in self.vetoed.drain(..) {
            one.answer(Err(RouterErrorKind::Vetoed(reason)));
        }
    }
}

/// Waits until nobody waits for an answer any more.
async fn all_gone<T>(replies: &mut [oneshot::Sender<T>]) {
    for reply in replies {
        reply.closed().await;
    }
}
