//! Objects that were stored as another type's, or by this provider at another address.

use super::erased::{Stored, TypedResource};
use super::{stored, write_only};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::model::Model;
use crate::provider::TypeName;
use crate::resource::{MovedState, Resource};
use crate::value::{Value, ValueError, json};

const SUMMARY: &str = "Unable to move the state";

/// The object, as JSON, as one of the resource `R`.
pub(super) fn take_over<R: Resource>(source: &MovedState<'_>, json: &[u8]) -> Result<Stored, Diagnostics>
where
    R::Model: TypeName,
{
    let schema = R::Model::schema();
    let (object, private) = match R::STATE_MOVES.iter().find(|one| one.is_of(source)) {
        Some(known) => {
            let unreadable = |error: ValueError| refused(source, &format!("{}: {error}", error.path));
            let Value::Object(mut attributes) = json::decode_untyped(json).map_err(unreadable)? else {
                return Err(refused(source, "it is not an object").into());
            };
            let mut private = R::Private::default();
            (known.rewrite)(source, &mut attributes, &mut private).map_err(|why| refused(source, &why))?;
            let rewritten = json::encode_untyped(&Value::Object(attributes));
            let object = stored::object(schema, rewritten.as_bytes()).map_err(unreadable)?;
            (object, private)
        }
        // The provider's address alone is another one: a mirror's, a fork's, that of before a rename.
        None if source.type_name == R::Model::TYPE_NAME => (
            stored::upgrade::<R::Model>(schema, source.version, json)?,
            stored::private(R::Model::TYPE_NAME, source.private)?,
        ),
        None => return Err(unknown::<R>(source).into()),
    };
    let object = write_only::withhold(&schema.attributes, &object, &object);
    Ok(TypedResource::<R>::stored(object, &private))
}

fn refused(source: &MovedState<'_>, why: &str) -> Diagnostic {
    let MovedState { provider, type_name, version, .. } = source;
    let detail = format!(
        "The state of the {type_name} of {provider}, stored with schema version {version}, cannot become that of this \
         resource: {why}."
    );
    Diagnostic::error(SUMMARY, detail)
}

fn unknown<R: Resource>(source: &MovedState<'_>) -> Diagnostic
where
    R::Model: TypeName,
{
    let name = R::Model::TYPE_NAME;
    let known: Vec<_> = R::STATE_MOVES
        .iter()
        .map(|one| format!("{} of {}", one.type_name, one.provider))
        .chain([format!("{name} of this provider at another address")])
        .collect();
    let detail = format!(
        "A {name} does not take over a {} of {}, only: {}. Remove the `moved` block; take the object out of the state with a \
         `removed` block that has `destroy = false`, and import it as a {name}.",
        source.type_name,
        source.provider,
        known.join(", "),
    );
    Diagnostic::error(SUMMARY, detail)
}
