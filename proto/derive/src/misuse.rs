//! Misuse of the macros does not compile, and says why in a sentence.

use crate::{expand, parameters};
use proc_macro2::TokenStream;
use quote::quote;

/// What compiling a field with these tokens says.
fn field(tokens: TokenStream) -> String {
    complaint(quote! {
        /// Things.
        struct Thing { #tokens }
    })
}

fn complaint(tokens: TokenStream) -> String {
    let input = syn::parse2(tokens).unwrap();
    expand::model(&input).expect_err("this should not compile").to_string()
}

#[test]
fn of_fields() {
    let doc = quote! { #[doc = " A name."] };
    let cases = [
        (quote! { #[attribute(required)] name: String }, "an attribute needs a doc comment"),
        (quote! { #doc name: String }, "say who sets this attribute"),
        (quote! { #doc #[attribute(required)] name: Option<String> }, "a required attribute is never null"),
        (
            quote! { #doc #[attribute(required)] name: Computed<String> },
            "a required attribute is never computed",
        ),
        (
            quote! { #doc #[attribute(required, optional)] name: String },
            "a required attribute is neither optional",
        ),
        (quote! { #doc #[attribute(optional)] name: String }, "its type must be Option<T>"),
        (quote! { #doc #[attribute(computed)] name: String }, "its type must be Computed<T>"),
        (quote! { #doc #[attribute(default = 1)] name: Option<u8> }, "always has a value: drop the Option"),
        (
            quote! { #doc #[attribute(computed, default = 1)] name: Computed<u8> },
            "has a default or is computed, not both",
        ),
        (
            quote! { #doc #[attribute(block(max_items = 1))] name: Option<Vec<u8>> },
            "`block` requires a `Vec<T>`",
        ),
        (
            quote! { #doc #[attribute(optional, use_state_for_unknown)] name: Option<String> },
            "`use_state_for_unknown` requires `computed`",
        ),
        (
            quote! { #doc #[attribute(optional, computed, adopt)] name: Computed<Option<String>> },
            "`adopt` requires `optional`",
        ),
        (
            quote! { #doc #[attribute(optional, write_only_form)] name: Option<Secret> },
            "`write_only_form` requires `adopt`",
        ),
        (
            quote! { #doc #[attribute(default = 1, write_only)] name: u8 },
            "only the configuration sets the value",
        ),
        (
            quote! { #doc #[attribute(required, write_only)] name: u8 },
            "the attribute is null in every state, make it optional",
        ),
        (
            quote! { #doc #[attribute(required, identity)] name: String },
            "`identity` requires `requires_replace`",
        ),
        (
            quote! { #doc #[attribute(optional, computed, identity)] name: Computed<String> },
            "`identity` requires `requires_replace`",
        ),
        (
            quote! { #doc #[attribute(required, requires_replace, identity(mutable))] name: String },
            "`identity(mutable)` excludes requires_replace",
        ),
        (
            quote! { #doc #[attribute(required, identity(address))] name: String },
            "unknown option; expected mutable",
        ),
        (
            quote! { #doc #[attribute(optional, sensitive, identity(mutable))] name: Option<String> },
            "`identity` excludes sensitive and write_only",
        ),
        (
            quote! { #doc #[attribute(required, force_new)] name: String },
            "unknown option; expected one of required, optional",
        ),
    ];
    for (tokens, expected) in cases {
        let said = field(tokens.clone());
        assert!(said.contains(expected), "{tokens}\nsays {said}\nnot  {expected}");
    }
}

#[test]
fn of_structs() {
    let said = complaint(quote! { struct Thing {} });
    assert!(said.contains("a schema needs a doc comment"), "{said}");
    let said = complaint(quote! { #[doc = "Things."] struct Thing(String); });
    assert!(said.contains("use a struct with named fields"), "{said}");
    let said = complaint(quote! { #[doc = "Things."] enum Thing {} });
    assert!(said.contains("only a struct can be a schema"), "{said}");
    let said = complaint(quote! { #[doc = "Things."] #[resource()] struct Thing {} });
    assert!(said.contains("name the type: type_name = \"...\""), "{said}");
    let said = complaint(
        quote! { #[doc = "Things."] #[resource(type_name = "a")] #[data_source(type_name = "a")] struct Thing {} },
    );
    assert!(said.contains("a model is of one type"), "{said}");
}

#[test]
fn of_versions() {
    for half in [quote! { type_name = "a", version = 1 }, quote! { type_name = "a", upgrade = older }] {
        let said = complaint(quote! { #[doc = "Things."] #[resource(#half)] struct Thing {} });
        assert!(said.contains("`version` and `upgrade` require each other"), "{said}");
    }
    let said = complaint(
        quote! { #[doc = "Things."] #[resource(type_name = "a", identity_version = 1)] struct Thing {} },
    );
    assert!(said.contains("`identity_version` and `upgrade_identity` require each other"), "{said}");
    for kind in [quote! { data_source }, quote! { action }] {
        let said = complaint(
            quote! { #[doc = "Things."] #[#kind(type_name = "a", version = 1, upgrade = older)] struct Thing {} },
        );
        assert!(said.contains("only a resource is stored"), "{said}");
    }
}

#[test]
fn of_types_that_are_not_stored() {
    let options = [
        quote! { optional, write_only },
        quote! { optional, adopt },
        quote! { required, requires_replace },
        quote! { required, identity(mutable) },
    ];
    let types = [quote! { Option<u8> }, quote! { Option<u8> }, quote! { u8 }, quote! { u8 }];
    for kind in [quote! { data_source }, quote! { ephemeral_resource }, quote! { action }] {
        for (options, of) in options.iter().zip(&types) {
            let said = complaint(quote! {
                #[doc = "Things."]
                #[#kind(type_name = "a")]
                struct Thing { #[doc = " It."] #[attribute(#options)] a: #of }
            });
            assert!(said.contains("is for resources: nothing else is planned and stored"), "{said}");
        }
    }
}

#[test]
fn of_functions() {
    let doc = quote! { #[doc = " Things."] };
    let named = quote! { #doc #[function(name = "things")] };
    let cases = [
        (quote! { #[function(name = "things")] struct Things {} }, "a function needs a doc comment"),
        (quote! { #doc struct Things {} }, "name the function: #[function(name = \"...\")]"),
        (quote! { #doc #[function()] struct Things {} }, "name the function"),
        (quote! { #named #[function(name = "a")] struct Things {} }, "give the options of a function once"),
        (quote! { #named struct Things(String); }, "parameters need names"),
        (quote! { #named enum Things {} }, "only a struct can be the parameters"),
        (quote! { #named struct Things { name: String } }, "a parameter needs a doc comment"),
        (quote! { #named struct Things { #doc name: Computed<u8> } }, "a parameter is never computed"),
        (
            quote! { #named struct Things { #doc #[parameter(variadic)] names: String } },
            "its type must be Vec<T>",
        ),
        (
            quote! { #named struct Things { #doc #[parameter(variadic)] a: Vec<u8>, #doc b: u8 } },
            "it must be the last one",
        ),
        (
            quote! { #named struct Things { #doc #[parameter(default = 1)] a: u8 } },
            "unknown option; expected name, validate or variadic",
        ),
    ];
    for (tokens, expected) in cases {
        let input = syn::parse2(tokens.clone()).unwrap();
        let said = parameters::parameters(&input).expect_err("this should not compile").to_string();
        assert!(said.contains(expected), "{tokens}\nsays {said}\nnot  {expected}");
    }
}

#[test]
fn and_proper_use_compiles() {
    let input = syn::parse2(quote! {
        #[doc = "Things."]
        struct Thing {
            #[doc = "A name."]
            #[attribute(required)]
            name: String,
        }
    });
    assert!(expand::model(&input.unwrap()).is_ok());
}
