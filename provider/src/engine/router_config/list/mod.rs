//! The objects of a type that a router has, for `terraform query`.

mod paths;

pub use paths::RouterPaths;

use super::RouterConfig;
use super::diagnose::no_router;
use super::layout::layout;
use super::node_path::NodePath;
use super::resource::{RouterResource, failed};
use super::seen::{imported, tell_uncovered, uncovered};
use crate::connection::router::Router;
use crate::session::Session;
use std::marker::PhantomData;
use std::sync::Arc;
use tfplugin::{Context, Diagnostics, Held, Identity, ListResource, Listing, Model, Value};

/// Every object of the type that a router has, whoever configured it.
#[derive(Clone, Debug, Model)]
pub struct RouterList {
    /// Name of the router: a key of the provider's `routers`. Not needed where there is only one.
    #[attribute(optional)]
    router: Option<String>,
}

/// The objects of type `T` as a list.
pub struct RouterObjects<T>(PhantomData<T>);

impl<T: RouterConfig> ListResource for RouterObjects<T> {
    type Provider = Session;
    type Resource = RouterResource<T>;
    type Config = RouterList;

    async fn list(
        context: &Context<Session>,
        config: RouterList,
        listing: &mut Listing<Held<T>>,
    ) -> Result<(), Diagnostics> {
        let router = context.provider().routers.get(config.router.as_deref());
        let router = router.map_err(|reason| no_router(layout::<T>().noun, &reason))?;
        let mut left_over = Vec::new();
        for identity in identities::<T>(context, &router).await? {
            let named = Value::Object(identity.attributes().clone());
            let node_path = NodePath::on::<T>(Arc::clone(&router), &named);
            // Reads of one run share one answer of the router.
            let tree = node_path.router.config(node_path.root(), context.cancelled()).await;
            let tree = tree.map_err(|error| failed("list", &node_path, &error))?;
            let Some(object) = imported::<T>(context, &node_path, &tree, &identity) else { continue };
            left_over.extend(uncovered::<T>(&node_path, &tree));
            let name = format!("{} on router {:?}", node_path.subject().name(), router.name());
            if listing.object(name, &object).await.is_break() {
                break;
            }
        }
        tell_uncovered::<T>(context, &router, &left_over);
        Ok(())
    }
}

/// What the objects of the type on a router are known by.
async fn identities<T: RouterConfig>(
    context: &Context<Session>,
    router: &Arc<Router>,
) -> Result<Vec<Identity>, Diagnostics> {
    let on = |key: Option<(&str, Value)>| {
        let router = ("router".to_owned(), Value::String(router.name().to_owned()));
        Identity::new(std::iter::once(router).chain(key.map(|(name, value)| (name.to_owned(), value))))
    };
    let layout = layout::<T>();
    let Some(tag) = &layout.tag else { return Ok(vec![on(None)]) };
    let component: Vec<String> = layout.component.iter().map(|word| (*word).to_owned()).collect();
    let tree = router.config(component, context.cancelled()).await;
    let any = NodePath::on::<T>(Arc::clone(router), &Value::Null);
    let tree = tree.map_err(|error| failed("list", &any, &error))?;
    let nodes = [Some(tag.node), tag.node_of_ipv6].into_iter().flatten();
    let keys = nodes.filter_map(|node| tree.at(node)).flat_map(|node| node.children());
    let keys = keys.filter(|(key, _)| tag.takes(key));
    Ok(keys.map(|(key, _)| on(Some((tag.attribute, tag.form.value(key))))).collect())
}
