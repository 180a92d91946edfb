//! The encodings of values: known bytes, there and back for values of any type, and bytes that somebody
//! damaged.

use super::json as state;
use super::*;
use serde_json::json;
use std::collections::BTreeMap;

fn of(json: serde_json::Value) -> Type {
    Type::from_json(&json).unwrap()
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn number(text: &str) -> Value {
    Value::Number(text.parse().unwrap())
}

fn map<const N: usize>(pairs: [(&str, Value); N]) -> BTreeMap<String, Value> {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

#[track_caller]
fn both_ways(value: &Value, of: &Type, bytes: &[u8]) {
    assert_eq!(msgpack::encode(value, of).unwrap(), bytes, "{value:?}");
    assert_eq!(&msgpack::decode(bytes, of).unwrap(), value);
}

#[test]
fn known_bytes() {
    both_ways(&Value::Null, &Type::String, &[0xc0]);
    both_ways(&Value::Null, &Type::Dynamic, &[0xc0]);
    both_ways(&Value::unknown(), &Type::Bool, &[0xd4, 0, 0]);
    both_ways(&text("hé"), &Type::String, &[0xa3, b'h', 0xc3, 0xa9]);
    both_ways(&Value::Bool(true), &Type::Bool, &[0xc3]);
    both_ways(&number("7"), &Type::Number, &[7]);
    both_ways(&number("-1"), &Type::Number, &[0xff]);
    both_ways(&number("0.1"), &Type::Number, &[0xa3, b'0', b'.', b'1']);
    both_ways(&number("4294967295"), &Type::Number, &[0xce, 0xff, 0xff, 0xff, 0xff]);
    both_ways(&Value::List(vec![text("a")]), &of(json!(["list", "string"])), &[0x91, 0xa1, b'a']);
    let object = of(json!(["object", { "a": "string", "b": "bool" }]));
    both_ways(
        &Value::Object(map([("a", text("x")), ("b", Value::Null)])),
        &object,
        &[0x82, 0xa1, b'a', 0xa1, b'x', 0xa1, b'b', 0xc0],
    );
    let dynamic = Value::Dynamic(Box::new((Type::Bool, Value::Bool(false))));
    both_ways(&dynamic, &Type::Dynamic, &[0x92, 0xc4, 6, b'"', b'b', b'o', b'o', b'l', b'"', 0xc2]);
}

#[test]
fn what_core_may_send_besides() {
    let read = |bytes: &[u8], of: &Type| msgpack::decode(bytes, of).unwrap();
    // An unknown value without a payload, or in any extension with a short one.
    assert!(read(&[0xc7, 0, 0], &Type::String).is_unknown());
    assert!(read(&[0xd4, 9, 0], &Type::String).is_unknown());
    assert_eq!(read(&[0xcb, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0], &Type::Number), number("0.5"));
    assert_eq!(
        read(&[0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], &Type::Number),
        number("18446744073709551615")
    );
    // A decomposed letter and its composed twin are the same text.
    assert_eq!(read("\u{a3}e\u{301}".as_bytes().get(1..).unwrap(), &Type::String), text("é"));
}

#[test]
fn numbers_lose_no_digit() {
    for digits in [
        "123456789012345678901234567890",
        "0.1000000000000000055511151231257827",
        "-9223372036854775809",
        "1e30",
    ] {
        let value = number(digits);
        let bytes = msgpack::encode(&value, &Type::Number).unwrap();
        assert_eq!(msgpack::decode(&bytes, &Type::Number).unwrap(), value, "{digits}");
        assert_eq!(state::decode(digits.as_bytes(), &Type::Number).unwrap(), value, "{digits}");
    }
    assert_eq!(number("1.50"), number("1.5"));
    assert_eq!("1e3".parse::<Number>().unwrap().to_string(), "1000");
}

#[test]
fn a_short_text_for_an_endless_number_is_refused() {
    for digits in [
        "1e999999999",
        "1e-999999999",
        "1e99999999999999999999",
        "NaN",
        "inf",
        "0x10",
        "1_000",
        "",
        "1e",
        "-",
    ] {
        assert!(digits.parse::<Number>().is_err(), "{digits}");
    }
    assert!(msgpack::decode(&[0xcb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0], &Type::Number).is_err(), "infinity");
}

#[test]
fn promises_about_unknown_values_are_kept() {
    let promises = Refinement { null: Some(false), prefix: Some("ami-".to_owned()), ..Refinement::default() };
    let bytes = msgpack::encode(&Value::Unknown(Box::new(promises.clone())), &Type::String).unwrap();
    assert_eq!(bytes, [0xc7, 9, 12, 0x82, 1, 0xc2, 2, 0xa4, b'a', b'm', b'i', b'-']);
    let Value::Unknown(read) = msgpack::decode(&bytes, &Type::String).unwrap() else { panic!("known") };
    assert_eq!(*read, promises);

    let promises = Refinement {
        lower: Some(("0.5".parse().unwrap(), true)),
        upper: Some((Number::from(9_i64), false)),
        ..Refinement::default()
    };
    let bytes = msgpack::encode(&Value::Unknown(Box::new(promises.clone())), &Type::Number).unwrap();
    let Value::Unknown(read) = msgpack::decode(&bytes, &Type::Number).unwrap() else { panic!("known") };
    assert_eq!(*read, promises);

    let promises = Refinement { shortest: Some(1), longest: Some(3), ..Refinement::default() };
    let list = of(json!(["list", "string"]));
    let bytes = msgpack::encode(&Value::Unknown(Box::new(promises.clone())), &list).unwrap();
    let Value::Unknown(read) = msgpack::decode(&bytes, &list).unwrap() else { panic!("known") };
    assert_eq!(*read, promises);

    // A promise of a later Terraform is passed over, whatever it holds.
    let later = [0xc7, 12, 12, 0x82, 99, 0x92, 0x81, 0xa1, b'k', 0xcd, 1, 2, 0xc3, 1, 0xc2];
    let Value::Unknown(read) = msgpack::decode(&later, &Type::String).unwrap() else { panic!("known") };
    assert_eq!(read.null, Some(false));

    // Longer than core reads: a shorter prefix, cut between letters.
    let promises = Refinement { prefix: Some("é".repeat(2000)), ..Refinement::default() };
    let bytes = msgpack::encode(&Value::Unknown(Box::new(promises)), &Type::String).unwrap();
    let Value::Unknown(read) = msgpack::decode(&bytes, &Type::String).unwrap() else { panic!("known") };
    assert_eq!(read.prefix, Some("é".repeat(128)));
}

#[test]
fn what_does_not_fit_is_told_with_its_place() {
    let object = of(json!(["object", { "ports": ["list", ["object", { "number": "number" }]] }]));
    let tell = |bytes: &[u8]| {
        let error = msgpack::decode(bytes, &object).unwrap_err();
        format!("{}: {}", error.path, error.message)
    };
    assert!(tell(&[0x80]).contains("the attribute \"ports\" is missing"));
    assert!(tell(&[0x81, 0xa1, b'x', 0xc0]).contains("no attribute \"x\""));
    let text_for_number =
        [&[0x81, 0xa5][..], b"ports", &[0x91, 0x81, 0xa6], b"number", &[0xa1, b'x']].concat();
    assert!(tell(&text_for_number).starts_with("ports[0].number: "), "{}", tell(&text_for_number));
    let none = msgpack::decode(&[0xc4, 1, b'x'], &Type::String).unwrap_err();
    assert!(none.message.contains("a string is needed"), "{none}");
    assert!(msgpack::decode(&[0xc0, 0xc0], &Type::String).is_err(), "more follows");
    assert!(msgpack::decode(&[0x91, 0xc0], &of(json!(["tuple", ["bool", "bool"]]))).is_err());

    let error = msgpack::encode(&text("x"), &Type::Number).unwrap_err();
    assert!(error.message.contains("this is string, the schema says \"number\""), "{error}");
    let extra = Value::Object(map([("ports", Value::Null), ("more", Value::Null)]));
    assert!(msgpack::encode(&extra, &object).unwrap_err().message.contains("no attribute \"more\""));
}

#[test]
fn stored_state_may_be_of_another_schema() {
    let object = of(
        json!(["object", { "name": "string", "ports": ["set", "number"], "labels": ["map", "string"], "any": "dynamic" }]),
    );
    let json = r#" { "name": "e\u0301", "gone": null, "ports": [80, 4294967295.0], "any": {"value": ["x"], "type": ["list", "string"]} } "#;
    let Value::Object(read) = state::decode(json.as_bytes(), &object).unwrap() else { panic!("no object") };
    assert_eq!(read["name"], text("é"));
    assert_eq!(read["ports"], Value::Set(vec![number("4294967295"), number("80")]));
    assert_eq!(read["labels"], Value::Null);
    assert_eq!(
        read["any"],
        Value::Dynamic(Box::new((of(json!(["list", "string"])), Value::List(vec![text("x")]))))
    );
    assert!(!read.contains_key("gone"));

    let error = state::decode(br#"{"ports": ["many"]}"#, &object).unwrap_err();
    assert_eq!(error.path, Path::from("ports"));
    let error = state::decode(br#"{"gone": {"x": [1, 2]}}"#, &object).unwrap_err();
    assert!(error.message.contains("the attribute \"gone\" is not known"), "{error}");
    for broken in ["", "[]", "{\"name\": []}", "{\"name\"", "{} {}", "\u{1}"] {
        assert!(state::decode(broken.as_bytes(), &object).is_err(), "{broken:?}");
    }
}

#[test]
fn depth_and_size_are_bounded() {
    let inner = [0x92, 0xc4, 9, b'"', b'd', b'y', b'n', b'a', b'm', b'i', b'c', b'"'];
    let mut deep: Vec<u8> = inner.iter().copied().cycle().take(inner.len() * 100_000).collect();
    deep.push(0xc0);
    assert!(msgpack::decode(&deep, &Type::Dynamic).unwrap_err().message.contains("too deep"));
    // A type as deep as JSON allows, and deeper.
    for levels in [120, 100_000] {
        let of = format!("{}\"bool\"{}", "[\"list\",".repeat(levels), "]".repeat(levels));
        let mut bytes = vec![0x92, 0xc6];
        bytes.extend(u32::try_from(of.len()).unwrap().to_be_bytes());
        bytes.extend(of.as_bytes());
        bytes.extend(std::iter::repeat_n(0x91, levels));
        bytes.push(0xc3);
        assert!(msgpack::decode(&bytes, &Type::Dynamic).is_err());
    }
    let list = of(json!(["list", "bool"]));
    // A length without elements.
    assert!(msgpack::decode(&[0xdd, 0xff, 0xff, 0xff, 0xff], &list).is_err());
    let mut long = vec![0xdd];
    long.extend(5_000_000_u32.to_be_bytes());
    long.resize(5 + 5_000_000, 0xc0);
    assert!(msgpack::decode(&long, &list).unwrap_err().message.contains("too large"));

    let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    assert!(state::decode(deep.as_bytes(), &list).is_err());
    let unknown = format!("{{\"unknown\": {deep}}}");
    assert!(state::decode(unknown.as_bytes(), &of(json!(["object", { "a": "bool" }]))).is_err());
    assert!(state::decode_untyped(deep.as_bytes()).unwrap_err().message.contains("too deep"));
    let pairs = 100_000;
    let deep = format!("{}null{}", "{\"type\":\"dynamic\",\"value\":".repeat(pairs), "}".repeat(pairs));
    assert!(state::decode(deep.as_bytes(), &Type::Dynamic).is_err());
}

/// A small generator of numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn some_type(&mut self, depth: u32) -> Type {
        let sides = if depth == 0 { 3 } else { 9 };
        match self.roll(sides) {
            0 => Type::String,
            1 => Type::Number,
            2 => Type::Bool,
            3 => Type::List(Box::new(self.some_type(depth - 1))),
            4 => Type::Set(Box::new(self.some_type(depth - 1))),
            5 => Type::Map(Box::new(self.some_type(depth - 1))),
            6 => Type::Tuple((0..self.roll(4)).map(|_| self.some_type(depth - 1)).collect()),
            7 => Type::Dynamic,
            _ => Type::Object(
                (0..self.roll(5)).map(|at| (format!("a{at}"), self.some_type(depth - 1))).collect(),
            ),
        }
    }

    fn some_value(&mut self, of: &Type, depth: u32) -> Value {
        match self.roll(8) {
            0 => return Value::Null,
            1 => return Value::unknown(),
            _ => {}
        }
        let most = if self.roll(9) == 0 { 40 } else { 4 };
        let size = self.roll(most);
        match of {
            Type::String => text(&"xé\u{1f600}\n\""[..].repeat(usize::try_from(size).unwrap())),
            Type::Number => match self.roll(4) {
                0 => Value::Number(Number::from(i64::from_ne_bytes(self.roll(u64::MAX).to_ne_bytes()))),
                1 => Value::Number(Number::from(self.roll(u64::MAX))),
                2 => number(&format!("-{}.{}", self.roll(99), self.roll(u64::MAX))),
                _ => number(&format!("{}e{}", self.roll(999), self.roll(400))),
            },
            Type::Bool => Value::Bool(self.roll(2) == 0),
            Type::Dynamic => {
                let of = self.some_type(depth.saturating_sub(1));
                let value = self.some_value(&of, depth.saturating_sub(1));
                Value::Dynamic(Box::new((of, value)))
            }
            Type::List(of) => Value::List((0..size).map(|_| self.some_value(of, depth)).collect()),
            Type::Set(of) => Value::Set((0..size).map(|_| self.some_value(of, depth)).collect()),
            Type::Map(of) => {
                Value::Map((0..size).map(|at| (format!("k{at}"), self.some_value(of, depth))).collect())
            }
            Type::Tuple(all) => Value::Tuple(all.iter().map(|of| self.some_value(of, depth)).collect()),
            Type::Object(all) => Value::Object(
                all.iter().map(|(name, of)| (name.clone(), self.some_value(of, depth))).collect(),
            ),
        }
    }
}

#[test]
fn any_value_comes_back_as_it_was() {
    let mut dice = Dice(0x5eed);
    for _ in 0..5_000 {
        let of = dice.some_type(4);
        let value = dice.some_value(&of, 4);
        let bytes = msgpack::encode(&value, &of).unwrap();
        assert_eq!(msgpack::decode(&bytes, &of).unwrap(), value, "{of:?}");
        assert_eq!(Type::from_json(&of.to_json()).unwrap(), of);
    }
}

#[test]
fn damaged_bytes_are_an_error_or_another_value_and_never_a_crash() {
    let mut dice = Dice(0xbad5eed);
    let (mut errors, mut values) = (0, 0);
    for _ in 0..20_000 {
        let of = dice.some_type(3);
        let mut bytes = msgpack::encode(&dice.some_value(&of, 3), &of).unwrap();
        for _ in 0..=dice.roll(3) {
            let at = usize::try_from(dice.roll(bytes.len() as u64)).unwrap();
            match dice.roll(3) {
                0 => bytes.truncate(at.max(1)),
                1 => bytes.insert(at, u8::try_from(dice.roll(256)).unwrap()),
                _ => bytes[at] = u8::try_from(dice.roll(256)).unwrap(),
            }
        }
        match msgpack::decode(&bytes, &of) {
            Err(_) => errors += 1,
            Ok(value) => {
                values += 1;
                let again = msgpack::encode(&value, &of).unwrap();
                assert_eq!(msgpack::decode(&again, &of).unwrap(), value);
            }
        }
    }
    assert!(errors > 5_000 && values > 500, "{errors} errors, {values} values");
}

#[test]
fn damaged_state_is_an_error_or_another_value_and_never_a_crash() {
    let mut dice = Dice(0x57a7e);
    let object = of(json!(["object", {
        "name": "string", "size": "number", "on": "bool", "any": "dynamic", "pair": ["tuple", ["bool", "string"]],
        "ports": ["set", "number"], "labels": ["map", ["list", "string"]],
    }]));
    let good = br#"{"name":"\u00e9\ud83d\ude00","size":1.5e3,"on":true,"any":{"type":"bool","value":null},"pair":[false,"x"],"ports":[80,443],"labels":{"a":["b",null]}}"#;
    assert!(state::decode(good, &object).is_ok());
    let (mut errors, mut values) = (0, 0);
    for _ in 0..20_000 {
        let mut bytes = good.to_vec();
        let at = usize::try_from(dice.roll(bytes.len() as u64)).unwrap();
        match dice.roll(3) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, u8::try_from(dice.roll(256)).unwrap()),
            _ => bytes[at] = u8::try_from(dice.roll(128)).unwrap(),
        }
        match state::decode(&bytes, &object) {
            Err(_) => errors += 1,
            Ok(value) => {
                values += 1;
                msgpack::encode(&value, &object).unwrap();
            }
        }
    }
    assert!(errors > 5_000 && values > 500, "{errors} errors, {values} values");
}

#[test]
fn a_doubled_key_is_an_error() {
    let once: &[u8] = &[0x81, 0xa1, b'a', 0xa1, b'x'];
    let twice: &[u8] = &[0x82, 0xa1, b'a', 0xa1, b'x', 0xa1, b'a', 0xa1, b'y'];
    for of in [Type::Map(Box::new(Type::String)), Type::Object([("a".to_owned(), Type::String)].into())] {
        msgpack::decode(once, &of).unwrap();
        let error = msgpack::decode(twice, &of).unwrap_err();
        assert!(error.message.contains("\"a\" is there twice"), "{error}");
    }
}
