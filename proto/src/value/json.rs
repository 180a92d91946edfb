//! The encoding of values in the state file: JSON that only the schema's type gives a meaning. Numbers are
//! read from their text, so none loses a digit. And JSON without a schema, as targets have it.

use super::{LIMIT_DEPTH, LIMIT_VALUES, Number, Path, Type, Value, normal_form};
use crate::value::ValueError;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Reads one value of the type `of`. Attributes that are missing are null. Those that the type does not know
/// are an error unless they are null: what another version of the schema stored in them would be lost.
pub(crate) fn decode(bytes: &[u8], of: &Type) -> Result<Value, ValueError> {
    let raw = serde_json::from_slice(bytes).map_err(invalid)?;
    Reader { values: 0 }.value(raw, of, 0)
}

fn invalid(error: serde_json::Error) -> ValueError {
    ValueError::new(format!("the JSON does not fit: {error}"))
}

struct Reader {
    values: usize,
}

fn part<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Result<T, ValueError> {
    serde_json::from_str(raw.get()).map_err(invalid)
}

/// What a string, a number or a bool says. Core takes each for the other where it means the same.
fn text(raw: &RawValue) -> Result<Cow<'_, str>, ValueError> {
    match raw.get().as_bytes().first() {
        Some(b'"') => part::<String>(raw).map(Cow::Owned),
        Some(b'{' | b'[') => Err(ValueError::new("a single value is needed here")),
        _ => Ok(Cow::Borrowed(raw.get())),
    }
}

/// A value that brings its type along.
#[derive(Deserialize)]
struct Typed<'a> {
    #[serde(borrow)]
    value: &'a RawValue,
    r#type: serde_json::Value,
}

impl Reader {
    fn value(&mut self, raw: &RawValue, of: &Type, depth: usize) -> Result<Value, ValueError> {
        self.values += 1;
        if depth > LIMIT_DEPTH || self.values > LIMIT_VALUES {
            return Err(ValueError::new("the JSON is too deep or too large"));
        }
        if raw.get() == "null" {
            return Ok(Value::Null);
        }
        let deeper = depth + 1;
        match of {
            Type::String => text(raw).map(|text| Value::String(normal_form(&text).into_owned())),
            Type::Bool => match &*text(raw)? {
                "true" => Ok(Value::Bool(true)),
                "false" => Ok(Value::Bool(false)),
                _ => Err(ValueError::new("a bool is needed here")),
            },
            Type::Number => text(raw)?.parse().map(Value::Number).map_err(ValueError::new),
            Type::List(element) => self.elements(raw, element, deeper).map(Value::List),
            Type::Set(element) => self
                .elements(raw, element, deeper)
                .map(Value::Set)
                .map_err(|error| ValueError::new(error.message)),
            Type::Map(element) => self.map(raw, element, deeper).map(Value::Map),
            Type::Tuple(types) => self.tuple(raw, types, deeper).map(Value::Tuple),
            Type::Object(attributes) => self.object(raw, attributes, deeper).map(Value::Object),
            Type::Dynamic => {
                let typed: Typed<'_> = part(raw)?;
                let of = Type::from_json(&typed.r#type).map_err(ValueError::new)?;
                let value = self.value(typed.value, &of, deeper)?;
                Ok(Value::Dynamic(Box::new((of, value))))
            }
        }
    }

    fn elements(&mut self, raw: &RawValue, of: &Type, depth: usize) -> Result<Vec<Value>, ValueError> {
        let all: Vec<&RawValue> = part(raw)?;
        let mut element =
            |(at, raw)| self.value(raw, of, depth).map_err(|error| error.within(Path::root().index(at)));
        all.into_iter().enumerate().map(&mut element).collect()
    }

    fn tuple(&mut self, raw: &RawValue, of: &[Type], depth: usize) -> Result<Vec<Value>, ValueError> {
        let all: Vec<&RawValue> = part(raw)?;
        if all.len() != of.len() {
            let message = format!("a tuple of {} elements is needed here, not {}", of.len(), all.len());
            return Err(ValueError::new(message));
        }
        all.into_iter().zip(of).map(|(raw, of)| self.value(raw, of, depth)).collect()
    }

    fn map(
        &mut self,
        raw: &RawValue,
        of: &Type,
        depth: usize,
    ) -> Result<BTreeMap<String, Value>, ValueError> {
        let all: BTreeMap<String, &RawValue> = part(raw)?;
        let mut element = |(key, raw): (String, &RawValue)| match self.value(raw, of, depth) {
            Ok(value) => Ok((normal_form(&key).into_owned(), value)),
            Err(error) => Err(error.within(Path::root().key(key))),
        };
        all.into_iter().map(&mut element).collect()
    }

    fn object(
        &mut self,
        raw: &RawValue,
        of: &BTreeMap<String, Type>,
        depth: usize,
    ) -> Result<BTreeMap<String, Value>, ValueError> {
        let all: BTreeMap<String, &RawValue> = part(raw)?;
        if let Some((name, _)) = all.iter().find(|(name, raw)| !of.contains_key(*name) && raw.get() != "null")
        {
            return Err(ValueError::new(format!("the attribute {name:?} is not known")));
        }
        let mut attribute = |(name, of): (&String, &Type)| {
            let value = match all.get(name) {
                Some(raw) => {
                    self.value(raw, of, depth).map_err(|error| error.within(Path::from(name.as_str())))?
                }
                None => Value::Null,
            };
            Ok((name.clone(), value))
        };
        of.iter().map(&mut attribute).collect()
    }
}

/// Reads one value without a type: objects are objects, arrays tuples.
pub(crate) fn decode_untyped(bytes: &[u8]) -> Result<Value, ValueError> {
    Reader { values: 0 }.untyped(serde_json::from_slice(bytes).map_err(invalid)?, 0)
}

impl Reader {
    fn untyped(&mut self, raw: &RawValue, depth: usize) -> Result<Value, ValueError> {
        self.values += 1;
        if depth > LIMIT_DEPTH || self.values > LIMIT_VALUES {
            return Err(ValueError::new("the JSON is too deep or too large"));
        }
        let of = match raw.get().as_bytes().first() {
            Some(b'{') => {
                let all: BTreeMap<String, &RawValue> = part(raw)?;
                let one = |(key, raw): (String, &RawValue)| {
                    Ok((normal_form(&key).into_owned(), self.untyped(raw, depth + 1)?))
                };
                return all.into_iter().map(one).collect::<Result<_, ValueError>>().map(Value::Object);
            }
            Some(b'[') => {
                let all: Vec<&RawValue> = part(raw)?;
                let all = all.into_iter().map(|raw| self.untyped(raw, depth + 1));
                return all.collect::<Result<_, _>>().map(Value::Tuple);
            }
            Some(b'"') => Type::String,
            Some(b't' | b'f') => Type::Bool,
            _ => Type::Number,
        };
        self.value(raw, &of, depth)
    }
}

/// A value as JSON text that needs no type, every digit of its numbers in it. What is unknown is null.
pub(crate) fn encode_untyped(value: &Value) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let joined = |parts: Vec<String>| parts.join(",");
    match value {
        Value::Null | Value::Unknown(_) => "null".to_owned(),
        Value::Bool(set) => set.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => quoted(text),
        Value::List(all) | Value::Set(all) | Value::Tuple(all) => {
            format!("[{}]", joined(all.iter().map(encode_untyped).collect()))
        }
        Value::Map(all) | Value::Object(all) => {
            let one = |(key, one): (&String, &Value)| format!("{}:{}", quoted(key), encode_untyped(one));
            format!("{{{}}}", joined(all.iter().map(one).collect()))
        }
        Value::Dynamic(inner) => encode_untyped(&inner.1),
    }
}

/// A value as JSON that needs no type, as it is sent to others. What is unknown is null. Whole numbers stay
/// whole: an AS number is never a float. A number that JSON as programs read it (64 bits) does not hold is an
/// error on its path: it would arrive as another one.
pub fn to_plain(value: &Value) -> Result<serde_json::Value, ValueError> {
    to_plain_with(value, &|number| {
        number.to_json().ok_or_else(|| {
            let message = format!(
                "the number {number} does not fit into 64 bits and would be rounded; write it as a string"
            );
            ValueError::new(message)
        })
    })
}

/// [`to_plain`] for a target with a rule of its own for numbers.
pub fn to_plain_with(
    value: &Value,
    number: &impl Fn(&Number) -> Result<serde_json::Value, ValueError>,
) -> Result<serde_json::Value, ValueError> {
    use serde_json::Value as Json;
    let plain = |one: &Value, at: Path| to_plain_with(one, number).map_err(|error| error.within(at));
    match value {
        Value::Null | Value::Unknown(_) => Ok(Json::Null),
        Value::Bool(set) => Ok(Json::Bool(*set)),
        Value::Number(one) => number(one),
        Value::String(text) => Ok(Json::String(text.clone())),
        Value::List(all) | Value::Set(all) | Value::Tuple(all) => {
            all.iter().enumerate().map(|(at, one)| plain(one, Path::root().index(at))).collect()
        }
        Value::Map(all) => {
            all.iter().map(|(key, one)| Ok((key.clone(), plain(one, Path::root().key(key))?))).collect()
        }
        Value::Object(all) => {
            all.iter().map(|(name, one)| Ok((name.clone(), plain(one, Path::from(name.as_str()))?))).collect()
        }
        Value::Dynamic(inner) => to_plain_with(&inner.1, number),
    }
}

/// A value that brings its type along, from JSON that needs none: objects and tuples, as Terraform's own
/// language has them.
pub fn from_plain(json: &serde_json::Value) -> Value {
    Value::Dynamic(Box::new(typed(json)))
}

fn typed(json: &serde_json::Value) -> (Type, Value) {
    use serde_json::Value as Json;
    match json {
        Json::Null => (Type::Dynamic, Value::Null),
        Json::Bool(set) => (Type::Bool, Value::Bool(*set)),
        Json::Number(number) => (Type::Number, number.to_string().parse().map_or(Value::Null, Value::Number)),
        Json::String(text) => (Type::String, Value::String(normal_form(text).into_owned())),
        Json::Array(all) => {
            let (types, values) = all.iter().map(typed).unzip();
            (Type::Tuple(types), Value::Tuple(values))
        }
        Json::Object(all) => {
            let (mut types, mut values) = (BTreeMap::new(), BTreeMap::new());
            for (key, one) in all {
                let (of, value) = typed(one);
                let key = normal_form(key).into_owned();
                types.insert(key.clone(), of);
                values.insert(key, value);
            }
            (Type::Object(types), Value::Object(values))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::msgpack;
    use serde_json::json;

    #[test]
    fn plain_json_survives_the_wire_as_a_value_that_brings_its_type() {
        let plain = json!({
            "text": "a", "whole": 4_294_967_295_u64, "negative": -1, "part": 0.5, "set": true, "none": null,
            "list": [1, "two", {"three": []}], "empty": {},
        });
        let value = from_plain(&plain);
        let wire = msgpack::encode(&value, &Type::Dynamic).unwrap();
        let back = msgpack::decode(&wire, &Type::Dynamic).unwrap();
        assert_eq!(back, value);
        assert_eq!(to_plain(&back).unwrap(), plain);
    }
}
