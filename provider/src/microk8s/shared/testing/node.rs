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
    /// The object, of a node that is Ready.
    pub(crate) fn json(&self) -> String {
        let status = json!({"conditions": [{"type": "Ready", "status": "True"}]});
        self.within(json!({"metadata": {"name": "cp1"}, "status": status}))
    }

    /// The same with what else the cluster knows of the node.
    pub(crate) fn within(&self, mut node: Json) -> String {
        node["metadata"]["resourceVersion"] = json!(self.changes.to_string());
        for (key, value) in &self.labels {
            node["metadata"]["labels"][key] = value.clone();
        }
        node["spec"]["taints"] = json!(self.taints);
        node.to_string()
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
