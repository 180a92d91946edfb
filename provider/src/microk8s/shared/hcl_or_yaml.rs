//! What a person writes as an HCL value or as the text of one YAML document.

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};
use serde_saphyr::Spanned;
use std::fmt;
use tfplugin::value::ValueError;
use tfplugin::value::to_plain;
use tfplugin::{Diagnostics, Number, Path, Value};

/// Which numbers a target holds as they are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Numbers {
    /// An API server: whole numbers of 64 bits with a sign, and floats.
    Kubernetes,
    /// Helm: floats, whole numbers too (seen with 3.22.0: 9007199254740993 arrives as 9007199254740992).
    Helm,
}

/// What the value says, whichever form it has.
pub(crate) fn read(value: &Value) -> Result<Json, ValueError> {
    if !value.is_wholly_known() {
        return Err(ValueError::new("parts of it are known only at apply"));
    }
    match to_plain(value)? {
        Json::String(yaml) => parse(&yaml),
        json => Ok(json),
    }
}

impl Numbers {
    /// Finds numbers of an attribute's value that would arrive as others. What is read is never held to this.
    pub(crate) fn check(self, attribute: &str, members: &Map<String, Json>, diagnostics: &mut Diagnostics) {
        members.iter().for_each(|(key, one)| self.check_at(Path::from(attribute).key(key), one, diagnostics));
    }

    fn check_at(self, at: Path, json: &Json, diagnostics: &mut Diagnostics) {
        match json {
            Json::Array(all) => {
                all.iter()
                    .enumerate()
                    .for_each(|(index, one)| self.check_at(at.clone().index(index), one, diagnostics));
            }
            Json::Object(all) => {
                all.iter().for_each(|(key, one)| self.check_at(at.clone().key(key), one, diagnostics));
            }
            Json::Number(number) if !self.holds(number) => {
                let by = match self {
                    Self::Kubernetes => "The API server",
                    Self::Helm => "Helm, to which every number is a float of 64 bits,",
                };
                let detail = format!(
                    "{by} would round the number at {at}. Write it as a string, or give another number."
                );
                diagnostics.error_at(at, "Number that would be rounded", detail);
            }
            _ => {}
        }
    }

    fn holds(self, number: &serde_json::Number) -> bool {
        match (self, number.as_i64()) {
            (Self::Kubernetes, whole) => whole.is_some() || !number.is_u64(),
            // A float says the same shortest decimal text again.
            (Self::Helm, _) => {
                let exact = |text: &str| text.parse::<Number>().ok();
                let float = number.as_f64().and_then(|float| Number::try_from(float).ok());
                float.is_some() && float == exact(&number.to_string())
            }
        }
    }
}

fn parse(yaml: &str) -> Result<Json, ValueError> {
    let documents: Vec<Spanned<Node>> = serde_saphyr::from_multiple(yaml)
        .map_err(|error| ValueError::new(format!("the text is no YAML: {error}")))?;
    let not_empty = |one: &Spanned<Node>| !matches!(one.value, Node::Scalar(Json::Null));
    let mut documents: Vec<_> = documents.into_iter().filter(not_empty).collect();
    match (documents.pop(), documents.len()) {
        (Some(only), 0) => json(only, yaml),
        (None, _) => Err(ValueError::new("the YAML is empty")),
        (Some(_), more) => Err(ValueError::new(format!(
            "the YAML has {} documents, and one is needed here: use `for_each` over the documents",
            more + 1
        ))),
    }
}

/// A node of a YAML document; where it stands leads to the text of its numbers.
enum Node {
    Scalar(Json),
    Sequence(Vec<Spanned<Node>>),
    Mapping(Vec<(String, Spanned<Node>)>),
}

/// A document as JSON. A number that would be rounded on the way is an error, as it is in HCL.
fn json(node: Spanned<Node>, yaml: &str) -> Result<Json, ValueError> {
    let span = node.defined.span();
    match node.value {
        Node::Sequence(all) => {
            let one = |(at, one)| json(one, yaml).map_err(|error| error.within(Path::root().index(at)));
            all.into_iter().enumerate().map(one).collect()
        }
        Node::Mapping(all) => {
            let mut members = Map::new();
            for (key, one) in all {
                let within = Path::root().key(&key);
                if members.contains_key(&key) {
                    return Err(ValueError::new("the key is written twice").within(within));
                }
                members.insert(key, json(one, yaml).map_err(|error| error.within(within))?);
            }
            Ok(Json::Object(members))
        }
        Node::Scalar(Json::Number(read)) => {
            let bytes = |from: u64, length: u64| {
                Some(usize::try_from(from).ok()?..usize::try_from(from.checked_add(length)?).ok()?)
            };
            let range =
                span.byte_offset().zip(span.byte_len()).and_then(|(from, length)| bytes(from, length));
            let written =
                range.and_then(|range| yaml.get(range)).and_then(|text| text.trim().parse::<Number>().ok());
            match written {
                // Other spellings, such as 0x1f, are whole numbers of 64 bits.
                Some(written) if read.to_string().parse() != Ok(written.clone()) => {
                    Err(ValueError::new(format!(
                        "the number {written} does not fit into 64 bits and would be rounded; write it as a string"
                    )))
                }
                _ => Ok(Json::Number(read)),
            }
        }
        Node::Scalar(other) => Ok(other),
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Nodes)
    }
}

struct Nodes;

impl<'de> Visitor<'de> for Nodes {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Json::Null))
    }

    fn visit_bool<E>(self, set: bool) -> Result<Node, E> {
        Ok(Node::Scalar(set.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Node, E> {
        Ok(Node::Scalar(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Node, E> {
        Ok(Node::Scalar(number.into()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Node, E> {
        let number = serde_json::Number::from_f64(number);
        number
            .map(|number| Node::Scalar(number.into()))
            .ok_or_else(|| E::custom("JSON has no infinite numbers"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Scalar(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<Node, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = all.next_element()? {
            nodes.push(node);
        }
        Ok(Node::Sequence(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut all: A) -> Result<Node, A::Error> {
        let mut nodes = Vec::new();
        while let Some(entry) = all.next_entry()? {
            nodes.push(entry);
        }
        Ok(Node::Mapping(nodes))
    }
}

/// The same without members that are null, as authors leave them out.
pub(crate) fn without_nulls(json: &Json) -> Json {
    match json {
        Json::Object(all) => all
            .iter()
            .filter(|(_, one)| !one.is_null())
            .map(|(key, one)| (key.clone(), without_nulls(one)))
            .collect(),
        Json::Array(all) => all.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_number_arrives_as_it_is_written_or_is_an_error_on_its_path() {
        let dynamic = |number: &str| {
            let numbers = Value::Tuple(vec![Value::Number(number.parse().unwrap())]);
            Value::Object([("n".to_owned(), numbers)].into())
        };
        for (written, arrives) in [
            ("0.1", json!(0.1)),
            ("1.1", json!(1.1)),
            ("-0.25", json!(-0.25)),
            ("1e30", json!(1e30)),
            ("9007199254740993", json!(9_007_199_254_740_993_i64)),
        ] {
            let expected = json!({ "n": [arrives] });
            assert_eq!(read(&dynamic(written)).unwrap(), expected, "{written}");
            assert_eq!(
                read(&Value::String(format!("n: [{written}]"))).unwrap(),
                expected,
                "{written} in YAML"
            );
        }
        for rounded in ["12345678901234567890123", "0.12345678901234567890123"] {
            let error = read(&dynamic(rounded)).unwrap_err();
            assert_eq!(error.path.to_string(), "n[0]");
            assert!(error.message.contains(rounded), "{error}");
            for yaml in [format!("n: [{rounded}]"), format!("m: &a\n  - {rounded}\nn: *a\n")] {
                let error = read(&Value::String(yaml)).unwrap_err();
                assert!(error.message.contains(rounded), "{error}");
            }
        }
        let twice = read(&Value::String("a: {b: 1, b: 2}".into())).unwrap_err();
        assert!(twice.message.contains("twice") || twice.message.contains("duplicate"), "{twice}");
        assert_eq!(
            read(&Value::String("n: [0x1f, .5, \"0.12345678901234567890123\"]".into())).unwrap(),
            json!({ "n": [31, 0.5, "0.12345678901234567890123"] })
        );
    }
    #[test]
    fn a_number_that_the_target_would_round_is_an_error() {
        let found = |number: &str, numbers: Numbers| {
            let Json::Object(json) = read(&Value::String(format!("n: [{number}]"))).unwrap() else {
                panic!()
            };
            let mut found = Diagnostics::new();
            numbers.check("values", &json, &mut found);
            found
        };
        for (number, kubernetes, helm) in [
            ("9007199254740992", true, true),
            ("9007199254740993", true, false),
            ("9223372036854775807", true, false),
            ("18446744073709551615", false, false),
            ("0.1", true, true),
            ("1e30", true, true),
        ] {
            assert_eq!(
                found(number, Numbers::Kubernetes).is_empty(),
                kubernetes,
                "{number} to an API server"
            );
            assert_eq!(found(number, Numbers::Helm).is_empty(), helm, "{number} to Helm");
        }
        let error = found("9007199254740993", Numbers::Helm);
        let error = error.iter().next().unwrap();
        assert_eq!(error.attribute.as_ref().unwrap().to_string(), "values[\"n\"][0]");
    }
}
