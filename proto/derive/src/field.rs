//! One field: its words, and whether they fit its type.

use proc_macro2::{Ident, Span};
use syn::spanned::Spanned;
use syn::{Attribute, Error, Expr, ExprLit, Field, Lit, LitInt, LitStr, Meta, Path, Result, Type};

/// A field of the struct, understood.
pub(crate) struct Member<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) rust_type: &'a Type,
    pub(crate) name: String,
    pub(crate) documentation: String,
    pub(crate) words: Words,
}

/// What `#[attribute(...)]` says.
#[derive(Default)]
pub(crate) struct Words {
    pub(crate) required: bool,
    pub(crate) optional: bool,
    pub(crate) computed: bool,
    pub(crate) keep: bool,
    pub(crate) adopt: bool,
    pub(crate) replace: bool,
    pub(crate) sensitive: bool,
    pub(crate) write_only: bool,
    pub(crate) flatten: bool,
    pub(crate) default: Option<Expr>,
    pub(crate) deprecated: Option<LitStr>,
    pub(crate) check: Option<Path>,
    pub(crate) block: Option<LitInt>,
    name: Option<LitStr>,
}

impl<'a> Member<'a> {
    pub(crate) fn read(field: &'a Field) -> Result<Self> {
        let ident = field.ident.as_ref().ok_or_else(|| Error::new(field.span(), "fields need names"))?;
        let words = Words::read(&field.attrs, ident)?;
        let documentation = documentation(&field.attrs);
        let member = Self {
            ident,
            rust_type: &field.ty,
            name: words.name.as_ref().map_or_else(|| ident.to_string(), LitStr::value),
            documentation,
            words,
        };
        member.check()?;
        Ok(member)
    }

    /// Misuse that would otherwise show as a broken plan.
    fn check(&self) -> Result<()> {
        let Words { required, optional, computed, flatten, default, block, .. } = &self.words;
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
                _ => fail(
                    "a block is there as often as it is written: its type is Vec<T>, and no other word says who sets it",
                ),
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
            (false, false, false, false) => fail(
                "say who sets this attribute: #[attribute(required)], optional, computed or default = ...",
            ),
        }
    }
}

/// Whether the type's last path segment is `name`.
fn is(rust_type: &Type, name: &str) -> bool {
    match rust_type {
        Type::Path(path) => path.path.segments.last().is_some_and(|segment| segment.ident == name),
        _ => false,
    }
}

impl Words {
    fn read(attributes: &[Attribute], ident: &Ident) -> Result<Self> {
        let mut words = Self::default();
        for attribute in attributes.iter().filter(|one| one.path().is_ident("attribute")) {
            attribute.parse_nested_meta(|meta| {
                let word = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
                match word.as_str() {
                    "required" => words.required = true,
                    "optional" => words.optional = true,
                    "computed" => words.computed = true,
                    "keep" => words.keep = true,
                    "adopt" => words.adopt = true,
                    "replace" => words.replace = true,
                    "sensitive" => words.sensitive = true,
                    "write_only" => words.write_only = true,
                    "flatten" => words.flatten = true,
                    "default" => words.default = Some(meta.value()?.parse()?),
                    "deprecated" => words.deprecated = Some(meta.value()?.parse()?),
                    "check" => words.check = Some(meta.value()?.parse()?),
                    "block" => words.block = Some(meta.value()?.parse()?),
                    "name" => words.name = Some(meta.value()?.parse()?),
                    _ => {
                        return Err(meta
                            .error("not a word of #[attribute(...)]; the crate's documentation lists them"));
                    }
                }
                Ok(())
            })?;
        }
        if words.keep && !words.computed {
            return Err(Error::new(ident.span(), "only a computed attribute can be kept"));
        }
        if words.adopt && (!words.optional || words.computed || words.default.is_some()) {
            return Err(Error::new(
                ident.span(),
                "what is adopted is an optional attribute: its value is always known, and none is one",
            ));
        }
        if words.write_only && (words.computed || words.default.is_some()) {
            return Err(Error::new(
                ident.span(),
                "a write-only attribute comes from the configuration alone",
            ));
        }
        if words.write_only && words.required {
            return Err(Error::new(
                ident.span(),
                "a write-only attribute is null in every state: make it optional",
            ));
        }
        Ok(words)
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

/// What `#[resource(...)]` or `#[data_source(...)]` says.
pub(crate) struct TypeWords {
    pub(crate) type_name: LitStr,
    pub(crate) version: Option<LitInt>,
    pub(crate) upgrade: Option<Path>,
}

impl TypeWords {
    pub(crate) fn read(attributes: &[Attribute], word: &str) -> Result<Self> {
        let (mut type_name, mut version, mut upgrade) = (None, None, None);
        for attribute in attributes.iter().filter(|one| one.path().is_ident(word)) {
            attribute.parse_nested_meta(|meta| {
                match meta.path.get_ident().map(ToString::to_string).unwrap_or_default().as_str() {
                    "type_name" => type_name = Some(meta.value()?.parse()?),
                    "version" => version = Some(meta.value()?.parse()?),
                    "upgrade" => upgrade = Some(meta.value()?.parse()?),
                    _ => return Err(meta.error("only type_name, version and upgrade are known here")),
                }
                Ok(())
            })?;
        }
        let fail = |message: String| Error::new(Span::call_site(), message);
        let type_name =
            type_name.ok_or_else(|| fail(format!("name the type: #[{word}(type_name = \"...\")]")))?;
        if version.is_some() != upgrade.is_some() {
            let message = "a version needs a function that upgrades earlier states, and the other way round: \
                           version = <number>, upgrade = <function>";
            return Err(fail(message.to_owned()));
        }
        Ok(Self { type_name, version, upgrade })
    }
}
