//! The objects of a type that a cluster has, for `terraform query`.

use super::address::{Target, cluster_address};
use super::cluster_resource::ClusterResource;
use super::failure::explain;
use super::read::{blank, model};
use super::{ClusterObject, ReadReason};
use crate::connection::Freshness;
use crate::session::Session;
use crate::values::namespace_name;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use tfplugin::{Context, Diagnostics, Knowable, ListResource, Listing, Model, Value};

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

/// The objects of type `T` as a list.
pub struct ClusterObjects<T>(PhantomData<T>);

impl<T: ClusterObject> ListResource for ClusterObjects<T> {
    type Provider = Session;
    type Resource = ClusterResource<T>;
    type Config = ClusterList;

    fn validate_config(config: &ClusterListDraft, diagnostics: &mut Diagnostics) {
        if !T::KIND.is_namespaced() && !matches!(&*config.namespace, Knowable::Known(None)) {
            let detail = format!(
                "Objects of kind {} belong to the whole cluster. Remove `namespace`.",
                T::KIND.name()
            );
            diagnostics.error_at("namespace", "No namespaces", detail);
        }
    }

    async fn list(
        context: &Context<Session>,
        config: ClusterList,
        listing: &mut Listing<ClusterResource<T>>,
    ) -> Result<(), Diagnostics> {
        let clusters = &context.provider().clusters;
        let text = |text: Option<String>| text.map_or(Value::Null, Value::String);
        let mut named = BTreeMap::from([("cluster".to_owned(), text(config.cluster))]);
        if let Some(namespace) = config.namespace {
            named.insert("namespace".to_owned(), Value::String(namespace));
        }
        let any = Target::of::<T>(clusters, &blank::<T>(named.clone()));
        let listed = any.cluster.list(&T::KIND, &any.name.namespace, Freshness::Fresh).await;
        let summary = format!("Unable to list {} in the {}", T::KIND, any.cluster);
        let listed = listed.map_err(|error| explain::<T>(&summary, &any, &error, ""))?;
        for object in listed.iter() {
            let name = object.metadata.name.clone().unwrap_or_default();
            let mut named = named.clone();
            named.insert("name".to_owned(), Value::String(name));
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
