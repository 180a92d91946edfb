//! Functions for expressions. Each file has the name of its function.

mod addresses;
mod cidr_contains;
mod cidr_overlaps;
mod lb_capacity;
#[cfg(test)]
mod tests;
mod vyos_commands;
mod vyos_set_commands;

use crate::session::Session;
use tfplugin::Registry;

/// Adds the functions to the registry of all that is served.
pub(crate) fn register(registry: Registry<Session>) -> Registry<Session> {
    registry
        .function::<cidr_contains::CidrContains>()
        .function::<cidr_overlaps::CidrOverlaps>()
        .function::<lb_capacity::LbCapacity>()
        .function::<vyos_commands::VyosCommands>()
        .function::<vyos_set_commands::VyosSetCommands>()
}
