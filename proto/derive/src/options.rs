//! `#[resource(...)]`, `#[data_source(...)]` and `#[ephemeral_resource(...)]`: what makes a model a type that
//! configurations name.

use syn::{Attribute, DeriveInput, Error, LitInt, LitStr, Path, Result};

/// The options of a type.
pub(crate) struct TypeOptions {
    pub(crate) type_name: LitStr,
    pub(crate) version: Option<LitInt>,
    pub(crate) upgrade: Option<Path>,
    /// Whether Terraform plans and stores objects of the type.
    pub(crate) is_stored: bool,
}

/// The attributes that name a type.
const KINDS: [&str; 3] = ["resource", "data_source", "ephemeral_resource"];

impl TypeOptions {
    /// Nothing where the struct has no name in configurations: a nested attribute or a provider block.
    pub(crate) fn read(input: &DeriveInput) -> Result<Option<Self>> {
        let names_type = |one: &&Attribute| KINDS.iter().any(|kind| one.path().is_ident(kind));
        let mut all = input.attrs.iter().filter(names_type);
        let Some(attribute) = all.next() else { return Ok(None) };
        if let Some(second) = all.next() {
            return Err(Error::new_spanned(second, "a model is of one type: give its options once"));
        }
        Self::of(attribute).map(Some)
    }

    fn of(attribute: &Attribute) -> Result<Self> {
        let fail = |message: &str| Error::new_spanned(attribute, message);
        let (mut type_name, mut version, mut upgrade) = (None, None, None);
        attribute.parse_nested_meta(|meta| {
            match meta.path.get_ident().map(ToString::to_string).unwrap_or_default().as_str() {
                "type_name" => type_name = Some(meta.value()?.parse()?),
                "version" => version = Some(meta.value()?.parse()?),
                "upgrade" => upgrade = Some(meta.value()?.parse()?),
                _ => return Err(meta.error("unknown option; expected type_name, version or upgrade")),
            }
            Ok(())
        })?;
        let type_name = type_name.ok_or_else(|| fail("name the type: type_name = \"...\""))?;
        if version.is_some() != upgrade.is_some() {
            return Err(fail(
                "`version` and `upgrade` require each other: version = <number>, upgrade = <function>",
            ));
        }
        if version.is_some() && !is_resource(attribute) {
            return Err(fail("only a resource is stored: nothing else has a version"));
        }
        Ok(Self { type_name, version, upgrade, is_stored: is_resource(attribute) })
    }
}

fn is_resource(attribute: &Attribute) -> bool {
    attribute.path().is_ident("resource")
}
