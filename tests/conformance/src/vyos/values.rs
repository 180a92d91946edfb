//! What `set` takes, of every leaf of the trees that the stand-in has: the values at the bounds of each and
//! beside them. Nothing is changed: behind what is tried comes what no router knows, so that the request is
//! refused in any case, and the refusal says how far it came.

use super::target::{Target, TargetError};
use crate::Report;
use serde_json::{Value, json};
use vyos_stand_in::SetRules;

/// A path that no router knows.
const NOWHERE: [&str; 2] = ["conformance", "nowhere"];
/// So many values that are taken go into one request.
const TOGETHER: usize = 50;

type Words = Vec<String>;

pub(super) async fn compare(target: &Target, rules: &SetRules) -> Result<Report, TargetError> {
    // Of the stand-in, whose trees these are, a part shows that the comparison is made.
    let tried = tries(rules, if target.is_stand_in() { "policy access-list" } else { "" });
    let (taken, refused): (Vec<_>, Vec<_>) = tried.into_iter().partition(|path| rules.check(path).is_ok());
    let mut report = Report { held: taken.len() + refused.len(), ..Report::default() };
    for several in taken.chunks(TOGETHER) {
        if first_refused(target, several).await?.is_none() {
            continue;
        }
        for one in several {
            if let Some(error) = first_refused(target, std::slice::from_ref(one)).await? {
                report.differences.push(format!("`set {}` is refused: {error}", one.join(" ")));
            }
        }
    }
    for one in &refused {
        if first_refused(target, std::slice::from_ref(one)).await?.is_none() {
            report.differences.push(format!("`set {}` is taken", one.join(" ")));
        }
    }
    Ok(report)
}

/// What is tried: each leaf and tag node, with a key in the place of each `*` above it.
fn tries(rules: &SetRules, part: &str) -> Vec<Words> {
    let mut found = Vec::new();
    for pattern in rules.leaves().iter().filter(|pattern| pattern.starts_with(part)) {
        let mut path: Words = Vec::new();
        for word in pattern.split(' ') {
            let key = if word == "*" { rules.key(&path) } else { Some(word.to_owned()) };
            let Some(key) = key else { break };
            path.push(key);
        }
        if path.len() == pattern.split(' ').count() {
            found.extend(rules.samples(&path).into_iter().map(|value| [path.clone(), vec![value]].concat()));
        }
    }
    found
}

/// The refusal of any of these, if one is refused.
async fn first_refused(target: &Target, paths: &[Words]) -> Result<Option<String>, TargetError> {
    let set = |path: Value| json!({"op": "set", "path": path});
    let all: Vec<Value> = paths.iter().map(|path| set(json!(path))).chain([set(json!(NOWHERE))]).collect();
    let error = target.api.post("/configure", &Value::Array(all)).await?.error();
    let came_through = error.contains(&NOWHERE.join(" "));
    Ok((!came_through).then_some(error))
}
