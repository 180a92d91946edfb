//! Writes that are committed together, and the search among them for who is to blame for a refusal.

use super::super::bisect::{Bisection, Known, MOST};
use super::super::error::RouterErrorKind;
use super::super::write::Pending;

/// Writes that are committed together, as far as one of them is not to blame for a refusal.
pub(super) struct Group {
    pub(super) writes: Vec<Pending>,
    pub(super) search: Option<Search>,
}

/// A search for who is to blame.
pub(super) struct Search {
    bisection: Bisection,
    pub(super) known: Known,
    pub(super) refusal: RouterErrorKind,
}

impl Group {
    pub(super) fn new(writes: Vec<Pending>) -> Self {
        Self { writes, search: None }
    }

    /// A search among writes of which at least one is to blame, or may be.
    fn searched(writes: Vec<Pending>, refusal: RouterErrorKind, certain: bool) -> Self {
        let unknown = writes.len();
        let known = Known { found: 0, unknown, suspected: if certain { unknown } else { 0 } };
        Self { writes, search: Some(Search { bisection: Bisection::new(unknown), known, refusal }) }
    }

    /// The writes to commit next, after those that are to blame for certain have their error.
    pub(super) fn next(&mut self) -> Vec<Pending> {
        let Some(Search { bisection, known, refusal }) = &mut self.search else {
            return std::mem::take(&mut self.writes);
        };
        if let Some(found) = known.only_suspect().filter(|_| !self.writes.is_empty()) {
            self.writes.remove(0).answer(Err(refusal.clone()));
            *known = found;
        }
        let size = bisection.next(*known).min(self.writes.len());
        self.writes.drain(..size).collect()
    }

    /// What is left of it when `tried` of its writes are looked at apart, after some were found to be to
    /// blame.
    pub(super) fn without(mut self, tried: usize, found: usize) -> Option<Self> {
        if let Some(search) = &mut self.search {
            let known = search.known.passed(tried);
            search.known = Known { found: known.found + found, suspected: 0, ..known };
        }
        Some(self).filter(|group| !group.writes.is_empty())
    }
}

/// Searches of so many writes as are searched together, the first last.
pub(super) fn searches(mut suspects: Vec<Pending>, refusal: &RouterErrorKind, certain: bool) -> Vec<Group> {
    let certain = certain && suspects.len() <= MOST;
    let mut groups = Vec::new();
    while !suspects.is_empty() {
        let rest = suspects.split_off(suspects.len().min(MOST));
        groups.push(Group::searched(suspects, refusal.clone(), certain));
        suspects = rest;
    }
    groups.reverse();
    groups
}
