//! The values of a release: what its author gives beside the chart's own defaults.

use crate::microk8s::shared::hcl_or_yaml::{self, without_nulls};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use std::fmt;
use tfplugin::schema::AttributeKind;
use tfplugin::value::ValueError;
use tfplugin::value::{Type, from_plain};
use tfplugin::{AttributeValue, Value};

/// Values in the author's form, HCL or YAML. Two are the same where they say the same, in whichever form; a
/// member that is null says nothing in that.
#[derive(Clone)]
pub struct Values {
    written: Value,
    json: Map<String, Json>,
}

impl Values {
    /// As HCL that says `json`; nothing where it says nothing.
    pub(super) fn of_json(json: Map<String, Json>) -> Option<Self> {
        (!json.is_empty()).then(|| Self { written: from_plain(&Json::Object(json.clone())), json })
    }

    /// What they say, members that are null too: Helm takes a chart's default away by null.
    pub(super) fn json(&self) -> &Map<String, Json> {
        &self.json
    }
}

impl PartialEq for Values {
    fn eq(&self, other: &Self) -> bool {
        say_the_same(&self.json, &other.json)
    }
}

/// Hidden: values may hold secrets.
impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Values of {:?}", self.json.keys().collect::<Vec<_>>())
    }
}

impl AttributeValue for Values {
    fn kind() -> AttributeKind {
        AttributeKind::Type(Type::Dynamic)
    }

    fn decode(value: &Value) -> Result<Self, ValueError> {
        match hcl_or_yaml::read(value)? {
            Json::Object(json) => Ok(Self { written: value.clone(), json }),
            _ => Err(ValueError::new(
                "an object is needed here, or YAML that is one: `speaker: { frr: { enabled: true } }`",
            )),
        }
    }

    fn encode(&self) -> Value {
        self.written.clone()
    }

    fn semantic_eq(a: &Value, b: &Value) -> bool {
        a == b || matches!((Self::decode(a), Self::decode(b)), (Ok(a), Ok(b)) if a == b)
    }
}

/// Whether both say the same, whatever is null.
pub(super) fn say_the_same(a: &Map<String, Json>, b: &Map<String, Json>) -> bool {
    let said = |all: &Map<String, Json>| without_nulls(&Json::Object(all.clone()));
    said(a) == said(b)
}

/// `over` laid over `under`: objects member by member, all else as a whole, as Helm does it with several
/// files of values.
pub(super) fn merged(under: &Map<String, Json>, over: &Map<String, Json>) -> Map<String, Json> {
    let mut all = under.clone();
    for (key, value) in over {
        let value = match (all.get(key), value) {
            (Some(Json::Object(under)), Json::Object(over)) => Json::Object(merged(under, over)),
            _ => value.clone(),
        };
        all.insert(key.clone(), value);
    }
    all
}

/// Where secret values are, and not what they are: kept beside the state, so that a refresh can tell them
/// from the others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RedactedPaths(Vec<Vec<String>>);

impl RedactedPaths {
    pub(super) fn of(secret: &Map<String, Json>) -> Self {
        let mut places = Vec::new();
        collect(secret, &mut Vec::new(), &mut places);
        Self(places)
    }

    /// The values without those.
    pub(super) fn taken_out_of(&self, values: &Map<String, Json>) -> Map<String, Json> {
        let mut left = values.clone();
        self.0.iter().for_each(|place| remove(&mut left, place));
        left
    }
}

fn collect(from: &Map<String, Json>, way: &mut Vec<String>, places: &mut Vec<Vec<String>>) {
    for (key, value) in from {
        way.push(key.clone());
        match value {
            Json::Object(all) if !all.is_empty() => collect(all, way, places),
            _ => places.push(way.clone()),
        }
        way.pop();
    }
}

/// Objects that are empty for it go too: the secret made them.
fn remove(from: &mut Map<String, Json>, place: &[String]) {
    match place {
        [] => {}
        [last] => drop(from.remove(last)),
        [first, rest @ ..] => {
            if let Some(Json::Object(inner)) = from.get_mut(first) {
                remove(inner, rest);
                if inner.is_empty() {
                    from.remove(first);
                }
            }
        }
    }
}

/// All texts of the values, to hide them in what others say.
pub(super) fn texts(values: &Map<String, Json>) -> Vec<String> {
    fn walk(value: &Json, found: &mut Vec<String>) {
        match value {
            Json::String(text) if !text.is_empty() => found.push(text.clone()),
            // A shorter number is in many texts that have nothing to do with it.
            Json::Number(number) if number.to_string().len() >= 4 => found.push(number.to_string()),
            Json::Array(all) => all.iter().for_each(|one| walk(one, found)),
            Json::Object(all) => all.values().for_each(|one| walk(one, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    values.values().for_each(|value| walk(value, &mut found));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn map(json: Json) -> Map<String, Json> {
        json.as_object().unwrap().clone()
    }

    #[test]
    fn hcl_and_yaml_that_say_the_same_are_the_same() {
        let yaml = Values::decode(&Value::String("speaker:\n  frr: {enabled: true}\n  image: null\n".into()))
            .unwrap();
        let hcl = Values::of_json(map(json!({ "speaker": { "frr": { "enabled": true } } }))).unwrap();
        assert_eq!(yaml, hcl);
        assert!(yaml.json().get("speaker").unwrap().get("image").unwrap().is_null(), "Helm wants to know");
        assert_ne!(hcl, Values::of_json(map(json!({ "speaker": {} }))).unwrap());
        assert!(Values::decode(&Value::String("- a\n".into())).is_err());
    }

    #[test]
    fn secret_values_are_laid_over_the_others_and_can_be_taken_out_again() {
        let open = map(json!({ "db": { "user": "shop" }, "hosts": ["a"] }));
        let secret = map(json!({ "db": { "password": "hunter2", "tls": { "key": "k" } } }));
        let both = merged(&open, &secret);
        assert_eq!(
            both,
            map(
                json!({ "db": { "user": "shop", "password": "hunter2", "tls": { "key": "k" } }, "hosts": ["a"] })
            )
        );
        let withheld = RedactedPaths::of(&secret);
        assert_eq!(withheld.taken_out_of(&both), open);
        let kept = serde_json::to_string(&withheld).unwrap();
        assert!(kept.contains("password") && !kept.contains("hunter2"), "{kept}");
        assert_eq!(texts(&secret), ["hunter2", "k"]);
    }
}
