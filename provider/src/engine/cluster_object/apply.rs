//! Creating and changing an object: server-side apply.

use super::address::{Operation, Target};
use super::adoption::{blocked_by, check_adoption, is_ours};
use super::failure::{Failure, attempt, gave_up, summary};
use super::private::Private;
use super::read::model;
use super::references::dangling;
use super::release::{self, remember};
use super::{ReadReason, ServerApplied};
use crate::connection::cluster::{ApplyMode, Claim, ClusterError};
use crate::connection::masking::Mask;
use crate::connection::{ConnectionError, Freshness};
use crate::session::Session;
use kube::core::DynamicObject;
use serde_json::Value as Json;
use tfplugin::{Context, Diagnostic, Diagnostics, Held, Value};

/// An object that was written.
struct Written {
    cluster_id: String,
    object: DynamicObject,
    told: Diagnostics,
    made: Option<bool>,
    /// As in [`Private`].
    before: Json,
}

pub(super) async fn create<T: ServerApplied>(
    context: &Context<Session>,
    planned: T,
    private: &mut Private,
) -> Result<Held<T>, Diagnostics> {
    let planned = completed(planned)?;
    let target = Target::wanted(&context.provider().clusters, &planned.model, &planned.values);
    let deadline = target.deadline(Operation::Create, context);
    let (planned, target_ref) = (&planned, &target);
    let written = deadline
        .call(|| async move {
            attempt(try_create(planned, target_ref).await, ClusterError::is_transient_on_create)
        })
        .await
        .map_err(|why| gave_up::<T>("create", &target, target.timeout(Operation::Create), why))?;
    finish(context, &target, &planned.values, written, private)
}

pub(super) async fn update<T: ServerApplied>(
    context: &Context<Session>,
    prior: &Held<T>,
    planned: T,
    private: &mut Private,
) -> Result<Held<T>, Diagnostics> {
    let planned = completed(planned)?;
    let target = Target::wanted(&context.provider().clusters, &planned.model, &planned.values);
    let deadline = target.deadline(Operation::Update, context);
    let (planned, known) = (&planned, &*private);
    let (before, target_ref) = (prior.object(), &target);
    let written = deadline
        .call(|| async move {
            let result = try_update(planned, before, target_ref, known).await;
            attempt(result, ClusterError::is_transient)
        })
        .await
        .map_err(|why| gave_up::<T>("update", &target, target.timeout(Operation::Update), why))?;
    finish(context, &target, &planned.values, written, private)
}

/// What is to be sent, and the same as values.
pub(super) struct Wanted<T> {
    pub(super) model: T,
    pub(super) values: Value,
}

impl<T: ServerApplied> Wanted<T> {
    pub(super) fn manifest(&self, target: &Target) -> Json {
        self.model.manifest(&self.values, &target.name)
    }
}

/// The object with all that follows from what was given.
pub(super) fn completed<T: ServerApplied>(mut model: T) -> Result<Wanted<T>, Diagnostics> {
    let mut found = Diagnostics::new();
    model.fill_computed(&mut found);
    let values = model.encode();
    if found.has_errors() { Err(found) } else { Ok(Wanted { model, values }) }
}

async fn try_create<T: ServerApplied>(planned: &Wanted<T>, target: &Target) -> Result<Written, Failure> {
    let Target { cluster, name, .. } = target;
    let mut guard = cluster.write_lock(&name.kind).await?;
    if guard.claimed(name).is_some() {
        let detail = format!(
            "Two resources of this configuration are the same object, {name} in the {cluster}. Remove one of them, or give \
             it another name."
        );
        return Err(Failure::Refused(
            Diagnostic::error(summary("create", target), detail).at(T::IDENTITY_ATTRIBUTE).into(),
        ));
    }
    let mut told = Diagnostics::new();
    let existing = cluster.find(name, Freshness::Fresh).await?;
    if let Some(existing) = &existing {
        if existing.metadata.deletion_timestamp.is_some() {
            return Err(Failure::Ending(blocked_by(existing, target)));
        }
        check_adoption(&planned.model, existing, target)?.into_iter().for_each(|one| told.push(one));
    }
    told.append(beside(planned, target).await?);
    let uid = existing.as_ref().and_then(|existing| existing.metadata.uid.as_deref());
    let object = send(planned, target, uid, ApplyMode::Force).await?;
    guard.claim(name, if existing.is_some() { Claim::CarriedOn } else { Claim::Made });
    let made = match &existing {
        None => Some(true),
        Some(existing) if is_ours(existing) => None,
        Some(_) => Some(false),
    };
    let before = existing
        .filter(|_| made == Some(false))
        .filter(|existing| release::applies::<T>(name, Some(existing), &Private::default()).is_some());
    let before = before.map_or(Json::Null, |existing| T::adopted(&Value::Null, &planned.values, &existing));
    Ok(Written { cluster_id: cluster.id().await?, object, told, made, before })
}

async fn try_update<T: ServerApplied>(
    planned: &Wanted<T>,
    before: &Value,
    target: &Target,
    known: &Private,
) -> Result<Written, Failure> {
    let Target { cluster, name, .. } = target;
    let _guard = cluster.write_lock(&name.kind).await?;
    let cluster_id = cluster.id().await?;
    if let Some(known) = &known.cluster
        && *known != cluster_id
    {
        return Err(Failure::Refused(another_cluster(target, known, &cluster_id)));
    }
    let told = beside(planned, target).await?;
    let uid = known.uid.as_deref();
    let held = remember::<T>(before, &planned.values, target, known).await?;
    let mut object = send(planned, target, uid, ApplyMode::Force).await?;
    // What was dropped from the configuration goes, also where another one owns it, as after an import.
    if let Some(patch) = T::dropped(before, &planned.values, &object) {
        object = hidden(planned, target, cluster.merge(name, &patch).await)?;
    }
    Ok(Written { cluster_id, object, told, made: known.made, before: held })
}

/// Applies the object. What is secret in it is in no error.
pub(super) async fn send<T: ServerApplied>(
    planned: &Wanted<T>,
    target: &Target,
    uid: Option<&str>,
    force: ApplyMode,
) -> Result<DynamicObject, ClusterError> {
    hidden(planned, target, target.cluster.apply(&target.name, &manifest(planned, target, uid), force).await)
}

/// The answer, with nothing that is secret in its error.
fn hidden<T: ServerApplied, A>(
    planned: &Wanted<T>,
    target: &Target,
    answer: Result<A, ClusterError>,
) -> Result<A, ClusterError> {
    answer.map_err(|error| error.without(&Mask::of(planned.model.secrets(&planned.values, &target.name))))
}

/// What shows beside the other objects of the cluster, as far as it does not forbid the write.
async fn beside<T: ServerApplied>(planned: &Wanted<T>, target: &Target) -> Result<Diagnostics, Failure> {
    let mut found = Diagnostics::new();
    planned.model.validate_against_cluster(&target.cluster, &mut found).await?;
    if found.has_errors() {
        return Err(Failure::Refused(found));
    }
    found.append(dangling::<T>(&planned.values, target).await);
    Ok(found)
}

fn another_cluster(target: &Target, known: &str, reached: &str) -> Diagnostics {
    let detail = format!(
        "{} belongs to the cluster {known} (UID of its namespace kube-system), and the {} is the cluster {reached} now. \
         Nothing was changed there.\n\nIf the machines were rebuilt on purpose, replace the object too: \
         `terraform apply -replace=...`, or `replace_triggered_by` the machine in its `lifecycle` block. If not, correct \
         `cluster`.",
        target.name, target.cluster
    );
    Diagnostic::error(summary("update", target), detail).at("cluster").into()
}

/// What is sent: our fields alone. With a UID, the API server refuses to write to any other object of that
/// name.
pub(super) fn manifest<T: ServerApplied>(planned: &Wanted<T>, target: &Target, uid: Option<&str>) -> Json {
    let mut manifest = planned.manifest(target);
    if let (Some(uid), Some(Json::Object(metadata))) = (uid, manifest.get_mut("metadata")) {
        metadata.insert("uid".to_owned(), uid.into());
    }
    manifest
}

fn finish<T: ServerApplied>(
    context: &Context<Session>,
    target: &Target,
    values: &Value,
    written: Written,
    private: &mut Private,
) -> Result<Held<T>, Diagnostics> {
    written.told.into_iter().for_each(|one| context.warn(one));
    let mut kept = Json::Null;
    let model = model(context, target, values, &written.object, ReadReason::Written, &mut kept)?;
    let Written { cluster_id, object, made, before, .. } = written;
    let given = private.given.take();
    *private = Private { cluster: Some(cluster_id), uid: object.metadata.uid, kept, made, before, given };
    Ok(model)
}
