//! From waiting writes to answered ones: read, plan, commit, and after a refusal read again and take apart.

use super::answer::is_passing;
use super::apart::take_apart;
use super::api::Api;
use super::batch::{Batch, Claims, Needed};
use super::error::RouterError;
use super::pace::Pace;
use super::tree::{ConfigPath, ConfigTree};
use super::write::{Pending, Purpose};
use crate::connection::retry::{Deadline, GaveUp, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tfplugin::Diagnostic;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// Refusals without reason that are taken for passing ones.
const PASSING_REFUSALS: u8 = 2;
/// Refusals that name nobody are searched by halves: seven find one culprit among a hundred. Each costs a commit.
const MOST_HALVINGS: u8 = 16;
/// Lost answers after which what is still missing counts as not done.
const LOST_ANSWERS: u8 = 2;

/// Commits what waits for one router.
pub(super) struct Committer<'a> {
    pub(super) api: &'a Api,
    pub(super) pace: &'a Pace,
    pub(super) claims: &'a mut Claims,
    /// Refusals that were searched by halves so far.
    pub(super) halvings: u8,
}

/// Writes that go into one commit, and what was tried with them.
struct Group {
    pending: Vec<Pending>,
    locked_since: Option<Instant>,
    passing_refusals: u8,
    lost_answers: u8,
}

impl Group {
    fn new(pending: Vec<Pending>) -> Self {
        Self { pending, locked_since: None, passing_refusals: 0, lost_answers: 0 }
    }
}

impl Committer<'_> {
    /// Commits and saves, and answers everyone but those who declined, who are given back.
    pub(super) async fn settle(&mut self, pending: Vec<Pending>) -> Vec<(Pending, Box<Diagnostic>)> {
        let (mut done, mut declined) = (Vec::new(), Vec::new());
        let mut groups = vec![Group::new(pending)];
        // Ends: every attempt answers somebody, makes the groups smaller, or uses up one of a group's bounded tries.
        while let Some(group) = groups.pop() {
            self.attempt(group, &mut groups, &mut done, &mut declined).await;
        }
        if !done.is_empty() {
            self.finish(done).await;
        }
        declined
    }

    async fn attempt(
        &mut self,
        mut group: Group,
        groups: &mut Vec<Group>,
        done: &mut Vec<Pending>,
        declined: &mut Vec<(Pending, Box<Diagnostic>)>,
    ) {
        let (cancelled, pending): (Vec<_>, Vec<_>) =
            group.pending.drain(..).partition(|one| one.write.cancelled.is_cancelled());
        refuse_all(cancelled, &RouterError::Cancelled);
        // A commit whose answer was lost may still run, and nothing can be read until it ends.
        let patience =
            if group.lost_answers > 0 { self.pace.lock_patience } else { self.pace.reach_patience };
        let roots = pending
            .iter()
            .flat_map(|one| [&one.write.root].into_iter().chain(&one.write.also_reads))
            .cloned();
        let held = match self.read(roots.collect(), patience).await {
            Ok(held) => held,
            Err(error) => return refuse_all(pending, &error),
        };
        let batch = Batch::plan(pending, &held, self.claims);
        let answer = match batch.needed.is_empty() {
            true => Ok(String::new()),
            false => self.api.configure(&batch.commands()).await,
        };
        let Batch { needed, satisfied, declined: unwilling } = batch;
        self.done(satisfied, done);
        declined.extend(unwilling);
        match answer {
            Ok(said) => {
                if !said.is_empty() {
                    tracing::info!(said, "the router's comment on the commit");
                }
                self.done(needed.into_iter().map(|(one, _)| one), done);
            }
            Err(error) => {
                group.pending = Vec::new();
                self.after_refusal(error, group, needed, groups).await;
            }
        }
    }

    /// What becomes of writes whose commit was not a success.
    async fn after_refusal(
        &mut self,
        error: RouterError,
        group: Group,
        needed: Vec<Needed>,
        groups: &mut Vec<Group>,
    ) {
        tracing::info!(%error, writes = needed.len(), "a commit was refused");
        let only_pending = |needed: Vec<Needed>| needed.into_iter().map(|(one, _)| one).collect::<Vec<_>>();
        match error {
            RouterError::Locked { .. } => {
                let since = group.locked_since.unwrap_or_else(Instant::now);
                if since.elapsed() >= self.pace.lock_patience {
                    return refuse_all(
                        only_pending(needed),
                        &RouterError::Locked { waited: since.elapsed() },
                    );
                }
                sleep(self.pace.lock).await;
                groups.push(Group { pending: only_pending(needed), locked_since: Some(since), ..group });
            }
            RouterError::Rejected { message, .. }
                if is_passing(&message) && group.passing_refusals < PASSING_REFUSALS =>
            {
                sleep(self.pace.after_refusal).await;
                let passing_refusals = group.passing_refusals + 1;
                groups.push(Group { pending: only_pending(needed), passing_refusals, ..group });
            }
            RouterError::Rejected { message, .. } => {
                sleep(self.pace.after_refusal).await;
                let may_halve = self.halvings < MOST_HALVINGS;
                let apart = take_apart(&message, needed, may_halve);
                self.halvings += u8::from(apart.halved);
                groups.extend(apart.again.into_iter().map(Group::new));
            }
            RouterError::TooLarge if needed.len() > 1 => {
                let mut one = only_pending(needed);
                let other = one.split_off(one.len() / 2);
                groups.extend([other, one].map(Group::new));
            }
            RouterError::UnknownOutcome { .. } if group.lost_answers < LOST_ANSWERS => {
                sleep(self.pace.after_refusal).await;
                let lost_answers = group.lost_answers + 1;
                groups.push(Group { pending: only_pending(needed), lost_answers, ..group });
            }
            other => refuse_all(only_pending(needed), &other),
        }
    }

    fn done(&mut self, writes: impl IntoIterator<Item = Pending>, done: &mut Vec<Pending>) {
        for one in writes {
            if one.write.purpose == Purpose::Put {
                self.claims.insert(one.write.subject.clone(), one.write.claim.clone());
            }
            done.push(one);
        }
    }

    /// One save for all, then everyone gets what the router holds now.
    async fn finish(&self, done: Vec<Pending>) {
        let deadline = Deadline::after(self.pace.reach_patience, &CancellationToken::new());
        let saved = deadline.call(|| async {
            match self.api.save().await {
                Ok(()) => Verdict::Final(Ok(())),
                Err(error) => Verdict::Again(error),
            }
        });
        if let Err(problem) = saved.await {
            return refuse_all(done, &RouterError::NotSaved { cause: problem.to_string() });
        }
        let roots: BTreeSet<_> = done.iter().map(|one| one.write.root.clone()).collect();
        match self.read(roots.clone(), self.pace.reach_patience).await {
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

    /// What the router holds below these roots, from the top. A router that starts or commits for another session is
    /// waited for.
    async fn read(&self, roots: BTreeSet<ConfigPath>, patience: Duration) -> Result<ConfigTree, RouterError> {
        let mut held = ConfigTree::default();
        let mut outer: Option<ConfigPath> = None;
        // In this order a root comes before those inside it.
        for root in roots {
            if outer.as_ref().is_some_and(|outer| root.starts_with(outer)) {
                continue;
            }
            let tree = read(self.api, &root, patience).await?;
            if !tree.is_empty() {
                held.graft(&root, tree);
            }
            outer = Some(root);
        }
        Ok(held)
    }
}

/// Reads below one root, trying again for as long as `patience` lasts.
pub(super) async fn read(
    api: &Api,
    root: &ConfigPath,
    patience: Duration,
) -> Result<ConfigTree, RouterError> {
    let deadline = Deadline::after(patience, &CancellationToken::new());
    let answer = deadline.reach(|| async {
        match api.show_config(root).await {
            Ok(tree) => Verdict::Final(Ok(tree)),
            Err(error) if error.may_pass() => Verdict::Again(error),
            Err(error) => Verdict::Final(Err(error)),
        }
    });
    answer.await.map_err(|problem| match problem {
        GaveUp::Failed(error) | GaveUp::TimedOut(error) => error,
        GaveUp::Cancelled => RouterError::Cancelled,
    })
}

fn refuse_all(pending: Vec<Pending>, error: &RouterError) {
    for one in pending {
        one.answer(Err(error.clone()));
    }
}
