//! The sample provider under the real terraform: mutual TLS, the wire, and every rule that core has.

mod life;
mod process;
mod workspace;
