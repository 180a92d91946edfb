//! Drives a provider in the test's own process, the way Terraform does, and holds it to Terraform's rules:
//!
//! - a configuration names only attributes that there are, and all that are required (`config.rs`);
//! - core proposes a new state from the prior one and the configuration (`proposed.rs`);
//! - a plan changes only what the provider may set, a result keeps to its plan (`consistency.rs`);
//! - what is planned at apply is what was planned before; what is stored is wholly known, fits the schema,
//!   survives the wire and holds no write-only value; nothing is left of what was destroyed;
//! - a function gets no null and no unknown value that it did not ask for, and answers the same twice
//!   (`function.rs`).

mod client;
mod config;
mod consistency;
mod ephemeral;
mod function;
mod generated;
mod harness;
mod identity;
mod listed;
mod moved;
mod outcome;
mod proposed;
mod stored;

pub use config::UNKNOWN;
pub use consistency::RuleViolation;
pub use ephemeral::OpenResource;
pub use harness::Harness;
pub use listed::{ListedObject, Reports};
pub use outcome::{Action, Failure, Planned, State};

#[cfg(test)]
pub(crate) use consistency::plan_faults;
#[cfg(test)]
pub(crate) use proposed::proposed;
