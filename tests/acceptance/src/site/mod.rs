//! Machines and a router of yours, on which the example build-outs are applied and destroyed as they are in
//! the lab.
//!
//! A [`Site`] is read from a file, `examples/site.toml` is a sample. [`rehearse`] then takes one
//! build-out after the other through apply, a second plan and destroy, and asks machines and router whether
//! anything of it is left.

mod build_outs;
mod file;
mod machine;
mod router;
mod run;
mod values;

pub use file::{Site, SiteError};
pub use run::{Summary, rehearse};
