//! From waiting writes to answered ones: read, plan, commit, and after a refusal read again and search for
//! who caused it.

mod group;

use super::api::Api;
use super::api::is_passing;
use super::batch::{Batch, Claims, Needed};
use super::error::RouterErrorKind;
use super::read::{Patience, below};
use super::split::split_refused;
use super::timing::Timing;
use super::tree::{ConfigPath, ConfigTree};
use super::write::{Pending, Purpose, Veto};
use crate::connection::retry::{Attempt, Deadline, pause};
use group::{Group, searches};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Refusals without reason that are taken for passing ones.
const PASSING_REFUSALS: u8 = 2;
/// Lost answers after which what is still missing counts as not done.
const LOST_ANSWERS: u8 = 2;
/// A busy router is asked again after a pause that doubles so often.
const DOUBLINGS: u32 = 3;

/// Commits what waits for one router.
pub(super) struct Committer<'a> {
    pub(super) api: &'a Api,
    pub(super) timing: &'a Timing,
    pub(super) claims: &'a mut Claims,
    /// Committed, or as wanted all along: they wait for the save.
    done: Vec<Pending>,
    /// Each with the number of commits made until then.
    vetoed: Vec<(u32, Pending, Veto)>,
    /// Commits that were made.
    commits: u32,
    /// Commits that were asked for.
    tried: u32,
}

/// How it ended.
pub(super) struct Settled {
    /// Vetoed, and not answered yet.
    pub(super) vetoed: Vec<(Pending, Veto)>,
    /// Commits that were tried.
    pub(super) commits: u32,
}

/// What became of one commit.
enum Outcome {
    /// Everyone has an answer, waits to be saved, or is vetoed.
    Settled,
    /// VyOS will not have it, in its words.
    Refused(String, Vec<Needed>),
    /// More than the router takes in one request.
    TooLarge(Vec<Pending>),
}

/// What was tried with one commit.
#[derive(Default)]
struct Tries {
    busy_since: Option<Instant>,
    busy: u32,
    passing_refusals: u8,
    lost_answers: u8,
}

impl<'a> Committer<'a> {
    pub(super) fn new(api: &'a Api, timing: &'a Timing, claims: &'a mut Claims) -> Self {
        Self { api, timing, claims, done: Vec::new(), vetoed: Vec::new(), commits: 0, tried: 0 }
    }

    /// Commits and saves, and answers everyone but the vetoed ones, which are given back.
    pub(super) async fn settle(mut self, pending: Vec<Pending>) -> Settled {
        let mut groups = vec![Group::new(pending)];
        // Ends: every commit answers somebody or makes a group smaller, and a vetoed one is tried again only
        // after one.
        loop {
            while let Some(group) = groups.pop() {
                self.attempt(group, &mut groups).await;
            }
            let commits = self.commits;
            let (again, vetoed) =
                std::mem::take(&mut self.vetoed).into_iter().partition(|(then, ..)| *then < commits);
            self.vetoed = vetoed;
            let again: Vec<_> = Vec::into_iter(again).map(|(_, one, _)| one).collect();
            if again.is_empty() {
                break;
            }
            groups.push(Group::new(again));
        }
        if !self.done.is_empty() {
            self.finish().await;
        }
        let vetoed = self.vetoed.into_iter().map(|(_, one, reason)| (one, reason)).collect();
        Settled { vetoed, commits: self.tried }
    }

    /// One commit of a group; what is left of it is put back.
    async fn attempt(&mut self, mut group: Group, groups: &mut Vec<Group>) {
        let tried = group.next();
        if tried.is_empty() {
            return;
        }
        let size = tried.len();
        match (self.commit(tried).await, &mut group.search) {
            (Outcome::Settled, None) => {}
            (Outcome::Settled, Some(search)) => {
                search.known = search.known.passed(size);
                groups.push(group);
            }
            (Outcome::TooLarge(mut one), _) => {
                groups.extend(group.without(size, 0));
                let other = one.split_off(one.len() / 2);
                groups.extend([other, one].map(Group::new));
            }
            (Outcome::Refused(message, needed), _) => {
                pause(self.timing.after_refusal).await;
                let refused = needed.len();
                let apart = split_refused(&message, needed);
                let left: usize = apart.unclear.iter().map(|(those, _)| those.len()).sum();
                let found = refused - left - apart.others.len();
                let alone = apart.unclear.len() == 1 && apart.others.is_empty();
                match (&mut group.search, apart.unclear) {
                    (Some(search), mut one) if alone => {
                        if let Some((suspects, refusal)) = one.pop() {
                            search.known = search.known.refused(suspects.len());
                            search.known.unknown = suspects.len() + group.writes.len();
                            search.refusal = refusal;
                            group.writes.splice(..0, suspects);
                        }
                        groups.push(group);
                    }
                    (_, unclear) => {
                        groups.extend(group.without(size, found));
                        // What commits first is searched first: what fails later may depend on it.
                        let certain = unclear.len() == 1;
                        for (suspects, refusal) in unclear.into_iter().rev() {
                            groups.extend(searches(suspects, &refusal, certain));
                        }
                        groups.extend(Some(apart.others).filter(|all| !all.is_empty()).map(Group::new));
                    }
                }
            }
        }
    }

    /// One commit, made again for as long as the router is busy.
    async fn commit(&mut self, mut pending: Vec<Pending>) -> Outcome {
        let mut tries = Tries::default();
        loop {
            let (cancelled, left) = pending.into_iter().partition(|one| one.write.cancelled.is_cancelled());
            refuse_all(cancelled, &RouterErrorKind::Cancelled);
            pending = left;
            if pending.is_empty() {
                return Outcome::Settled;
            }
            // A commit whose answer was lost may still run, and nothing can be read until it ends.
            let timeout = match tries.lost_answers {
                0 => Patience::of(self.timing),
                _ => Patience { reach: self.timing.lock_patience, ..Patience::of(self.timing) },
            };
            let roots = pending
                .iter()
                .flat_map(|one| [&one.write.root].into_iter().chain(&one.write.also_reads))
                .cloned();
            let stop = all_cancelled(&pending);
            let held = tokio::select! {
                held = self.read(roots.collect(), timeout) => held,
                () = stop => Err(RouterErrorKind::Cancelled),
            };
            let held = match held {
                Ok(held) => held,
                Err(error) => {
                    refuse_all(pending, &error);
                    return Outcome::Settled;
                }
            };
            let batch = Batch::plan(pending, &held, self.claims);
            let answer = match batch.needed.is_empty() {
                true => Ok(String::new()),
                false => self.api.configure(&batch.commands()).await,
            };
            let Batch { needed, satisfied, vetoed } = batch;
            self.done(satisfied);
            let asked = !needed.is_empty();
            self.tried += u32::from(asked);
            self.commits += u32::from(asked && answer.is_ok());
            self.vetoed.extend(vetoed.into_iter().map(|(one, reason)| (self.commits, one, reason)));
            let error = match answer {
                Ok(said) => {
                    if !said.is_empty() {
                        tracing::info!(said, "the router's comment on the commit");
                    }
                    self.done(only_pending(needed));
                    return Outcome::Settled;
                }
                Err(error) => error,
            };
            tracing::info!(%error, writes = needed.len(), "a commit was refused");
            match self.after(error, &mut tries).await {
                Again::Once => pending = only_pending(needed),
                Again::Split(message) => return Outcome::Refused(message, needed),
                Again::Smaller if needed.len() > 1 => return Outcome::TooLarge(only_pending(needed)),
                Again::Smaller => {
                    refuse_all(only_pending(needed), &RouterErrorKind::TooLarge);
                    return Outcome::Settled;
                }
                Again::Never(error) => {
                    refuse_all(only_pending(needed), &error);
                    return Outcome::Settled;
                }
            }
        }
    }

    /// What to do after a commit that was no success; waits where that may help.
    async fn after(&self, error: RouterErrorKind, tries: &mut Tries) -> Again {
        match error {
            RouterErrorKind::Locked { .. } | RouterErrorKind::Internal { .. } => {
                let waited = tries.busy_since.get_or_insert_with(Instant::now).elapsed();
                if waited >= self.timing.lock_patience {
                    return Again::Never(match error {
                        RouterErrorKind::Locked { .. } => RouterErrorKind::Locked { waited },
                        other => other,
                    });
                }
                pause(self.timing.lock * 2_u32.pow(tries.busy.min(DOUBLINGS))).await;
                tries.busy += 1;
                Again::Once
            }
            RouterErrorKind::Rejected { message, .. }
                if is_passing(&message) && tries.passing_refusals < PASSING_REFUSALS =>
            {
                pause(self.timing.after_refusal).await;
                tries.passing_refusals += 1;
                Again::Once
            }
            RouterErrorKind::Rejected { message, .. } => Again::Split(message),
            RouterErrorKind::TooLarge => Again::Smaller,
            RouterErrorKind::UnknownOutcome { .. } if tries.lost_answers < LOST_ANSWERS => {
                pause(self.timing.after_refusal).await;
                tries.lost_answers += 1;
                Again::Once
            }
            other => Again::Never(other),
        }
    }

    fn done(&mut self, writes: Vec<Pending>) {
        for one in &writes {
            if one.write.purpose == Purpose::Put {
                self.claims.insert(one.write.subject.clone(), one.write.claim.clone());
            }
        }
        self.done.extend(writes);
    }

    /// One save for all, then everyone gets what the router holds now.
    async fn finish(&mut self) {
        let done = std::mem::take(&mut self.done);
        let deadline = Deadline::after(self.timing.reach_patience, &CancellationToken::new());
        let saved = deadline.call(|| async {
            match self.api.save(None).await {
                Ok(()) => Attempt::Done(Ok(())),
                Err(error) => Attempt::Retry(error),
            }
        });
        if let Err(problem) = saved.await {
            return refuse_all(done, &RouterErrorKind::NotSaved { cause: problem.to_string() });
        }
        let roots: BTreeSet<_> = done.iter().map(|one| one.write.root.clone()).collect();
        // Who was asked to stop waits no longer for others' commits than for a router that is away.
        let stopped = done.iter().all(|one| one.write.cancelled.is_cancelled());
        let timeout = Patience::of(self.timing);
        let busy = if stopped { timeout.reach } else { timeout.busy };
        match self.read(roots.clone(), Patience { busy, ..timeout }).await {
            Ok(held) => {
                let below = |root: ConfigPath| {
                    let tree = Arc::new(held.at(&root).cloned().unwrap_or_default());
                    (root, tree)
                };
                let trees: BTreeMap<_, _> = roots.into_iter().map(below).collect();
                for one in done {
                    let tree = trees.get(&one.write.root).cloned().unwrap_or_default();
                    one.answer(Ok(tree));
                }
            }
            Err(error) => refuse_all(done, &error),
        }
    }

    /// What the router holds below these roots, from the top.
    async fn read(
        &self,
        roots: BTreeSet<ConfigPath>,
        timeout: Patience,
    ) -> Result<ConfigTree, RouterErrorKind> {
        let mut held = ConfigTree::default();
        let mut outer: Option<ConfigPath> = None;
        // In this order a root comes before those inside it.
        for root in roots {
            if outer.as_ref().is_some_and(|outer| root.starts_with(outer)) {
                continue;
            }
            let tree = below(self.api, &root, timeout).await?;
            if !tree.is_empty() {
                held.graft(&root, tree);
            }
            outer = Some(root);
        }
        Ok(held)
    }
}

/// What follows a commit that was no success.
enum Again {
    /// The same again.
    Once,
    /// Some of it to blame, by this message.
    Split(String),
    /// Fewer at a time.
    Smaller,
    /// Nothing more.
    Never(RouterErrorKind),
}

/// Waits until nobody wants it any more.
fn all_cancelled(pending: &[Pending]) -> impl Future<Output = ()> + use<> {
    let tokens: Vec<_> = pending.iter().map(|one| one.write.cancelled.clone()).collect();
    async move {
        for token in tokens {
            token.cancelled().await;
        }
    }
}

fn only_pending(needed: Vec<Needed>) -> Vec<Pending> {
    needed.into_iter().map(|(one, _)| one).collect()
}

fn refuse_all(pending: Vec<Pending>, error: &RouterErrorKind) {
    for one in pending {
        one.answer(Err(error.clone()));
    }
}
