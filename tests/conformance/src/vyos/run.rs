//! Holds facts against a router.

use super::case::{Case, Step};
use super::target::{Answer, Target, TargetError, words};
use super::values;
use crate::Report;
use tokio::task::JoinSet;
use vyos_stand_in::{SetRules, Version};

/// Holds all facts about its release against a router, and then what `set` takes of every leaf. `say` is told
/// beforehand what will be changed.
pub async fn run(target: &Target, facts: &[Case], say: impl Fn(&str)) -> Result<Report, TargetError> {
    let about: Vec<&Case> = facts.iter().filter(|case| case.is_about(target.release())).collect();
    let mut paths: Vec<&str> = about.iter().flat_map(|case| &case.below).map(String::as_str).collect();
    paths.sort_unstable();
    paths.dedup();
    say(&format!(
        "{}, VyOS {}: {} facts. They write below these paths, as far as these are not there now, and delete them again; \
         {}:\n    {}",
        target.url(),
        target.release(),
        about.len(),
        if target.may_save() { "the configuration is saved" } else { "nothing is saved" },
        paths.join("\n    ")
    ));
    let mut report = Report::default();
    for case in about {
        hold(target, case, &mut report).await?;
    }
    let version = if target.release().starts_with("1.4") { Version::V1_4 } else { Version::V1_5 };
    match SetRules::new(version) {
        Ok(rules) => report.add(values::compare(target, &rules).await?),
        Err(problem) => report.left_out.push(format!("what `set` takes: {problem}")),
    }
    Ok(report)
}

/// Holds one fact against it.
async fn hold(target: &Target, case: &Case, report: &mut Report) -> Result<(), TargetError> {
    if case.saves && !target.may_save() {
        report.left_out.push(format!("{}: CONFORMANCE_VYOS_SAVE=1 is not set", case.name));
        return Ok(());
    }
    let mut made = Vec::new();
    for path in &case.below {
        let words = words(path);
        let absent = first_absent(target, &words).await?;
        let Some(length) = absent else {
            report.left_out.push(format!("{}: the router has `{path}`", case.name));
            return Ok(());
        };
        made.push((words, length));
    }
    let mut found = None;
    for (number, step) in case.steps.iter().enumerate() {
        if let Some(difference) = take(target, step).await? {
            found = Some(format!("step {}: {difference}", number + 1));
            break;
        }
    }
    if let Some(left) = take_away(target, &made).await? {
        found.get_or_insert(left);
    }
    report.held += 1;
    if let Some(found) = found {
        report.differences.push(format!("{} ({}, {}): {found}", case.name, case.source, case.date));
    }
    Ok(())
}

/// How many words of a path lead to the first node that is not there.
async fn first_absent(target: &Target, path: &[String]) -> Result<Option<usize>, TargetError> {
    for length in 1..=path.len() {
        if !target.api.exists(path.get(..length).unwrap_or(path)).await? {
            return Ok(Some(length));
        }
    }
    Ok(None)
}

/// Takes away what a fact made, all in one commit since one part may need another, and then what is empty of
/// what was made above it. Gives what stays.
async fn take_away(target: &Target, made: &[(Vec<String>, usize)]) -> Result<Option<String>, TargetError> {
    let mut there = Vec::new();
    for (path, _) in made {
        if target.api.exists(path).await? {
            there.push(path.as_slice());
        }
    }
    let mut answer = target.api.delete(&there).await?;
    for (path, first) in made {
        for length in (*first..path.len()).rev() {
            let parent = path.get(..length).unwrap_or(path);
            if answer.status == 200 && target.api.exists(parent).await? && target.api.is_empty(parent).await?
            {
                answer = target.api.delete(&[parent]).await?;
            }
        }
    }
    Ok((answer.status != 200).then(|| format!("what it made cannot be deleted: {}", answer.text)))
}

/// Takes one step; gives what is other than it should be.
async fn take(target: &Target, step: &Step) -> Result<Option<String>, TargetError> {
    let answers = match step {
        Step { configure: Some(lines), .. } => vec![target.api.configure(lines).await?],
        Step { show: Some(path), .. } => vec![target.api.show(&words(path)).await?],
        Step { post: Some(post), .. } => vec![target.api.send(post).await?],
        Step { together: Some(requests), .. } => together(target, requests).await?,
        _ => return Ok(Some("the fact says no request".to_owned())),
    };
    Ok(answers.iter().find_map(|answer| difference(step, answer, target.release())))
}

/// Several requests at the same time.
async fn together(target: &Target, requests: &[Vec<String>]) -> Result<Vec<Answer>, TargetError> {
    let mut all = JoinSet::new();
    for lines in requests {
        let (api, lines) = (target.api.clone(), lines.clone());
        all.spawn(async move { api.configure(&lines).await });
    }
    all.join_all().await.into_iter().collect()
}

fn difference(step: &Step, answer: &Answer, release: &str) -> Option<String> {
    let seen = || format!("{} {}", answer.status, answer.text);
    if answer.status != step.status {
        return Some(format!("HTTP {} was expected, and came: {}", step.status, seen()));
    }
    let error = answer.error();
    if let Some(expected) = step.error.as_ref().filter(|expected| plain(expected) != plain(&error)) {
        return Some(format!("the error {expected:?} was expected, and came: {}", seen()));
    }
    if let Some(expected) = step.data.as_ref().filter(|expected| **expected != answer.data()) {
        return Some(format!("the data {expected} was expected, and came: {}", seen()));
    }
    if let Some(expected) = step.failed.as_ref().filter(|expected| **expected != failed(&error)) {
        return Some(format!("{expected:?} were to fail, and came: {}", seen()));
    }
    // A 1.4 gives its reasons only now and then.
    let reason = step.reason.as_ref().filter(|_| !release.starts_with("1.4"));
    if let Some(reason) = reason.filter(|reason| !plain(&error).contains(&plain(reason))) {
        return Some(format!("the reason {reason:?} was expected, and came: {}", seen()));
    }
    None
}

/// Words with one blank between them: VyOS breaks its lines anywhere.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The components that a refused commit names as failed.
fn failed(error: &str) -> Vec<String> {
    let component = |line: &str| {
        let line = line.trim().strip_suffix(" failed")?;
        let changed = line.strip_prefix("[[").and_then(|rest| rest.strip_suffix("]]"));
        let deleted = line.strip_prefix("delete [ ").and_then(|rest| rest.strip_suffix(" ]"));
        changed.or(deleted).map(|path| words(path).join(" "))
    };
    error.lines().filter_map(component).collect()
}
