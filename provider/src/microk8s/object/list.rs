//! Objects of any kind as a list.

use super::manifest::Manifest;
use super::{GenericObject, names, released};
use crate::connection::cluster::{Kind, ObjectName};
use crate::engine::cluster_object::{Listed, cluster_address};
use kube::core::DynamicObject;
use std::collections::BTreeMap;
use tfplugin::{AttributeValue, Diagnostics, Identity, Model, Value};

/// Every object of a kind that a namespace of a cluster has, whoever made it, but for what the cluster itself
/// creates: an object with a controller among its `ownerReferences`, and what the reference of the managed
/// resource names. Where Terraform owns none of its fields, a generated configuration says which object it
/// is; the fields that Terraform is to have are for you to add.
#[derive(Clone, Debug, Model)]
pub struct ObjectList {
    /// The cluster: address of one of its control-plane nodes, over which its API server is reached through
    /// SSH. Default: the cluster of the provider's `kubernetes` block.
    #[attribute(optional, validate = cluster_address)]
    cluster: Option<String>,

    /// `apiVersion` of the objects, such as `v1` or `apps/v1`.
    #[attribute(required)]
    api_version: String,

    /// Kind of the objects, such as `ConfigMap`.
    #[attribute(required)]
    kind: String,

    /// Namespace of the objects. Default: `default`. It says nothing for kinds without namespaces.
    #[attribute(optional)]
    namespace: Option<String>,
}

impl Listed for GenericObject {
    type Config = ObjectList;

    fn validate_list(config: &ObjectListDraft, diagnostics: &mut Diagnostics) {
        let (Some(version), Some(kind)) = (config.api_version.known(), config.kind.known()) else { return };
        let namespace = config.namespace.known().and_then(Option::as_deref);
        let manifest = Manifest::bare(&Kind::dynamic(version, kind), namespace, "any");
        if let Err(fault) = names::check(manifest.json()) {
            let path = fault.path.to_string();
            let attributes =
                [("apiVersion", "api_version"), ("kind", "kind"), ("metadata.namespace", "namespace")];
            let at = attributes.into_iter().find(|(field, _)| *field == path).map_or("kind", |(_, one)| one);
            diagnostics.error_at(at, "No such kind", fault.message);
        }
    }

    fn asked_for(config: ObjectList) -> BTreeMap<String, Value> {
        let ObjectList { cluster, api_version, kind, namespace } = config;
        let manifest = Manifest::bare(&Kind::dynamic(&api_version, &kind), namespace.as_deref(), "");
        BTreeMap::from([
            ("cluster".to_owned(), cluster.map_or(Value::Null, Value::String)),
            ("manifest".to_owned(), manifest.encode()),
        ])
    }

    fn identity_in(target: &ObjectName, cluster: &Value, object: &DynamicObject) -> Option<Identity> {
        let name = object.metadata.name.clone()?;
        let namespace = object.metadata.namespace.clone();
        let found = ObjectName {
            kind: target.kind.clone(),
            namespace: namespace.clone().unwrap_or_default(),
            name: name.clone(),
        };
        if released::released(&found, Some(object)).is_some() {
            return None;
        }
        let parts = [
            ("api_version", Some(target.kind.api_version())),
            ("kind", Some(target.kind.name().to_owned())),
            ("namespace", namespace),
            ("name", Some(name)),
        ];
        let part =
            |(name, text): (&str, Option<String>)| (name.to_owned(), text.map_or(Value::Null, Value::String));
        Some(Identity::new(std::iter::once(("cluster".to_owned(), cluster.clone())).chain(parts.map(part))))
    }
}
