//! A struct and its doc comments become a Terraform schema.
//!
//! ```text
//! /// A router that MetalLB's speakers hold a BGP session with.
//! #[derive(Resource)]
//! #[resource(type_name = "metallb_bgp_peer")]
//! pub struct BgpPeer {
//!     /// AS number of the speakers.
//!     #[attribute(required)]
//!     my_asn: Asn,
//! }
//! ```
//!
//! `Resource` and `DataSource` make a type that a configuration names, `Object` a nested attribute or a provider block.
//! Each also makes `<Name>Draft`, the same fields before everything is known.
//!
//! Options of `#[resource(...)]`:
//!
//! - `type_name = "<name>"`: the type's name in configurations.
//! - `version = <number>`, `upgrade = <function>`: the schema version, and the function that rewrites a state of an earlier
//!   one, as `tfplugin::provider::TypeName::upgrade` says.
//!
//! Options of `#[attribute(...)]`:
//!
//! - `required`, `optional`, `computed`, `default = <expression>`: who sets the value.
//! - `use_state_for_unknown`: a computed value that an update does not change.
//! - `adopt`: an optional value that stays as it is where the configuration never gave one.
//! - `requires_replace`: a change needs a new object.
//! - `sensitive`: Terraform hides the value.
//! - `write_only`: the value is in the configuration alone, never in a plan or a state.
//! - `deprecated = "<what to use instead>"`.
//! - `validate = <function>`: from `&T` to `Result<(), String>`.
//! - `name = "<name>"`: the attribute's name, where it is not the field's.
//! - `flatten`: the fields of another model become attributes of this one.
//! - `block(max_items = <number>)`: a `Vec` that is written as blocks, at most that many; for schemas that others decided.

mod expand;
mod field;
#[cfg(test)]
mod misuse;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// A managed resource's attributes. See the crate for the options.
#[proc_macro_derive(Resource, attributes(resource, attribute))]
pub fn resource(input: TokenStream) -> TokenStream {
    expanded(expand::resource(&parse_macro_input!(input as DeriveInput)))
}

/// A data source's attributes. See the crate for the options.
#[proc_macro_derive(DataSource, attributes(data_source, attribute))]
pub fn data_source(input: TokenStream) -> TokenStream {
    expanded(expand::data_source(&parse_macro_input!(input as DeriveInput)))
}

/// The members of a nested attribute, the fields that several types share, or a provider block. See the crate for the
/// options.
#[proc_macro_derive(Object, attributes(attribute))]
pub fn object(input: TokenStream) -> TokenStream {
    expanded(expand::object(&parse_macro_input!(input as DeriveInput)))
}

fn expanded(result: syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    result.unwrap_or_else(syn::Error::into_compile_error).into()
}
