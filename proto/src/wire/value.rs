//! Values in the envelope in which messages carry them.

use super::tfplugin6::DynamicValue;
use crate::value::ValueError;
use crate::value::{Type, Value, json, msgpack};

/// Reads a value of the type `of`. Null may come as no envelope, as an empty one, or as a value.
pub(crate) fn from_dynamic(envelope: Option<&DynamicValue>, of: &Type) -> Result<Value, ValueError> {
    match envelope {
        Some(one) if !one.msgpack.is_empty() => msgpack::decode(&one.msgpack, of),
        Some(one) if !one.json.is_empty() => json::decode(&one.json, of),
        _ => Ok(Value::Null),
    }
}

/// Writes a value of the type `of`.
pub(crate) fn to_dynamic(value: &Value, of: &Type) -> Result<DynamicValue, ValueError> {
    Ok(DynamicValue { msgpack: msgpack::encode(value, of)?, json: Vec::new() })
}
