//! What the macros write.

use crate::field::{AttributeField, AttributeOptions, TypeOptions, documentation};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Data, DeriveInput, Error, Fields, Result};

/// A managed resource: a model, its name, and how states of earlier versions become it.
pub(crate) fn resource(input: &DeriveInput) -> Result<TokenStream> {
    named(input, &TypeOptions::read(&input.attrs, "resource")?)
}

/// A data source: a model and its name. Nothing of it is upgraded.
pub(crate) fn data_source(input: &DeriveInput) -> Result<TokenStream> {
    let options = TypeOptions::read(&input.attrs, "data_source")?;
    match options.version {
        None => named(input, &options),
        Some(version) => Err(Error::new(version.span(), "a data source is read anew: it has no version")),
    }
}

fn named(input: &DeriveInput, options: &TypeOptions) -> Result<TokenStream> {
    let TypeOptions { type_name, version, upgrade } = options;
    let ident = &input.ident;
    let model = model(input, &fields(input)?)?;
    let version = version.as_ref().map(|version| quote! { const VERSION: i64 = #version; });
    let upgrade = upgrade.as_ref().map(|function| {
        quote! {
            fn upgrade(
                version: i64,
                state: &mut ::std::collections::BTreeMap<::std::string::String, ::tfplugin::Value>,
            ) -> ::std::result::Result<(), ::std::string::String> {
                #function(version, state)
            }
        }
    });
    Ok(quote! {
        #model
        impl ::tfplugin::provider::TypeName for #ident {
            const TYPE_NAME: &'static str = #type_name;
            #version
            #upgrade
        }
    })
}

/// A model that is the value of an attribute too.
pub(crate) fn object(input: &DeriveInput) -> Result<TokenStream> {
    let fields = fields(input)?;
    let ident = &input.ident;
    let model = model(input, &fields)?;
    let same = fields.iter().filter(|field| !field.options.flatten).map(|AttributeField { rust_type, name, .. }| {
        quote! { <#rust_type as ::tfplugin::AttributeValue>::semantic_eq(a.attribute(#name), b.attribute(#name)) }
    });
    let spelt = fields.iter().filter(|field| !field.options.flatten).map(
        |AttributeField { rust_type, name, .. }| {
            quote! {
                (
                    ::std::string::String::from(#name),
                    <#rust_type as ::tfplugin::AttributeValue>::canonicalize(value.attribute(#name)),
                )
            }
        },
    );
    Ok(quote! {
        #model
        impl ::tfplugin::AttributeValue for #ident {
            fn kind() -> ::tfplugin::schema::AttributeKind {
                ::tfplugin::schema::AttributeKind::Nested(
                    ::tfplugin::schema::Nesting::Single,
                    <Self as ::tfplugin::Model>::attributes(),
                )
            }

            fn decode(value: &::tfplugin::Value) -> ::std::result::Result<Self, ::tfplugin::model::ValueError> {
                match value {
                    ::tfplugin::Value::Object(_) => <Self as ::tfplugin::Model>::decode(value),
                    _ => Err(::tfplugin::model::ValueError::new(
                        ::std::format!("an object is needed here, this is {}", value.kind()),
                    )),
                }
            }

            fn encode(&self) -> ::tfplugin::Value {
                <Self as ::tfplugin::Model>::encode(self)
            }

            fn semantic_eq(a: &::tfplugin::Value, b: &::tfplugin::Value) -> bool {
                true #(&& #same)*
            }

            fn canonicalize(value: &::tfplugin::Value) -> ::tfplugin::Value {
                match value {
                    ::tfplugin::Value::Object(_) => ::tfplugin::Value::Object([#(#spelt),*].into_iter().collect()),
                    other => other.clone(),
                }
            }
        }
    })
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

fn model(input: &DeriveInput, fields: &[AttributeField<'_>]) -> Result<TokenStream> {
    let ident = &input.ident;
    let visibility = &input.vis;
    let description = documentation(&input.attrs);
    if description.is_empty() {
        return Err(Error::new(
            ident.span(),
            "a schema needs a doc comment: it is what users read in the reference",
        ));
    }
    let draft = format_ident!("{ident}Draft");
    let draft_documentation = format!("[`{ident}`] before everything is known.");
    let idents: Vec<_> = fields.iter().map(|field| field.ident).collect();
    let documentations = fields.iter().map(|field| &field.documentation);
    let attributes = fields.iter().map(attributes);
    let decoded =
        fields.iter().map(|AttributeField { rust_type, name, options, .. }| match options.flatten {
            true => quote! { <#rust_type as ::tfplugin::Model>::decode(object)? },
            false => quote! { ::tfplugin::macros::decode_attribute(object, #name)? },
        });
    let drafted =
        fields.iter().map(|AttributeField { rust_type, name, options, .. }| match options.flatten {
            true => {
                quote! { <<#rust_type as ::tfplugin::Model>::Draft as ::tfplugin::Draft>::decode(object)? }
            }
            false => quote! { ::tfplugin::macros::decode_knowable(object, #name)? },
        });
    let draft_types = fields.iter().map(|AttributeField { rust_type, options, .. }| match options.flatten {
        true => quote! { <#rust_type as ::tfplugin::Model>::Draft },
        false => quote! { ::tfplugin::Knowable<#rust_type> },
    });
    let encoded = fields.iter().map(|AttributeField { ident, name, options, .. }| match options.flatten {
        true => quote! {
            if let ::tfplugin::Value::Object(inner) = ::tfplugin::Model::encode(&self.#ident) {
                attributes.extend(inner);
            }
        },
        // A write-only value never leaves the configuration.
        false if options.write_only => {
            quote! { attributes.insert(#name.to_owned(), ::tfplugin::Value::Null); }
        }
        false => {
            quote! { attributes.insert(#name.to_owned(), ::tfplugin::AttributeValue::encode(&self.#ident)); }
        }
    });
    Ok(quote! {
        #[doc = #draft_documentation]
        #[derive(Clone, Debug)]
        #[allow(dead_code, reason = "not every rule looks at every attribute")]
        #visibility struct #draft {
            #(#[doc = #documentations] pub #idents: #draft_types,)*
        }

        impl ::tfplugin::Draft for #draft {
            fn decode(object: &::tfplugin::Value) -> ::std::result::Result<Self, ::tfplugin::model::ValueError> {
                Ok(Self { #(#idents: #drafted,)* })
            }
        }

        impl ::tfplugin::Model for #ident {
            type Draft = #draft;

            fn description() -> &'static str {
                #description
            }

            fn attributes() -> ::std::vec::Vec<::tfplugin::schema::Attribute> {
                let mut attributes = ::std::vec::Vec::new();
                #(#attributes)*
                attributes
            }

            fn decode(object: &::tfplugin::Value) -> ::std::result::Result<Self, ::tfplugin::model::ValueError> {
                Ok(Self { #(#idents: #decoded,)* })
            }

            fn encode(&self) -> ::tfplugin::Value {
                let mut attributes = ::std::collections::BTreeMap::new();
                #(#encoded)*
                ::tfplugin::Value::Object(attributes)
            }
        }
    })
}

/// The statement that adds a field's attribute.
fn attributes(field: &AttributeField<'_>) -> TokenStream {
    let AttributeField { rust_type, name, documentation, options, .. } = field;
    if options.flatten {
        return quote! { attributes.extend(<#rust_type as ::tfplugin::Model>::attributes()); };
    }
    let AttributeOptions {
        optional,
        computed,
        required,
        use_state_for_unknown,
        adopt,
        requires_replace,
        sensitive,
        write_only,
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
            attribute.semantics.validate = |value| {
                <#rust_type as ::tfplugin::AttributeValue>::validate(value)?;
                let decoded = <#rust_type as ::tfplugin::AttributeValue>::decode(value)?;
                #function(&decoded).map_err(::tfplugin::model::ValueError::new)
            };
        }
    });
    let block = block.as_ref().map(|most| quote! { attribute.block = Some(#most); });
    let sensitive = sensitive.then(|| quote! { attribute.sensitive = true; });
    quote! {
        {
            let mode = ::tfplugin::schema::Mode::#mode;
            let mut attribute = ::tfplugin::schema::Attribute::of::<#rust_type>(#name, mode, #documentation);
            attribute.use_state_for_unknown = #use_state_for_unknown;
            attribute.adopt = #adopt;
            attribute.requires_replace = #requires_replace;
            attribute.write_only = #write_only;
            #sensitive
            #block
            #default
            #deprecated
            #validate
            attributes.push(attribute);
        }
    }
}
