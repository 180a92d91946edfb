//! Holds facts against machines.

use super::case::{Case, Place, Step};
use super::nodes::{Ended, Node, NodesError};
use crate::Report;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The release that the facts are about.
const CHANNEL: &str = "1.35/stable";
const PERIOD: Duration = Duration::from_secs(1);

/// Installs MicroK8s on the machines, holds all facts against them, and removes it. `say` is told beforehand
/// what will be done to them.
pub async fn run(nodes: &[Node], facts: &[Case], say: impl Fn(&str)) -> Result<Report, NodesError> {
    let [first, others @ ..] = nodes else { return Err(NodesError::None) };
    let shown: Vec<_> = nodes.iter().map(Node::shown).collect();
    say(&format!(
        "MicroK8s {CHANNEL} is installed on {}, used for {} facts, and removed with all of its data.",
        shown.join(" and "),
        facts.len()
    ));
    for node in nodes {
        if node.run("snap list microk8s").await?.code == 0 {
            return Err(NodesError::InUse { node: node.shown().to_owned() });
        }
    }
    let mut words = BTreeMap::new();
    for (node, place) in nodes.iter().zip(["first", "second"]) {
        node.prepare(&format!("snap install microk8s --classic --channel={CHANNEL}")).await?;
        node.prepare("/snap/bin/microk8s status --wait-ready --timeout 600").await?;
        words.insert(place.to_owned(), node.prepare("hostname").await?.to_lowercase());
        let route = "ip -4 route get 192.0.2.1 | sed -n 's/.* src \\([0-9.]*\\).*/\\1/p'";
        words.insert(format!("{place}.address"), node.prepare(route).await?);
    }
    let mut report = Report::default();
    for case in facts {
        if case.second && others.is_empty() {
            report.left_out.push(format!("{}: it needs a second machine", case.name));
            continue;
        }
        report.held += 1;
        if let Some(found) = hold(first, others.first(), case, &mut words).await? {
            report.differences.push(format!("{} ({}, {}): {found}", case.name, case.source, case.date));
        }
    }
    for node in nodes {
        node.prepare("snap remove microk8s --purge").await?;
    }
    Ok(report)
}

/// Takes the steps of one fact; gives what is other than it should be.
async fn hold(
    first: &Node,
    second: Option<&Node>,
    case: &Case,
    words: &mut BTreeMap<String, String>,
) -> Result<Option<String>, NodesError> {
    for (number, step) in case.steps.iter().enumerate() {
        let node = match (step.on, second) {
            (Place::Second, Some(second)) => second,
            (Place::First, _) | (_, None) => first,
        };
        let script = filled(&step.run, words);
        let deadline = Instant::now() + Duration::from_secs(step.within);
        let ended = loop {
            let ended = node.run(&script).await?;
            match difference(step, &ended, words) {
                None => break ended,
                Some(found) if Instant::now() >= deadline => {
                    return Ok(Some(format!("step {}, `{}`: {found}", number + 1, step.run)));
                }
                Some(_) => sleep(PERIOD).await,
            }
        };
        if let Some(name) = &step.keep {
            words.insert(name.clone(), ended.stdout.trim().to_owned());
        }
    }
    Ok(None)
}

/// A text with what is known put in for `{NAME}`.
fn filled(text: &str, words: &BTreeMap<String, String>) -> String {
    words.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

fn difference(step: &Step, ended: &Ended, words: &BTreeMap<String, String>) -> Option<String> {
    let seen = || format!("{} {:?} {:?}", ended.code, ended.stdout, ended.stderr);
    if ended.code != step.code {
        return Some(format!("exit code {} was expected, and came: {}", step.code, seen()));
    }
    let exact = step.stdout.as_ref().map(|text| filled(text, words));
    if let Some(expected) = exact.filter(|expected| expected.trim() != ended.stdout.trim()) {
        return Some(format!("{expected:?} was expected, and came: {}", seen()));
    }
    let lacks = |text: &String, within: &str| !within.contains(filled(text, words).trim_end());
    let unsaid = step.prints.iter().find(|text| lacks(text, &ended.stdout));
    let unsaid = unsaid.or_else(|| step.complains.iter().find(|text| lacks(text, &ended.stderr)));
    unsaid.map(|text| format!("{text:?} was expected among what it prints, and came: {}", seen()))
}
