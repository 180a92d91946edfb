//! The objects of a type that a cluster has, for `terraform query`.

use super::address::{Target, cluster_address};
use super::cluster_resource::ClusterResource;
use super::failure::explain;
use super::read::{blank, model};
use super::{ClusterObject, ReadReason, ServerApplied};
use crate::connection::Freshness;
use crate::connection::cluster::ObjectName;
use crate::session::Session;
use crate::values::namespace_name;
use kube::core::{DynamicObject, TypeMeta};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use tfplugin::{Context, Diagnostics, Identity, Knowable, ListResource, Listing, Model, Value};

/// Every object of the type that a cluster has, whoever made it.
#[derive(Clone, Debug, Model)]
pub struct ClusterList {
    /// The cluster: address of one of its control-plane nodes, over which its API server is reached through
    /// SSH. Default: the cluster of the provider's `kubernetes` block.
    #[attribute(optional, validate = cluster_address)]
    cluster: Option<String>,

    /// Namespace of the objects. Default: the one that the type has by default. Types without namespaces take
    /// none.
    #[attribute(optional, validate = namespace)]
    namespace: Option<String>,
}

fn namespace(name: &Option<String>) -> Result<(), String> {
    name.as_ref().map_or(Ok(()), |name| namespace_name(name))
}

/// A type of objects in a cluster that are listed. Every [`ClusterObject`] is one.
pub trait Listed: ServerApplied {
    /// The block `config` of a `list` block.
    type Config: Model;

    /// Validates a configuration, offline.
    fn validate_list(config: &<Self::Config as Model>::Draft, diagnostics: &mut Diagnostics);

    /// What attributes of all objects that are asked for say: their cluster, their kind, their namespace.
    fn asked_for(config: Self::Config) -> BTreeMap<String, Value>;

    /// What an object that was found is known by; nothing where nobody would take it over.
    fn identity_in(target: &ObjectName, cluster: &Value, object: &DynamicObject) -> Option<Identity>;
}

impl<T: ClusterObject> Listed for T {
    type Config = ClusterList;

    fn validate_list(config: &ClusterListDraft, diagnostics: &mut Diagnostics) {
        if !T::KIND.is_namespaced() && !matches!(&*config.namespace, Knowable::Known(None)) {
            let detail = format!(
                "Objects of kind {} belong to the whole cluster. Remove `namespace`.",
                T::KIND.name()
            );
            diagnostics.error_at("namespace", "No namespaces", detail);
        }
    }

    fn asked_for(config: ClusterList) -> BTreeMap<String, Value> {
        let text = |text: Option<String>| text.map_or(Value::Null, Value::String);
        let mut all = BTreeMap::from([("cluster".to_owned(), text(config.cluster))]);
        all.extend(config.namespace.map(|namespace| ("namespace".to_owned(), Value::String(namespace))));
        all
    }

    fn identity_in(target: &ObjectName, cluster: &Value, object: &DynamicObject) -> Option<Identity> {
        let text = |text: &str| Value::String(text.to_owned());
        let namespace = Some(&target.namespace).filter(|_| T::KIND.is_namespaced());
        let namespace = namespace.map(|namespace| ("namespace".to_owned(), text(namespace)));
        let name = object.metadata.name.as_deref()?.strip_prefix(T::NAME_PREFIX)?;
        let name = ("name".to_owned(), text(name));
        Some(Identity::new([("cluster".to_owned(), cluster.clone()), name].into_iter().chain(namespace)))
    }
}

/// The objects of type `T` as a list.
pub struct ClusterObjects<T>(PhantomData<T>);

impl<T: Listed> ListResource for ClusterObjects<T> {
    type Provider = Session;
    type Resource = ClusterResource<T>;
    type Config = T::Config;

    fn validate_config(config: &<T::Config as Model>::Draft, diagnostics: &mut Diagnostics) {
        T::validate_list(config, diagnostics);
    }

    async fn list(
        context: &Context<Session>,
        config: T::Config,
        listing: &mut Listing<ClusterResource<T>>,
    ) -> Result<(), Diagnostics> {
        let clusters = &context.provider().clusters;
        let asked_for = blank::<T>(T::asked_for(config));
        let any = Target::of::<T>(clusters, &asked_for);
        let ObjectName { kind, namespace, .. } = &any.name;
        let listed = any.cluster.list(kind, namespace, Freshness::Fresh).await;
        let summary = format!("Unable to list {kind} in the {}", any.cluster);
        let listed = listed.map_err(|error| explain::<T>(&summary, &any, &error, ""))?;
        for mut object in listed.iter() {
            let cluster = asked_for.attribute("cluster");
            let Some(identity) = T::identity_in(&any.name, cluster, &object) else { continue };
            // Only the list itself says of what kind its items are.
            object.types = Some(TypeMeta { api_version: kind.api_version(), kind: kind.name().to_owned() });
            let Ok(named) = T::named_by(&identity) else { continue };
            let values = blank::<T>(named);
            let target = Target::of::<T>(clusters, &values);
            let held = model(context, &target, &values, &object, ReadReason::Import, &mut Json::Null)?;
            let shown = format!("{} in the {}", target.name, target.cluster);
            if listing.object(shown, &ClusterResource(held)).await.is_break() {
                break;
            }
        }
        Ok(())
    }
}
