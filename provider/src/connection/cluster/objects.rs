//! Reading and writing single objects.

use super::error::{ClusterError, ClusterErrorKind};
use super::lists::Listed;
use super::{ANSWER_WITHIN, Age, Cluster, Kind, ObjectName};
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::Api;
use kube::core::DynamicObject;
use kube::core::params::{DeleteParams, ListParams, Patch, PatchParams, Preconditions};
use std::future::Future;

/// Name under which the API server records the fields that we set.
pub const MANAGER: &str = "terraform-provider-microk8s";

/// Name under which the API server records the fields of an object that was released, with the values that they had before
/// they were ours.
pub const GIVEN_BACK: &str = "terraform-provider-microk8s-released";

/// Whether an answer of a moment ago will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// It will: one LIST serves all resources of a refresh.
    Shared,
    /// It will not: a write depends on it.
    Now,
}

/// What a server-side apply does about fields that others own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Force {
    /// Takes them.
    Take,
    /// Takes them, for nobody: they hold what they held before they were ours.
    GiveBack,
    /// Only tells what would happen, and fails over fields that others own.
    DryRun,
}

impl Cluster {
    /// The object, or `None` where the kind is served and the object does not exist.
    pub async fn find(
        &self,
        name: &ObjectName,
        freshness: Freshness,
    ) -> Result<Option<DynamicObject>, ClusterError> {
        // Of kinds that a person named, the others are not ours to read: they may be Secrets.
        if freshness == Freshness::Shared && !name.kind.is_named() {
            let listed = self.list(&name.kind, &name.namespace, freshness).await?;
            return Ok(listed.iter().find(|one| one.metadata.name.as_deref() == Some(&name.name)).cloned());
        }
        let attempt = format!("Reading {name}");
        if freshness == Freshness::Shared
            && let Some(error) = self.recent_failure().await
        {
            return Err(error);
        }
        let place = self.place(&name.kind, &attempt).await?;
        let get = |client| {
            let api = place.api(client, &name.namespace);
            async move { api.get(&name.name).await }
        };
        match self.call(&attempt, get).await {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.kind() == ClusterErrorKind::NotFound => Ok(None),
            // The same words say that the namespace of an object is missing.
            Err(error) if error.kind() == ClusterErrorKind::NamespaceMissing && name.namespace.is_empty() => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// All objects of a kind in a namespace; `""` where the kind has none.
    pub async fn list(
        &self,
        kind: &Kind,
        namespace: &str,
        freshness: Freshness,
    ) -> Result<Listed, ClusterError> {
        if freshness == Freshness::Now {
            self.0.lists.drop_kind(kind);
        }
        let attempt = format!("Listing {kind}");
        let list = async {
            // Those who only read do not wait for a node that has just been found out of reach.
            if freshness == Freshness::Shared
                && let Some(error) = self.recent_failure().await
            {
                return Err(error);
            }
            let place = self.place(kind, &attempt).await?;
            let list = |client| {
                let api = place.api(client, namespace);
                async move { api.list(&ListParams::default()).await }
            };
            Ok(self.call(&attempt, list).await?.items)
        };
        self.0.lists.get(kind, namespace, list).await
    }

    /// Applies `object`, whose fields become ours.
    pub async fn apply(
        &self,
        name: &ObjectName,
        object: &serde_json::Value,
        force: Force,
    ) -> Result<DynamicObject, ClusterError> {
        let parameters = match force {
            Force::Take => PatchParams::apply(MANAGER).force(),
            Force::GiveBack => PatchParams::apply(GIVEN_BACK).force(),
            Force::DryRun => PatchParams::apply(MANAGER).dry_run(),
        };
        let attempt = match force {
            Force::Take => format!("Applying {name}"),
            Force::GiveBack => format!("Releasing {name}"),
            Force::DryRun => format!("Trying {name} without storing it"),
        };
        let (parameters, patch) = (&parameters, &Patch::Apply(object));
        let stores = force != Force::DryRun;
        self.write(
            stores,
            &attempt,
            name,
            |api| async move { api.patch(&name.name, parameters, patch).await },
        )
        .await
    }

    /// Merges `patch` into the object; null takes a field away, whoever owns it.
    pub async fn merge(
        &self,
        name: &ObjectName,
        patch: &serde_json::Value,
    ) -> Result<DynamicObject, ClusterError> {
        let parameters = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
        let (parameters, patch) = (&parameters, &Patch::Merge(patch));
        let attempt = format!("Changing {name}");
        self.write(true, &attempt, name, |api| async move { api.patch(&name.name, parameters, patch).await })
            .await
    }

    /// Asks for the object's end, if it is the one with this UID. Finalizers may hold it for a while.
    pub async fn delete(&self, name: &ObjectName, uid: Option<&str>) -> Result<(), ClusterError> {
        let preconditions =
            uid.map(|uid| Preconditions { uid: Some(uid.to_owned()), resource_version: None });
        let parameters = DeleteParams { preconditions, ..DeleteParams::default() };
        let (attempt, parameters) = (format!("Deleting {name}"), &parameters);
        self.write(
            true,
            &attempt,
            name,
            |api| async move { api.delete(&name.name, parameters).await.map(drop) },
        )
        .await
    }

    /// Whether the kind's CustomResourceDefinition is known not to exist. A kind can be out of service for a moment
    /// while the API server starts, with all its objects in place.
    pub async fn lacks_definition(&self, kind: &Kind) -> Result<bool, ClusterError> {
        if kind.is_named() {
            return self.lacks_definition_of(kind).await;
        }
        let definition = kind.definition();
        let attempt = format!("Reading CustomResourceDefinition {definition}");
        let definition = &definition;
        let get = |client| async move {
            Api::<CustomResourceDefinition>::all(client).get_metadata(definition).await
        };
        match self.call(&attempt, get).await {
            Ok(_) => Ok(false),
            Err(error) if error.kind() == ClusterErrorKind::NotFound => Ok(true),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn namespace_uid(&self, name: &str) -> Result<String, ClusterError> {
        let attempt = format!("Reading namespace {name}");
        let namespace = self
            .call(&attempt, |client| async move { Api::<Namespace>::all(client).get(name).await })
            .await?;
        namespace.metadata.uid.ok_or_else(|| {
            ClusterError::new(ClusterErrorKind::Other, attempt, self.to_string(), "the answer carries no UID")
        })
    }

    async fn write<T, F>(
        &self,
        stores: bool,
        attempt: &str,
        name: &ObjectName,
        call: impl Fn(Api<DynamicObject>) -> F,
    ) -> Result<T, ClusterError>
    where
        F: Future<Output = Result<T, kube::Error>>,
    {
        let place = self.place(&name.kind, attempt).await?;
        let result = self.call(attempt, |client| call(place.api(client, &name.namespace))).await;
        if stores {
            // Also after an error: the write may have been stored all the same.
            self.0.lists.drop_kind(&name.kind);
        }
        result
    }

    /// One call. A connection that failed is made anew by the next one. Credentials that were read a while ago may be
    /// out of date (a node that joined has others), so those are read again once.
    pub(super) async fn call<T, F>(
        &self,
        attempt: &str,
        call: impl Fn(kube::Client) -> F,
    ) -> Result<T, ClusterError>
    where
        F: Future<Output = Result<T, kube::Error>>,
    {
        let (client, age) = self.connected().await?;
        let mut result = self.answer(attempt, call(client)).await;
        if age == Age::Earlier
            && matches!(&result, Err(error) if error.kind() == ClusterErrorKind::CredentialsRefused)
        {
            let (client, _) = self.connected().await?;
            result = self.answer(attempt, call(client)).await;
        }
        result
    }

    /// Waits for an answer, for a bounded time, and sorts what came back.
    async fn answer<T>(
        &self,
        attempt: &str,
        call: impl Future<Output = Result<T, kube::Error>>,
    ) -> Result<T, ClusterError> {
        let cluster = self.to_string();
        let result = match tokio::time::timeout(ANSWER_WITHIN, call).await {
            Ok(result) => result.map_err(|error| ClusterError::from_client(&error, attempt, &cluster)),
            Err(_) => {
                let answer = format!("no answer within {} s", ANSWER_WITHIN.as_secs());
                Err(ClusterError::new(ClusterErrorKind::Unreachable, attempt, cluster, answer))
            }
        };
        match &result {
            Err(error)
                if matches!(
                    error.kind(),
                    ClusterErrorKind::Unreachable | ClusterErrorKind::CredentialsRefused
                ) =>
            {
                self.lost(error).await;
            }
            _ => self.answered().await,
        }
        result
    }
}
