//! Judges a request as the framework's models do, with the texts that result.

use serde_json::{Map, Value};

use super::answer::Refusal;
use super::body::{self, Sent};
use super::endpoint::Endpoint;
use super::python::{repr, str};
use crate::config::Version;

/// A request of the right form. Who may send it is not decided yet.
#[derive(Debug, Default)]
pub(super) struct Call {
    pub(super) key: String,
    /// The command, or the commands of a list.
    pub(super) commands: Vec<Map<String, Value>>,
}

impl Call {
    /// The command of an endpoint that takes one.
    pub(super) fn command(&self) -> Map<String, Value> {
        self.commands.first().cloned().unwrap_or_default()
    }
}

/// Why a request is no call.
#[derive(Debug)]
pub(super) enum Malformed {
    /// The envelope says so.
    Refused(Refusal),
    /// The framework could not make sense of the body at all.
    Unreadable,
}

impl From<Refusal> for Malformed {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Reads and judges a request.
pub(super) fn read(endpoint: &Endpoint, version: Version, sent: &Sent) -> Result<Call, Malformed> {
    match &sent.form {
        None => json(endpoint, version, &sent.raw).map_err(Malformed::Refused),
        Some(fields) => {
            let Some(data) = fields.data.as_deref().filter(|data| !data.is_empty()) else {
                return Err(Refusal::new(422, "Non-empty data field is required").into());
            };
            let value =
                body::json(data).map_err(|error| Refusal::bad(format!("Failed to parse JSON: {error}")))?;
            form(endpoint, version, value, fields.key.as_deref())
        }
    }
}

/// A form: complaints are collected on the way, and the first is told if the model refuses.
fn form(endpoint: &Endpoint, version: Version, value: Value, key: Option<&str>) -> Result<Call, Malformed> {
    let (elements, is_list) = match value {
        Value::Array(elements) => (elements, true),
        Value::Object(_) => (vec![value], false),
        Value::String(text) => (text.chars().map(|letter| Value::String(letter.into())).collect(), false),
        _ => return Err(Malformed::Unreadable),
    };
    let mut complaint = None;
    let mut commands = Vec::new();
    let mut accepted = true;
    for element in &elements {
        let found = match element {
            Value::Object(command) => {
                commands.push(command.clone());
                accepted &= is_valid(endpoint, version, command);
                complaint_about(endpoint, version, element, command)
            }
            _ => {
                accepted = false;
                let shown = str(element);
                Some(format!("Malformed command '{shown}': any command must be JSON of dict"))
            }
        };
        complaint = complaint.or(found.map(Refusal::bad));
        if !element.is_object() {
            break;
        }
    }
    let inner = commands.iter().rev().find_map(|command| command.get("key"));
    let key = match inner {
        Some(key) => key.as_str(),
        None => key,
    };
    let Some(key) = key else {
        return Err(complaint.unwrap_or_else(unauthorized).into());
    };
    if is_list && !endpoint.takes_lists {
        let body = serde_json::json!({"commands": elements, "key": key});
        return Err(complaint.unwrap_or_else(|| Refusal::bad(missing("'body', 'op'", &body))).into());
    }
    if !accepted {
        return Err(complaint.unwrap_or_else(|| Refusal::bad(missing("'body', 'op'", &Value::Null))).into());
    }
    Ok(Call { key: key.to_owned(), commands })
}

/// A JSON body: only the model speaks.
fn json(endpoint: &Endpoint, version: Version, raw: &[u8]) -> Result<Call, Refusal> {
    if raw.is_empty() {
        return Err(Refusal::bad(missing("'body',", &Value::Null)));
    }
    let text = String::from_utf8_lossy(raw);
    let value = body::json(&text).map_err(|error| {
        Refusal::bad(format!(
            "{{'type': 'json_invalid', 'loc': ('body', 0), 'msg': 'JSON decode error', 'input': {{}}, 'ctx': {{'error': '{error}'}}}}"
        ))
    })?;
    let Value::Object(fields) = &value else {
        return Err(Refusal::bad(missing("'body',", &value)));
    };
    let Some(key) = fields.get("key").and_then(Value::as_str) else {
        return Err(Refusal::bad(missing("'body', 'key'", &value)));
    };
    let commands: Vec<Map<String, Value>> = match fields.get("commands") {
        Some(Value::Array(commands)) if endpoint.takes_lists => {
            commands.iter().filter_map(Value::as_object).cloned().collect()
        }
        _ => vec![fields.clone()],
    };
    for command in &commands {
        if !is_valid(endpoint, version, command) {
            let field = if command.get("op").is_none_or(|op| !op.is_string()) { "op" } else { "path" };
            return Err(Refusal::bad(missing(&format!("'body', '{field}'"), &value)));
        }
    }
    Ok(Call { key: key.to_owned(), commands })
}

/// The refusal of a missing or wrong key.
pub(super) fn unauthorized() -> Refusal {
    Refusal::new(401, "Valid API key is required")
}

/// What is noted about a command of a form. In 1.4 a comparison that was meant for `/configure-section`
/// also hits `/configure`, so every command there has a complaint, told only if something else is wrong.
fn complaint_about(
    endpoint: &Endpoint,
    version: Version,
    element: &Value,
    command: &Map<String, Value>,
) -> Option<String> {
    let say = |what: &str| Some(format!("Malformed command '{}': {what}", repr(element)));
    if !command.contains_key("op") {
        return say("missing 'op' field");
    }
    let is_confirm = version == Version::V1_5 && command.get("op") == Some(&Value::from("confirm"));
    let has_mask = command.contains_key("mask");
    if endpoint.needs_path && !is_confirm && !has_mask {
        match command.get("path") {
            None => return say("missing 'path' field"),
            Some(Value::Array(words)) => {
                if let Some(word) = words.iter().find(|word| !word.is_string()) {
                    let shown = str(word);
                    return Some(format!(
                        "Malformed command '{shown}': 'path' field must be a list of strings"
                    ));
                }
                if words.is_empty() && endpoint.changes {
                    return say("'path' list must be non-empty");
                }
            }
            Some(_) => return say("'path' field must be a list"),
        }
    }
    if command.get("value").is_some_and(|value| !value.is_string()) {
        return say("'value' field must be a string");
    }
    let hit = match version {
        Version::V1_4 => endpoint.changes,
        Version::V1_5 => endpoint.path == "/configure-section",
    };
    if hit && !command.contains_key("section") && !command.contains_key("config") {
        return say("missing 'section' or 'config' field");
    }
    None
}

/// Whether the model accepts a command.
fn is_valid(endpoint: &Endpoint, version: Version, command: &Map<String, Value>) -> bool {
    let Some(op) = command.get("op").and_then(Value::as_str) else { return false };
    if version == Version::V1_5 && op == "confirm" {
        return true;
    }
    let path_is_good = match command.get("path") {
        Some(Value::Array(words)) => {
            words.iter().all(Value::is_string)
                && (!words.is_empty() || !endpoint.changes || command.contains_key("mask"))
        }
        Some(_) => false,
        None => !endpoint.needs_path || command.contains_key("mask"),
    };
    let value_is_good = command.get("value").is_none_or(Value::is_string);
    let section_is_good = endpoint.path != "/configure-section"
        || command.get("section").or_else(|| command.get("config")).is_some_and(Value::is_object);
    path_is_good && value_is_good && section_is_good
}

/// The model's words for a field that is not there, with all that was sent inside.
fn missing(place: &str, input: &Value) -> String {
    format!(
        "{{'type': 'missing', 'loc': ({place}), 'msg': 'Field required', 'input': {}, 'url': 'https://errors.pydantic.dev/2.7/v/missing'}}",
        repr(input)
    )
}
