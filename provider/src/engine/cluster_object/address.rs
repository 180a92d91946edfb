//! Where an object is: its cluster, its namespace, its name.

use super::ServerApplied;
use crate::connection::cluster::{Cluster, Clusters, ObjectName};
use crate::connection::retry::Deadline;
use crate::connection::ssh::check_address;
use crate::engine::timeouts::Timeouts;
use crate::session::Session;
use crate::values::object_name;
use std::time::Duration;
use tfplugin::{AttributeValue, Context, Held, Model, Value};

/// How long an operation may take where the configuration does not say.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// The address of an object that belongs to the whole cluster.
#[derive(Clone, Debug, Model)]
pub struct ClusterWideObject {
    /// The cluster: address of one of its control-plane nodes, over which its API server is reached through
    /// SSH. Default: the cluster of the provider's `kubernetes` block. It is an address and not the cluster's
    /// identity: another address of the same cluster is a change in place.
    #[attribute(optional, validate = cluster_address)]
    pub cluster: Option<String>,

    /// Name of the object. Another name is another object.
    #[attribute(required, requires_replace, validate = object_name)]
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
        let address = object.attribute("cluster").as_str().map(str::to_owned);
        Self {
            cluster: clusters.get(address.as_deref()),
            name,
            address,
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
        let parts = [self.address.clone(), kind, namespace, Some(name.clone())];
        parts.into_iter().flatten().collect::<Vec<_>>().join("/")
    }
}

/// What an import id names: `<cluster>/<namespace>/<name>` or `<cluster>/<name>`, or the same without the
/// cluster.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ImportId<'a> {
    pub(super) cluster: Option<&'a str>,
    pub(super) namespace: Option<&'a str>,
    pub(super) name: &'a str,
}

impl<'a> ImportId<'a> {
    /// Reads an id. Two parts of a namespaced object are cluster and name; where resources may do without a
    /// cluster and the first part can be a namespace, they are namespace and name.
    pub(super) fn read(id: &'a str, namespaced: bool, has_kubeconfig: bool) -> Option<Self> {
        let parts: Vec<&str> = id.split('/').collect();
        let (cluster, namespace, name) = match *parts.as_slice() {
            [cluster, namespace, name] if namespaced => (Some(cluster), Some(namespace), name),
            [namespace, name] if namespaced && has_kubeconfig && !namespace.contains(['.', ':']) => {
                (None, Some(namespace), name)
            }
            [cluster, name] => (Some(cluster), None, name),
            [name] if has_kubeconfig => (None, None, name),
            _ => return None,
        };
        parts.iter().all(|part| !part.is_empty()).then_some(Self { cluster, namespace, name })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(id: &str, namespaced: bool, has_kubeconfig: bool) -> Option<(Option<&str>, Option<&str>, &str)> {
        ImportId::read(id, namespaced, has_kubeconfig).map(|id| (id.cluster, id.namespace, id.name))
    }

    #[test]
    fn import_ids_with_and_without_a_cluster() {
        assert_eq!(
            read("10.0.0.11/metallb-system/pool", true, false),
            Some((Some("10.0.0.11"), Some("metallb-system"), "pool"))
        );
        assert_eq!(read("fd00::11/pool", true, true), Some((Some("fd00::11"), None, "pool")));
        assert_eq!(read("cp1/pool", true, false), Some((Some("cp1"), None, "pool")));
        assert_eq!(read("metallb-system/pool", true, true), Some((None, Some("metallb-system"), "pool")));
        assert_eq!(read("pool", true, true), Some((None, None, "pool")));
        assert_eq!(read("10.0.0.11/pool", false, false), Some((Some("10.0.0.11"), None, "pool")));
    }

    #[test]
    fn import_ids_that_name_nothing() {
        assert_eq!(read("pool", true, false), None);
        assert_eq!(read("10.0.0.11/a/b", false, false), None);
        assert_eq!(read("10.0.0.11//pool", true, false), None);
        assert_eq!(read("", true, true), None);
    }
}
