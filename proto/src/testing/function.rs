//! Terraform's part in a call of a function.

use super::config;
use super::outcome::{Failure, violation};
use super::{Harness, RuleViolation};
use crate::diagnostics::Diagnostic;
use crate::function::FunctionError;
use crate::provider::Provider;
use crate::schema::AttributeKind;
use crate::value::{Path, Value, msgpack};
use serde_json::Value as Json;

impl<P: Provider> Harness<P> {
    /// Calls a function. Its error is a diagnostic, at the argument that it names.
    pub fn call(&self, name: &str, arguments: &[Json]) -> Result<Value, Failure> {
        let function = self.registry.functions.get(name);
        let function = function.ok_or_else(|| violation(format!("there is no function {name:?}")))?;
        let signature = &function.signature;
        let mut values = Vec::with_capacity(arguments.len());
        for (at, argument) in arguments.iter().enumerate() {
            let parameter =
                signature.parameter(at).ok_or_else(|| violation("too many function arguments"))?;
            let path = Path::from(parameter.name);
            values.push(match argument {
                Json::Null if !parameter.allow_null => {
                    return Err(RuleViolation::new(path, "argument cannot be null").into());
                }
                Json::Null => Value::Null,
                given => config::value(&AttributeKind::Type(parameter.of.clone()), given, &path)?,
            });
        }
        if values.len() < signature.fewest() {
            return Err(violation("not enough function arguments").into());
        }
        let call = || function.call(&values, P::validate_string).map_err(refused);
        let result = call()?;
        if call()? != result {
            return Err(violation("function returned an inconsistent result").into());
        }
        let of = &signature.returns;
        match msgpack::encode(&result, of).and_then(|bytes| msgpack::decode(&bytes, of)) {
            Ok(back) if back == result => Ok(result),
            Ok(_) => Err(violation("core would read another result than the function gave").into()),
            Err(error) => Err(RuleViolation::new(error.path, error.message).into()),
        }
    }
}

fn refused(error: FunctionError) -> Failure {
    let one = Diagnostic::error("Error in function call", error.text());
    match error.argument() {
        Some(argument) => Failure::from(one.at(argument.name())),
        None => Failure::from(one),
    }
}
