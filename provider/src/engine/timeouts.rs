//! How long a person is willing to wait.

use crate::connection::retry::Deadline;
use std::time::Duration;
use tfplugin::types::Semantic;
use tfplugin::{Context, Model};

/// How long operations may take before they are given up. Each is a duration such as `90s`, `10m` or `1h30m`.
#[derive(Clone, Debug, PartialEq, Model)]
pub struct Timeouts {
    /// Creating it, with all waiting for what it needs: a duration such as `90s`, `10m` or `1h30m`, at most
    /// `366d`.
    #[attribute(optional)]
    pub create: Option<Semantic<Duration>>,

    /// Changing it in place: a duration as in `create`.
    #[attribute(optional)]
    pub update: Option<Semantic<Duration>>,

    /// Taking it away, with all waiting until it is gone: a duration as in `create`.
    #[attribute(optional)]
    pub delete: Option<Semantic<Duration>>,
}

/// How long an action may take before it is given up.
#[derive(Clone, Debug, PartialEq, Model)]
pub struct InvokeTimeout {
    /// The whole of it, with all waiting: a duration such as `90s`, `10m` or `1h30m`, at most `366d`.
    #[attribute(optional)]
    pub invoke: Option<Semantic<Duration>>,
}

/// When an action is given up: after the time that is given for it, else after the `usual` one.
pub fn invocation<P>(given: &Option<InvokeTimeout>, usual: Duration, context: &Context<P>) -> Deadline {
    let chosen = given.as_ref().and_then(|timeouts| timeouts.invoke.as_ref());
    Deadline::after(chosen.map_or(usual, |text| *text.value()), context.cancelled())
}

/// When an operation is given up: after the time that is given for it, else after the `usual` one.
pub fn deadline<P>(
    given: &Option<Timeouts>,
    operation: impl FnOnce(&Timeouts) -> &Option<Semantic<Duration>>,
    usual: Duration,
    context: &Context<P>,
) -> Deadline {
    let chosen = given.as_ref().and_then(|timeouts| operation(timeouts).as_ref());
    Deadline::after(chosen.map_or(usual, |text| *text.value()), context.cancelled())
}
