//! Terraform plugin protocol 6 for Rust: knows Terraform, knows no resource.
//!
//! A provider is a table of types ([`Provider`]). Each managed type is a struct whose doc comments are its
//! documentation ([`derive@Model`]) and a behaviour ([`Resource`]) that is only ever called with known values;
//! unknown, null, defaults, replacement and equality are the business of the planning pipeline (`plan/`).
//! [`serve()`] runs the provider as a plugin process.

extern crate self as tfplugin;

mod collections;
mod context;
pub mod data_source;
pub mod diagnostics;
pub mod documentation;
mod draft;
mod held;
pub mod model;
mod panic;
mod plan;
pub mod provider;
pub mod resource;
mod rpc;
pub mod schema;
mod serve;
pub mod temporary;
pub mod testing;
pub mod types;
pub mod value;
mod wire;

pub use context::Context;
pub use data_source::DataSource;
pub use diagnostics::{Diagnostic, Diagnostics, Severity};
pub use draft::{AttributeName, Draft, DraftValue, Knowable};
pub use held::Held;
pub use model::{AttributeValue, Computed, Model};
pub use provider::{Provider, Registry};
pub use resource::{Plan, Resource};
pub use serve::serve;
pub use tfplugin_derive::Model;
pub use value::{Number, Path, Value, ValueError};

/// What the derive macros' output names; not an interface for people.
#[doc(hidden)]
pub mod macros {
    pub use crate::draft::decode_attribute;
}
