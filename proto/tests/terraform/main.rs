//! The sample provider, and the README's, under the real terraform: mutual TLS, the wire, and every rule that
//! core has.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test's helpers fail as the test does"
)]

mod ephemeral;
mod functions;
mod life;
mod moved;
mod process;
mod query;
mod upgrade;
mod workspace;
