//! Reading msgpack. The bytes may be anything: every length is checked against what is left, and depth and
//! number of values are bounded.

use super::{REFINED, REFINED_SIZE, promise};
use crate::value::ValueError;
use crate::value::{LIMIT_DEPTH, LIMIT_VALUES, Number, Path, Refinement, Type, Value, normal_form};
use rmp::{Marker, decode as raw};
use std::collections::BTreeMap;

/// Reads one value of the type `of`.
pub(crate) fn decode(bytes: &[u8], of: &Type) -> Result<Value, ValueError> {
    let mut reader = Reader { rest: bytes, values: 0 };
    let value = reader.value(of, 0)?;
    if reader.rest.is_empty() { Ok(value) } else { Err(ValueError::new("more bytes follow after the value")) }
}

/// Adds a member. One that is there already is an error: whichever were taken, the other would be lost.
fn once(all: &mut BTreeMap<String, Value>, name: String, value: Value) -> Result<(), ValueError> {
    match all.get(&name) {
        Some(_) => Err(ValueError::new(format!("{name:?} is there twice"))),
        None => {
            all.insert(name, value);
            Ok(())
        }
    }
}

struct Reader<'a> {
    rest: &'a [u8],
    values: usize,
}

fn cut_short<E>(_: E) -> ValueError {
    ValueError::new("the encoded value ends too early or is damaged")
}

impl<'a> Reader<'a> {
    fn marker(&self) -> Result<Marker, ValueError> {
        self.rest.first().map(|byte| Marker::from_u8(*byte)).ok_or_else(|| cut_short(()))
    }

    fn take(&mut self, length: u32) -> Result<&'a [u8], ValueError> {
        let length = usize::try_from(length).map_err(cut_short)?;
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(|| cut_short(()))?;
        self.rest = rest;
        Ok(taken)
    }

    /// A number of elements that the rest can hold: each takes a byte at least.
    fn count(&self, length: u32) -> Result<usize, ValueError> {
        usize::try_from(length).ok().filter(|count| *count <= self.rest.len()).ok_or_else(|| cut_short(()))
    }

    fn value(&mut self, of: &Type, depth: usize) -> Result<Value, ValueError> {
        self.values += 1;
        if depth > LIMIT_DEPTH || self.values > LIMIT_VALUES {
            return Err(ValueError::new("the encoded value is too deep or too large"));
        }
        match self.marker()? {
            Marker::Null => {
                raw::read_nil(&mut self.rest).map_err(cut_short)?;
                return Ok(Value::Null);
            }
            Marker::FixExt1
            | Marker::FixExt2
            | Marker::FixExt4
            | Marker::FixExt8
            | Marker::FixExt16
            | Marker::Ext8
            | Marker::Ext16
            | Marker::Ext32 => return self.unknown(of),
            _ => {}
        }
        let deeper = depth + 1;
        match of {
            Type::String => self.text("string").map(Value::String),
            Type::Number => self.number().map(Value::Number),
            Type::Bool => raw::read_bool(&mut self.rest).map(Value::Bool).map_err(|_| self.wrong("bool")),
            Type::Dynamic => self.dynamic(deeper),
            Type::List(element) => self.elements(element, deeper, "list").map(Value::List),
            Type::Set(element) => self
                .elements(element, deeper, "set")
                .map(Value::Set)
                .map_err(|error| ValueError::new(error.message)),
            Type::Map(element) => self.map(element, deeper).map(Value::Map),
            Type::Tuple(elements) => self.tuple(elements, deeper).map(Value::Tuple),
            Type::Object(attributes) => self.object(attributes, deeper).map(Value::Object),
        }
    }

    fn wrong(&self, wanted: &str) -> ValueError {
        ValueError::new(format!("a {wanted} is needed here, the encoded value is something else"))
    }

    fn text(&mut self, wanted: &str) -> Result<String, ValueError> {
        let before = self.rest;
        let Ok(length) = raw::read_str_len(&mut self.rest) else {
            self.rest = before;
            return Err(self.wrong(wanted));
        };
        let text =
            std::str::from_utf8(self.take(length)?).map_err(|_| ValueError::new("the text is not UTF-8"))?;
        Ok(normal_form(text).into_owned())
    }

    fn number(&mut self) -> Result<Number, ValueError> {
        let not_finite = |message: String| ValueError::new(message);
        match self.marker()? {
            Marker::F32 => {
                let float = raw::read_f32(&mut self.rest).map_err(cut_short)?;
                Number::try_from(f64::from(float)).map_err(not_finite)
            }
            Marker::F64 => {
                let float = raw::read_f64(&mut self.rest).map_err(cut_short)?;
                Number::try_from(float).map_err(not_finite)
            }
            Marker::U64 => raw::read_u64(&mut self.rest).map(Number::from).map_err(cut_short),
            Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => {
                self.text("number")?.parse().map_err(ValueError::new)
            }
            _ => {
                let whole: Result<i64, _> = raw::read_int(&mut self.rest);
                whole.map(Number::from).map_err(|_| self.wrong("number"))
            }
        }
    }

    fn array(&mut self, wanted: &str) -> Result<usize, ValueError> {
        let length = raw::read_array_len(&mut self.rest).map_err(|_| self.wrong(wanted))?;
        self.count(length)
    }

    fn elements(&mut self, of: &Type, depth: usize, wanted: &str) -> Result<Vec<Value>, ValueError> {
        let count = self.array(wanted)?;
        let mut element = |at| self.value(of, depth).map_err(|error| error.within(Path::root().index(at)));
        (0..count).map(&mut element).collect()
    }

    fn tuple(&mut self, of: &[Type], depth: usize) -> Result<Vec<Value>, ValueError> {
        let count = self.array("tuple")?;
        if count != of.len() {
            return Err(ValueError::new(format!(
                "a tuple of {} elements is needed here, not {count}",
                of.len()
            )));
        }
        of.iter().map(|of| self.value(of, depth)).collect()
    }

    fn map(&mut self, of: &Type, depth: usize) -> Result<BTreeMap<String, Value>, ValueError> {
        let length = raw::read_map_len(&mut self.rest).map_err(|_| self.wrong("map"))?;
        let mut all = BTreeMap::new();
        for _ in 0..self.count(length)? {
            let key = self.text("map with text as keys")?;
            let value = self.value(of, depth).map_err(|error| error.within(Path::root().key(&key)))?;
            once(&mut all, key, value)?;
        }
        Ok(all)
    }

    fn object(
        &mut self,
        of: &BTreeMap<String, Type>,
        depth: usize,
    ) -> Result<BTreeMap<String, Value>, ValueError> {
        let length = raw::read_map_len(&mut self.rest).map_err(|_| self.wrong("object"))?;
        let mut all = BTreeMap::new();
        for _ in 0..self.count(length)? {
            let name = self.text("object with names as keys")?;
            let Some(attribute) = of.get(&name) else {
                return Err(ValueError::new(format!("there is no attribute {name:?} in the schema")));
            };
            let value =
                self.value(attribute, depth).map_err(|error| error.within(Path::from(name.as_str())))?;
            once(&mut all, name, value)?;
        }
        match of.keys().find(|name| !all.contains_key(*name)) {
            Some(missing) => Err(ValueError::new(format!("the attribute {missing:?} is missing"))),
            None => Ok(all),
        }
    }

    fn dynamic(&mut self, depth: usize) -> Result<Value, ValueError> {
        if self.array("value with its type")? != 2 {
            return Err(self.wrong("value with its type"));
        }
        let length = raw::read_bin_len(&mut self.rest).map_err(cut_short)?;
        let json = serde_json::from_slice(self.take(length)?)
            .map_err(|error| ValueError::new(format!("the type of a dynamic value is no JSON: {error}")))?;
        let of = Type::from_json(&json).map_err(ValueError::new)?;
        let value = self.value(&of, depth)?;
        Ok(Value::Dynamic(Box::new((of, value))))
    }

    fn unknown(&mut self, of: &Type) -> Result<Value, ValueError> {
        let meta = raw::read_ext_meta(&mut self.rest).map_err(cut_short)?;
        let payload = self.take(meta.size)?;
        match (meta.typeid, payload.len()) {
            (_, 0 | 1) => Ok(Value::unknown()),
            (REFINED, size) if size <= REFINED_SIZE => {
                let mut inside = Reader { rest: payload, values: 0 };
                inside.refinement(of).map(|promises| Value::Unknown(Box::new(promises)))
            }
            (typeid, size) => Err(ValueError::new(format!(
                "the extension type {typeid} with {size} bytes is not supported"
            ))),
        }
    }

    fn refinement(&mut self, of: &Type) -> Result<Refinement, ValueError> {
        let mut promises = Refinement::default();
        let length = raw::read_map_len(&mut self.rest).map_err(cut_short)?;
        for _ in 0..self.count(length)? {
            let key: i64 = raw::read_int(&mut self.rest).map_err(cut_short)?;
            match (key, of) {
                (promise::NULL, _) => {
                    promises.null = Some(raw::read_bool(&mut self.rest).map_err(cut_short)?)
                }
                (promise::PREFIX, Type::String) => promises.prefix = Some(self.text("string")?),
                (promise::LOWER, Type::Number) => promises.lower = Some(self.bound()?),
                (promise::UPPER, Type::Number) => promises.upper = Some(self.bound()?),
                (promise::SHORTEST, Type::List(_) | Type::Set(_) | Type::Map(_)) => {
                    promises.shortest = Some(raw::read_int(&mut self.rest).map_err(cut_short)?);
                }
                (promise::LONGEST, Type::List(_) | Type::Set(_) | Type::Map(_)) => {
                    promises.longest = Some(raw::read_int(&mut self.rest).map_err(cut_short)?);
                }
                _ => self.skip()?,
            }
        }
        Ok(promises)
    }

    fn bound(&mut self) -> Result<(Number, bool), ValueError> {
        if self.array("bound")? != 2 {
            return Err(self.wrong("bound"));
        }
        Ok((self.number()?, raw::read_bool(&mut self.rest).map_err(cut_short)?))
    }

    /// Passes over one value of any kind: a promise that a later Terraform invented.
    fn skip(&mut self) -> Result<(), ValueError> {
        let mut left = 1_usize;
        while let Some(after) = left.checked_sub(1) {
            left = after;
            let marker = raw::read_marker(&mut self.rest).map_err(|_| cut_short(()))?;
            let size = match marker {
                Marker::Null | Marker::True | Marker::False | Marker::FixPos(_) | Marker::FixNeg(_) => 0,
                Marker::U8 | Marker::I8 => 1,
                Marker::U16 | Marker::I16 | Marker::FixExt1 => 2,
                Marker::FixExt2 => 3,
                Marker::U32 | Marker::I32 | Marker::F32 => 4,
                Marker::FixExt4 => 5,
                Marker::U64 | Marker::I64 | Marker::F64 => 8,
                Marker::FixExt8 => 9,
                Marker::FixExt16 => 17,
                Marker::FixStr(length) => u32::from(length),
                Marker::FixArray(length) => {
                    left += usize::from(length);
                    0
                }
                Marker::FixMap(length) => {
                    left += 2 * usize::from(length);
                    0
                }
                Marker::Str8 | Marker::Bin8 => self.big_endian(1)?,
                Marker::Str16 | Marker::Bin16 => self.big_endian(2)?,
                // Nothing longer fits into a map of promises.
                _ => return Err(cut_short(())),
            };
            self.take(size)?;
        }
        Ok(())
    }
    fn big_endian(&mut self, bytes: u32) -> Result<u32, ValueError> {
        Ok(self.take(bytes)?.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
    }
}
