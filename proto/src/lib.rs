#![doc = include_str!("../README.md")]
//!
//! ## Inside
//!
//! A provider is a [`Registry`] of types ([`Provider`]). Each managed type is a [`Model`] and a behaviour
//! ([`Resource`]). The wire (`rpc`, `wire`) knows values and type names; the planning pipeline (`plan`) is a
//! pure function of schema, configuration and prior state; [`serve()`] runs the provider as a plugin process.

extern crate self as tfplugin;

pub mod action;
mod collections;
mod context;
pub mod data_source;
pub mod diagnostics;
#[cfg(any(test, feature = "documentation"))]
pub mod documentation;
mod draft;
pub mod ephemeral;
pub mod function;
mod held;
pub mod identity;
pub mod list_resource;
pub mod model;
mod panic;
mod plan;
pub mod provider;
pub mod resource;
mod rpc;
pub mod schema;
mod serve;
pub mod temporary;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod types;
pub mod value;
mod wire;

pub use action::{Action, Progress};
pub use context::{Context, Deferral};
pub use data_source::DataSource;
pub use diagnostics::{Diagnostic, Diagnostics, OrError, Severity};
pub use draft::{AttributeName, Draft, DraftValue, Knowable};
pub use ephemeral::EphemeralResource;
pub use function::{Function, FunctionError, Parameters};
pub use held::Held;
pub use identity::Identity;
pub use list_resource::{ListResource, Listing};
pub use model::{AttributeValue, Computed, Model};
pub use provider::{ObservedPlan, Provider, Registry};
pub use resource::{MovedState, Plan, Resource, StateMove};
pub use serve::{ServeOptions, serve, serve_with};
pub use tfplugin_derive::{Model, Parameters};
pub use value::{Number, Path, Value, ValueError};

/// What the derive macros' output names; not an interface for people.
#[doc(hidden)]
pub mod macros {
    pub use crate::draft::decode_attribute;
}
