//! How MetalLB runs, which decides what its sessions can do.

use crate::connection::Freshness;
use crate::connection::cluster::{Cluster, Kind};
use serde_json::Value as Json;

const DAEMON_SET: Kind = Kind::namespaced("apps", "v1", "DaemonSet");

/// What holds the BGP sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// MetalLB's own code: no IPv6.
    Native,
    /// FRR beside each speaker.
    Frr,
    /// FRR in a deployment of its own.
    FrrK8s,
}

/// The mode of the speakers in `namespace`; `None` where there are none, or where we may not look. They are
/// known by the container's name, for the DaemonSet has another name in each way of installing.
pub(super) async fn mode(cluster: &Cluster, namespace: &str) -> Option<Mode> {
    let listed = cluster.list(&DAEMON_SET, namespace, Freshness::Cached).await.ok()?;
    listed.iter().find_map(|set| of(&set.data))
}

fn of(daemon_set: &Json) -> Option<Mode> {
    let containers = daemon_set.pointer("/spec/template/spec/containers")?.as_array()?;
    let named = |json: &Json, name: &str| json.get("name").and_then(Json::as_str) == Some(name);
    let speaker = containers.iter().find(|container| named(container, "speaker"))?;
    let variables = speaker.get("env").and_then(Json::as_array).into_iter().flatten();
    let mut given = variables.filter(|variable| named(variable, "METALLB_BGP_TYPE"));
    let mode = given.next().and_then(|variable| variable.get("value")).and_then(Json::as_str);
    Some(match mode {
        Some("frr") => Mode::Frr,
        Some("frr-k8s" | "frr-k8s-external") => Mode::FrrK8s,
        _ => Mode::Native,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_speakers_environment_tells() {
        let with = |name: &str, env: Json| {
            of(&json!({"spec": {"template": {"spec": {"containers": [{"name": name, "env": env}]}}}}))
        };
        assert_eq!(
            with("speaker", json!([{"name": "METALLB_BGP_TYPE", "value": "frr-k8s"}])),
            Some(Mode::FrrK8s)
        );
        assert_eq!(with("speaker", json!([{"name": "METALLB_BGP_TYPE", "value": "frr"}])), Some(Mode::Frr));
        assert_eq!(with("speaker", json!([{"name": "METALLB_HOST"}])), Some(Mode::Native));
        assert_eq!(with("frr-k8s", json!([])), None);
    }
}
