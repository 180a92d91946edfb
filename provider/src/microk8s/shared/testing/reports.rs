//! What the cluster prints about itself.

use super::{Fault, State};

/// What the repository `core` says of its add-ons.
pub(super) const CORE_ADDONS: &str = "microk8s-addons:\n  description: x\n  addons:\n    - name: odd\n      description: 'x: y'\n      \
    check_status: pod/odd\n    - name: dns\n      check_status: pod/coredns\n";

/// An add-on that shows as enabled.
const DNS: &str = "  - name: dns\n    repository: core\n    description: CoreDNS\n    version: 1.13.1\n    status: enabled\n";

impl State {
    pub(super) fn nodes_json(&self) -> String {
        let node = |(last, control_plane): (&u8, &bool)| {
            let machine = &self.machines[last];
            let told = machine.running["kubelet"].lines().find_map(|line| line.strip_prefix("--node-ip="));
            let addresses = told.map_or_else(|| format!("10.0.0.{last}"), str::to_owned);
            let addresses: Vec<_> = addresses
                .split(',')
                .map(|one| serde_json::json!({"type": "InternalIP", "address": one}))
                .collect();
            let ready = if machine.is_up(&self.faults) { "True" } else { "Unknown" };
            let label = if *control_plane { "microk8s-controlplane" } else { "microk8s-worker" };
            let labels = match self.faults.contains(&Fault::NoLabels) {
                true => serde_json::json!({}),
                false => serde_json::json!({format!("node.kubernetes.io/{label}"): label}),
            };
            serde_json::json!({
                "metadata": {"name": machine.name, "labels": labels},
                "status": {
                    "addresses": addresses, "conditions": [{"type": "Ready", "status": ready}],
                    "nodeInfo": {"machineID": machine.machine_id},
                },
            })
        };
        serde_json::json!({"items": self.nodes.iter().map(node).collect::<Vec<_>>()}).to_string()
    }

    pub(super) fn status_yaml(&self) -> String {
        let clustered = self.machines.values().any(|machine| machine.locks.contains("no-cert-reissue"));
        let member = |(last, vote): (&u8, &&str)| {
            let host = if clustered { format!("10.0.0.{last}") } else { "127.0.0.1".to_owned() };
            format!("    - address: {host}:19001\n      role: {vote}\n")
        };
        let members: String = self.datastore.iter().map(member).collect();
        let stays = self.faults.iter().any(|fault| matches!(fault, Fault::AddonStays(_)));
        let addons = if stays { DNS } else { "" };
        format!(
            "microk8s:\n  running: True\nhigh-availability:\n  enabled: True\n  nodes:\n{members}addons:\n{addons}"
        )
    }
}

impl State {
    /// One of them.
    pub(super) fn node_json(&self, name: &str) -> Option<serde_json::Value> {
        let list: serde_json::Value = serde_json::from_str(&self.nodes_json()).ok()?;
        list["items"].as_array()?.iter().find(|node| node["metadata"]["name"] == name).cloned()
    }
}
