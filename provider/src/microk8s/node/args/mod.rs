//! Flags of the services on the node, in MicroK8s' own files below `args/`. What they were before stands in a
//! note on the machine, so that a flag that is not ours any more becomes what it was.

mod rules;
mod step;
#[cfg(test)]
mod tests;

use crate::microk8s::shared::config_files::dual_stack::Files;
use crate::microk8s::shared::machine::service::Service;
use crate::microk8s::shared::machine::snapshot::NodeSnapshot;
pub(super) use rules::{check, check_release};
use std::collections::BTreeMap;
pub(super) use step::Arguing;

/// Flags without their hyphens and their values, by the file of the service that reads them.
pub(crate) type Args = BTreeMap<String, BTreeMap<String, String>>;

/// What flags were before, in the same way; `None` for one that was not there.
pub(super) type Before = BTreeMap<String, BTreeMap<String, Option<String>>>;

/// The name of the note.
const NOTE: &str = "arguments";

/// The note of what flags were before.
fn noted(snapshot: &NodeSnapshot) -> Before {
    snapshot.arguments.as_deref().and_then(|note| serde_json::from_str(note).ok()).unwrap_or_default()
}

fn flag(name: &str) -> String {
    format!("--{name}")
}

/// The files with `wanted` in them; what `before` knows and nobody wants any more becomes what it was.
fn files_with(files: &Files, wanted: &Args, before: &Before) -> Files {
    let mut files = files.clone();
    for (file, flags) in before {
        for (name, value) in flags {
            if !wanted.get(file).is_some_and(|flags| flags.contains_key(name)) {
                files.set_flag(file, &flag(name), value.as_deref());
            }
        }
    }
    for (file, flags) in wanted {
        for (name, value) in flags {
            files.set_flag(file, &flag(name), Some(value));
        }
    }
    files
}

/// What is to be noted before `wanted` is written: what flags were, which a flag of ours has noted already.
fn with_noted(before: &Before, wanted: &Args, files: &Files) -> Before {
    let mut all = before.clone();
    for (file, flags) in wanted {
        let noted = all.entry(file.clone()).or_default();
        for name in flags.keys() {
            noted.entry(name.clone()).or_insert_with(|| files.flag(file, &flag(name)));
        }
    }
    all
}

/// What of `before` is to be kept once `wanted` is written.
fn only_of(before: &Before, wanted: &Args) -> Before {
    let of = |file: &str, name: &str| wanted.get(file).is_some_and(|flags| flags.contains_key(name));
    let kept = before.iter().map(|(file, flags)| {
        let flags = flags.iter().filter(|(name, _)| of(file, name));
        (file.clone(), flags.map(|(name, value)| (name.clone(), value.clone())).collect())
    });
    kept.filter(|(_, flags): &(String, BTreeMap<_, _>)| !flags.is_empty()).collect()
}

/// What the machine has of `wanted`, and what else of its note is not as it was: an interrupted apply brought
/// that. What a service has not read yet does not count.
pub(super) fn seen(wanted: &Args, snapshot: &NodeSnapshot) -> Args {
    let mut seen = Args::new();
    let is_read = |file: &str| Service::of(file).is_none_or(|service| !snapshot.pending.contains(&service));
    for (file, flags) in wanted {
        let there = seen.entry(file.clone()).or_default();
        for name in flags.keys().filter(|_| is_read(file)) {
            there.extend(snapshot.files.flag(file, &flag(name)).map(|value| (name.clone(), value)));
        }
    }
    for (file, flags) in noted(snapshot).iter().filter(|(file, _)| is_read(file)) {
        for (name, before) in flags {
            let present = snapshot.files.flag(file, &flag(name));
            if present != *before
                && let Some(value) = present
            {
                seen.entry(file.clone()).or_default().insert(name.clone(), value);
            }
        }
    }
    seen
}
