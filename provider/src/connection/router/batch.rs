//! Writes merged into one commit: removals first, then what is put, each seeing what the others before it will have
//! done. So where one caller removes what another puts, it is there afterwards, and VyOS, which compares before and
//! after, touches only what differs.

use super::command::{Command, Operation};
use super::tree::{ConfigPath, ConfigTree};
use super::write::{Pending, Purpose};
use std::collections::{BTreeMap, HashMap};
use tfplugin::Diagnostic;

/// What the router holds, by root.
pub(super) type Trees = BTreeMap<ConfigPath, ConfigTree>;

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
    /// The caller declines, seeing the configuration.
    pub(super) declined: Vec<(Pending, Box<Diagnostic>)>,
}

impl Batch {
    /// Plans `pending` on what the router holds.
    pub(super) fn plan(mut pending: Vec<Pending>, trees: &Trees, claims: &Claims) -> Self {
        // Removals of what lies deepest first: a parent may only go when nothing of others is left below it.
        pending.sort_by_key(|one| match one.write.purpose {
            Purpose::Remove => (0, usize::MAX - one.write.subject.len()),
            Purpose::Put => (1, one.write.subject.len()),
        });
        let mut planned = trees.clone();
        let mut batch = Self::default();
        for one in pending {
            let write = &one.write;
            if write.purpose == Purpose::Remove
                && claims.get(&write.subject).is_some_and(|claim| *claim != write.claim)
            {
                batch.satisfied.push(one);
                continue;
            }
            let tree = planned.entry(write.root.clone()).or_default();
            match (write.changes)(tree) {
                Err(reason) => batch.declined.push((one, reason)),
                Ok(commands) if commands.is_empty() => batch.satisfied.push(one),
                Ok(commands) => {
                    commands.iter().for_each(|command| command.apply(tree));
                    batch.needed.push((one, commands));
                }
            }
        }
        // Together they may leave all as it is: one removes what another puts, unchanged and done already.
        if planned == *trees {
            batch.satisfied.extend(batch.needed.drain(..).map(|(one, _)| one));
        }
        batch
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
