//! `#[resource(...)]`, `#[data_source(...)]`, `#[ephemeral_resource(...)]` and `#[action(...)]`: what makes a
//! model a type that configurations name.

use syn::{Attribute, DeriveInput, Error, LitInt, LitStr, Path, Result};

/// The options of a type.
pub(crate) struct TypeOptions {
    pub(crate) type_name: LitStr,
    pub(crate) state: Upgrade,
    pub(crate) identity: Upgrade,
    /// Whether Terraform plans and stores objects of the type.
    pub(crate) is_stored: bool,
}

/// The version of what is stored, and the function that rewrites what an earlier one stored.
#[derive(Default)]
pub(crate) struct Upgrade {
    pub(crate) version: Option<LitInt>,
    pub(crate) function: Option<Path>,
}

/// The attributes that name a type.
const KINDS: [&str; 4] = ["resource", "data_source", "ephemeral_resource", "action"];

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
        let (mut type_name, mut state, mut identity) = (None, Upgrade::default(), Upgrade::default());
        attribute.parse_nested_meta(|meta| {
            match meta.path.get_ident().map(ToString::to_string).unwrap_or_default().as_str() {
                "type_name" => type_name = Some(meta.value()?.parse()?),
                "version" => state.version = Some(meta.value()?.parse()?),
                "upgrade" => state.function = Some(meta.value()?.parse()?),
                "identity_version" => identity.version = Some(meta.value()?.parse()?),
                "upgrade_identity" => identity.function = Some(meta.value()?.parse()?),
                _ => return Err(meta.error(UNKNOWN)),
            }
            Ok(())
        })?;
        let type_name = type_name.ok_or_else(|| fail("name the type: type_name = \"...\""))?;
        for (of, both) in [
            (&state, "`version` and `upgrade` require each other: version = <number>, upgrade = <function>"),
            (
                &identity,
                "`identity_version` and `upgrade_identity` require each other: identity_version = <number>, \
                 upgrade_identity = <function>",
            ),
        ] {
            if of.version.is_some() != of.function.is_some() {
                return Err(fail(both));
            }
        }
        let is_stored = attribute.path().is_ident("resource");
        if !is_stored && (state.version.is_some() || identity.version.is_some()) {
            return Err(fail("only a resource is stored: nothing else has a version"));
        }
        Ok(Self { type_name, state, identity, is_stored })
    }
}

const UNKNOWN: &str =
    "unknown option; expected type_name, version, upgrade, identity_version or upgrade_identity";
