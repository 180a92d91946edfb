//! The node's object and lease.

use super::{Kubelet, calico, machine_id, now, now_in_seconds};
use crate::failure::Result;
use serde_json::{Map, Value, json};

const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";

/// Creates the node's object, or brings its labels up to date.
pub(crate) async fn register(kubelet: &Kubelet) -> Result<()> {
    let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    let fixed = [
        ("kubernetes.io/hostname", kubelet.name.as_str()),
        ("kubernetes.io/os", "linux"),
        ("kubernetes.io/arch", architecture),
        ("beta.kubernetes.io/os", "linux"),
        ("beta.kubernetes.io/arch", architecture),
    ];
    let labels: Map<String, Value> = fixed
        .into_iter()
        .chain(kubelet.labels.iter().map(|(key, value)| (key.as_str(), value.as_str())))
        .map(|(key, value)| (key.to_owned(), value.into()))
        .collect();
    let metadata = json!({
        "name": kubelet.name,
        "labels": labels,
        "annotations": {"volumes.kubernetes.io/controller-managed-attach-detach": "true"},
    });
    let created = kubelet
        .api
        .create("/api/v1/nodes", &json!({"apiVersion": "v1", "kind": "Node", "metadata": metadata}))
        .await?;
    if !created {
        let path = format!("/api/v1/nodes/{}", kubelet.name);
        kubelet.api.merge(&path, &json!({"metadata": metadata})).await?;
    }
    Ok(())
}

/// Reports the node's state and renews its lease.
pub(crate) async fn heartbeat(kubelet: &Kubelet, network: bool) -> Result<()> {
    let path = format!("/api/v1/nodes/{}", kubelet.name);
    let Some(node) = kubelet.api.get(&path).await? else {
        return Err(crate::Failure::new(format!(
            "Unable to update node status: node \"{}\" not found",
            kubelet.name
        )));
    };
    let calico_up = node.pointer("/metadata/annotations").is_some_and(|annotations| {
        annotations.get(calico::IPV4_ANNOTATION).or(annotations.get(calico::IPV6_ANNOTATION)).is_some()
    });
    let conditions: Vec<Value> = wanted_conditions(network, calico_up)
        .into_iter()
        .map(|(kind, status, reason, message)| condition(&node, kind, status, reason, message))
        .collect();
    let status = json!({"status": {
        "addresses": reported_addresses(kubelet),
        "capacity": capacity(),
        "allocatable": capacity(),
        "conditions": conditions,
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "nodeInfo": node_info(kubelet)?,
    }});
    kubelet.api.merge(&format!("{path}/status"), &status).await?;
    renew_lease(kubelet, &node).await
}

type Condition = (&'static str, &'static str, &'static str, &'static str);

fn wanted_conditions(network: bool, calico_up: bool) -> Vec<Condition> {
    let mut conditions = vec![
        ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        if network {
            ("Ready", "True", "KubeletReady", "kubelet is posting ready status")
        } else {
            (
                "Ready",
                "False",
                "KubeletNotReady",
                "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady \
                 message:Network plugin returns error: cni plugin not initialized",
            )
        },
    ];
    if calico_up {
        conditions.push(("NetworkUnavailable", "False", "CalicoIsUp", "Calico is running on this node"));
    }
    conditions
}

/// A condition whose transition time changes only with its status.
fn condition(node: &Value, kind: &str, status: &str, reason: &str, message: &str) -> Value {
    let known = node.pointer("/status/conditions").and_then(Value::as_array);
    let before = known.into_iter().flatten().find(|condition| {
        condition.get("type").and_then(Value::as_str) == Some(kind)
            && condition.get("status").and_then(Value::as_str) == Some(status)
    });
    let since = before.and_then(|condition| condition.get("lastTransitionTime")).cloned();
    json!({
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastHeartbeatTime": now_in_seconds(),
        "lastTransitionTime": since.unwrap_or_else(|| now_in_seconds().into()),
    })
}

fn reported_addresses(kubelet: &Kubelet) -> Vec<Value> {
    let own = kubelet.addresses.iter().map(|address| json!({"type": "InternalIP", "address": address}));
    own.chain([json!({"type": "Hostname", "address": kubelet.name})]).collect()
}

fn capacity() -> Value {
    json!({"cpu": "4", "memory": "8Gi", "ephemeral-storage": "50Gi", "pods": "110"})
}

fn node_info(kubelet: &Kubelet) -> Result<Value> {
    let machine = machine_id()?;
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let image = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME=")).unwrap_or("Linux");
    Ok(json!({
        "machineID": machine,
        "systemUUID": machine,
        "bootID": std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim(),
        "kernelVersion": kernel.trim(),
        "osImage": image.trim_matches('"'),
        "containerRuntimeVersion": "containerd://2.1.6",
        "kubeletVersion": kubelet.version,
        "kubeProxyVersion": "",
        "operatingSystem": "linux",
        "architecture": if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" },
    }))
}

async fn renew_lease(kubelet: &Kubelet, node: &Value) -> Result<()> {
    let spec = json!({"holderIdentity": kubelet.name, "leaseDurationSeconds": 40, "renewTime": now()});
    let renewed = kubelet.api.merge(&format!("{LEASES}/{}", kubelet.name), &json!({"spec": spec})).await?;
    if !renewed {
        let owner = json!({
            "apiVersion": "v1",
            "kind": "Node",
            "name": kubelet.name,
            "uid": node.pointer("/metadata/uid"),
        });
        let metadata =
            json!({"name": kubelet.name, "namespace": "kube-node-lease", "ownerReferences": [owner]});
        let lease = json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec});
        kubelet.api.create(LEASES, &lease).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_keeps_its_time_while_its_status_stays() {
        let node = json!({"status": {"conditions": [
            {"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"},
        ]}});
        let same = condition(&node, "Ready", "True", "KubeletReady", "");
        assert_eq!(same["lastTransitionTime"], "2026-01-01T00:00:00Z");
        let other = condition(&node, "Ready", "False", "KubeletNotReady", "");
        assert_ne!(other["lastTransitionTime"], "2026-01-01T00:00:00Z");
    }

    #[test]
    fn a_node_without_network_is_not_ready() {
        let ready = |network| {
            wanted_conditions(network, false)
                .into_iter()
                .find(|(kind, ..)| *kind == "Ready")
                .map(|(_, status, ..)| status)
        };
        assert_eq!(ready(false), Some("False"));
        assert_eq!(ready(true), Some("True"));
    }
}
