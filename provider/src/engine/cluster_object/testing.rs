//! What the tests of all types that are objects in a cluster share.

use crate::connection::cluster::testing::ApiServer;
use crate::session::Session;
use crate::session::testing::{Served, TestProvider};
use crate::{calico, metallb, microk8s};
use serde_json::{Value as Json, json};
use tfplugin::testing::{Failure, Harness};
use tfplugin::{Diagnostics, Registry, Severity};

/// All types that are objects in a cluster, and their family's data sources.
pub(crate) struct AllTypes;

impl Served for AllTypes {
    fn registry() -> Registry<Session> {
        let families = [calico::register, metallb::register, microk8s::register];
        families.into_iter().fold(Registry::default(), |registry, register| register(registry))
    }
}

/// The provider of these tests.
pub(crate) type ClusterTypes = TestProvider<AllTypes>;

/// A run of Terraform: a provider that has been configured anew.
pub(crate) async fn run(server: &ApiServer) -> Harness<ClusterTypes> {
    Harness::new(&json!({"kubernetes": {"config_path": server.kubeconfig()}})).await.unwrap()
}

/// A configuration and `more`.
pub(crate) fn with(mut base: Json, more: Json) -> Json {
    base.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    base
}

/// The errors of something that failed as it may.
pub(crate) fn errors(failure: &Failure) -> String {
    assert!(failure.violations.is_empty(), "{failure}");
    told(&failure.diagnostics, Severity::Error).join("\n")
}

/// The warnings among what was found.
pub(crate) fn warnings(found: &Diagnostics) -> Vec<String> {
    told(found, Severity::Warning)
}

/// What a person reads, without the name of the test's directory.
fn told(found: &Diagnostics, severity: Severity) -> Vec<String> {
    let text = |one: &tfplugin::Diagnostic| {
        let at = one.attribute.as_ref().map(|path| format!(" ({path})")).unwrap_or_default();
        let text = format!("{}{at}\n{}", one.summary, one.detail);
        text.split(' ')
            .map(|word| word.find("/kubeconfig").map_or(word, |at| &word[at + 1..]))
            .collect::<Vec<_>>()
            .join(" ")
    };
    found.iter().filter(|one| one.severity == severity).map(text).collect()
}
