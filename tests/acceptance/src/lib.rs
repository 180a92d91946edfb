//! Runs the real terraform against the built plugin in the lab.
//!
//! A [`Workspace`] is a folder with a configuration, in which terraform runs on the operator's network of a
//! lab; a [`Run`] is what one command printed. The tests are in this crate's `tests/`, one file per theme.
#![expect(clippy::indexing_slicing, reason = "indexing a JSON value answers null where there is nothing")]

mod build_out;
mod cli;
mod configuration;
mod expect;
mod place;
mod run;
pub mod site;
mod snippets;
pub mod terminal;
mod workspace;

pub use build_out::{BuildOut, LAB_OVERRIDE, whole};
pub use cli::{Cli, plugin, proxmox_plugin, put_proxmox_into};
pub use configuration::provider_block;
pub use place::Place;
pub use run::{Action, Change, Diagnostic, Run};
pub use snippets::snippets;
pub use workspace::{Failure, Workspace};
