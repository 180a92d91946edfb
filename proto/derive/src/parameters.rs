//! The parameters of a function: a struct whose fields are its arguments, in order.

use crate::field::{documentation, is, only_argument};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::{Attribute, Data, DeriveInput, Error, Field, Fields, LitStr, Path, Result, Type};

/// One field, understood.
struct Parameter<'a> {
    ident: &'a Ident,
    rust_type: &'a Type,
    name: String,
    documentation: String,
    validate: Option<Path>,
    /// The type of each of the arguments that are left, where it takes them all.
    rest: Option<&'a Type>,
}

/// What `#[function(...)]` says.
struct FunctionOptions {
    name: LitStr,
    deprecated: Option<LitStr>,
}

/// `Parameters`, and a constant for each argument by which errors name it.
pub(crate) fn parameters(input: &DeriveInput) -> Result<TokenStream> {
    let FunctionOptions { name, deprecated } = FunctionOptions::read(input)?;
    let description = documentation(&input.attrs);
    if description.is_empty() {
        return Err(Error::new(
            input.ident.span(),
            "a function needs a doc comment: it is what users read in the reference",
        ));
    }
    let parameters = read(input)?;
    let (ident, visibility) = (&input.ident, &input.vis);
    let deprecated = match deprecated {
        Some(text) => quote! { ::std::option::Option::Some(#text) },
        None => quote! { ::std::option::Option::None },
    };
    let declared = parameters.iter().map(declared);
    let decoded = parameters.iter().map(|Parameter { ident, name, rest, .. }| match rest {
        Some(_) => quote! { #ident: arguments.rest(#name)? },
        None => quote! { #ident: arguments.next(#name)? },
    });
    let constants = parameters.iter().enumerate().map(|(at, Parameter { ident, name, rest, .. })| {
        // Of the macro, so that one which no error names is no dead code of the author's.
        let constant = Ident::new(&ident.unraw().to_string().to_uppercase(), Span::call_site());
        let about = format!("The argument `{name}`, for errors.");
        let of = match rest {
            Some(_) => quote! { VariadicArguments },
            None => quote! { Argument },
        };
        quote! {
            #[doc = #about]
            #visibility const #constant: ::tfplugin::function::#of = ::tfplugin::function::#of::new(#at, #name);
        }
    });
    Ok(quote! {
        impl #ident {
            #(#constants)*
        }

        impl ::tfplugin::function::Parameters for #ident {
            const NAME: &'static str = #name;
            const DESCRIPTION: &'static str = #description;
            const DEPRECATED: ::std::option::Option<&'static str> = #deprecated;

            fn parameters() -> ::std::vec::Vec<::tfplugin::function::Parameter> {
                ::std::vec![#(#declared),*]
            }

            fn decode(
                arguments: &mut ::tfplugin::function::Arguments<'_>,
            ) -> ::std::result::Result<Self, ::tfplugin::FunctionError> {
                Ok(Self { #(#decoded,)* })
            }
        }
    })
}

/// The expression that declares a parameter.
fn declared(parameter: &Parameter<'_>) -> TokenStream {
    let Parameter { name, documentation, validate, rust_type, rest, .. } = parameter;
    let of = rest.unwrap_or(rust_type);
    let validate = validate.as_ref().map(|function| {
        quote! {
            parameter.validate = |value, rule| {
                <#of as ::tfplugin::AttributeValue>::validate(value, rule)?;
                let decoded = <#of as ::tfplugin::AttributeValue>::decode(value)?;
                #function(&decoded).map_err(::tfplugin::ValueError::new)
            };
        }
    });
    let variadic = rest.map(|_| quote! { parameter.variadic = true; });
    let needs_change = validate.is_some() || variadic.is_some();
    let mutable = needs_change.then(|| quote! { mut });
    quote! {
        {
            let #mutable parameter = ::tfplugin::function::Parameter::of::<#of>(#name, #documentation);
            #validate
            #variadic
            parameter
        }
    }
}

fn read(input: &DeriveInput) -> Result<Vec<Parameter<'_>>> {
    let Data::Struct(data) = &input.data else {
        return Err(Error::new(input.ident.span(), "only a struct can be the parameters of a function"));
    };
    let fields: Vec<&Field> = match &data.fields {
        Fields::Named(fields) => fields.named.iter().collect(),
        Fields::Unit => Vec::new(),
        Fields::Unnamed(_) => {
            return Err(Error::new(
                input.ident.span(),
                "parameters need names: use a struct with named fields",
            ));
        }
    };
    let parameters = fields.into_iter().map(Parameter::read).collect::<Result<Vec<_>>>()?;
    let before_last = parameters.len().saturating_sub(1);
    match parameters.iter().take(before_last).find(|one| one.rest.is_some()) {
        Some(early) => Err(Error::new(
            early.ident.span(),
            "a variadic parameter takes all arguments that are left: it must be the last one",
        )),
        None => Ok(parameters),
    }
}

impl<'a> Parameter<'a> {
    fn read(field: &'a Field) -> Result<Self> {
        let Some(ident) = field.ident.as_ref() else {
            return Err(Error::new_spanned(field, "parameters need names"));
        };
        let fail = |message: &str| Err(Error::new(ident.span(), message));
        let (mut name, mut validate, mut variadic) = (None::<LitStr>, None, false);
        for attribute in field.attrs.iter().filter(|one| one.path().is_ident("parameter")) {
            attribute.parse_nested_meta(|meta| {
                match meta.path.get_ident().map(ToString::to_string).unwrap_or_default().as_str() {
                    "name" => name = Some(meta.value()?.parse()?),
                    "validate" => validate = Some(meta.value()?.parse()?),
                    "variadic" => variadic = true,
                    _ => return Err(meta.error("unknown option; expected name, validate or variadic")),
                }
                Ok(())
            })?;
        }
        let documentation = documentation(&field.attrs);
        if documentation.is_empty() {
            return fail("a parameter needs a doc comment: it is what users read in the reference");
        }
        if is(&field.ty, "Computed") {
            return fail(
                "a parameter is never computed: drop the Computed, or make it a Knowable<T> that may be unknown",
            );
        }
        let rest = match (variadic, only_argument(&field.ty, "Vec")) {
            (true, None) => {
                return fail("a variadic parameter holds any number of values: its type must be Vec<T>");
            }
            (true, element) => element,
            (false, _) => None,
        };
        let name = name.map_or_else(|| ident.unraw().to_string(), |name| name.value());
        Ok(Self { ident, rust_type: &field.ty, name, documentation, validate, rest })
    }
}

impl FunctionOptions {
    fn read(input: &DeriveInput) -> Result<Self> {
        let mut all = input.attrs.iter().filter(|one| one.path().is_ident("function"));
        let missing = "name the function: #[function(name = \"...\")]";
        let Some(attribute) = all.next() else { return Err(Error::new(input.ident.span(), missing)) };
        if let Some(second) = all.next() {
            return Err(Error::new_spanned(second, "give the options of a function once"));
        }
        Self::of(attribute, missing)
    }

    fn of(attribute: &Attribute, missing: &str) -> Result<Self> {
        let (mut name, mut deprecated) = (None, None);
        attribute.parse_nested_meta(|meta| {
            match meta.path.get_ident().map(ToString::to_string).unwrap_or_default().as_str() {
                "name" => name = Some(meta.value()?.parse()?),
                "deprecated" => deprecated = Some(meta.value()?.parse()?),
                _ => return Err(meta.error("unknown option; expected name or deprecated")),
            }
            Ok(())
        })?;
        let name = name.ok_or_else(|| Error::new_spanned(attribute, missing))?;
        Ok(Self { name, deprecated })
    }
}
