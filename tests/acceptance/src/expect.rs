//! What tests ask of a run, with all that terraform said where it is otherwise.

use crate::{Action, Diagnostic, Run};

impl Run {
    /// The run, if terraform was content.
    ///
    /// # Panics
    ///
    /// If it was not.
    #[track_caller]
    #[expect(clippy::panic, reason = "this is an assertion")]
    pub fn succeeded(self) -> Self {
        if !self.success {
            panic!("terraform failed\n{self:?}\n{}", self.text);
        }
        self
    }

    /// The errors, if terraform failed with any.
    ///
    /// # Panics
    ///
    /// If it did not.
    #[track_caller]
    #[expect(clippy::panic, reason = "this is an assertion")]
    pub fn failed(self) -> Vec<Diagnostic> {
        let errors = self.errors();
        if self.success || errors.is_empty() {
            panic!("terraform should have failed with an error\n{self:?}\n{}", self.text);
        }
        errors
    }

    /// Asserts that exactly these resources would change, in any order.
    ///
    /// # Panics
    ///
    /// If others would.
    #[track_caller]
    #[expect(clippy::panic, reason = "this is an assertion")]
    pub fn plans(self, expected: &[(&str, Action)]) -> Self {
        let run = self.succeeded();
        let mut found: Vec<_> =
            run.changes().into_iter().map(|change| (change.address, change.action)).collect();
        let mut wanted: Vec<_> =
            expected.iter().map(|(address, action)| ((*address).to_owned(), *action)).collect();
        found.sort_by(|a, b| a.0.cmp(&b.0));
        wanted.sort_by(|a, b| a.0.cmp(&b.0));
        if found != wanted {
            panic!("terraform plans {found:?}\nnot              {wanted:?}\n{}", run.text);
        }
        run
    }

    /// Asserts that nothing would change.
    ///
    /// # Panics
    ///
    /// If anything would.
    #[track_caller]
    pub fn plans_nothing(self) -> Self {
        self.plans(&[])
    }
}
