//! Signatures of functions as core takes them.

use super::tfplugin6 as pb;
use crate::function::{Parameter, Signature};
use crate::value::Type;

/// A function's signature.
pub(crate) fn function(signature: &Signature) -> pb::Function {
    let (variadic, fixed): (Vec<_>, Vec<_>) = signature.parameters.iter().partition(|one| one.variadic);
    pb::Function {
        parameters: fixed.into_iter().map(parameter).collect(),
        variadic_parameter: variadic.first().map(|one| parameter(one)),
        r#return: Some(pb::function::Return { r#type: of(&signature.returns) }),
        summary: signature.summary.clone(),
        description: signature.description.to_owned(),
        description_kind: pb::StringKind::Markdown.into(),
        deprecation_message: signature.deprecated.unwrap_or_default().to_owned(),
    }
}

fn parameter(parameter: &Parameter) -> pb::function::Parameter {
    pb::function::Parameter {
        name: parameter.name.to_owned(),
        r#type: of(&parameter.of),
        allow_null_value: parameter.allow_null,
        allow_unknown_values: parameter.allow_unknown,
        description: parameter.description.to_owned(),
        description_kind: pb::StringKind::Markdown.into(),
    }
}

fn of(plain: &Type) -> Vec<u8> {
    plain.to_json().to_string().into_bytes()
}
