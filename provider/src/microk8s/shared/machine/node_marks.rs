//! Labels and taints of a machine's own node. What of them is ours stands in a note on the machine, so that
//! nothing else is ever taken away, and that a node which joins another cluster gets them there again.

use super::{Machine, scripts};
use crate::connection::Freshness;
use crate::connection::retry::Deadline;
use crate::engine::node_resource::NodeError;
use crate::engine::node_resource::step::{Step, Steps};
use crate::microk8s::shared::machine::node_list::{self, ListedNode};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use tfplugin::Model;

/// A taint: keeps pods that do not tolerate it off the node.
#[derive(Clone, Debug, PartialEq, Eq, Model, Serialize, Deserialize)]
pub struct Taint {
    /// Key, such as `dedicated` or `example.com/gpu`, by the rules of labels.
    #[attribute(required)]
    pub key: String,

    /// Value, at most 63 letters, digits, `-`, `_` and `.`. Default: none.
    #[attribute(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,

    /// What happens to pods that do not tolerate it: `NoSchedule` (new ones are not placed there),
    /// `PreferNoSchedule` (only where nothing else is free) or `NoExecute` (those that run there are evicted
    /// at once as well).
    #[attribute(required)]
    pub effect: String,
}

impl Taint {
    /// Whether both are the same taint, whatever the value of each is.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.key == other.key && self.effect == other.effect
    }

    fn value(&self) -> &str {
        self.value.as_deref().unwrap_or_default()
    }
}

/// Labels and taints.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Marks {
    #[serde(default)]
    pub(crate) labels: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) taints: Vec<Taint>,
}

impl Marks {
    /// What a machine's note says; nothing where there is none.
    pub(crate) fn noted(note: Option<&str>) -> Self {
        note.and_then(|note| serde_json::from_str(note).ok()).unwrap_or_default()
    }

    /// The note, which is empty where there is nothing to note.
    fn note(&self) -> String {
        // Texts are always JSON.
        if self.is_empty() { String::new() } else { serde_json::to_string(self).unwrap_or_default() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.taints.is_empty()
    }

    /// These, and those of `other` that are not among them.
    pub(crate) fn and(&self, other: &Self) -> Self {
        let mut all = self.clone();
        for (key, value) in &other.labels {
            all.labels.entry(key.clone()).or_insert_with(|| value.clone());
        }
        let more = other.taints.iter().filter(|taint| !self.taints.iter().any(|own| own.is_same(taint)));
        all.taints.extend(more.cloned());
        all
    }

    /// What `node` has of these, with the values that it has.
    pub(crate) fn on(&self, node: &OwnNode) -> Self {
        let labels = self.labels.keys().filter_map(|key| node.labels.get_key_value(key));
        let taints = self.taints.iter().filter_map(|taint| {
            let found = node.taints.iter().map(taint_of).find(|found| found.is_same(taint))?;
            // A value that is empty is none.
            Some(if found.value() == taint.value() { taint.clone() } else { found })
        });
        Self {
            labels: labels.map(|(key, value)| (key.clone(), value.clone())).collect(),
            taints: taints.collect(),
        }
    }

    /// What gives `node` these in place of the ones in `noted`, as a merge patch; nothing where it has them.
    /// A node's taints are one list to the API server, which others write too: it is written as it was read,
    /// but for ours, and only if nobody has changed the node since.
    fn patch(&self, noted: &Self, node: &OwnNode) -> Option<Json> {
        let gone = noted.labels.keys().filter(|key| !self.labels.contains_key(*key));
        let gone = gone.filter(|key| node.labels.contains_key(*key)).map(|key| (key.clone(), Json::Null));
        let new = self.labels.iter().filter(|(key, value)| node.labels.get(*key) != Some(value));
        let labels: Map<String, Json> =
            gone.chain(new.map(|(key, value)| (key.clone(), json!(value)))).collect();
        let taints = self.taints_after(noted, &node.taints);
        if labels.is_empty() && taints == node.taints {
            return None;
        }
        let taints = if taints.is_empty() { Json::Null } else { Json::Array(taints) };
        let metadata = json!({"resourceVersion": node.version, "labels": labels});
        Some(json!({"metadata": metadata, "spec": {"taints": taints}}))
    }

    fn taints_after(&self, noted: &Self, present: &[Json]) -> Vec<Json> {
        let of = |marks: &'_ Self, taint: &Taint| marks.taints.iter().find(|own| own.is_same(taint)).cloned();
        let kept = present.iter().filter_map(|json| {
            let taint = taint_of(json);
            match of(self, &taint) {
                Some(own) if own.value() == taint.value() => Some(json.clone()),
                Some(own) => Some(json_of(&own)),
                None => of(noted, &taint).is_none().then(|| json.clone()),
            }
        });
        let is_there = |own: &&Taint| present.iter().any(|json| taint_of(json).is_same(own));
        kept.chain(self.taints.iter().filter(|own| !is_there(own)).map(json_of)).collect()
    }
}

/// A taint as the API server has it; it may have a time as well.
fn taint_of(json: &Json) -> Taint {
    let text = |name: &str| json.get(name).and_then(Json::as_str).map(str::to_owned);
    let (key, effect) = (text("key").unwrap_or_default(), text("effect").unwrap_or_default());
    Taint { key, effect, value: text("value").filter(|value| !value.is_empty()) }
}

fn json_of(taint: &Taint) -> Json {
    match taint.value() {
        "" => json!({"key": taint.key, "effect": taint.effect}),
        value => json!({"key": taint.key, "value": value, "effect": taint.effect}),
    }
}

/// A node as its cluster knows it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OwnNode {
    version: String,
    labels: BTreeMap<String, String>,
    taints: Vec<Json>,
}

impl OwnNode {
    /// Reads the object.
    fn parse(text: &str) -> Option<Self> {
        let node: Json = serde_json::from_str(text).ok()?;
        let labels = node.pointer("/metadata/labels").and_then(Json::as_object).cloned().unwrap_or_default();
        Some(Self {
            version: node.pointer("/metadata/resourceVersion")?.as_str()?.to_owned(),
            labels: labels
                .into_iter()
                .filter_map(|(key, value)| Some((key, value.as_str()?.to_owned())))
                .collect(),
            taints: node.pointer("/spec/taints").and_then(Json::as_array).cloned().unwrap_or_default(),
        })
    }
}

impl Machine {
    /// Its own node, as its cluster knows it.
    pub(crate) async fn own_node(&self, name: &str) -> Result<OwnNode, NodeError> {
        let output = self.shell.ask(&scripts::OWN_NODE, &[name]).await?;
        self.readable(&scripts::OWN_NODE, &output, OwnNode::parse(&output.stdout))
    }

    /// The same as it stands in the list of nodes.
    pub(crate) async fn own_listed_node(&self, name: &str) -> Result<ListedNode, NodeError> {
        let output = self.shell.ask(&scripts::OWN_NODE, &[name]).await?;
        self.readable(&scripts::OWN_NODE, &output, node_list::parse_one(&output.stdout).ok())
    }

    async fn note_marks(&self, marks: &Marks) -> Result<(), NodeError> {
        self.note(NOTE, &marks.note()).await
    }

    /// Writes its own node anew, with what was read of it in mind.
    async fn patch_own_node(&self, name: &str, patch: &Json) -> Result<(), NodeError> {
        let patch = patch.to_string();
        let length = patch.len().to_string();
        self.done(&scripts::PATCH_OWN_NODE, &[name, &length], Some(patch.as_bytes())).await
    }
}

/// The name of the note.
pub(crate) const NOTE: &str = "marks";

/// A machine whose own node is to have these labels and taints.
pub(crate) struct Marking {
    pub(crate) machine: Machine,
    pub(crate) wanted: Marks,
}

/// Gives a node the labels and taints that its machine's note has: it is another object since it joined
/// another cluster.
pub(crate) async fn restore(machine: &Machine, deadline: &Deadline) -> Result<(), NodeError> {
    let noted = Marks::noted(machine.snapshot(Freshness::Fresh).await?.marks.as_deref());
    match noted.is_empty() {
        true => Ok(()),
        false => {
            let marking = Marking { machine: machine.clone(), wanted: noted };
            Steps::new(&[&Mark]).run(&marking, deadline).await
        }
    }
}

/// Brings labels and taints to the node, and takes those of ours away that are not wanted any more.
pub(crate) struct Mark;

#[async_trait]
impl Step<Marking> for Mark {
    fn name(&self) -> &'static str {
        "label and taint the node"
    }

    async fn check(&self, marking: &Marking) -> Result<bool, NodeError> {
        let snapshot = marking.machine.snapshot(Freshness::Fresh).await?;
        let noted = Marks::noted(snapshot.marks.as_deref());
        if noted != marking.wanted {
            return Ok(false);
        }
        if noted.is_empty() {
            return Ok(true);
        }
        let node = marking.machine.own_node(&snapshot.node_name()).await?;
        Ok(marking.wanted.patch(&noted, &node).is_none())
    }

    /// The note comes first, so that it is known what is ours, wherever this stops.
    async fn run(&self, marking: &Marking) -> Result<(), NodeError> {
        let Marking { machine, wanted } = marking;
        let snapshot = machine.snapshot(Freshness::Fresh).await?;
        let noted = Marks::noted(snapshot.marks.as_deref());
        let ours = wanted.and(&noted);
        if ours != noted {
            machine.note_marks(&ours).await?;
        }
        let name = snapshot.node_name();
        if let Some(patch) = wanted.patch(&ours, &machine.own_node(&name).await?) {
            machine.patch_own_node(&name, &patch).await?;
        }
        if ours == *wanted { Ok(()) } else { machine.note_marks(wanted).await }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(taints: &Json) -> OwnNode {
        let labels = json!({"rack": "a", "kubernetes.io/os": "linux"});
        let metadata = json!({"resourceVersion": "7", "labels": labels});
        OwnNode::parse(&json!({"metadata": metadata, "spec": {"taints": taints}}).to_string()).unwrap()
    }

    fn marks(labels: &Json, taints: &Json) -> Marks {
        Marks::noted(Some(&json!({"labels": labels, "taints": taints}).to_string()))
    }

    #[test]
    fn only_ours_are_changed_and_the_rest_is_written_as_it_was_read() {
        let cordon = json!({"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule", "timeAdded": "2026-12-01T00:00:00Z"});
        let noted = marks(
            &json!({"rack": "a", "gone": "x"}),
            &json!([{"key": "old", "effect": "NoSchedule"}, {"key": "gpu", "value": "1", "effect": "NoSchedule"}]),
        );
        let wanted = marks(
            &json!({"zone": "z"}),
            &json!([{"key": "gpu", "value": "2", "effect": "NoSchedule"}, {"key": "gpu", "effect": "NoExecute"}]),
        );
        let there = node(&json!([
            {"key": "old", "effect": "NoSchedule"}, cordon, {"key": "gpu", "value": "1", "effect": "NoSchedule"},
            {"key": "old", "effect": "NoExecute"},
        ]));
        let expected = json!({
            "metadata": {"resourceVersion": "7", "labels": {"rack": null, "zone": "z"}},
            "spec": {"taints": [
                cordon, {"key": "gpu", "value": "2", "effect": "NoSchedule"}, {"key": "old", "effect": "NoExecute"},
                {"key": "gpu", "effect": "NoExecute"},
            ]},
        });
        assert_eq!(wanted.patch(&noted, &there), Some(expected));
    }

    #[test]
    fn what_is_there_needs_no_patch_and_the_last_taint_goes_with_the_list() {
        let wanted =
            marks(&json!({"rack": "a"}), &json!([{"key": "gpu", "value": "", "effect": "NoSchedule"}]));
        let there = node(&json!([{"key": "gpu", "effect": "NoSchedule"}]));
        assert_eq!(wanted.patch(&wanted, &there), None);
        assert_eq!(wanted.on(&there), wanted, "an empty value is none, and is shown as it was given");
        let none = Marks::default().patch(&wanted, &there).unwrap();
        assert_eq!(
            (&none["spec"]["taints"], &none["metadata"]["labels"]),
            (&Json::Null, &json!({"rack": null}))
        );
        assert_eq!(
            Marks::default().patch(&wanted, &node(&json!([]))).map(|patch| patch["spec"]["taints"].clone()),
            Some(Json::Null)
        );
    }

    #[test]
    fn what_differs_is_shown_with_the_value_that_is_there() {
        let wanted = marks(
            &json!({"rack": "b", "missing": "x"}),
            &json!([{"key": "gpu", "value": "1", "effect": "NoSchedule"}, {"key": "none", "effect": "NoExecute"}]),
        );
        let there = node(&json!([{"key": "gpu", "value": "2", "effect": "NoSchedule"}]));
        let seen =
            marks(&json!({"rack": "a"}), &json!([{"key": "gpu", "value": "2", "effect": "NoSchedule"}]));
        assert_eq!(wanted.on(&there), seen);
    }

    #[test]
    fn a_note_is_read_as_it_was_written() {
        let noted = marks(&json!({"a": ""}), &json!([{"key": "k", "effect": "NoExecute"}]));
        assert_eq!(Marks::noted(Some(&noted.note())), noted);
        assert_eq!(Marks::default().note(), "");
        assert_eq!(Marks::noted(Some("broken")), Marks::default());
    }
}
