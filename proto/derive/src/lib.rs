//! The derive of [tfplugin](https://docs.rs/tfplugin): a struct and its doc comments become a Terraform
//! schema. `tfplugin` exports it; its documentation is there.

mod expand;
mod field;
#[cfg(test)]
mod misuse;
mod options;
mod parameters;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Implements `Model` for a struct whose fields are attributes, with `<Name>Draft`, the same fields before
/// everything is known. Doc comments are the documentation of the schema.
///
/// ```text
/// /// A router that MetalLB's speakers hold a BGP session with.
/// #[derive(Clone, Model)]
/// #[resource(type_name = "metallb_bgp_peer")]
/// pub struct BgpPeer {
///     /// AS number of the speakers.
///     #[attribute(required)]
///     my_asn: u32,
/// }
/// ```
///
/// Without options the struct is a nested attribute, a provider block, or fields that several types share.
/// With `#[resource(...)]`, `#[data_source(...)]`, `#[ephemeral_resource(...)]` or `#[action(...)]` it is a
/// type that configurations name:
///
/// - `type_name = "<name>"`: that name.
/// - `version = <number>`, `upgrade = <function>`: the schema version of a resource, and the function that
///   rewrites a state of an earlier one, as `tfplugin::provider::TypeName::upgrade` says.
/// - `identity_version = <number>`, `upgrade_identity = <function>`: the same of its identity.
///
/// Options of `#[attribute(...)]`:
///
/// - `required`, `optional`, `computed`, `default = <expression>`: who sets the value.
/// - `use_state_for_unknown`: a computed value that an update does not change.
/// - `adopt`: an optional value that stays as it is where the configuration never gave one.
/// - `requires_replace`: a change needs a new object.
/// - `identity`: a part of what the object is, by which it is imported. Another value is another object; one
///   that may change in place, such as an address, is `identity(mutable)`. Import ids are these attributes in
///   the order of the struct, joined by `/`.
/// - `sensitive`: Terraform hides the value.
/// - `write_only`: the value is in the configuration alone, never in a plan or a state.
/// - `write_only_form`: with `adopt`: the value may also be given in `<name>_wo`, which is write-only, with a
///   `<name>_wo_version`; the field has it at plan and at apply, and the state does not.
/// - `deprecated = "<what to use instead>"`.
/// - `validate = <function>`: from `&T` to `Result<(), String>`.
/// - `name = "<name>"`: the attribute's name, where it is not the field's.
/// - `flatten`: the fields of another model become attributes of this one.
/// - `block(max_items = <number>)`: a `Vec` that is written as blocks, at most that many; for schemas that
///   others decided.
#[proc_macro_derive(Model, attributes(resource, data_source, ephemeral_resource, action, attribute))]
pub fn model(input: TokenStream) -> TokenStream {
    expand::model(&parse_macro_input!(input as DeriveInput))
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Implements `Parameters` for a struct whose fields are the arguments of a function, in order. Doc comments
/// are the documentation of the function and of each argument.
///
/// ```text
/// /// Whether two networks have an address in common.
/// #[derive(Parameters)]
/// #[function(name = "cidr_overlaps")]
/// struct CidrOverlaps {
///     /// A network.
///     a: Semantic<IpNet>,
///     /// Another network.
///     b: Semantic<IpNet>,
/// }
/// ```
///
/// A parameter's type says what may be passed: `Option<T>` also null, `Knowable<T>` also a value that is
/// known only at apply. Without these, Terraform refuses null, and does not call the function while an
/// argument is unknown. For each field there is a constant, `CidrOverlaps::A`, by which an error names the
/// argument.
///
/// Options of `#[function(...)]`:
///
/// - `name = "<name>"`: its name in configurations.
/// - `deprecated = "<what to use instead>"`.
///
/// Options of `#[parameter(...)]`:
///
/// - `variadic`: the last parameter, a `Vec<T>`, takes all arguments that are left.
/// - `validate = <function>`: from `&T` to `Result<(), String>`.
/// - `name = "<name>"`: the parameter's name, where it is not the field's.
#[proc_macro_derive(Parameters, attributes(function, parameter))]
pub fn parameters(input: TokenStream) -> TokenStream {
    parameters::parameters(&parse_macro_input!(input as DeriveInput))
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
