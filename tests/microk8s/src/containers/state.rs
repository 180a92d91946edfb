//! What is known of a pod that runs, and how its status tells it.

use crate::kubelet::now_in_seconds;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How the last run of a container ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) started: String,
    pub(crate) finished: String,
}

impl Ended {
    fn status(&self) -> Value {
        let reason = if self.code == 0 { "Completed" } else { "Error" };
        json!({"terminated": {
            "exitCode": self.code,
            "reason": reason,
            "startedAt": self.started,
            "finishedAt": self.finished,
        }})
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Phase {
    Waiting {
        reason: &'static str,
        message: String,
    },
    Running {
        since: String,
    },
    /// Not to be started again.
    Over,
}

/// A container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ContainerState {
    pub(crate) phase: Phase,
    pub(crate) last: Option<Ended>,
    pub(crate) restarts: u32,
    pub(crate) started: bool,
    pub(crate) ready: bool,
}

impl ContainerState {
    pub(crate) fn new(restarts: u32) -> Self {
        let phase = Phase::Waiting { reason: "ContainerCreating", message: String::new() };
        Self { phase, last: None, restarts, started: false, ready: false }
    }

    /// One whose image does not run here: as good as running.
    pub(crate) fn pretended(restarts: u32) -> Self {
        let phase = Phase::Running { since: now_in_seconds() };
        Self { phase, started: true, ready: true, ..Self::new(restarts) }
    }

    fn status(&self, name: &str, image: &str) -> Value {
        let ended = self.last.as_ref().map(Ended::status);
        let (state, last) = match &self.phase {
            Phase::Waiting { reason, message } if message.is_empty() => {
                (json!({"waiting": {"reason": reason}}), ended)
            }
            Phase::Waiting { reason, message } => {
                (json!({"waiting": {"reason": reason, "message": message}}), ended)
            }
            Phase::Running { since } => (json!({"running": {"startedAt": since}}), ended),
            Phase::Over => (ended.unwrap_or_default(), None),
        };
        json!({
            "name": name,
            "image": image,
            "imageID": image,
            "ready": self.ready,
            "started": self.started,
            "restartCount": self.restarts,
            "state": state,
            "lastState": last.unwrap_or_else(|| json!({})),
        })
    }
}

/// A pod.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PodState {
    /// Whether all init containers have done their work.
    pub(crate) initialized: bool,
    pub(crate) init: BTreeMap<String, ContainerState>,
    pub(crate) containers: BTreeMap<String, ContainerState>,
    pub(crate) since: String,
}

impl PodState {
    fn phase(&self) -> &'static str {
        let all = |is: fn(&ContainerState) -> bool| self.containers.values().all(is);
        let is_over = |state: &ContainerState| state.phase == Phase::Over;
        if !self.initialized {
            return if self.init.values().any(is_over) && self.init.values().any(failed) {
                "Failed"
            } else {
                "Pending"
            };
        }
        if all(|state| state.phase == Phase::Over) {
            return if self.containers.values().any(failed) { "Failed" } else { "Succeeded" };
        }
        if all(|state| matches!(&state.phase, Phase::Waiting { reason, .. } if *reason != "CrashLoopBackOff"))
        {
            return "Pending";
        }
        "Running"
    }

    /// The parts of the status that containers decide. Times of conditions stay as they are in `before` where
    /// the condition does.
    pub(crate) fn status(&self, spec: &Value, before: &Value) -> Value {
        let ready = self.initialized
            && !self.containers.is_empty()
            && self.containers.values().all(|container| container.ready);
        let wanted = [
            ("PodScheduled", true),
            ("PodReadyToStartContainers", true),
            ("Initialized", self.initialized),
            ("ContainersReady", ready),
            ("Ready", ready),
        ];
        let conditions: Vec<Value> =
            wanted.into_iter().map(|(kind, holds)| condition(before, kind, holds)).collect();
        json!({
            "phase": self.phase(),
            "startTime": self.since,
            "conditions": conditions,
            "initContainerStatuses": statuses(spec, "initContainers", &self.init),
            "containerStatuses": statuses(spec, "containers", &self.containers),
        })
    }
}

fn failed(state: &ContainerState) -> bool {
    state.last.as_ref().is_some_and(|ended| ended.code != 0)
}

fn statuses(spec: &Value, list: &str, states: &BTreeMap<String, ContainerState>) -> Vec<Value> {
    let containers = spec.get(list).and_then(Value::as_array).into_iter().flatten();
    let text = |container: &Value, field: &str| {
        container.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    containers
        .filter_map(|container| {
            let (name, image) = (text(container, "name"), text(container, "image"));
            states.get(&name).map(|state| state.status(&name, &image))
        })
        .collect()
}

fn condition(before: &Value, kind: &str, holds: bool) -> Value {
    let status = if holds { "True" } else { "False" };
    let known = before.get("conditions").and_then(Value::as_array).into_iter().flatten();
    let text =
        |condition: &Value, field: &str| condition.get(field).and_then(Value::as_str).map(str::to_owned);
    let same = |condition: &&Value| {
        text(condition, "type").as_deref() == Some(kind)
            && text(condition, "status").as_deref() == Some(status)
    };
    let since = known.into_iter().find(same).and_then(|condition| text(condition, "lastTransitionTime"));
    json!({
        "type": kind,
        "status": status,
        "lastTransitionTime": since.unwrap_or_else(now_in_seconds),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(states: Vec<ContainerState>) -> PodState {
        let names = ["a", "b"].map(str::to_owned);
        PodState {
            initialized: true,
            containers: names.into_iter().zip(states).collect(),
            ..PodState::default()
        }
    }

    #[test]
    fn a_pod_is_ready_when_all_its_containers_are() {
        let spec = json!({"containers": [{"name": "a", "image": "x"}, {"name": "b", "image": "y"}]});
        let ready = ContainerState::pretended(0);
        let late = ContainerState { ready: false, ..ready.clone() };
        let known =
            json!({"conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "then"}]});
        let status = pod(vec![ready.clone(), ready.clone()]).status(&spec, &known);
        assert_eq!(status["phase"], "Running");
        assert_eq!(status["conditions"][4], known["conditions"][0]);
        let status = pod(vec![ready, late]).status(&spec, &known);
        assert_eq!(status["conditions"][4]["status"], "False");
        assert_eq!(status["containerStatuses"][1]["image"], "y");
    }

    #[test]
    fn a_pod_is_pending_until_a_container_has_run_and_over_with_the_last() {
        let new = ContainerState::new(0);
        assert_eq!(pod(vec![new.clone(), new.clone()]).phase(), "Pending");
        let ended = |code| Ended { code, started: String::new(), finished: String::new() };
        let crashed = Phase::Waiting { reason: "CrashLoopBackOff", message: String::new() };
        assert_eq!(pod(vec![ContainerState { phase: crashed, ..new.clone() }]).phase(), "Running");
        let over = |code| ContainerState { phase: Phase::Over, last: Some(ended(code)), ..new.clone() };
        assert_eq!(pod(vec![over(0), over(0)]).phase(), "Succeeded");
        assert_eq!(pod(vec![over(0), over(1)]).phase(), "Failed");
    }
}
