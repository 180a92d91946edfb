//! What a person writes as an HCL value or as the text of one YAML document.

use serde_json::Value as Json;
use tfplugin::Value;
use tfplugin::model::ValueError;
use tfplugin::value::to_plain;

/// What the value says, whichever form it has.
pub(crate) fn read(value: &Value) -> Result<Json, ValueError> {
    if !value.is_wholly_known() {
        return Err(ValueError::new("parts of it are known only at apply"));
    }
    match to_plain(value) {
        Json::String(yaml) => parse(&yaml),
        json => Ok(json),
    }
}

fn parse(yaml: &str) -> Result<Json, ValueError> {
    let documents: Vec<Json> = serde_saphyr::from_multiple(yaml)
        .map_err(|error| ValueError::new(format!("the text is no YAML: {error}")))?;
    let mut documents: Vec<Json> = documents.into_iter().filter(|one| !one.is_null()).collect();
    match (documents.pop(), documents.len()) {
        (Some(only), 0) => Ok(only),
        (None, _) => Err(ValueError::new("the YAML is empty")),
        (Some(_), more) => Err(ValueError::new(format!(
            "the YAML has {} documents, and one is needed here: use `for_each` over the documents",
            more + 1
        ))),
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
