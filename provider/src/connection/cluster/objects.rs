//! Reading and writing single objects.

use super::answer::{self, NoAnswer, OBJECT};
use super::discovery::{DEFINITIONS, segment};
use super::error::{ClusterError, ClusterErrorKind};
use super::{ANSWER_WITHIN, Address, Age, Cluster, Kind, ObjectName, connect};
use crate::connection::Freshness;
use kube::core::params::{DeleteParams, GetParams, Patch, PatchParams, Preconditions};
use kube::core::{DynamicObject, Request};
use serde::de::DeserializeOwned;
use std::future::Future;

/// Name under which the API server records the fields that we set.
pub const MANAGER: &str = "terraform-provider-microk8s";

/// Name under which the API server records the fields of an object that was released, with the values that
/// they had before they were ours.
pub const GIVEN_BACK: &str = "terraform-provider-microk8s-released";

/// What a server-side apply does about fields that others own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplyMode {
    /// Takes them.
    Force,
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
        if freshness == Freshness::Cached && !name.kind.is_dynamic() {
            let listed = self.list(&name.kind, &name.namespace, freshness).await?;
            return Ok(listed.named(&name.name));
        }
        let attempt = format!("Reading {name}");
        if freshness == Freshness::Cached
            && let Some(error) = self.recent_failure()
        {
            return Err(error);
        }
        let resolved = self.resolve(&name.kind, &attempt).await?;
        let get = resolved.request(&name.namespace).get(&segment(&name.name), &GetParams::default());
        match self.ask_for(&attempt, OBJECT, get).await {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.kind() == ClusterErrorKind::NotFound => Ok(None),
            // The same words say that the namespace of an object is missing.
            Err(error) if error.kind() == ClusterErrorKind::NamespaceMissing && name.namespace.is_empty() => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Applies `object`, whose fields become ours.
    pub async fn apply(
        &self,
        name: &ObjectName,
        object: &serde_json::Value,
        force: ApplyMode,
    ) -> Result<DynamicObject, ClusterError> {
        let parameters = match force {
            ApplyMode::Force => PatchParams::apply(MANAGER).force(),
            ApplyMode::GiveBack => PatchParams::apply(GIVEN_BACK).force(),
            ApplyMode::DryRun => PatchParams::apply(MANAGER).dry_run(),
        };
        let attempt = match force {
            ApplyMode::Force => format!("Applying {name}"),
            ApplyMode::GiveBack => format!("Releasing {name}"),
            ApplyMode::DryRun => format!("Trying {name} without storing it"),
        };
        let (parameters, patch) = (&parameters, &Patch::Apply(object));
        let stores = force != ApplyMode::DryRun;
        let answer =
            self.write(stores, &attempt, name, |at| at.patch(&segment(&name.name), parameters, patch));
        self.object(&attempt, answer.await?)
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
        let answer = self.write(true, &attempt, name, |at| at.patch(&segment(&name.name), parameters, patch));
        self.object(&attempt, answer.await?)
    }

    /// Asks for the object's end, if it is the one with this UID. Finalizers may hold it for a while.
    pub async fn delete(&self, name: &ObjectName, uid: Option<&str>) -> Result<(), ClusterError> {
        let preconditions =
            uid.map(|uid| Preconditions { uid: Some(uid.to_owned()), resource_version: None });
        let parameters = DeleteParams { preconditions, ..DeleteParams::default() };
        let (attempt, parameters) = (format!("Deleting {name}"), &parameters);
        self.write(true, &attempt, name, |at| at.delete(&segment(&name.name), parameters)).await.map(drop)
    }

    /// Whether the kind's CustomResourceDefinition is known not to exist. A kind can be out of service for a
    /// moment while the API server starts, with all its objects in place.
    pub async fn crd_absent(&self, kind: &Kind) -> Result<bool, ClusterError> {
        if kind.is_dynamic() {
            return self.crd_absent_of(kind).await;
        }
        let definition = kind.definition();
        let attempt = format!("Reading CustomResourceDefinition {definition}");
        let get = Request::new(DEFINITIONS).get_metadata(&segment(&definition), &GetParams::default());
        match self.ask(&attempt, OBJECT, get).await {
            Ok(_) => Ok(false),
            Err(error) if error.kind() == ClusterErrorKind::NotFound => Ok(true),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn namespace_uid(&self, name: &str) -> Result<String, ClusterError> {
        let attempt = format!("Reading namespace {name}");
        let get = Request::new("/api/v1/namespaces").get(name, &GetParams::default());
        let namespace: DynamicObject = self.ask_for(&attempt, OBJECT, get).await?;
        namespace.metadata.uid.ok_or_else(|| {
            ClusterError::new(ClusterErrorKind::Other, attempt, self.to_string(), "the answer carries no UID")
        })
    }

    async fn write(
        &self,
        stores: bool,
        attempt: &str,
        name: &ObjectName,
        request: impl FnOnce(Request) -> Built,
    ) -> Result<Vec<u8>, ClusterError> {
        let resolved = self.resolve(&name.kind, attempt).await?;
        let result = self.ask(attempt, OBJECT, request(resolved.request(&name.namespace))).await;
        if stores {
            // Also after an error: the write may have been stored all the same.
            self.0.lists.drop_kind(&name.kind);
        }
        result
    }

    fn object(&self, attempt: &str, answer: Vec<u8>) -> Result<DynamicObject, ClusterError> {
        answer::read(&answer).map_err(|why| self.no_answer(attempt, &why))
    }

    /// One call whose answer is JSON.
    pub(super) async fn ask_for<T: DeserializeOwned>(
        &self,
        attempt: &str,
        limit: usize,
        request: Built,
    ) -> Result<T, ClusterError> {
        let bytes = self.ask(attempt, limit, request).await?;
        answer::read(&bytes).map_err(|why| self.no_answer(attempt, &why))
    }

    /// One call. A connection that failed is made anew by the next one. Credentials that were read a while
    /// ago may be out of date (a node that joined has others), so those are read again once.
    pub(super) async fn ask(
        &self,
        attempt: &str,
        limit: usize,
        request: Built,
    ) -> Result<Vec<u8>, ClusterError> {
        let request = request.map_err(|error| {
            let what = format!("the request cannot be made: {error}");
            ClusterError::new(ClusterErrorKind::Other, attempt, self.to_string(), what)
        })?;
        let (client, age) = self.connected().await?;
        let mut result = self.answer(attempt, answer::ask(client, request.clone(), limit)).await;
        if age == Age::Earlier
            && matches!(&result, Err(error) if error.kind() == ClusterErrorKind::Unauthenticated)
        {
            let (client, _) = self.connected().await?;
            result = self.answer(attempt, answer::ask(client, request, limit)).await;
        }
        result
    }

    /// Waits for an answer, for a bounded time, and sorts what came back.
    async fn answer<T>(
        &self,
        attempt: &str,
        call: impl Future<Output = Result<T, NoAnswer>>,
    ) -> Result<T, ClusterError> {
        let result = match tokio::time::timeout(ANSWER_WITHIN, call).await {
            Ok(result) => result.map_err(|why| self.no_answer(attempt, &why)),
            Err(_) => {
                let answer = format!("no whole answer within {} s", ANSWER_WITHIN.as_secs());
                Err(ClusterError::new(ClusterErrorKind::Unreachable, attempt, self.to_string(), answer))
            }
        };
        let result = match result {
            Err(error) => Err(self.of_way(error, attempt).await),
            done => done,
        };
        match &result {
            Err(error)
                if matches!(
                    error.kind(),
                    ClusterErrorKind::Unreachable | ClusterErrorKind::Unauthenticated
                ) =>
            {
                self.lost(error).await;
            }
            _ => self.0.unreachable.clear(),
        }
        result
    }

    /// The failure, or what on the way through a node is at its root.
    async fn of_way(&self, error: ClusterError, attempt: &str) -> ClusterError {
        match (&self.0.address, error.kind()) {
            (Address::Node(host), ClusterErrorKind::Unreachable) => {
                let forbidden = self.0.ssh.host(host).why_no_forward().await;
                forbidden.map_or(error, |why| connect::on_the_way(attempt, host, &why))
            }
            _ => error,
        }
    }

    pub(super) fn no_answer(&self, attempt: &str, why: &NoAnswer) -> ClusterError {
        let error = |kind, answer: String| ClusterError::new(kind, attempt, self.to_string(), answer);
        match why {
            NoAnswer::Client(why) => ClusterError::from_client(why, attempt, &self.to_string()),
            NoAnswer::TooLong(why) => error(ClusterErrorKind::TooMuch, why.to_string()),
            NoAnswer::Unreadable(what) => error(ClusterErrorKind::Other, what.clone()),
        }
    }
}

/// A request, where one could be made.
pub(super) type Built = Result<http::Request<Vec<u8>>, kube::core::request::Error>;
