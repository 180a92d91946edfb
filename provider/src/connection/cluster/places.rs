//! Where the API server keeps objects of a kind.

use super::kind::Scope;
use super::{Cluster, ClusterError, ClusterErrorKind, Kind};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::Api;
use kube::core::params::ListParams;
use kube::core::{ApiResource, DynamicObject};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Namespace of objects that name none.
const DEFAULT_NAMESPACE: &str = "default";

/// What the API server said of kinds that persons named.
#[derive(Default)]
pub(super) struct Places(Mutex<HashMap<Kind, Place>>);

/// Where objects of one kind are.
#[derive(Clone)]
pub(super) struct Place {
    resource: ApiResource,
    namespaced: bool,
}

impl Place {
    pub(super) fn api(&self, client: kube::Client, namespace: &str) -> Api<DynamicObject> {
        match (self.namespaced, namespace) {
            (true, "") => Api::namespaced_with(client, DEFAULT_NAMESPACE, &self.resource),
            (true, namespace) => Api::namespaced_with(client, namespace, &self.resource),
            (false, _) => Api::all_with(client, &self.resource),
        }
    }
}

impl Cluster {
    /// Where objects of the kind are; asks once where a person named it.
    pub(super) async fn place(&self, kind: &Kind, attempt: &str) -> Result<Place, ClusterError> {
        if kind.scope() != Scope::Asked {
            return Ok(Place { resource: kind.resource(), namespaced: kind.is_namespaced() });
        }
        let known = || self.places().0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = known().get(kind) {
            return Ok(place.clone());
        }
        let place = self.ask_place(kind, attempt).await?;
        known().insert(kind.clone(), place.clone());
        Ok(place)
    }

    async fn ask_place(&self, kind: &Kind, attempt: &str) -> Result<Place, ClusterError> {
        let api_version = kind.api_version();
        let version = &api_version;
        let list = |client: kube::Client| async move {
            match kind.group() {
                "" => client.list_core_api_resources(version).await,
                _ => client.list_api_group_resources(version).await,
            }
        };
        let unserved = |what: String| {
            let answer = format!("the API server serves no {what}");
            ClusterError::new(ClusterErrorKind::KindNotServed, attempt, self.to_string(), answer)
        };
        let listed = match self.call(attempt, list).await {
            Err(error) if error.kind() == ClusterErrorKind::KindNotServed => {
                return Err(unserved(api_version));
            }
            listed => listed?,
        };
        // Subresources, such as `deployments/scale`, carry kinds too.
        let served =
            listed.resources.into_iter().find(|one| one.kind == kind.name() && !one.name.contains('/'));
        let served = served.ok_or_else(|| unserved(format!("{} in {api_version}", kind.name())))?;
        let resource = ApiResource { plural: served.name, ..kind.resource() };
        Ok(Place { resource, namespaced: served.namespaced })
    }

    /// Whether no definition brings a kind that a person named, which is known only of kinds that are not built in.
    pub(super) async fn lacks_definition_of(&self, kind: &Kind) -> Result<bool, ClusterError> {
        if kind.is_built_in() {
            return Ok(false);
        }
        let list = |client| async move {
            Api::<CustomResourceDefinition>::all(client).list(&ListParams::default()).await
        };
        let definitions = self.call("Listing CustomResourceDefinitions", list).await?;
        let brings = |one: &CustomResourceDefinition| {
            one.spec.group == kind.group() && one.spec.names.kind == kind.name()
        };
        Ok(!definitions.items.iter().any(brings))
    }
}
