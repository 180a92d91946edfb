//! The names in a manifest, by the rules of Kubernetes. They become parts of addresses, so none may lead
//! elsewhere.

use crate::values::{namespace_name, object_name};
use serde_json::{Map, Value as Json};
use tfplugin::Path;
use tfplugin::value::ValueError;

/// Finds fault with what names the object, on its path within the manifest.
pub(super) fn check(manifest: &Map<String, Json>) -> Result<(), ValueError> {
    let text = |json: Option<&Json>| json.and_then(Json::as_str).unwrap_or_default().to_owned();
    let metadata = manifest.get("metadata");
    let member = |name: &str| text(metadata.and_then(|metadata| metadata.get(name)));
    let (api_version, kind) = (text(manifest.get("apiVersion")), text(manifest.get("kind")));
    let at = |path: &[&str]| {
        let path = path.iter().fold(Path::root(), |path, name| path.attribute(*name));
        move |problem: String| ValueError::new(problem).within(path)
    };
    version(&api_version).map_err(at(&["apiVersion"]))?;
    kind_name(&api_version, &kind).map_err(at(&["kind"]))?;
    name(&api_version, &kind, &member("name")).map_err(at(&["metadata", "name"]))?;
    match member("namespace").as_str() {
        "" => Ok(()),
        namespace => namespace_name(namespace).map_err(at(&["metadata", "namespace"])),
    }
}

/// `v1`, or a group with its version: `apps/v1`.
fn version(text: &str) -> Result<(), String> {
    let (group, version) = match text.split_once('/') {
        Some((group, version)) => (Some(group), version),
        None => (None, text),
    };
    let is_label = |text: &str| {
        let inner = |one: char| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '-';
        text.len() <= 63
            && text.starts_with(|one: char| one.is_ascii_lowercase())
            && !text.ends_with('-')
            && text.chars().all(inner)
    };
    match is_label(version) && group.is_none_or(|group| object_name(group).is_ok()) {
        true => Ok(()),
        false => Err(format!("{text:?} is not an apiVersion, such as v1 or apps/v1")),
    }
}

/// Kubernetes takes a kind whose lower case is a label: `ConfigMap`. Those that come with it begin with an
/// upper-case letter.
fn kind_name(api_version: &str, text: &str) -> Result<(), String> {
    let inner = |one: char| one.is_ascii_alphanumeric() || one == '-';
    let begins = text.starts_with(|one: char| one.is_ascii_alphabetic());
    if !begins || text.ends_with('-') || text.len() > 63 || !text.chars().all(inner) {
        return Err(format!("{text:?} is not a kind, such as ConfigMap: use letters and digits alone"));
    }
    let known = BUILT_IN.iter().find(|known| known.eq_ignore_ascii_case(text));
    if !is_built_in(api_version) || known == Some(&text) {
        return Ok(());
    }
    match known {
        Some(known) => Err(format!("{text:?} is not a kind of {api_version}. Did you mean {known:?}?")),
        None if text.starts_with(|one: char| one.is_ascii_lowercase()) => Err(format!(
            "{text:?} is not a kind of {api_version}: each of its kinds begins with an upper-case letter, such as ConfigMap"
        )),
        None => Ok(()),
    }
}

/// Kinds that come with Kubernetes and that configurations name most, whatever their version is.
const BUILT_IN: [&str; 34] = [
    "ClusterRole",
    "ClusterRoleBinding",
    "ConfigMap",
    "CronJob",
    "CustomResourceDefinition",
    "DaemonSet",
    "Deployment",
    "Endpoints",
    "EndpointSlice",
    "HorizontalPodAutoscaler",
    "Ingress",
    "IngressClass",
    "IPAddress",
    "Job",
    "Lease",
    "LimitRange",
    "MutatingWebhookConfiguration",
    "Namespace",
    "NetworkPolicy",
    "Node",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Pod",
    "PodDisruptionBudget",
    "PriorityClass",
    "ReplicaSet",
    "ResourceQuota",
    "Role",
    "RoleBinding",
    "RuntimeClass",
    "Secret",
    "Service",
    "ServiceAccount",
    "StatefulSet",
];

/// Whether kinds of this version come with Kubernetes and not with a definition.
fn is_built_in(api_version: &str) -> bool {
    let group = api_version.split_once('/').map(|(group, _)| group).unwrap_or_default();
    !group.contains('.') || group.ends_with(".k8s.io")
}

/// Most kinds take a name as in DNS. Roles and their bindings take whatever is a segment of an address
/// (`system:node`), IPAddress an address, and an API server that is added on may take what it likes; the
/// cluster itself judges those.
fn name(api_version: &str, kind: &str, text: &str) -> Result<(), String> {
    if matches!(text, "." | "..") || text.contains(['/', '%']) || text.contains(char::is_control) {
        return Err(format!(
            "{text:?} is not a name of an object: it may not have `/`, `%` or control characters, and not be `.` or `..`"
        ));
    }
    let group = api_version.split_once('/').map(|(group, _)| group).unwrap_or_default();
    let is_free = group == "rbac.authorization.k8s.io" || kind == "IPAddress";
    if is_built_in(api_version) && !is_free { object_name(text) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fault(api_version: &str, kind: &str, name: &str, namespace: &str) -> Option<String> {
        let manifest = json!({
            "apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": namespace},
        });
        check(manifest.as_object().unwrap()).err().map(|error| error.path.to_string())
    }

    #[test]
    fn names_are_those_that_kubernetes_takes() {
        for (api_version, kind, name, namespace) in [
            ("v1", "ConfigMap", "a.b-c.0", ""),
            ("apps/v1", "Deployment", "web", "default"),
            ("rbac.authorization.k8s.io/v1", "ClusterRole", "system:node", ""),
            ("networking.k8s.io/v1", "IPAddress", "2001:db8::1", ""),
            ("user.openshift.io/v1", "User", "kube:admin", ""),
            ("metallb.io/v1beta1", "BFDProfile", "edge", "metallb-system"),
            ("example.org/v1alpha1", "x-Y9", "Odd_Name", ""),
            ("example.org/v1", "configmap", "a", ""),
            ("apps/v1", "NewerThanThis", "a", ""),
        ] {
            assert_eq!(fault(api_version, kind, name, namespace), None, "{api_version} {kind} {name}");
        }
        for (api_version, kind, name, namespace, at) in [
            ("v1", "ConfigMap", "../../x?y=1#z", "", "metadata.name"),
            ("example.org/v1", "Thing", "../../x?y=1#z", "", "metadata.name"),
            ("rbac.authorization.k8s.io/v1", "ClusterRole", "..", "", "metadata.name"),
            ("rbac.authorization.k8s.io/v1", "ClusterRole", "a%2fb", "", "metadata.name"),
            ("rbac.authorization.k8s.io/v1", "ClusterRole", "a\u{1b}b", "", "metadata.name"),
            ("v1", "ConfigMap", "Upper", "", "metadata.name"),
            ("v1", "ConfigMap", "a", "../x", "metadata.namespace"),
            ("v1", "ConfigMap", "a", "a.b", "metadata.namespace"),
            ("v1", "Config Map", "a", "", "kind"),
            ("v1", "Config/Map", "a", "", "kind"),
            ("v1", "configmap", "a", "", "kind"),
            ("v1", "Configmap", "a", "", "kind"),
            ("apps/v1", "deployment", "a", "", "kind"),
            ("networking.k8s.io/v1", "unheardOf", "a", "", "kind"),
            ("v1?x", "ConfigMap", "a", "", "apiVersion"),
            ("../v1", "ConfigMap", "a", "", "apiVersion"),
            ("a/b/v1", "ConfigMap", "a", "", "apiVersion"),
            ("apps/V1", "ConfigMap", "a", "", "apiVersion"),
        ] {
            assert_eq!(
                fault(api_version, kind, name, namespace).as_deref(),
                Some(at),
                "{api_version} {kind} {name}"
            );
        }
    }
}
