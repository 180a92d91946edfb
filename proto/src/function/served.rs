//! The seam between the wire and a function's typed code.

use super::{Argument, Arguments, Function, FunctionError, Signature};
use crate::model::{AttributeValue, StringRule};
use crate::value::Value;

/// A function without its Rust types.
pub(crate) struct ServedFunction {
    pub(crate) signature: Signature,
    call: fn(&[Value]) -> Result<Value, FunctionError>,
}

impl ServedFunction {
    pub(crate) fn of<F: Function>() -> Self {
        let call = |arguments: &[Value]| {
            F::decode(&mut Arguments::new(arguments))?.call().map(|returned| returned.encode())
        };
        Self { signature: Signature::of::<F>(), call }
    }

    /// Answers a call whose arguments are of the types in the signature; each plain string in them is held to
    /// `rule`.
    pub(crate) fn call(&self, arguments: &[Value], rule: StringRule) -> Result<Value, FunctionError> {
        let fewest = self.signature.fewest();
        if arguments.len() < fewest {
            let (name, given) = (self.signature.name, arguments.len());
            return Err(FunctionError::new(format!(
                "{name} takes {fewest} arguments, this call has {given}"
            )));
        }
        let mut is_known = true;
        for (at, value) in arguments.iter().enumerate() {
            let Some(parameter) = self.signature.parameter(at) else {
                let name = self.signature.name;
                return Err(FunctionError::new(format!("{name} takes {fewest} arguments and no more")));
            };
            let argument = Argument::new(at, parameter.name);
            match value {
                Value::Null if !parameter.allow_null => {
                    return Err(FunctionError::at(argument, "it must not be null"));
                }
                value if !value.is_wholly_known() => is_known &= parameter.allow_unknown,
                value => (parameter.validate)(value, rule)
                    .map_err(|error| FunctionError::value(argument, &error))?,
            }
        }
        match is_known {
            true => (self.call)(arguments),
            // As core answers in its place.
            false => Ok(Value::unknown()),
        }
    }
}
