//! What Terraform says of itself and of the module with each call: whether it defers parts of a run to a
//! later one, and the `provider_meta` block.

use super::config;
use super::harness::Harness;
use super::outcome::{Failure, State, violation};
use crate::context::Context;
use crate::diagnostics::Diagnostics;
use crate::provider::Provider;
use serde_json::Value as Json;

impl<P: Provider> Harness<P> {
    /// From now on a plan, a read or an import may be deferred: it ends in a [`Failure`] with nothing but
    /// [`Failure::deferred`]. Otherwise it is an error, as for every released Terraform.
    #[must_use]
    pub fn deferring(mut self) -> Self {
        self.may_defer = true;
        self
    }

    /// From now on all is of a module with this `provider_meta` block.
    pub fn of_module(mut self, meta: &Json) -> Result<Self, Failure> {
        let schema = self.registry.provider_meta;
        let schema = schema.ok_or_else(|| violation("the provider has no schema for `provider_meta`"))?;
        self.meta = config::read(&schema.attributes, meta)?;
        Ok(self)
    }

    /// The context of a call that may be deferred.
    pub(super) fn deferrable(&self) -> Context<P::Configured> {
        self.context().may_defer(self.may_defer)
    }
}

/// Ends a call that is deferred, and that found no error; `stored` is what is kept.
pub(super) fn end_deferred<P>(
    context: &Context<P>,
    found: &Diagnostics,
    stored: Option<&State>,
) -> Result<(), Failure> {
    match context.take_deferral() {
        Some(why) if !found.has_errors() => {
            let stored = stored.cloned().map(Box::new);
            Err(Failure { deferred: Some(why), stored, ..Failure::from(found.clone()) })
        }
        _ => Ok(()),
    }
}
