//! The node's pods: started, most of them without containers, and ended when asked.

use super::{Kubelet, calico, ipam, now_in_seconds};
use crate::failure::Result;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

const BACK_OFF: Duration = Duration::from_secs(10);

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// What the API has been told so far.
#[derive(Default)]
pub(crate) struct Told {
    addresses: ipam::Told,
    /// The status of each pod that really runs.
    running: BTreeMap<String, Value>,
}

/// One look at every pod that is bound to this node.
pub(crate) async fn sync(kubelet: &Kubelet, network: bool, told: &mut Told) -> Result<()> {
    let path = format!("/api/v1/pods?fieldSelector=spec.nodeName={}", kubelet.name);
    let pods = kubelet.api.items(&path).await?;
    let mut taken: BTreeSet<IpAddr> = pods.iter().flat_map(addresses_of).collect();
    for pod in &pods {
        let uid = text(pod, "/metadata/uid");
        if pod.pointer("/metadata/deletionTimestamp").is_some() {
            let grace = pod.pointer("/metadata/deletionGracePeriodSeconds").and_then(Value::as_u64);
            if kubelet.runtime.stop(uid, grace) {
                end(kubelet, pod).await?;
            }
        } else if kubelet.runtime.plays(pod) {
            run(kubelet, pod, network, &mut taken, &mut told.running).await?;
        } else if text(pod, "/status/phase") == "Pending" {
            start(kubelet, pod, network, &mut taken).await?;
        }
    }
    let is_gone = |uid: &String| pods.iter().all(|pod| text(pod, "/metadata/uid") != uid);
    for uid in kubelet.runtime.uids().into_iter().filter(is_gone) {
        kubelet.runtime.stop(&uid, Some(0));
    }
    told.running.retain(|uid, _| !is_gone(uid));
    if network { ipam::tell(kubelet, &pods, &mut told.addresses).await } else { Ok(()) }
}

fn on_host(pod: &Value) -> bool {
    pod.pointer("/spec/hostNetwork").and_then(Value::as_bool).unwrap_or_default()
}

/// Starts a pod whose containers really run, and tells how it does.
async fn run(
    kubelet: &Kubelet,
    pod: &Value,
    network: bool,
    taken: &mut BTreeSet<IpAddr>,
    told: &mut BTreeMap<String, Value>,
) -> Result<()> {
    let uid = text(pod, "/metadata/uid");
    let mut addresses = addresses_of(pod);
    if !kubelet.runtime.has(uid) {
        if ["Succeeded", "Failed"].contains(&text(pod, "/status/phase")) || !(network || on_host(pod)) {
            return Ok(());
        }
        if on_host(pod) {
            addresses = kubelet.addresses.clone();
        } else if addresses.is_empty() {
            addresses = ipam::assign(kubelet, taken).await?;
        }
        if addresses.is_empty() {
            return Ok(());
        }
        let own = if on_host(pod) { Vec::new() } else { addresses.clone() };
        kubelet.runtime.start(pod, own, kubelet.addresses.clone(), &kubelet.layout, &kubelet.api)?;
    }
    let Some(mut status) = kubelet.runtime.status(uid, pod) else { return Ok(()) };
    add_addresses(&mut status, kubelet, &addresses);
    if told.get(uid) == Some(&status) {
        return Ok(());
    }
    kubelet.api.merge(&format!("{}/status", path_of(pod)), &json!({"status": status})).await?;
    told.insert(uid.to_owned(), status);
    Ok(())
}

fn addresses_of(pod: &Value) -> Vec<IpAddr> {
    let listed = pod.pointer("/status/podIPs").and_then(Value::as_array).into_iter().flatten();
    listed.filter_map(|entry| entry.get("ip")?.as_str()?.parse().ok()).collect()
}

fn add_addresses(status: &mut Value, kubelet: &Kubelet, addresses: &[IpAddr]) {
    let listed = |addresses: &[IpAddr]| -> Vec<Value> {
        addresses.iter().map(|address| json!({"ip": address})).collect()
    };
    if let Some(fields) = status.as_object_mut() {
        fields.insert("hostIP".into(), json!(kubelet.addresses.first()));
        fields.insert("hostIPs".into(), listed(&kubelet.addresses).into());
        fields.insert("podIP".into(), json!(addresses.first()));
        fields.insert("podIPs".into(), listed(addresses).into());
    }
}

fn path_of(pod: &Value) -> String {
    format!("/api/v1/namespaces/{}/pods/{}", text(pod, "/metadata/namespace"), text(pod, "/metadata/name"))
}

/// Ends a pod at once: there is no container to wait for. A pod of the same name may have taken its place.
async fn end(kubelet: &Kubelet, pod: &Value) -> Result<()> {
    kubelet.api.delete(&format!("{}?gracePeriodSeconds=0", path_of(pod))).await
}

async fn start(kubelet: &Kubelet, pod: &Value, network: bool, taken: &mut BTreeSet<IpAddr>) -> Result<()> {
    let on_host = on_host(pod);
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
    add_addresses(&mut status, kubelet, addresses);
    if let Some(fields) = status.as_object_mut() {
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
