//! What the macro writes.

use crate::field::{AttributeField, AttributeOptions, Identity, documentation};
use crate::options::{TypeOptions, Upgrade};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{Data, DeriveInput, Error, Fields, Result};

/// A model; with a type's name where one is given, and how states of earlier versions become it.
pub(crate) fn model(input: &DeriveInput) -> Result<TokenStream> {
    let options = TypeOptions::read(input)?;
    let fields = fields(input)?;
    if options.as_ref().is_some_and(|options| !options.is_stored) {
        fields.iter().try_for_each(AttributeField::check_unplanned)?;
    }
    let description = documentation(&input.attrs);
    if description.is_empty() {
        return Err(Error::new(
            input.ident.span(),
            "a schema needs a doc comment: it is what users read in the reference",
        ));
    }
    let version = options.as_ref().and_then(|options| options.state.version.as_ref());
    let version = version.map_or_else(|| quote! { 0 }, |version| quote! { #version });
    let ident = &input.ident;
    let (draft, draft_ident) = draft(input, &fields);
    let type_name = options.map(|options| type_name(ident, &options));
    let attributes = fields.iter().map(attribute);
    let decoded =
        fields.iter().map(|AttributeField { ident, rust_type, name, options, .. }| match options.flatten {
            true => quote! { #ident: <#rust_type as ::tfplugin::Model>::decode(object)? },
            false => quote! { #ident: ::tfplugin::macros::decode_attribute(object, #name)? },
        });
    let encoded = fields.iter().map(encoded);
    Ok(quote! {
        #draft
        #type_name
        impl ::tfplugin::Model for #ident {
            type Draft = #draft_ident;

            fn schema() -> &'static ::tfplugin::schema::Schema {
                static SCHEMA: ::std::sync::OnceLock<::tfplugin::schema::Schema> = ::std::sync::OnceLock::new();
                SCHEMA.get_or_init(|| {
                    let mut attributes = ::std::vec::Vec::new();
                    #(#attributes)*
                    ::tfplugin::schema::Schema::new(#version, #description, attributes)
                })
            }

            fn decode(
                object: &::tfplugin::Value,
            ) -> ::std::result::Result<Self, ::tfplugin::ValueError> {
                Ok(Self { #(#decoded,)* })
            }

            fn encode(&self) -> ::tfplugin::Value {
                let mut attributes = ::std::collections::BTreeMap::new();
                #(#encoded)*
                ::tfplugin::Value::Object(attributes)
            }
        }
    })
}

/// The name of a type that configurations name, and the way from states of earlier versions.
fn type_name(ident: &Ident, options: &TypeOptions) -> TokenStream {
    let TypeOptions { type_name, state, identity, .. } = options;
    let version = |name: TokenStream, of: &Upgrade| {
        let version = of.version.as_ref();
        version.map(|version| quote! { const #name: i64 = #version; })
    };
    let upgrade = |name: TokenStream, of: &Upgrade| {
        let function = of.function.as_ref();
        function.map(|function| {
            quote! {
                fn #name(
                    version: i64,
                    stored: &mut ::std::collections::BTreeMap<::std::string::String, ::tfplugin::Value>,
                ) -> ::std::result::Result<(), ::std::string::String> {
                    #function(version, stored)
                }
            }
        })
    };
    let (version_of_state, version_of_identity) =
        (version(quote! { VERSION }, state), version(quote! { IDENTITY_VERSION }, identity));
    let (upgrade, upgrade_identity) =
        (upgrade(quote! { upgrade }, state), upgrade(quote! { upgrade_identity }, identity));
    quote! {
        impl ::tfplugin::provider::TypeName for #ident {
            const TYPE_NAME: &'static str = #type_name;
            #version_of_state
            #version_of_identity
            #upgrade
            #upgrade_identity
        }
    }
}

fn fields(input: &DeriveInput) -> Result<Vec<AttributeField<'_>>> {
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => fields.named.iter().map(AttributeField::read).collect(),
            _ => Err(Error::new(input.ident.span(), "attributes need names: use a struct with named fields")),
        },
        _ => Err(Error::new(input.ident.span(), "only a struct can be a schema")),
    }
}

/// The draft and its name.
fn draft(input: &DeriveInput, fields: &[AttributeField<'_>]) -> (TokenStream, Ident) {
    let (ident, visibility) = (&input.ident, &input.vis);
    let draft = format_ident!("{ident}Draft");
    let about = format!("[`{ident}`] before everything is known.");
    let idents: Vec<_> = fields.iter().map(|field| field.ident).collect();
    let documentations = fields.iter().map(|field| &field.documentation);
    let types = fields.iter().map(|AttributeField { rust_type, options, .. }| match options.flatten {
        true => quote! { <#rust_type as ::tfplugin::Model>::Draft },
        false => quote! { ::tfplugin::DraftValue<#rust_type> },
    });
    let decoded = fields.iter().map(|AttributeField { name, options, .. }| match options.flatten {
        true => quote! { ::tfplugin::Draft::decode(object)? },
        false => quote! { ::tfplugin::DraftValue::decode(object, #name)? },
    });
    let decoded_like = fields.iter().map(|AttributeField { ident, options, .. }| match options.flatten {
        true => quote! { ::tfplugin::Draft::decode_like(object, &like.#ident, origin)? },
        false => quote! { ::tfplugin::DraftValue::decode_like(object, &like.#ident, origin)? },
    });
    let changes = fields.iter().map(|AttributeField { ident, options, .. }| match options.flatten {
        true => quote! { ::tfplugin::Draft::changes(&self.#ident) },
        false => quote! { self.#ident.change() },
    });
    let known = fields.iter().map(|AttributeField { ident, options, .. }| match options.flatten {
        true => quote! { ::tfplugin::Draft::known(&self.#ident)? },
        false => quote! { self.#ident.to_known()? },
    });
    let tokens = quote! {
        #[doc = #about]
        #[derive(Clone, Debug)]
        #visibility struct #draft {
            #(#[doc = #documentations] pub #idents: #types,)*
        }

        impl ::tfplugin::Draft for #draft {
            type Model = #ident;

            fn decode(
                object: &::tfplugin::Value,
            ) -> ::std::result::Result<Self, ::tfplugin::ValueError> {
                Ok(Self { #(#idents: #decoded,)* })
            }

            fn decode_like(
                object: &::tfplugin::Value,
                like: &Self,
                origin: &::tfplugin::Value,
            ) -> ::std::result::Result<Self, ::tfplugin::ValueError> {
                Ok(Self { #(#idents: #decoded_like,)* })
            }

            fn changes(&self) -> ::std::vec::Vec<(&'static str, ::tfplugin::Value)> {
                let mut changes = ::std::vec::Vec::new();
                #(changes.extend(#changes);)*
                changes
            }

            fn known(&self) -> ::std::option::Option<#ident> {
                Some(#ident { #(#idents: #known,)* })
            }
        }
    };
    (tokens, draft)
}

/// The statement that stores a field.
fn encoded(field: &AttributeField<'_>) -> TokenStream {
    let AttributeField { ident, name, options, .. } = field;
    if options.flatten {
        return quote! {
            if let ::tfplugin::Value::Object(inner) = ::tfplugin::Model::encode(&self.#ident) {
                attributes.extend(inner);
            }
        };
    }
    // A write-only value never leaves the configuration.
    let value = match options.write_only {
        true => quote! { ::tfplugin::Value::Null },
        false => quote! { ::tfplugin::AttributeValue::encode(&self.#ident) },
    };
    quote! { attributes.insert(#name.to_owned(), #value); }
}

/// The statement that adds a field's attribute.
fn attribute(field: &AttributeField<'_>) -> TokenStream {
    let AttributeField { rust_type, name, documentation, options, .. } = field;
    if options.flatten {
        return quote! {
            attributes.extend(<#rust_type as ::tfplugin::Model>::schema().attributes.iter().cloned());
        };
    }
    let AttributeOptions {
        optional,
        computed,
        required,
        use_state_for_unknown,
        adopt,
        requires_replace,
        identity,
        sensitive,
        write_only,
        write_only_form,
        default,
        deprecated,
        validate,
        block,
        ..
    } = options;
    let mode = match (required, computed, default.is_some(), optional) {
        (true, ..) => quote! { Required },
        (_, true, _, true) | (_, _, true, _) => quote! { OptionalComputed },
        _ if *adopt => quote! { OptionalComputed },
        (_, true, _, false) => quote! { Computed },
        _ => quote! { Optional },
    };
    let default = default.as_ref().map(|value| {
        quote! { attribute.default = Some(<#rust_type as ::tfplugin::AttributeValue>::encode(&{ #value })); }
    });
    let deprecated =
        deprecated.as_ref().map(|text| quote! { attribute.deprecated = Some(#text.to_owned()); });
    let validate = validate.as_ref().map(|function| {
        quote! {
            attribute.semantics.validate = |value, rule| {
                <#rust_type as ::tfplugin::AttributeValue>::validate(value, rule)?;
                let decoded = <#rust_type as ::tfplugin::AttributeValue>::decode(value)?;
                #function(&decoded).map_err(::tfplugin::ValueError::new)
            };
        }
    });
    let identity = identity.map(|part| {
        let part = match part {
            Identity::Fixed => quote! { Fixed },
            Identity::Mutable => quote! { Mutable },
        };
        quote! { attribute.identity = Some(::tfplugin::schema::IdentityPart::#part); }
    });
    let block = block.as_ref().map(|most| quote! { attribute.block = Some(#most); });
    let forms = write_only_form.then(|| {
        quote! {
            attribute.has_write_only_form = true;
            let forms = attribute.write_only_form();
            attributes.push(attribute);
            attributes.extend(forms);
        }
    });
    let pushed = forms.unwrap_or_else(|| quote! { attributes.push(attribute); });
    let sensitive = sensitive.then(|| quote! { attribute.sensitive = true; });
    quote! {
        {
            let mode = ::tfplugin::schema::Mode::#mode;
            let mut attribute = ::tfplugin::schema::Attribute::of::<#rust_type>(#name, mode, #documentation);
            attribute.use_state_for_unknown = #use_state_for_unknown;
            attribute.adopt = #adopt;
            attribute.requires_replace = #requires_replace;
            attribute.write_only = #write_only;
            #identity
            #sensitive
            #block
            #default
            #deprecated
            #validate
            #pushed
        }
    }
}
