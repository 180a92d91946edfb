//! What is kept beside the state of an object in a cluster.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// What is kept beside the state: which object it is, wherever its cluster is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Private {
    /// UID of the cluster's namespace `kube-system`.
    pub(super) cluster: Option<String>,
    /// UID of the object.
    pub(super) uid: Option<String>,
    /// Whether this resource made the object. Not known of an object that another run may have begun, and in
    /// states of releases that did not ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) made: Option<bool>,
    /// What an object that is released in the end held in the places of our fields before they were ours.
    #[serde(skip_serializing_if = "Json::is_null")]
    pub(super) before: Json,
    /// Secrets that the configuration has ever given, see [`tfplugin::Resource::given`]. None in a state of a
    /// version that did not say so: there, those that our field manager owns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) given: Option<BTreeSet<String>>,
    /// What the type keeps from one reading to the next.
    #[serde(skip_serializing_if = "Json::is_null")]
    pub(super) kept: Json,
}
