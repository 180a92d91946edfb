//! What came of it.

use std::fmt;

/// Where a target differs from what is known, and what was not tried there.
#[derive(Debug, Default)]
pub struct Report {
    /// How many facts were held against the target.
    pub held: usize,
    /// Facts that are not so there, each with what was seen.
    pub differences: Vec<String>,
    /// Facts that were not tried, each with the reason.
    pub left_out: Vec<String>,
}

impl Report {
    /// Adds what came of other facts.
    pub fn add(&mut self, other: Self) {
        self.held += other.held;
        self.differences.extend(other.differences);
        self.left_out.extend(other.left_out);
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { held, differences, left_out } = self;
        writeln!(formatter, "{held} facts held, {} differ, {} not tried", differences.len(), left_out.len())?;
        for one in differences {
            writeln!(formatter, "differs: {one}")?;
        }
        for one in left_out {
            writeln!(formatter, "not tried: {one}")?;
        }
        Ok(())
    }
}
