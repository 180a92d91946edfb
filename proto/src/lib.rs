//! Terraform plugin protocol 6 for Rust: knows Terraform, knows no resource.
//!
//! A provider is a table of types ([`Provider`]). Each managed type is a struct whose doc comments are its
//! documentation ([`derive@Resource`]) and a behaviour ([`Resource`]) that is only ever called with known values;
//! unknown, null, defaults, replacement and equality are the business of the planning pipeline (`plan/`).
//! [`serve()`] runs the provider as a plugin process.

extern crate self as tfplugin;

mod collections;
pub mod data_source;
pub mod diagnostics;
pub mod documentation;
mod held;
pub mod model;
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

pub use data_source::DataSource;
pub use diagnostics::{Diagnostic, Diagnostics, Severity};
pub use held::Held;
pub use model::{AttributeValue, Computed, Draft, Knowable, Model};
pub use provider::{Context, Provider, Registry};
pub use resource::{Plan, Resource};
pub use serve::serve;
pub use tfplugin_derive::{DataSource, Object, Resource};
pub use value::{Number, Path, Value};

/// What the derive macros' output names; not an interface for people.
#[doc(hidden)]
pub mod macros {
    pub use crate::model::{decode_attribute, decode_knowable};
}
