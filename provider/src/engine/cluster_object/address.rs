//! Where an object is: its cluster, its namespace, its name.

use super::{ClusterObject, ServerApplied};
use crate::connection::cluster::{Cluster, Clusters, ObjectName};
use crate::connection::retry::Deadline;
use crate::connection::ssh::check_address;
use crate::engine::timeouts::Timeouts;
use crate::session::Session;
use crate::values::object_name;
use std::time::Duration;
use tfplugin::{AttributeValue, Context, Held, Identity, Model, Value};

/// How long an operation may take where the configuration does not say.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// The address of an object that belongs to the whole cluster.
#[derive(Clone, Debug, Model)]
pub struct ClusterWideObject {
    /// The cluster: address of one of its control-plane nodes, over which its API server is reached through
    /// SSH. Default: the cluster of the provider's `kubernetes` block. It is an address and not the cluster's
    /// identity: another address of the same cluster is a change in place.
    #[attribute(optional, identity(mutable), validate = cluster_address)]
    pub cluster: Option<String>,

    /// Name of the object. Another name is another object.
    #[attribute(required, requires_replace, identity, validate = object_name)]
    pub name: String,

    /// How long to wait. Default: 5 minutes each.
    #[attribute(optional)]
    pub timeouts: Option<Timeouts>,
}

/// Whether a text can be the address of a cluster's node; for `#[attribute(validate = ...)]`.
pub fn cluster_address(address: &Option<String>) -> Result<(), String> {
    address.as_deref().map_or(Ok(()), check_address)
}

/// An operation.
#[derive(Clone, Copy)]
pub(super) enum Operation {
    Create,
    Update,
    Delete,
}

/// An object and the way to it.
pub(super) struct Target {
    pub(super) cluster: Cluster,
    pub(super) name: ObjectName,
    pub(super) address: Option<String>,
    /// What the attribute `name` says, where it is one.
    called: Option<String>,
    /// Read when an operation begins: a plan has none.
    timeouts: Value,
}

impl Target {
    /// Where `object`, which is known, is.
    pub(super) fn of<T: ServerApplied>(clusters: &Clusters, object: &Value) -> Self {
        Self::named(clusters, object, T::object_name(object))
    }

    /// Where an object of a state is.
    pub(super) fn held<T: ServerApplied>(clusters: &Clusters, held: &Held<T>) -> Self {
        Self::named(clusters, held.object(), T::held_name(held))
    }

    /// Where a model with these values is.
    pub(super) fn wanted<T: ServerApplied>(clusters: &Clusters, model: &T, values: &Value) -> Self {
        Self::named(clusters, values, model.model_name(values))
    }

    fn named(clusters: &Clusters, object: &Value, name: ObjectName) -> Self {
        let text = |name: &str| object.attribute(name).as_str().map(str::to_owned);
        let address = text("cluster");
        Self {
            cluster: clusters.get(address.as_deref()),
            name,
            address,
            called: text("name"),
            timeouts: object.attribute("timeouts").clone(),
        }
    }

    /// How long `operation` may take.
    pub(super) fn timeout(&self, operation: Operation) -> Duration {
        let given =
            AttributeValue::decode(&self.timeouts).ok().and_then(|timeouts: Timeouts| match operation {
                Operation::Create => timeouts.create,
                Operation::Update => timeouts.update,
                Operation::Delete => timeouts.delete,
            });
        given.map_or(DEFAULT_TIMEOUT, |text| *text.value())
    }

    /// When `operation`, which begins now, is given up.
    pub(super) fn deadline(&self, operation: Operation, context: &Context<Session>) -> Deadline {
        Deadline::after(self.timeout(operation), context.cancelled())
    }

    /// What `terraform import` calls it.
    pub(super) fn import_id(&self) -> String {
        let ObjectName { kind, namespace, name } = &self.name;
        let kind = kind.is_dynamic().then(|| kind.label());
        let namespace = (!namespace.is_empty()).then(|| namespace.clone());
        let called = self.called.as_ref().unwrap_or(name).clone();
        let parts = [self.address.clone(), kind, namespace, Some(called)];
        parts.into_iter().flatten().collect::<Vec<_>>().join("/")
    }
}

/// What an import id names: `<cluster>/<namespace>/<name>` or `<cluster>/<name>`, or the same without the
/// cluster. Two parts of a namespaced object are cluster and name; where resources may do without a cluster
/// and the first part can be a namespace, they are namespace and name.
pub(super) fn identity_of<T: ClusterObject>(id: &str, has_kubeconfig: bool) -> Option<Identity> {
    let schema = T::schema();
    let identity = match (id.split_once('/'), schema.attribute("namespace"), schema.attribute("name")) {
        (Some((first, rest)), Some(namespace), Some(name))
            if has_kubeconfig && !first.contains(['.', ':']) && !rest.contains('/') =>
        {
            Identity::of_parts([(namespace, first), (name, rest)])
        }
        _ => Identity::of_id(schema, id),
    };
    identity.filter(|identity| has_kubeconfig || identity.text("cluster").is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calico::IpPool;
    use crate::metallb::Community;

    /// Cluster, namespace and name.
    fn read<T: ClusterObject>(id: &str, has_kubeconfig: bool) -> Option<[Option<String>; 3]> {
        let identity = identity_of::<T>(id, has_kubeconfig)?;
        Some(["cluster", "namespace", "name"].map(|part| identity.text(part).map(str::to_owned)))
    }

    fn parts(parts: [Option<&str>; 3]) -> Option<[Option<String>; 3]> {
        Some(parts.map(|part| part.map(str::to_owned)))
    }

    #[test]
    fn import_ids_with_and_without_a_cluster() {
        assert_eq!(
            read::<Community>("10.0.0.11/metallb-system/all", false),
            parts([Some("10.0.0.11"), Some("metallb-system"), Some("all")])
        );
        assert_eq!(read::<Community>("fd00::11/all", true), parts([Some("fd00::11"), None, Some("all")]));
        assert_eq!(read::<Community>("cp1/all", false), parts([Some("cp1"), None, Some("all")]));
        assert_eq!(
            read::<Community>("metallb-system/all", true),
            parts([None, Some("metallb-system"), Some("all")])
        );
        assert_eq!(read::<Community>("all", true), parts([None, None, Some("all")]));
        assert_eq!(read::<IpPool>("10.0.0.11/pods", false), parts([Some("10.0.0.11"), None, Some("pods")]));
        assert_eq!(read::<IpPool>("cp1/pods", true), parts([Some("cp1"), None, Some("pods")]));
    }

    #[test]
    fn import_ids_that_name_nothing() {
        assert_eq!(read::<Community>("all", false), None);
        assert_eq!(read::<IpPool>("10.0.0.11/a/b", false), None);
        assert_eq!(read::<Community>("a/b/c/d", true), None);
    }
}
