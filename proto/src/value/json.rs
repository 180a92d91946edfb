//! The encoding of values in the state file: JSON that only the schema's type gives a meaning. Numbers are read from
//! their text, so none loses a digit.

use super::{LIMIT_DEPTH, LIMIT_VALUES, Path, Type, Value, normal_form};
use crate::model::ValueError;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Reads one value of the type `of`. Attributes that are missing are null, those that the type does not know are
/// passed over: the state may have been stored by another version of the schema.
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
            Type::String => Ok(Value::String(normal_form(&part::<String>(raw)?).into_owned())),
            Type::Bool => Ok(Value::Bool(part(raw)?)),
            Type::Number => raw.get().parse().map(Value::Number).map_err(ValueError::new),
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
