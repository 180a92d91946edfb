//! Reading an object, and taking one over by its identity. A cluster that cannot be reached says nothing
//! about its objects: the state stays as it was.

use super::address::Target;
use super::adoption::is_ours;
use super::failure::{explain, summary};
use super::private::Private;
use super::{ReadReason, ServerApplied};
use crate::connection::Freshness;
use crate::connection::cluster::{ClusterError, ClusterErrorKind};
use crate::session::Session;
use kube::core::DynamicObject;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use tfplugin::{Context, Diagnostic, Diagnostics, Held, Identity, Value};

/// What a look at the cluster found.
struct Seen {
    cluster_id: String,
    object: Option<DynamicObject>,
}

pub(super) async fn read<T: ServerApplied>(
    context: &Context<Session>,
    prior: Held<T>,
    private: &mut Private,
) -> Result<Option<Held<T>>, Diagnostics> {
    let target = Target::held(&context.provider().clusters, &prior);
    let seen = match look(&target).await {
        Ok(seen) => seen,
        // A node that is not to be trusted is none that is out of reach.
        Err(error) if error.kind() == ClusterErrorKind::KubeconfigRefused => {
            return Err(explain::<T>(&summary("read", &target), &target, &error, ""));
        }
        Err(error) => {
            if target.cluster.warn_once() {
                context.warn(unreachable_warning(&target, &error));
            }
            return Ok(Some(prior));
        }
    };
    if let Some(known) = &private.cluster
        && *known != seen.cluster_id
    {
        context.warn(cluster_changed(&target, known, &seen.cluster_id));
        return Ok(Some(prior));
    }
    let Some(object) = seen.object else { return Ok(None) };
    private.cluster = Some(seen.cluster_id);
    private.uid = object.metadata.uid.clone();
    private.given.get_or_insert_with(|| T::adopted_by_us(&object));
    model(context, &target, prior.object(), &object, ReadReason::Refresh, &mut private.kept).map(Some)
}

async fn look(target: &Target) -> Result<Seen, ClusterError> {
    let object = match target.cluster.find(&target.name, Freshness::Cached).await {
        // The definition's own absence takes its objects along; a kind that is out of service for now does
        // not.
        Err(error) if error.kind() == ClusterErrorKind::KindNotServed => {
            match target.cluster.crd_absent(&target.name.kind).await? {
                true => None,
                false => return Err(error),
            }
        }
        found => found?,
    };
    Ok(Seen { cluster_id: target.cluster.id().await?, object })
}

fn unreachable_warning(target: &Target, error: &ClusterError) -> Diagnostic {
    let detail = format!(
        "{}\n\nThe state of all objects in this cluster is left unchanged; none is treated as deleted. Resources on other \
         targets are planned normally.",
        error.detail()
    );
    Diagnostic::warning(format!("Unable to read the {}", target.cluster), detail).at("cluster")
}

fn cluster_changed(target: &Target, known: &str, reached: &str) -> Diagnostic {
    let detail = format!(
        "{} belongs to the cluster {known} (UID of its namespace kube-system), and the {} is the cluster {reached} now, so \
         the state is kept as it was.\n\nIf the machines were rebuilt on purpose, replace the object too: \
         `terraform apply -replace=...`, or `replace_triggered_by` the machine in its `lifecycle` block.",
        target.name, target.cluster
    );
    Diagnostic::warning(summary("read", target), detail).at("cluster")
}

pub(super) async fn import<T: ServerApplied>(
    context: &Context<Session>,
    identity: &Identity,
    private: &mut Private,
) -> Result<Held<T>, Diagnostics> {
    let clusters = &context.provider().clusters;
    let named = T::named_by(identity).map_err(|why| {
        let detail = format!("{:?} does not name an object: {why}.", identity.id(T::schema()));
        Diagnostics::from(Diagnostic::error(format!("Unable to import {}", T::TYPE_NAME), detail))
    })?;
    let values = blank::<T>(named);
    let target = Target::of::<T>(clusters, &values);
    let look = async {
        let object = target.cluster.find(&target.name, Freshness::Fresh).await?;
        Ok(Seen { cluster_id: target.cluster.id().await?, object })
    };
    let seen = look.await.map_err(|error| explain::<T>(&summary("import", &target), &target, &error, ""))?;
    let Some(object) = seen.object else {
        let detail = format!("There is no {} in the {}.", target.name, target.cluster);
        return Err(Diagnostic::error(summary("import", &target), detail).into());
    };
    private.cluster = Some(seen.cluster_id);
    private.uid = object.metadata.uid.clone();
    // One that we have fields in may have been made by a run whose state is lost.
    private.made = if is_ours(&object) { None } else { Some(false) };
    // Whoever set what is there: this state has not.
    private.given = Some(BTreeSet::new());
    model(context, &target, &values, &object, ReadReason::Import, &mut private.kept)
}

/// What is known of an object before it is read: its name, and the defaults.
pub(super) fn blank<T: ServerApplied>(mut named: BTreeMap<String, Value>) -> Value {
    for one in &T::schema().attributes {
        named.entry(one.name.clone()).or_insert_with(|| one.default.clone().unwrap_or(Value::Null));
    }
    Value::Object(named)
}

/// An object's fields as they are in the cluster, the rest as `known`.
pub(super) fn model<T: ServerApplied>(
    context: &Context<Session>,
    target: &Target,
    known: &Value,
    object: &DynamicObject,
    reason: ReadReason,
    kept: &mut Json,
) -> Result<Held<T>, Diagnostics> {
    let mut misfits = Vec::new();
    let read = T::read(known, object, reason, kept, &mut misfits).map(Held::new);
    if !misfits.is_empty() {
        let detail = format!(
            "In {} in the {}:\n- {}\n\nThe state has null in their place. Where the configuration says another value, the \
             next apply sets that.",
            target.name,
            target.cluster,
            misfits.join("\n- ")
        );
        context.warn(Diagnostic::warning("Values without a form", detail));
    }
    read.map_err(|why| {
        let detail = format!(
            "{} in the {} does not fit this resource type: {why}.\n\nCorrect the object in the cluster, for instance with \
             `kubectl edit`.",
            target.name, target.cluster
        );
        Diagnostic::error(summary("read", target), detail).into()
    })
}
