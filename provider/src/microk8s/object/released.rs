//! Objects that the cluster or a controller makes by itself: a destroy gives them back instead of deleting
//! them.

use crate::connection::cluster::ObjectName;
use kube::core::DynamicObject;

/// Kinds, with their group, that are released, as far as namespace and name are these; `*` ends a beginning,
/// and is all.
const RELEASED: [(&str, &str, &str, &str, &str); 9] = [
    (
        "",
        "Node",
        "*",
        "*",
        "A machine's kubelet makes its Node, and makes it again with other labels and taints.",
    ),
    ("", "Namespace", "*", "default", CLUSTER),
    ("", "Namespace", "*", "kube-*", CLUSTER),
    ("", "Service", "default", "kubernetes", CLUSTER),
    // No namespace named is the default one.
    ("", "Service", "", "kubernetes", CLUSTER),
    (
        "",
        "ServiceAccount",
        "*",
        "default",
        "Kubernetes makes one in every namespace, and pods of that namespace run as it.",
    ),
    (
        "",
        "ConfigMap",
        "*",
        "kube-root-ca.crt",
        "Kubernetes makes one in every namespace, and its pods trust the cluster by it.",
    ),
    ("coordination.k8s.io", "Lease", "*", "*", "A Lease is how its holder shows that it is alive."),
    (
        "discovery.k8s.io",
        "EndpointSlice",
        "*",
        "*",
        "A Service sends traffic to the addresses in its EndpointSlices.",
    ),
];

const CLUSTER: &str = "Kubernetes creates it and depends on it.";

/// Why that object is released, if it is. `existing` is what is there, where that is known.
pub(super) fn released(name: &ObjectName, existing: Option<&DynamicObject>) -> Option<String> {
    let is = |pattern: &str, text: &str| match pattern.strip_suffix('*') {
        Some(begin) => text.starts_with(begin),
        None => pattern == text,
    };
    let listed = RELEASED.iter().find(|(group, kind, namespace, named, _)| {
        name.kind.group() == *group
            && name.kind.name() == *kind
            && is(namespace, &name.namespace)
            && is(named, &name.name)
    });
    let controller = || {
        let owners = existing?.metadata.owner_references.iter().flatten();
        owners.into_iter().find(|owner| owner.controller == Some(true))
    };
    match listed {
        Some((.., why)) => Some((*why).to_owned()),
        None => {
            controller().map(|owner| format!("{} {} is its controller and makes it.", owner.kind, owner.name))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::cluster::Kind;

    #[test]
    fn the_list() {
        for (api_version, kind, namespace, name, is_released) in [
            ("v1", "Node", "", "cp1", true),
            ("metal3.io/v1", "Node", "", "cp1", false),
            ("v1", "Namespace", "", "default", true),
            ("v1", "Namespace", "", "kube-system", true),
            ("v1", "Namespace", "", "kube-public", true),
            ("v1", "Namespace", "", "kubeflow", false),
            ("v1", "Namespace", "", "shop", false),
            ("v1", "Service", "default", "kubernetes", true),
            ("v1", "Service", "", "kubernetes", true),
            ("v1", "Service", "shop", "kubernetes", false),
            ("v1", "Service", "default", "web", false),
            ("v1", "ServiceAccount", "shop", "default", true),
            ("v1", "ServiceAccount", "shop", "web", false),
            ("v1", "ConfigMap", "shop", "kube-root-ca.crt", true),
            ("v1", "ConfigMap", "shop", "settings", false),
            ("coordination.k8s.io/v1", "Lease", "kube-node-lease", "cp1", true),
            ("discovery.k8s.io/v1", "EndpointSlice", "shop", "web-abc", true),
            ("v1", "Pod", "shop", "web", false),
            ("apps/v1", "ReplicaSet", "shop", "web", false),
        ] {
            let name = ObjectName {
                kind: Kind::dynamic(api_version, kind),
                namespace: namespace.into(),
                name: name.into(),
            };
            assert_eq!(released(&name, None).is_some(), is_released, "{name}");
        }
    }

    #[test]
    fn what_has_a_controller_is_its_controllers() {
        let name = ObjectName {
            kind: Kind::dynamic("apps/v1", "ReplicaSet"),
            namespace: "shop".into(),
            name: "web-1".into(),
        };
        let with = |owners: serde_json::Value| -> DynamicObject {
            serde_json::from_value(
                serde_json::json!({"metadata": {"name": "web-1", "ownerReferences": owners}}),
            )
            .unwrap()
        };
        let owner = |controller: bool| serde_json::json!([{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "1", "controller": controller}]);
        assert!(released(&name, Some(&with(owner(true)))).unwrap().contains("Deployment web"));
        assert_eq!(released(&name, Some(&with(owner(false)))), None);
        assert_eq!(released(&name, Some(&with(serde_json::json!([])))), None);
    }
}
