//! Which labels and taints a node may be given.

use crate::microk8s::shared::machine::node_marks::Taint;
use crate::values::object_name;
use std::collections::BTreeMap;

/// Labels of a node, by their keys.
pub(super) type Labels = BTreeMap<String, String>;

/// Labels that the kubelet writes anew at each start, or by which MicroK8s knows its nodes.
const LABELS_OF_OTHERS: [&str; 8] = [
    "beta.kubernetes.io/arch",
    "beta.kubernetes.io/os",
    "kubernetes.io/arch",
    "kubernetes.io/hostname",
    "kubernetes.io/os",
    "microk8s.io/cluster",
    "node.kubernetes.io/microk8s-controlplane",
    "node.kubernetes.io/microk8s-worker",
];

/// Taints that Kubernetes itself sets and takes away, by what it sees of a node.
const TAINTS_OF_OTHERS: [&str; 10] = [
    "node.cloudprovider.kubernetes.io/shutdown",
    "node.cloudprovider.kubernetes.io/uninitialized",
    "node.kubernetes.io/disk-pressure",
    "node.kubernetes.io/memory-pressure",
    "node.kubernetes.io/network-unavailable",
    "node.kubernetes.io/not-ready",
    "node.kubernetes.io/out-of-service",
    "node.kubernetes.io/pid-pressure",
    "node.kubernetes.io/unreachable",
    "node.kubernetes.io/unschedulable",
];

const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/// Whether an API server takes these; for `#[attribute(validate = ...)]`.
pub(super) fn check_labels(labels: &Option<Labels>) -> Result<(), String> {
    for (key, value) in labels.iter().flatten() {
        check_key(key)?;
        check_value(key, value)?;
        if LABELS_OF_OTHERS.contains(&key.as_str()) {
            return Err(format!("{key:?} is written by MicroK8s or the kubelet itself; choose another key"));
        }
    }
    Ok(())
}

/// Whether an API server takes these; for `#[attribute(validate = ...)]`.
pub(super) fn check_taints(taints: &Option<Vec<Taint>>) -> Result<(), String> {
    let taints = taints.as_deref().unwrap_or_default();
    for (at, taint) in taints.iter().enumerate() {
        let Taint { key, value, effect } = taint;
        check_key(key)?;
        check_value(key, value.as_deref().unwrap_or_default())?;
        if !EFFECTS.contains(&effect.as_str()) {
            return Err(format!(
                "{effect:?} is not an effect; use NoSchedule, PreferNoSchedule or NoExecute"
            ));
        }
        if TAINTS_OF_OTHERS.contains(&key.as_str()) {
            return Err(format!(
                "{key:?} is set and taken away by Kubernetes itself, by what it sees of the node; choose another key"
            ));
        }
        if taints.iter().take(at).any(|earlier| earlier.is_same(taint)) {
            return Err(format!("the taint {key}:{effect} is given twice"));
        }
    }
    Ok(())
}

/// A qualified name: a name of at most 63 characters, behind a DNS name and `/` or without.
fn check_key(key: &str) -> Result<(), String> {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    match !name.is_empty() && is_name(name) && prefix.is_none_or(|prefix| object_name(prefix).is_ok()) {
        true => Ok(()),
        false => Err(format!(
            "{key:?} is not a key of a label or taint: use at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit \
             at both ends, behind a DNS name and `/` if you like, as in example.com/rack"
        )),
    }
}

fn check_value(key: &str, value: &str) -> Result<(), String> {
    match is_name(value) {
        true => Ok(()),
        false => Err(format!(
            "{value:?} is not a value for {key}: use at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at \
             both ends"
        )),
    }
}

/// Whether it is empty or a name.
fn is_name(text: &str) -> bool {
    let is_end = |one: char| one.is_ascii_alphanumeric();
    let inner = |one: char| one.is_ascii_alphanumeric() || "-_.".contains(one);
    text.is_empty()
        || (text.len() <= 63 && text.starts_with(is_end) && text.ends_with(is_end) && text.chars().all(inner))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(key: &str, value: &str) -> Result<(), String> {
        check_labels(&Some([(key.to_owned(), value.to_owned())].into()))
    }

    fn taints(all: &[(&str, &str, &str)]) -> Result<(), String> {
        let taint = |(key, value, effect): &(&str, &str, &str)| Taint {
            key: (*key).to_owned(),
            value: Some((*value).to_owned()),
            effect: (*effect).to_owned(),
        };
        check_taints(&Some(all.iter().map(taint).collect()))
    }

    #[test]
    fn labels_are_those_that_an_api_server_takes() {
        let long = "a".repeat(63);
        let longer = "a".repeat(64);
        for (key, value) in [
            ("rack", ""),
            ("topology.kubernetes.io/zone", "eu-1a"),
            ("example.com/a_b.c", "A-b_c.9"),
            (&long, &long),
        ] {
            assert_eq!(labels(key, value), Ok(()), "{key}={value}");
        }
        for key in ["", "/", "a/", "/a", "a/b/c", "-a", "a-", "a b", "Ex_ample/a", "é", "a\n", &longer] {
            assert!(labels(key, "x").is_err(), "{key:?}");
        }
        for value in ["-a", "a b", "a/b", "é", "\u{1b}[2J", &longer] {
            assert!(labels("rack", value).is_err(), "{value:?}");
        }
        assert!(labels("kubernetes.io/hostname", "cp1").unwrap_err().contains("choose another key"));
    }

    #[test]
    fn taints_are_those_that_an_api_server_takes_and_nobody_else_sets() {
        assert_eq!(taints(&[("gpu", "", "NoSchedule"), ("gpu", "a", "NoExecute")]), Ok(()));
        for (what, refused) in [
            ("not an effect", taints(&[("gpu", "", "noschedule")])),
            ("not a key", taints(&[("g pu", "", "NoSchedule")])),
            ("not a value", taints(&[("gpu", "-", "NoSchedule")])),
            ("given twice", taints(&[("gpu", "a", "NoSchedule"), ("gpu", "b", "NoSchedule")])),
            ("Kubernetes itself", taints(&[("node.kubernetes.io/unschedulable", "", "NoSchedule")])),
        ] {
            let refused = refused.unwrap_err();
            assert!(refused.contains(what), "{refused}");
        }
    }
}
