//! Finding who causes a refusal that names nobody, with as few commits as can be.
//!
//! Every question is a commit of some of the writes: it succeeds, and none of them is to blame, or it is
//! refused, and at least one is. Where there are `k` culprits among `n` and `k` is known, Hwang's group
//! testing asks at most `k * (log2(n / k) + 2)` questions (F. K. Hwang, "A Method for Detecting All Defective
//! Members in a Population by Group Testing", 1972). Here nobody knows `k`, and the first question, all at
//! once, is asked anyhow. So the next question is the one that in the worst case exceeds this goal by the
//! least, worked out from the end: by at most one commit beside the first for up to [`MOST`] writes.

/// The most writes that are searched together. The work grows with its fourth power; more are searched in
/// parts.
pub(super) const MOST: usize = 64;

/// What is known of the writes that are searched. Some of those that nothing is known of are suspected: at
/// least one of the first so many is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// Found to be to blame.
    pub(super) found: usize,
    /// Neither found nor committed.
    pub(super) unknown: usize,
    /// How many of these hold a culprit.
    pub(super) suspected: usize,
}

/// Which question to ask next, for every state of a search.
pub(super) struct Bisection {
    /// Writes at the start.
    writes: usize,
    /// By state, how many to commit next and by how many commits the goal is then exceeded in the worst case.
    states: Vec<(usize, f64)>,
}

impl Bisection {
    /// For a search among so many writes.
    pub(super) fn new(writes: usize) -> Self {
        let side = writes + 1;
        let mut bisection = Self { writes, states: vec![(1, f64::INFINITY); side * side * side] };
        // Every state leads to one with fewer unknown, or with more found, or with fewer suspected.
        for unknown in 0..=writes {
            for found in (0..=writes - unknown).rev() {
                for suspected in (1..=unknown).chain([0]) {
                    let known = Known { found, unknown, suspected };
                    let best = bisection.best(known);
                    if let Some(state) = bisection.place(known).and_then(|at| bisection.states.get_mut(at)) {
                        *state = best;
                    }
                }
            }
        }
        bisection
    }

    /// How many of the unknown to commit next, from the first: all where nobody is suspected yet.
    pub(super) fn next(&self, known: Known) -> usize {
        if known.found == 0 && known.suspected == 0 {
            return known.unknown;
        }
        let (size, _) = self.state(known);
        size.clamp(1, known.unknown.max(1))
    }

    fn best(&self, known: Known) -> (usize, f64) {
        if known.unknown == 0 {
            return (0, -goal(self.writes, known.found));
        }
        if let Some(found) = known.only_suspect() {
            return (0, self.state(found).1);
        }
        // Of equals the largest, which settles most.
        let sizes = (1..=known.most()).rev().map(|size| {
            let worst = self.state(known.passed(size)).1.max(self.state(known.refused(size)).1);
            (size, 1.0 + worst)
        });
        sizes.fold((1, f64::INFINITY), |best, one| if one.1 < best.1 { one } else { best })
    }

    fn place(&self, known: Known) -> Option<usize> {
        let side = self.writes + 1;
        let Known { found, unknown, suspected } = known;
        (found + unknown <= self.writes && suspected <= unknown)
            .then_some((found * side + unknown) * side + suspected)
    }

    fn state(&self, known: Known) -> (usize, f64) {
        self.place(known).and_then(|at| self.states.get(at)).copied().unwrap_or((known.most(), f64::INFINITY))
    }
}

impl Known {
    /// The most that it makes sense to ask for: all that are suspected are known to be refused.
    fn most(self) -> usize {
        if self.suspected == 0 { self.unknown } else { self.suspected - 1 }
    }

    /// After the first `size` were committed.
    pub(super) fn passed(self, size: usize) -> Self {
        let (unknown, suspected) = (self.unknown - size, self.suspected.saturating_sub(size));
        Self { unknown, suspected, ..self }
    }

    /// After the first `size` were refused.
    pub(super) fn refused(self, size: usize) -> Self {
        Self { suspected: size, ..self }
    }

    /// After the only suspect was found to be to blame.
    pub(super) fn only_suspect(self) -> Option<Self> {
        let found = Self { found: self.found + 1, unknown: self.unknown.saturating_sub(1), suspected: 0 };
        (self.suspected == 1).then_some(found)
    }
}

/// Commits that finding `culprits` among `writes` should cost at most.
fn goal(writes: usize, culprits: usize) -> f64 {
    let count = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
    match culprits {
        0 => 0.0,
        _ => count(culprits) * ((count(writes) / count(culprits)).log2() + 2.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;
    use rand::seq::SliceRandom;

    /// A router that refuses whatever holds a culprit: how many commits until all are settled, and who is
    /// blamed.
    fn settle(culprits: &[bool], bisection: &Bisection) -> (usize, Vec<bool>) {
        let mut unknown: Vec<_> = (0..culprits.len()).collect();
        let mut blamed = vec![false; culprits.len()];
        let mut known = Known { found: 0, unknown: culprits.len(), suspected: 0 };
        let mut commits = 0;
        while !unknown.is_empty() {
            if let Some(found) = known.only_suspect() {
                blamed[unknown.remove(0)] = true;
                known = found;
                continue;
            }
            let size = bisection.next(known);
            commits += 1;
            if unknown[..size].iter().any(|one| culprits[*one]) {
                known = known.refused(size);
            } else {
                unknown.drain(..size);
                known = known.passed(size);
            }
        }
        (commits, blamed)
    }

    fn holds(culprits: &[bool], bisection: &Bisection) {
        let (commits, blamed) = settle(culprits, bisection);
        assert_eq!(blamed, culprits);
        let (writes, found) = (culprits.len(), culprits.iter().filter(|one| **one).count());
        // The first commit, with all, is made before anybody knows of a search.
        let most = 1.0 + goal(writes, found).ceil() + if found == 0 { 0.0 } else { 1.0 };
        assert!(commits as f64 <= most, "{found} of {writes}: {commits} commits, more than {most}");
    }

    #[test]
    fn the_worst_case_exceeds_the_goal_by_one_commit_beside_the_first() {
        for writes in 2..=MOST {
            let all = Known { found: 0, unknown: writes, suspected: writes };
            let (_, excess) = Bisection::new(writes).state(all);
            assert!(excess < 1.4, "{writes}: {excess}");
        }
    }

    #[test]
    fn all_sets_of_culprits_are_found_within_the_goal() {
        for writes in 1..=11_usize {
            let bisection = Bisection::new(writes);
            for set in 0..1_u32 << writes {
                let culprits: Vec<_> = (0..writes).map(|bit| set >> bit & 1 == 1).collect();
                holds(&culprits, &bisection);
            }
        }
    }

    #[test]
    fn random_sets_of_culprits_are_found_within_the_goal() {
        let mut random = StdRng::seed_from_u64(11);
        for writes in [16, 30, 33, 53, 64] {
            let bisection = Bisection::new(writes);
            for count in 0..=writes {
                for _ in 0..20 {
                    let mut culprits: Vec<_> = (0..writes).map(|at| at < count).collect();
                    culprits.shuffle(&mut random);
                    holds(&culprits, &bisection);
                }
            }
        }
    }
}
