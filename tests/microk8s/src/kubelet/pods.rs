//! The node's pods: started without containers, ended when asked.

use super::{Kubelet, calico, ipam, now_in_seconds};
use crate::failure::Result;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

const BACK_OFF: Duration = Duration::from_secs(10);

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// One look at every pod that is bound to this node.
pub(crate) async fn sync(kubelet: &Kubelet, network: bool, told: &mut ipam::Told) -> Result<()> {
    let path = format!("/api/v1/pods?fieldSelector=spec.nodeName={}", kubelet.name);
    let pods = kubelet.api.items(&path).await?;
    let mut taken: BTreeSet<IpAddr> = pods
        .iter()
        .filter_map(|pod| pod.pointer("/status/podIPs")?.as_array())
        .flatten()
        .filter_map(|entry| entry.get("ip")?.as_str()?.parse().ok())
        .collect();
    for pod in &pods {
        if pod.pointer("/metadata/deletionTimestamp").is_some() {
            end(kubelet, pod).await?;
        } else if text(pod, "/status/phase") == "Pending" {
            start(kubelet, pod, network, &mut taken).await?;
        }
    }
    if network { ipam::tell(kubelet, &pods, told).await } else { Ok(()) }
}

fn path_of(pod: &Value) -> String {
    format!("/api/v1/namespaces/{}/pods/{}", text(pod, "/metadata/namespace"), text(pod, "/metadata/name"))
}

/// Ends a pod at once: there is no container to wait for. A pod of the same name may have taken its place.
async fn end(kubelet: &Kubelet, pod: &Value) -> Result<()> {
    kubelet.api.delete(&format!("{}?gracePeriodSeconds=0", path_of(pod))).await
}

async fn start(kubelet: &Kubelet, pod: &Value, network: bool, taken: &mut BTreeSet<IpAddr>) -> Result<()> {
    let on_host = pod.pointer("/spec/hostNetwork").and_then(Value::as_bool).unwrap_or_default();
    let is_calico = text(pod, "/metadata/labels/k8s-app") == "calico-node";
    if !on_host && !network {
        return Ok(());
    }
    if is_calico && crashed_just_now(pod) {
        return Ok(());
    }
    let status = if is_calico {
        match calico::start(kubelet, pod).await? {
            Ok(()) => running(kubelet, pod, &kubelet.addresses),
            Err(reason) => crashing(kubelet, pod, &reason),
        }
    } else if on_host {
        running(kubelet, pod, &kubelet.addresses)
    } else {
        let addresses = ipam::assign(kubelet, taken).await?;
        if addresses.is_empty() {
            return Ok(());
        }
        running(kubelet, pod, &addresses)
    };
    let path = format!("{}/status", path_of(pod));
    kubelet.api.merge(&path, &json!({"status": status})).await.map(drop)
}

/// A pod whose containers run; a job's are done already.
fn running(kubelet: &Kubelet, pod: &Value, addresses: &[IpAddr]) -> Value {
    let of_job = text(pod, "/metadata/ownerReferences/0/kind") == "Job";
    let now = now_in_seconds();
    let state = if of_job {
        json!({"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": now, "finishedAt": now}})
    } else {
        json!({"running": {"startedAt": now}})
    };
    let mut status = status(kubelet, pod, &state, !of_job, 0);
    if let Some(fields) = status.as_object_mut() {
        let ips: Vec<Value> = addresses.iter().map(|address| json!({"ip": address})).collect();
        fields.insert("podIP".into(), json!(addresses.first()));
        fields.insert("podIPs".into(), ips.into());
        fields.insert("phase".into(), if of_job { "Succeeded" } else { "Running" }.into());
    }
    status
}

/// Whether the pod's container has ended so short a time ago that it is not started again yet.
fn crashed_just_now(pod: &Value) -> bool {
    let since = humantime::parse_rfc3339(text(pod, "/status/startTime")).ok();
    let age = since.and_then(|since| since.elapsed().ok());
    text(pod, "/status/containerStatuses/0/state/waiting/reason") == "CrashLoopBackOff"
        && age.is_some_and(|age| age < BACK_OFF)
}

/// A pod whose container ends as soon as it is started.
fn crashing(kubelet: &Kubelet, pod: &Value, reason: &str) -> Value {
    let state = json!({"waiting": {"reason": "CrashLoopBackOff", "message": reason}});
    let restarts =
        pod.pointer("/status/containerStatuses/0/restartCount").and_then(Value::as_u64).unwrap_or_default();
    let mut status = status(kubelet, pod, &state, false, restarts + 1);
    if let Some(fields) = status.as_object_mut() {
        fields.insert("phase".into(), "Pending".into());
    }
    status
}

fn status(kubelet: &Kubelet, pod: &Value, state: &Value, ready: bool, restarts: u64) -> Value {
    let containers = pod.pointer("/spec/containers").and_then(Value::as_array);
    let containers: Vec<Value> = containers
        .into_iter()
        .flatten()
        .map(|container| {
            json!({
                "name": container.get("name"),
                "image": container.get("image"),
                "imageID": container.get("image"),
                "ready": ready,
                "started": ready,
                "restartCount": restarts,
                "state": state,
            })
        })
        .collect();
    let now = now_in_seconds();
    let condition = |kind: &str, status: bool| json!({"type": kind, "status": if status { "True" } else { "False" }, "lastTransitionTime": now});
    json!({
        "hostIP": kubelet.addresses.first(),
        "hostIPs": kubelet.addresses.iter().map(|address| json!({"ip": address})).collect::<Vec<_>>(),
        "startTime": now,
        "containerStatuses": containers,
        "conditions": [
            condition("PodScheduled", true),
            condition("PodReadyToStartContainers", true),
            condition("Initialized", true),
            condition("ContainersReady", ready),
            condition("Ready", ready),
        ],
    })
}
