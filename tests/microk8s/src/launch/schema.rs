//! What a launch configuration may say.

use crate::failure::{Failure, Result, Tried};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Flags or variables; nothing deletes.
pub(crate) type Settings = BTreeMap<String, Value>;

/// One document of a launch configuration.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Part {
    version: Option<Value>,
    pub(crate) addons: Vec<Addon>,
    #[serde(rename = "persistentClusterToken")]
    pub(crate) persistent_cluster_token: Option<String>,
    #[serde(rename = "extraConfigFiles")]
    pub(crate) extra_config_files: BTreeMap<String, String>,
    #[serde(rename = "extraSANs")]
    pub(crate) extra_sans: Option<Vec<String>>,
    #[serde(rename = "containerdRegistryConfigs")]
    pub(crate) containerd_registry_configs: BTreeMap<String, String>,
    pub(crate) join: Option<Join>,
    #[serde(flatten)]
    pub(crate) others: BTreeMap<String, Value>,
}

/// An add-on to enable or disable.
#[derive(Debug, Deserialize)]
pub(crate) struct Addon {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) disable: bool,
    #[serde(default)]
    pub(crate) args: Vec<String>,
}

/// The cluster to join last.
#[derive(Debug, Deserialize)]
pub(crate) struct Join {
    pub(crate) url: String,
    #[serde(default)]
    pub(crate) worker: bool,
}

/// Where a map of settings goes: an args file of flags, or a file of variables.
pub(crate) struct Target {
    pub(crate) key: &'static str,
    pub(crate) file: &'static str,
    /// The service that reads the file, restarted after a change; none where nothing reads it.
    pub(crate) service: Option<&'static str>,
    pub(crate) variables: bool,
}

const fn flags(key: &'static str, file: &'static str, service: &'static str) -> Target {
    Target { key, file, service: Some(service), variables: false }
}

const fn variables(key: &'static str, file: &'static str, service: Option<&'static str>) -> Target {
    Target { key, file, service, variables: true }
}

/// Every map of settings that a launch configuration knows.
pub(crate) const TARGETS: [Target; 20] = [
    flags("extraKubeAPIServerArgs", "kube-apiserver", "daemon-kubelite"),
    flags("extraKubeletArgs", "kubelet", "daemon-kubelite"),
    flags("extraKubeProxyArgs", "kube-proxy", "daemon-kubelite"),
    flags("extraKubeControllerManagerArgs", "kube-controller-manager", "daemon-kubelite"),
    flags("extraKubeSchedulerArgs", "kube-scheduler", "daemon-kubelite"),
    flags("extraContainerdArgs", "containerd", "daemon-containerd"),
    flags("extraDqliteArgs", "k8s-dqlite", "daemon-k8s-dqlite"),
    flags("extraMicroK8sClusterAgentArgs", "cluster-agent", "daemon-cluster-agent"),
    flags("extraMicroK8sAPIServerProxyArgs", "apiserver-proxy", "daemon-apiserver-proxy"),
    flags("extraEtcdArgs", "etcd", "daemon-etcd"),
    flags("extraFlanneldArgs", "flanneld", "daemon-flanneld"),
    variables("extraContainerdEnv", "containerd-env", Some("daemon-containerd")),
    variables("extraDqliteEnv", "k8s-dqlite-env", Some("daemon-k8s-dqlite")),
    variables("extraFlanneldEnv", "flanneld-env", Some("daemon-flanneld")),
    variables("extraKubeliteEnv", "kubelite-env", None),
    variables("extraMicroK8sClusterAgentEnv", "cluster-agent-env", None),
    variables("extraMicroK8sAPIServerProxyEnv", "apiserver-proxy-env", None),
    variables("extraEtcdEnv", "etcd-env", None),
    variables("extraFIPSEnv", "fips-env", None),
    variables("extraCNIEnv", "cni-env", None),
];

/// Reads all documents. Keys that are not known are none of its business; a version that is missing or out of
/// range is.
pub(crate) fn parse(text: &str) -> Result<Vec<Part>> {
    let documents: Vec<Option<Part>> =
        serde_saphyr::from_multiple(text).tried(|| "failed to parse launch configuration".into())?;
    let parts: Vec<Part> = documents.into_iter().flatten().collect();
    for part in &parts {
        let version = part.version.as_ref().map(text_of).unwrap_or_default();
        let numbers: Vec<u32> = version.split('.').filter_map(|number| number.parse().ok()).collect();
        if !matches!(numbers.as_slice(), [0, 1, _] | [0, 2, 0]) {
            return Err(Failure::new(format!("config file version '{version}' is not supported")));
        }
    }
    Ok(parts)
}

/// How a value of the file reads in an args file.
pub(crate) fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The settings for one target.
pub(crate) fn settings(part: &Part, target: &Target) -> Result<Settings> {
    let Some(value) = part.others.get(target.key) else { return Ok(Settings::new()) };
    serde_json::from_value(value.clone()).tried(|| format!("{} is no map of settings", target.key))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENTED: &str = "---\nversion: 0.1.0\nextraCNIEnv:\n  IPv4_SUPPORT: true\n  IPv6_CLUSTER_CIDR: fd02::/64\n\
                              extraKubeletArgs:\n  --cluster-dns: 10.152.183.10\n  --node-ip: null\n\
                              extraSANs:\n  - 10.153.183.1\naddons:\n  - name: dns\n---\n";

    #[test]
    fn the_documented_file_is_understood() {
        let parts = parse(DOCUMENTED).unwrap();
        let [part] = parts.as_slice() else { panic!("{parts:?}") };
        let cni = TARGETS.iter().find(|target| target.key == "extraCNIEnv").unwrap();
        let settings = settings(part, cni).unwrap();
        assert_eq!(text_of(&settings["IPv4_SUPPORT"]), "true");
        assert_eq!(text_of(&settings["IPv6_CLUSTER_CIDR"]), "fd02::/64");
        assert_eq!(part.addons[0].name, "dns");
        assert_eq!(part.extra_sans.as_deref(), Some(["10.153.183.1".to_owned()].as_slice()));
    }

    #[test]
    fn a_version_is_required_and_checked() {
        assert!(parse("addons: []\n").is_err());
        assert!(parse("version: 1.0.0\n").is_err());
        assert!(parse("version: 0.2.0\n").is_ok());
        assert!(parse("version: [\n").is_err());
    }
}
