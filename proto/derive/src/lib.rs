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
//! Words in `#[resource(...)]`: `type_name = "<name>"`; `version = <number>` and `upgrade = <function>`, where states of
//! earlier versions are stored: the function rewrites one, as `tfplugin::provider::TypeName::upgrade` says.
//!
//! Words in `#[attribute(...)]`: `required`, `optional`, `computed` (who sets it); `default = <expression>`; `keep` (a
//! computed value that stays unless planned otherwise); `adopt` (an optional value that stays where the configuration never
//! gave one); `replace` (a change needs a new object); `sensitive`;
//! `write_only`; `deprecated = "<what instead>"`; `check = <function>` from `&T` to `Result<(), String>`;
//! `name = "<name>"`; `flatten` (the fields of another model, spliced in); `block = <most>` (a `Vec` that is written as
//! blocks, at most so many; nothing else says who sets it).

mod expand;
mod field;
#[cfg(test)]
mod misuse;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// A managed resource's attributes. See the crate for the words.
#[proc_macro_derive(Resource, attributes(resource, attribute))]
pub fn resource(input: TokenStream) -> TokenStream {
    expanded(expand::resource(&parse_macro_input!(input as DeriveInput)))
}

/// A data source's attributes. See the crate for the words.
#[proc_macro_derive(DataSource, attributes(data_source, attribute))]
pub fn data_source(input: TokenStream) -> TokenStream {
    expanded(expand::data_source(&parse_macro_input!(input as DeriveInput)))
}

/// The members of a nested attribute, the fields that several types share, or a provider block. See the crate for the
/// words.
#[proc_macro_derive(Object, attributes(attribute))]
pub fn object(input: TokenStream) -> TokenStream {
    expanded(expand::object(&parse_macro_input!(input as DeriveInput)))
}

fn expanded(result: syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    result.unwrap_or_else(syn::Error::into_compile_error).into()
}
