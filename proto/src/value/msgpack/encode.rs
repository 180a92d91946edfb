//! Writing msgpack, always in the shortest form.

use super::{REFINED, REFINED_SIZE, UNKNOWN, promise};
use crate::value::ValueError;
use crate::value::{Number, Path, Refinement, Type, Value, normal_form};
use rmp::encode as raw;
use std::collections::BTreeMap;

/// Longest prefix that is promised about an unknown string.
const PREFIX_SIZE: usize = 256;

/// Writes a value of the type `of`. Attributes that an object lacks are null.
pub(crate) fn encode(value: &Value, of: &Type) -> Result<Vec<u8>, ValueError> {
    let mut bytes = Vec::new();
    write(&mut bytes, value, of)?;
    Ok(bytes)
}

fn failed<E>(_: E) -> ValueError {
    ValueError::new("the value is too large to be encoded")
}

fn length(count: usize) -> Result<u32, ValueError> {
    u32::try_from(count).map_err(failed)
}

fn write(bytes: &mut Vec<u8>, value: &Value, of: &Type) -> Result<(), ValueError> {
    match (of, value) {
        (_, Value::Null) => raw::write_nil(bytes).map_err(failed),
        (_, Value::Unknown(promises)) => write_unknown(bytes, promises),
        (Type::String, Value::String(text)) => write_text(bytes, text),
        (Type::Number, Value::Number(number)) => write_number(bytes, number),
        (Type::Bool, Value::Bool(set)) => raw::write_bool(bytes, *set).map_err(failed),
        (Type::List(element), Value::List(all)) => {
            raw::write_array_len(bytes, length(all.len())?).map_err(failed)?;
            let write = |(at, one)| {
                write(bytes, one, element).map_err(|error: ValueError| error.within(Path::root().index(at)))
            };
            all.iter().enumerate().try_for_each(write)
        }
        (Type::Set(element), Value::Set(all)) => {
            raw::write_array_len(bytes, length(all.len())?).map_err(failed)?;
            all.iter().try_for_each(|one| write(bytes, one, element))
        }
        (Type::Tuple(types), Value::Tuple(all)) if types.len() == all.len() => {
            raw::write_array_len(bytes, length(all.len())?).map_err(failed)?;
            all.iter().zip(types).try_for_each(|(one, of)| write(bytes, one, of))
        }
        (Type::Map(element), Value::Map(all)) => {
            raw::write_map_len(bytes, length(all.len())?).map_err(failed)?;
            for (key, one) in all {
                write_text(bytes, key)?;
                write(bytes, one, element).map_err(|error| error.within(Path::root().key(key)))?;
            }
            Ok(())
        }
        (Type::Object(attributes), Value::Object(all)) => write_object(bytes, all, attributes),
        (Type::Dynamic, Value::Dynamic(inner)) => {
            let json = inner.0.to_json().to_string();
            raw::write_array_len(bytes, 2).map_err(failed)?;
            raw::write_bin(bytes, json.as_bytes()).map_err(failed)?;
            write(bytes, &inner.1, &inner.0)
        }
        _ => Err(ValueError::new(format!("this is {}, the schema says {}", value.kind(), of.to_json()))),
    }
}

fn write_text(bytes: &mut Vec<u8>, text: &str) -> Result<(), ValueError> {
    raw::write_str(bytes, &normal_form(text)).map_err(failed)
}

/// Whole numbers as such; all else as decimal text, which alone comes back equal in core's 512 bits.
fn write_number(bytes: &mut Vec<u8>, number: &Number) -> Result<(), ValueError> {
    match number.as_i64() {
        Some(whole) => raw::write_sint(bytes, whole).map(drop).map_err(failed),
        None => raw::write_str(bytes, &number.to_string()).map_err(failed),
    }
}

fn write_object(
    bytes: &mut Vec<u8>,
    all: &BTreeMap<String, Value>,
    attributes: &BTreeMap<String, Type>,
) -> Result<(), ValueError> {
    if let Some(extra) = all.keys().find(|name| !attributes.contains_key(*name)) {
        return Err(ValueError::new(format!("there is no attribute {extra:?} in the schema")));
    }
    raw::write_map_len(bytes, length(attributes.len())?).map_err(failed)?;
    for (name, of) in attributes {
        raw::write_str(bytes, name).map_err(failed)?;
        let value = all.get(name).unwrap_or(&Value::Null);
        write(bytes, value, of).map_err(|error| error.within(Path::from(name.as_str())))?;
    }
    Ok(())
}

fn write_unknown(bytes: &mut Vec<u8>, promises: &Refinement) -> Result<(), ValueError> {
    let map = refinement(promises)?;
    match map.filter(|map| map.len() <= REFINED_SIZE) {
        Some(map) => {
            raw::write_ext_meta(bytes, length(map.len())?, REFINED).map_err(failed)?;
            bytes.extend(map);
        }
        None => {
            raw::write_ext_meta(bytes, 1, UNKNOWN).map_err(failed)?;
            bytes.push(0);
        }
    }
    Ok(())
}

/// The map of promises, if there are any.
fn refinement(promises: &Refinement) -> Result<Option<Vec<u8>>, ValueError> {
    let Refinement { null, prefix, lower, upper, shortest, longest } = promises;
    let mut count = 0;
    let mut map = Vec::new();
    let mut key = |map: &mut Vec<u8>, key| {
        count += 1;
        raw::write_sint(map, key).map(drop).map_err(failed)
    };
    if let Some(null) = null {
        key(&mut map, promise::NULL)?;
        raw::write_bool(&mut map, *null).map_err(failed)?;
    }
    if let Some(prefix) = prefix {
        key(&mut map, promise::PREFIX)?;
        let end = prefix.floor_char_boundary(PREFIX_SIZE);
        write_text(&mut map, prefix.get(..end).unwrap_or_default())?;
    }
    for (name, bound) in [(promise::LOWER, lower), (promise::UPPER, upper)] {
        if let Some((number, inclusive)) = bound {
            key(&mut map, name)?;
            raw::write_array_len(&mut map, 2).map_err(failed)?;
            write_number(&mut map, number)?;
            raw::write_bool(&mut map, *inclusive).map_err(failed)?;
        }
    }
    for (name, size) in [(promise::SHORTEST, shortest), (promise::LONGEST, longest)] {
        if let Some(size) = size {
            key(&mut map, name)?;
            raw::write_sint(&mut map, *size).map_err(failed)?;
        }
    }
    if count == 0 {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    raw::write_map_len(&mut bytes, count).map_err(failed)?;
    bytes.extend(map);
    Ok(Some(bytes))
}
