//! Writes merged into one commit: removals first, then what is put, each seeing what the others before it
//! will have done. So where one caller removes what another puts, it is there afterwards, and VyOS, which
//! compares before and after, touches only what differs.

use super::command::{Command, Operation};
use super::tree::{ConfigPath, ConfigTree};
use super::write::{Pending, Purpose, Veto};
use std::collections::HashMap;

/// Who put an object in this run.
pub(super) type Claims = HashMap<ConfigPath, String>;

/// A write and the commands that it needs.
pub(super) type Needed = (Pending, Vec<Command>);

/// Writes in the order in which they are to be done, told apart by what each still needs.
#[derive(Default)]
pub(super) struct Batch {
    /// With the commands that they need.
    pub(super) needed: Vec<Needed>,
    /// All is as they want it.
    pub(super) satisfied: Vec<Pending>,
    /// Vetoed by a check of the configuration that the commit would leave.
    pub(super) vetoed: Vec<(Pending, Veto)>,
}

impl Batch {
    /// Plans `pending` on what the router holds, from the top.
    pub(super) fn plan(mut pending: Vec<Pending>, held: &ConfigTree, claims: &Claims) -> Self {
        let mut vetoed = Vec::new();
        // Ends: every round leaves somebody out.
        loop {
            let (mut batch, outcome) = Self::together(pending, held, claims);
            vetoed.append(&mut batch.vetoed);
            let rounds = batch.needed.iter().map(|(one, _)| one.write.post_checks.len()).max();
            let refused = (0..rounds.unwrap_or_default()).map(|round| batch.run_post_checks(&outcome, round));
            let refused = refused.into_iter().find(|refused| !refused.is_empty()).unwrap_or_default();
            if refused.is_empty() {
                batch.vetoed = vetoed;
                return batch;
            }
            vetoed.extend(refused);
            pending = batch.needed.drain(..).map(|(one, _)| one).chain(batch.satisfied.drain(..)).collect();
        }
    }

    /// All of `pending`, and what the router will hold.
    fn together(mut pending: Vec<Pending>, held: &ConfigTree, claims: &Claims) -> (Self, ConfigTree) {
        // Removals of what lies deepest first: a parent may only go when nothing of others is left below it.
        pending.sort_by_key(|one| match one.write.purpose {
            Purpose::Remove => (0, usize::MAX - one.write.subject.len()),
            Purpose::Put => (1, one.write.subject.len()),
        });
        let nothing = ConfigTree::default();
        let mut planned = held.clone();
        let mut batch = Self::default();
        for one in pending {
            let write = &one.write;
            if write.purpose == Purpose::Remove
                && claims.get(&write.subject).is_some_and(|claim| *claim != write.claim)
            {
                batch.satisfied.push(one);
                continue;
            }
            match (write.changes)(planned.at(&write.root).unwrap_or(&nothing)) {
                Err(reason) => batch.vetoed.push((one, reason)),
                Ok(commands) if commands.is_empty() => batch.satisfied.push(one),
                Ok(commands) => {
                    commands.iter().for_each(|command| command.apply(&write.root, &mut planned));
                    batch.needed.push((one, commands));
                }
            }
        }
        // Together they may leave all as it is: one removes what another puts, unchanged and done already.
        if planned == *held {
            batch.satisfied.extend(batch.needed.drain(..).map(|(one, _)| one));
        }
        (batch, planned)
    }

    /// Takes out those who in this round object to the outcome of all.
    fn run_post_checks(&mut self, outcome: &ConfigTree, round: usize) -> Vec<(Pending, Veto)> {
        let (mut kept, mut refused) = (Vec::new(), Vec::new());
        for (one, commands) in self.needed.drain(..) {
            match one.write.post_checks.get(round).map_or(Ok(()), |check| check(outcome)) {
                Ok(()) => kept.push((one, commands)),
                Err(reason) => refused.push((one, reason)),
            }
        }
        self.needed = kept;
        refused
    }

    /// The commands of all, deletions first, so that what one caller sets stays set whoever deletes it.
    pub(super) fn commands(&self) -> Vec<(&[String], &Command)> {
        let all = || {
            self.needed.iter().flat_map(|(one, commands)| {
                commands.iter().map(|command| (one.write.root.as_slice(), command))
            })
        };
        let of = |operation| all().filter(move |(_, command)| command.operation == operation);
        of(Operation::Delete).chain(of(Operation::Set)).collect()
    }
}
