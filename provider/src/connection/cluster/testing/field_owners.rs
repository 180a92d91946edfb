//! Which manager owns which field of an object, as server-side apply keeps it in `managedFields`.

use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// The fields of an object, `spec/addresses` and so on, apart from what the server sets.
pub(super) fn fields(object: &Json) -> BTreeMap<String, Json> {
    const NOT_OWNED: [&str; 4] = ["name", "namespace", "uid", "managedFields"];
    let sections = object.as_object().unwrap().iter().filter(|(_, value)| value.is_object());
    let all = sections.flat_map(|(section, members)| {
        members.as_object().unwrap().iter().map(move |(field, value)| (section, field, value))
    });
    let owned =
        all.filter(|(section, field, _)| *section != "metadata" || !NOT_OWNED.contains(&field.as_str()));
    owned
        .flat_map(|(section, field, value)| match value {
            Json::Object(parts) if section == "metadata" && IN_PARTS.contains(&field.as_str()) => {
                let part =
                    |(key, value): (&String, &Json)| (format!("{section}/{field}/{key}"), value.clone());
                parts.iter().map(part).collect::<Vec<_>>()
            }
            _ => vec![(format!("{section}/{field}"), value.clone())],
        })
        .collect()
}

/// Members of `metadata` each of whose own members has its owner.
const IN_PARTS: [&str; 2] = ["labels", "annotations"];

/// Where a field is, and its name there.
pub(super) fn place<'a>(object: &'a mut Json, field: &str) -> (&'a mut Json, String) {
    let (section, field) = field.split_once('/').unwrap();
    match field.split_once('/') {
        Some((whole, part)) if section == "metadata" && IN_PARTS.contains(&whole) => {
            (&mut object[section][whole], part.to_owned())
        }
        _ => (&mut object[section], field.to_owned()),
    }
}

/// The entry of a manager that owns these fields.
pub(super) fn owner<'a>(manager: &str, fields: impl Iterator<Item = &'a String>) -> Json {
    let mut owned = json!({"f:spec": {}});
    for (section, field) in fields.map(|field| field.split_once('/').unwrap()) {
        let (whole, part) = match field.split_once('/') {
            Some((whole, part)) if section == "metadata" && IN_PARTS.contains(&whole) => (whole, Some(part)),
            _ => (field, None),
        };
        let whole = &mut owned[format!("f:{section}")][format!("f:{whole}")];
        match part {
            Some(part) => whole[format!("f:{part}")] = json!({}),
            None => *whole = json!({}),
        }
    }
    json!({"manager": manager, "operation": "Apply", "fieldsV1": owned})
}

/// The fields that each manager owns.
pub(super) fn owners(object: &Json) -> BTreeMap<String, Vec<String>> {
    let entries = object["metadata"]["managedFields"].as_array().unwrap().iter();
    let fields = |entry: &Json| {
        let sections = entry["fieldsV1"].as_object().unwrap().iter();
        let fields = sections.flat_map(|(section, fields)| {
            let section = section.trim_start_matches("f:");
            fields.as_object().unwrap().iter().flat_map(move |(field, parts)| {
                let field = format!("{section}/{}", field.trim_start_matches("f:"));
                let parts = parts.as_object().unwrap().keys();
                let parts: Vec<_> =
                    parts.map(|part| format!("{field}/{}", part.trim_start_matches("f:"))).collect();
                if parts.is_empty() { vec![field] } else { parts }
            })
        });
        fields.collect()
    };
    entries.map(|entry| (entry["manager"].as_str().unwrap().to_owned(), fields(entry))).collect()
}
