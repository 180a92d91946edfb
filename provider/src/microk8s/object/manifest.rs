//! A manifest: an object as a person writes it, in HCL or in YAML.

use super::fields::owned;
use crate::connection::cluster::{Kind, ObjectName};
use crate::microk8s::shared::hcl_or_yaml::{self, without_nulls};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value as Json, json};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use tfplugin::schema::AttributeKind;
use tfplugin::value::ValueError;
use tfplugin::value::{Type, from_plain};
use tfplugin::{AttributeValue, Knowable, Value};

/// What the API server sets in `metadata` and nobody else.
const SET_BY_SERVER: [&str; 7] = [
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "uid",
];

#[cfg(test)]
thread_local! {
    /// The manifests that were read, in order.
    pub(super) static READ: std::cell::RefCell<Vec<String>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// A manifest, in the author's form. Two are the same where they say the same, in whichever form.
#[derive(Clone)]
pub struct Manifest {
    written: Value,
    json: Map<String, Json>,
}

impl Manifest {
    /// What it says, without members that are null.
    pub(super) fn json(&self) -> &Map<String, Json> {
        &self.json
    }

    /// As HCL that says `json`.
    pub(super) fn of_json(json: Map<String, Json>) -> Self {
        Self { written: from_plain(&Json::Object(json.clone())), json }
    }

    /// One that says nothing but which object it is.
    pub(super) fn bare(kind: &Kind, namespace: Option<&str>, name: &str) -> Self {
        let mut metadata = Map::from_iter([("name".to_owned(), name.into())]);
        if let Some(namespace) = namespace {
            metadata.insert("namespace".to_owned(), namespace.into());
        }
        let json = [
            ("apiVersion", kind.api_version().into()),
            ("kind", kind.name().into()),
            ("metadata", Json::Object(metadata)),
        ];
        Self::of_json(json.map(|(key, value)| (key.to_owned(), value)).into_iter().collect())
    }

    /// The manifest that an object could have come from: of the fields that are `ours`.
    pub(super) fn of_object(live: &Json, ours: &Json) -> Self {
        let mut json = match ours.as_object().is_some_and(|ours| !ours.is_empty()).then(|| owned(ours, live))
        {
            Some(Json::Object(owned)) => owned,
            _ => Map::new(),
        };
        let metadata = json.entry("metadata").or_insert_with(|| json!({}));
        for key in ["name", "namespace"] {
            if let (Some(value), Some(metadata)) =
                (live.pointer(&format!("/metadata/{key}")), metadata.as_object_mut())
            {
                metadata.insert(key.to_owned(), value.clone());
            }
        }
        for key in ["apiVersion", "kind"] {
            if let Some(value) = live.get(key) {
                json.insert(key.to_owned(), value.clone());
            }
        }
        Self::of_json(json)
    }

    /// What it says, whether or not it names the namespace that an object is in where none is named.
    fn without_default_namespace(&self) -> Cow<'_, Map<String, Json>> {
        let mut json = Cow::Borrowed(&self.json);
        if self.json.get("metadata").and_then(|metadata| metadata.get("namespace"))
            == Some(&json!(DEFAULT_NAMESPACE))
            && let Some(metadata) = json.to_mut().get_mut("metadata").and_then(Json::as_object_mut)
        {
            metadata.remove("namespace");
        }
        json
    }

    /// The manifest and, taken out of it, what a Secret keeps: Terraform hides it elsewhere. Entries that are
    /// no text stay.
    pub(super) fn without_secrets(mut self) -> (Self, Option<BTreeMap<String, Value>>) {
        if !self.is_secret() {
            return (self, None);
        }
        let Some(Json::Object(data)) = self.json.remove("data") else {
            return (Self::of_json(self.json), None);
        };
        let (mut secrets, mut rest) = (BTreeMap::new(), Map::new());
        for (key, encoded) in data {
            match plain_text(&encoded) {
                Some(text) => drop(secrets.insert(key, Value::String(text))),
                None => drop(rest.insert(key, encoded)),
            }
        }
        if !rest.is_empty() {
            self.json.insert("data".to_owned(), Json::Object(rest));
        }
        (Self::of_json(self.json), (!secrets.is_empty()).then_some(secrets))
    }

    /// What the entries of a Secret are, as they are written and as they are meant.
    pub(super) fn entries(&self) -> Vec<String> {
        let entries = ["data", "stringData"].into_iter().filter_map(|key| self.json.get(key)?.as_object());
        let written = entries.flat_map(Map::values).filter_map(Json::as_str).map(str::to_owned);
        written.flat_map(|text| [plain_text(&Json::from(text.as_str())), Some(text)]).flatten().collect()
    }

    pub(super) fn is_secret(&self) -> bool {
        let text = |key: &str| self.json.get(key).and_then(Json::as_str);
        text("apiVersion") == Some("v1") && text("kind") == Some("Secret")
    }
}

/// What an entry of a Secret's `data` says, if it is text.
pub(super) fn plain_text(encoded: &Json) -> Option<String> {
    let bytes = BASE64_STANDARD.decode(encoded.as_str()?).ok()?;
    String::from_utf8(bytes).ok()
}

/// Hidden: a manifest may hold secrets.
impl fmt::Debug for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |key: &str| self.json.get(key).and_then(Json::as_str).unwrap_or_default();
        write!(f, "Manifest({} {})", text("apiVersion"), text("kind"))
    }
}

impl AttributeValue for Manifest {
    fn kind() -> AttributeKind {
        AttributeKind::Type(Type::Dynamic)
    }

    fn decode(value: &Value) -> Result<Self, ValueError> {
        #[cfg(test)]
        READ.with_borrow_mut(|read| read.push(format!("{value:?}")));
        let Json::Object(json) = without_nulls(&hcl_or_yaml::read(value)?) else {
            return Err(ValueError::new("an object with `apiVersion`, `kind` and `metadata` is needed here"));
        };
        sound(&json)?;
        Ok(Self { written: value.clone(), json })
    }

    fn encode(&self) -> Value {
        self.written.clone()
    }

    fn semantic_eq(a: &Value, b: &Value) -> bool {
        if a == b {
            return true;
        }
        match (Self::decode(a), Self::decode(b)) {
            (Ok(a), Ok(b)) => a.without_default_namespace() == b.without_default_namespace(),
            _ => false,
        }
    }
}

/// Finds fault with what no kind of object can do without.
fn sound(json: &Map<String, Json>) -> Result<(), ValueError> {
    let text = |value: Option<&Json>| value.and_then(Json::as_str).is_some_and(|text| !text.is_empty());
    let missing =
        |what: &str| Err(ValueError::new(format!("the manifest has no {what}, which names the object")));
    let metadata = json.get("metadata");
    if !text(json.get("apiVersion")) {
        return missing("apiVersion");
    }
    if !text(json.get("kind")) {
        return missing("kind");
    }
    if !text(metadata.and_then(|metadata| metadata.get("name"))) {
        return missing("metadata.name");
    }
    let set = SET_BY_SERVER.iter().find(|key| metadata.is_some_and(|metadata| metadata.get(**key).is_some()));
    match (set, json.contains_key("status")) {
        (Some(key), _) => Err(ValueError::new(format!(
            "metadata.{key} is set by the API server; take it out of the manifest"
        ))),
        (None, true) => Err(ValueError::new("`status` is set by the cluster; take it out of the manifest")),
        (None, false) => Ok(()),
    }
}

/// Which object a manifest is about, as far as that is known. A part that it does not name is empty.
pub(super) struct Identity {
    pub(super) api_version: Knowable<String>,
    pub(super) kind: Knowable<String>,
    pub(super) name: Knowable<String>,
    pub(super) namespace: Knowable<String>,
}

/// Where the API server puts an object of a kind with namespaces that names none.
const DEFAULT_NAMESPACE: &str = "default";

impl Identity {
    /// Whether both are in one namespace. Naming none is naming the default one.
    pub(super) fn is_beside(&self, other: &Self) -> bool {
        let named = |namespace: &Knowable<String>| match namespace {
            Knowable::Known(text) if text.is_empty() => Knowable::Known(DEFAULT_NAMESPACE.to_owned()),
            other => other.clone(),
        };
        named(&self.namespace) == named(&other.namespace)
    }

    /// Which object it is, for messages and requests.
    pub(super) fn object_name(&self) -> ObjectName {
        let known = |part: &Knowable<String>| part.known().cloned().unwrap_or_default();
        ObjectName {
            kind: Kind::dynamic(&known(&self.api_version), &known(&self.kind)),
            namespace: known(&self.namespace),
            name: known(&self.name),
        }
    }

    /// Which object it is, if nothing of that is unknown.
    pub(super) fn known_name(&self) -> Option<ObjectName> {
        let parts = [&self.api_version, &self.kind, &self.name, &self.namespace];
        let is_known = parts.into_iter().all(|part| !part.is_unknown());
        Some(self.object_name()).filter(|object| is_known && !object.name.is_empty())
    }

    /// That of a manifest that was read.
    pub(super) fn of_known(manifest: &Manifest) -> Self {
        let text = |pointer: &[&str]| {
            let first = manifest.json.get(*pointer.first()?)?;
            pointer.iter().skip(1).try_fold(first, |json, key| json.get(key))?.as_str().map(str::to_owned)
        };
        let part = |pointer: &[&str]| Knowable::Known(text(pointer).unwrap_or_default());
        Self {
            api_version: part(&["apiVersion"]),
            kind: part(&["kind"]),
            name: part(&["metadata", "name"]),
            namespace: part(&["metadata", "namespace"]),
        }
    }

    /// That of a manifest of which parts may be unknown.
    pub(super) fn of(manifest: &Value) -> Self {
        if let Ok(known) = Manifest::decode(manifest) {
            return Self::of_known(&known);
        }
        Self {
            api_version: part(manifest, &["apiVersion"]),
            kind: part(manifest, &["kind"]),
            name: part(manifest, &["metadata", "name"]),
            namespace: part(manifest, &["metadata", "namespace"]),
        }
    }
}

/// A part of a manifest of which other parts are unknown.
fn part(manifest: &Value, path: &[&str]) -> Knowable<String> {
    let value = path.iter().try_fold(manifest, |value, key| {
        let value = match value {
            Value::Dynamic(inner) => &inner.1,
            other => other,
        };
        match value {
            Value::Object(all) | Value::Map(all) => Some(all.get(*key).unwrap_or(&Value::Null)),
            Value::Null => Some(&Value::Null),
            _ => None,
        }
    });
    match value {
        Some(Value::String(text)) => Knowable::Known(text.clone()),
        Some(Value::Null) => Knowable::Known(String::new()),
        _ => Knowable::Unknown,
    }
}
