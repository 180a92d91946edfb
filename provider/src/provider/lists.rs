//! Every type is found by `terraform query`, or it is written here why not.

use super::*;
use std::collections::BTreeSet;

/// Types whose objects are not listed, and why.
const UNLISTED: &[(&str, &str)] = &[
    ("microk8s_addon_repository", "each is added by one command, whose arguments an import names"),
    ("microk8s_helm_release", "Helm keeps no address of a chart's repository, which a configuration needs"),
];

#[test]
fn every_type_is_listed_or_says_why_not() {
    let registry = Microk8s::registry();
    let listed: BTreeSet<_> = registry.list_resources().map(|(name, _)| name).collect();
    let unlisted: BTreeSet<_> = UNLISTED.iter().map(|(name, _)| *name).collect();
    let resources: BTreeSet<_> = registry.resources().map(|(name, _)| name).collect();
    assert!(listed.is_disjoint(&unlisted), "listed after all: {unlisted:?}");
    assert_eq!(&listed | &unlisted, resources, "a type needs a list, or a line in UNLISTED");
    assert!(UNLISTED.iter().all(|(_, why)| !why.is_empty()));
}
