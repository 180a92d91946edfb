//! A node as its cluster keeps it, which others change too.

use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// Its labels and taints, with how often it was changed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PlayedNode {
    pub(crate) labels: BTreeMap<String, Json>,
    pub(crate) taints: Vec<Json>,
    changes: u32,
    /// How often somebody else changes it between our reading and our writing.
    pub(crate) disturbed: u32,
}

impl PlayedNode {
    /// The object.
    pub(crate) fn json(&self) -> String {
        let metadata = json!({"resourceVersion": self.changes.to_string(), "labels": self.labels});
        json!({"metadata": metadata, "spec": {"taints": self.taints}}).to_string()
    }

    /// Takes a merge patch, unless the node is another one by now than it says.
    pub(crate) fn patch(&mut self, patch: &str) -> bool {
        let patch: Json = serde_json::from_str(patch).unwrap();
        self.changes += 1;
        if self.disturbed > 0 {
            self.disturbed -= 1;
            return false;
        }
        assert_eq!(patch["metadata"]["resourceVersion"], (self.changes - 1).to_string());
        for (key, value) in patch["metadata"]["labels"].as_object().unwrap() {
            match value {
                Json::Null => self.labels.remove(key),
                value => self.labels.insert(key.clone(), value.clone()),
            };
        }
        self.taints = patch["spec"]["taints"].as_array().cloned().unwrap_or_default();
        true
    }
}
