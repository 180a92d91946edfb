//! How a session compares the objects of a plan without knowing their types.

use crate::connection::router::Routers;
use tfplugin::{Diagnostics, ObservedPlan};

/// Rules over several objects of one plan. They know the types, so they are handed to the session from above.
pub trait CrossCheck: Send + Sync {
    /// Remembers an object; returns what of it does not go together with another.
    fn planned(&self, routers: &Routers, planned: &ObservedPlan<'_>) -> Diagnostics;
}

/// No rules.
impl CrossCheck for () {
    fn planned(&self, _: &Routers, _: &ObservedPlan<'_>) -> Diagnostics {
        Diagnostics::new()
    }
}
