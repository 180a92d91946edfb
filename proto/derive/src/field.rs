//! One field: its options, and whether they fit its type.

use proc_macro2::Ident;
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned;
use syn::token::Paren;
use syn::{
    Attribute, Error, Expr, ExprLit, Field, GenericArgument, Lit, LitInt, LitStr, Meta, Path, PathArguments,
    Result, Type,
};

/// A field of the struct, understood.
pub(crate) struct AttributeField<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) rust_type: &'a Type,
    pub(crate) name: String,
    pub(crate) documentation: String,
    pub(crate) options: AttributeOptions,
}

/// What `#[attribute(...)]` says.
#[derive(Default)]
pub(crate) struct AttributeOptions {
    pub(crate) required: bool,
    pub(crate) optional: bool,
    pub(crate) computed: bool,
    pub(crate) use_state_for_unknown: bool,
    pub(crate) adopt: bool,
    pub(crate) write_only_form: bool,
    pub(crate) requires_replace: bool,
    pub(crate) identity: Option<Identity>,
    pub(crate) sensitive: bool,
    pub(crate) write_only: bool,
    pub(crate) flatten: bool,
    pub(crate) default: Option<Expr>,
    pub(crate) deprecated: Option<LitStr>,
    pub(crate) validate: Option<Path>,
    pub(crate) block: Option<LitInt>,
    name: Option<LitStr>,
}

/// How a part of an identity may change.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Identity {
    Fixed,
    Mutable,
}

impl<'a> AttributeField<'a> {
    pub(crate) fn read(field: &'a Field) -> Result<Self> {
        let ident = field.ident.as_ref().ok_or_else(|| Error::new(field.span(), "fields need names"))?;
        let options = AttributeOptions::read(&field.attrs, ident)?;
        let documentation = documentation(&field.attrs);
        let member = Self {
            ident,
            rust_type: &field.ty,
            name: options.name.as_ref().map_or_else(|| ident.to_string(), LitStr::value),
            documentation,
            options,
        };
        member.check()?;
        Ok(member)
    }

    /// Misuse in a type that is read or opened, and never planned.
    pub(crate) fn check_unplanned(&self) -> Result<()> {
        let AttributeOptions { use_state_for_unknown, adopt, requires_replace, write_only, identity, .. } =
            self.options;
        let planned = [
            (identity.is_some(), "identity"),
            (use_state_for_unknown, "use_state_for_unknown"),
            (adopt, "adopt"),
            (requires_replace, "requires_replace"),
            (write_only, "write_only"),
        ];
        match planned.iter().find(|(is_given, _)| *is_given) {
            None => Ok(()),
            Some((_, option)) => Err(Error::new(
                self.ident.span(),
                format!("`{option}` is for resources: nothing else is planned and stored"),
            )),
        }
    }

    /// Misuse that would otherwise show as a broken plan.
    fn check(&self) -> Result<()> {
        let AttributeOptions { required, optional, computed, flatten, default, block, .. } = &self.options;
        let fail = |message: &str| Err(Error::new(self.ident.span(), message));
        if *flatten {
            return Ok(());
        }
        if self.documentation.is_empty() {
            return fail("an attribute needs a doc comment: it is what users read in the reference");
        }
        if block.is_some() {
            return match (required, optional, computed, default.is_some()) {
                (false, false, false, false) if is(self.rust_type, "Vec") => Ok(()),
                _ => {
                    fail("`block` requires a `Vec<T>` and excludes required, optional, computed and default")
                }
            };
        }
        let (is_option, is_computed) = (is(self.rust_type, "Option"), is(self.rust_type, "Computed"));
        match (required, optional, computed, default.is_some()) {
            (true, false, false, false) if is_option => {
                fail("a required attribute is never null: drop the Option, or make it optional")
            }
            (true, false, false, false) if is_computed => {
                fail("a required attribute is never computed: drop the Computed")
            }
            (true, false, false, false) => Ok(()),
            (true, ..) => fail("a required attribute is neither optional nor computed and has no default"),
            (false, _, true, true) => fail("an attribute has a default or is computed, not both"),
            (false, _, true, false) if !is_computed => {
                fail("a computed attribute is unknown until apply: its type must be Computed<T>")
            }
            (false, _, true, false) => Ok(()),
            (false, _, false, true) if is_option || is_computed => {
                fail("an attribute with a default always has a value: drop the Option or Computed")
            }
            (false, _, false, true) => Ok(()),
            (false, true, false, false) if !is_option => {
                fail("an optional attribute may be null: its type must be Option<T>, or it needs a default")
            }
            (false, true, false, false) => Ok(()),
            (false, false, false, false) => {
                fail("say who sets this attribute: required, optional, computed or default = ...")
            }
        }
    }
}

/// Whether the type's last path segment is `name`.
pub(crate) fn is(rust_type: &Type, name: &str) -> bool {
    match rust_type {
        Type::Path(path) => path.path.segments.last().is_some_and(|segment| segment.ident == name),
        _ => false,
    }
}

/// `T` of `name<T>`.
pub(crate) fn only_argument<'a>(rust_type: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = rust_type else { return None };
    let PathArguments::AngleBracketed(of) = &path.path.segments.last()?.arguments else { return None };
    match of.args.first() {
        Some(GenericArgument::Type(only)) if is(rust_type, name) && of.args.len() == 1 => Some(only),
        _ => None,
    }
}

const UNKNOWN: &str = "unknown option; expected one of required, optional, computed, default, \
                       use_state_for_unknown, adopt, requires_replace, identity, sensitive, write_only, write_only_form, \
                       deprecated, validate, name, flatten, block";

/// The number in `block(max_items = <number>)`.
fn max_items(block: &ParseNestedMeta<'_>) -> Result<LitInt> {
    let mut most = None;
    block.parse_nested_meta(|meta| match meta.path.is_ident("max_items") {
        true => {
            most = Some(meta.value()?.parse()?);
            Ok(())
        }
        false => Err(meta.error("unknown option; expected max_items")),
    })?;
    most.ok_or_else(|| block.error("`block` requires `max_items`: block(max_items = <number>)"))
}

/// `identity`, or `identity(mutable)`.
fn identity(option: &ParseNestedMeta<'_>) -> Result<Identity> {
    let mut part = Identity::Fixed;
    if option.input.peek(Paren) {
        option.parse_nested_meta(|meta| match meta.path.is_ident("mutable") {
            true => {
                part = Identity::Mutable;
                Ok(())
            }
            false => Err(meta.error("unknown option; expected mutable")),
        })?;
    }
    Ok(part)
}

impl AttributeOptions {
    fn read(attributes: &[Attribute], ident: &Ident) -> Result<Self> {
        let mut options = Self::default();
        for attribute in attributes.iter().filter(|one| one.path().is_ident("attribute")) {
            attribute.parse_nested_meta(|meta| {
                let option = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
                match option.as_str() {
                    "required" => options.required = true,
                    "optional" => options.optional = true,
                    "computed" => options.computed = true,
                    "use_state_for_unknown" => options.use_state_for_unknown = true,
                    "adopt" => options.adopt = true,
                    "requires_replace" => options.requires_replace = true,
                    "identity" => options.identity = Some(identity(&meta)?),
                    "sensitive" => options.sensitive = true,
                    "write_only" => options.write_only = true,
                    "write_only_form" => options.write_only_form = true,
                    "flatten" => options.flatten = true,
                    "default" => options.default = Some(meta.value()?.parse()?),
                    "deprecated" => options.deprecated = Some(meta.value()?.parse()?),
                    "validate" => options.validate = Some(meta.value()?.parse()?),
                    "block" => options.block = Some(max_items(&meta)?),
                    "name" => options.name = Some(meta.value()?.parse()?),
                    _ => return Err(meta.error(UNKNOWN)),
                }
                Ok(())
            })?;
        }
        if options.use_state_for_unknown && !options.computed {
            return Err(Error::new(ident.span(), "`use_state_for_unknown` requires `computed`"));
        }
        if options.adopt && (!options.optional || options.computed || options.default.is_some()) {
            return Err(Error::new(
                ident.span(),
                "`adopt` requires `optional` and excludes computed and default",
            ));
        }
        if options.write_only_form && !options.adopt {
            return Err(Error::new(
                ident.span(),
                "`write_only_form` requires `adopt`: the state does not say whether there is a value",
            ));
        }
        if options.write_only && (options.computed || options.default.is_some()) {
            return Err(Error::new(
                ident.span(),
                "`write_only` excludes computed and default: only the configuration sets the value",
            ));
        }
        if options.write_only && options.required {
            return Err(Error::new(
                ident.span(),
                "`write_only` excludes required: the attribute is null in every state, make it optional",
            ));
        }
        options.check_identity(ident)?;
        Ok(options)
    }

    fn check_identity(&self, ident: &Ident) -> Result<()> {
        let Some(part) = self.identity else { return Ok(()) };
        let fail = |message: &str| Err(Error::new(ident.span(), message));
        match part {
            _ if self.sensitive || self.write_only => {
                fail("`identity` excludes sensitive and write_only: an identity is shown and stored")
            }
            Identity::Fixed if !self.requires_replace && (!self.computed || self.optional) => fail(
                "`identity` requires `requires_replace`, for another identity is another object; one that may \
                 change in place, such as an address, is `identity(mutable)`",
            ),
            Identity::Mutable if self.requires_replace => {
                fail("`identity(mutable)` excludes requires_replace")
            }
            _ => Ok(()),
        }
    }
}

/// Doc comments as Markdown: one leading blank a line belongs to the comment.
pub(crate) fn documentation(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
                let line = text.value();
                Some(line.strip_prefix(' ').map_or_else(|| line.clone(), str::to_owned))
            }
            _ => None,
        },
        _ => None,
    });
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}
